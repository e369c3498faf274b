"""The JSON of issues, labels, comments and pull requests."""

from __future__ import annotations

from typing import Any

from tests.standins.git_objects import utc_text
from tests.standins.github_call import Call
from tests.standins.github_shapes import full_repository, html_root, node_id, simple_user
from tests.standins.github_state import Repository
from tests.standins.github_tracker import Comment, Issue, Pull


def _user(call: Call, login: str | None) -> dict[str, Any] | None:
    account = call.state.accounts.get(login) if login else None
    return simple_user(account, call.api_url) if account else None


def _web(call: Call, repository: Repository) -> str:
    return f"{html_root(call.api_url)}/{repository.full_name}"


def label(call: Call, repository: Repository, name: str) -> dict[str, Any]:
    """The schema `label`."""
    names = list(repository.tracker.labels)
    return {
        "id": names.index(name) + 1,
        "node_id": node_id("Label", repository.full_name, name),
        "url": f"{call.repo_url(repository)}/labels/{name}",
        "name": name,
        "description": "",
        "color": repository.tracker.labels[name],
        "default": False,
    }


def comment(call: Call, repository: Repository, issue: Issue, one: Comment) -> dict[str, Any]:
    """The schema `issue-comment`."""
    url = call.repo_url(repository)
    return {
        "id": one.id,
        "node_id": node_id("IssueComment", repository.full_name, one.id),
        "url": f"{url}/issues/comments/{one.id}",
        "html_url": f"{_web(call, repository)}/issues/{issue.number}#issuecomment-{one.id}",
        "issue_url": f"{url}/issues/{issue.number}",
        "user": _user(call, one.login),
        "body": one.body,
        "created_at": utc_text(one.at),
        "updated_at": utc_text(one.at),
        "author_association": "OWNER",
    }


def _common(call: Call, repository: Repository, issue: Issue) -> dict[str, Any]:
    """What an issue and a pull request have in common."""
    closed_at = issue.closed_at
    url = f"{call.repo_url(repository)}/issues/{issue.number}"
    return {
        "id": issue.id,
        "number": issue.number,
        "state": issue.state,
        "locked": issue.locked,
        "title": issue.title,
        "body": issue.body,
        "user": _user(call, issue.login),
        "labels": [label(call, repository, name) for name in issue.labels],
        "milestone": None,
        "assignee": _user(call, next(iter(issue.assignees), None)),
        "assignees": [_user(call, login) for login in issue.assignees],
        "comments_url": f"{url}/comments",
        "created_at": utc_text(issue.created_at),
        "updated_at": utc_text(issue.updated_at or issue.created_at),
        "closed_at": utc_text(closed_at) if closed_at else None,
        "author_association": "OWNER",
        "active_lock_reason": None,
    }


def issue_shape(call: Call, repository: Repository, issue: Issue) -> dict[str, Any]:
    """The schema `issue`; a pull request is one too."""
    url, web = call.repo_url(repository), _web(call, repository)
    here = f"{url}/issues/{issue.number}"
    shape = {
        **_common(call, repository, issue),
        "node_id": node_id("Issue", repository.full_name, issue.number),
        "url": here,
        "repository_url": url,
        "labels_url": f"{here}/labels{{/name}}",
        "events_url": f"{here}/events",
        "html_url": f"{web}/issues/{issue.number}",
        "comments": len(issue.comments),
        "closed_by": _user(call, issue.closed_by),
    }
    if (pull := repository.tracker.pulls.get(issue.number)) is not None:
        page = f"{web}/pull/{issue.number}"
        merged = utc_text(pull.merged_at) if pull.merged_at else None
        shape["html_url"] = page
        shape["pull_request"] = {
            "url": f"{url}/pulls/{issue.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": merged,
        }
    return shape


def simple_pull(call: Call, repository: Repository, pull: Pull) -> dict[str, Any]:
    """The schema `pull-request-simple`, as lists have it."""
    issue = pull.issue
    url, page = call.repo_url(repository), f"{_web(call, repository)}/pull/{issue.number}"
    here, comments = f"{url}/pulls/{issue.number}", f"{url}/issues/{issue.number}/comments"
    addresses = {
        "url": here,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": f"{url}/issues/{issue.number}",
        "commits_url": f"{here}/commits",
        "review_comments_url": f"{here}/comments",
        "review_comment_url": f"{url}/pulls/comments{{/number}}",
        "statuses_url": f"{url}/statuses/{pull.head}",
    }
    links = {
        **{name.removesuffix("_url"): {"href": text} for name, text in addresses.items()},
        "self": {"href": here},
        "comments": {"href": comments},
    }
    base = repository.git.ref(f"refs/heads/{pull.base_branch}") or pull.head
    return {
        **_common(call, repository, issue),
        **addresses,
        "node_id": node_id("PullRequest", repository.full_name, issue.number),
        "merged_at": utc_text(pull.merged_at) if pull.merged_at else None,
        "merge_commit_sha": pull.merge_commit,
        "requested_reviewers": [_user(call, login) for login in pull.reviewers],
        "requested_teams": [_team(call, repository, slug) for slug in pull.teams],
        "head": _end(call, pull.head_repository, pull.head_branch, pull.head),
        "base": _end(call, repository, pull.base_branch, base),
        "_links": {name: links[name] for name in _LINKS},
        "auto_merge": _auto_merge(call, pull),
        "draft": False,
    }


_LINKS = "comments commits statuses html issue review_comments review_comment self".split()


def _end(call: Call, repository: Repository, branch: str, oid: str) -> dict[str, Any]:
    return {
        "label": f"{repository.owner.login}:{branch}",
        "ref": branch,
        "sha": oid,
        "repo": full_repository(repository, call.token, call.api_url),
        "user": simple_user(repository.owner, call.api_url),
    }


def _team(call: Call, repository: Repository, slug: str) -> dict[str, Any]:
    url = f"{call.api_url}/orgs/{repository.owner.login}/teams/{slug}"
    return {
        "id": sum(map(ord, slug)),
        "node_id": node_id("Team", slug),
        "url": url,
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "html_url": f"{html_root(call.api_url)}/orgs/{repository.owner.login}/teams/{slug}",
        "name": slug,
        "slug": slug,
        "description": None,
        "permission": "push",
        "parent": None,
        "type": "organization",
        "organization_id": repository.owner.id,
    }


def _auto_merge(call: Call, pull: Pull) -> dict[str, Any] | None:
    if pull.auto_merge is None:
        return None
    return {
        "enabled_by": _user(call, pull.auto_merge_by),
        "merge_method": pull.auto_merge,
        "commit_title": pull.issue.title,
        "commit_message": "",
    }


def full_pull(
    call: Call,
    repository: Repository,
    pull: Pull,
    *,
    mergeable: bool | None,
    counts: dict[str, int],
) -> dict[str, Any]:
    """The schema `pull-request`, as a single one has it."""
    is_known = mergeable is not None
    return {
        **simple_pull(call, repository, pull),
        "merged": pull.merged_at is not None,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": ("clean" if mergeable else "dirty") if is_known else "unknown",
        "merged_by": _user(call, pull.merged_by),
        "comments": len(pull.issue.comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        **counts,
    }

"""The JSON of accounts, repositories and commits, with every member the description requires."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from tests.standins.git_objects import CommitData, Signature, utc_text
from tests.standins.github_state import Account, GithubState, Permission, Repository, Token

_USER_URLS = {
    "followers_url": "followers",
    "following_url": "following{/other_user}",
    "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}",
    "subscriptions_url": "subscriptions",
    "organizations_url": "orgs",
    "repos_url": "repos",
    "events_url": "events{/privacy}",
    "received_events_url": "received_events",
}
_REPOSITORY_URLS = """archive_url={archive_format}{/ref} assignees_url=assignees{/user}
blobs_url=git/blobs{/sha} branches_url=branches{/branch}
collaborators_url=collaborators{/collaborator} comments_url=comments{/number}
commits_url=commits{/sha} compare_url=compare/{base}...{head} contents_url=contents/{+path}
contributors_url=contributors deployments_url=deployments downloads_url=downloads
events_url=events forks_url=forks git_commits_url=git/commits{/sha} git_refs_url=git/refs{/sha}
git_tags_url=git/tags{/sha} hooks_url=hooks issue_comment_url=issues/comments{/number}
issue_events_url=issues/events{/number} issues_url=issues{/number} keys_url=keys{/key_id}
labels_url=labels{/name} languages_url=languages merges_url=merges
milestones_url=milestones{/number} notifications_url=notifications{?since,all,participating}
pulls_url=pulls{/number} releases_url=releases{/id} stargazers_url=stargazers
statuses_url=statuses/{sha} subscribers_url=subscribers subscription_url=subscription tags_url=tags
teams_url=teams trees_url=git/trees{/sha}"""
_FLAGS = {
    "has_issues": True,
    "has_projects": True,
    "has_downloads": True,
    "has_wiki": True,
    "has_pages": False,
    "has_discussions": False,
    "disabled": False,
    "homepage": None,
    "language": None,
    "mirror_url": None,
    "license": None,
}
_COUNTS = """forks forks_count open_issues open_issues_count stargazers_count watchers
watchers_count size network_count subscribers_count"""


def node_id(*parts: object) -> str:
    """An opaque id that holds `parts`; see `read_node_id`."""
    return base64.b64encode("\n".join(map(str, parts)).encode()).decode()


def read_node_id(text: str) -> list[str]:
    """The parts of a node id; empty for nonsense."""
    try:
        return base64.b64decode(text, validate=True).decode().split("\n")
    except ValueError:
        return []


def html_root(api_url: str) -> str:
    """Where people look at things."""
    return api_url.removesuffix("/api/v3").removesuffix("/")


def simple_user(account: Account, api_url: str) -> dict[str, Any]:
    """The schema `simple-user`."""
    url = f"{api_url}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("User", account.login),
        "avatar_url": f"{html_root(api_url)}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{html_root(api_url)}/{account.login}",
        **{name: f"{url}/{rest}" for name, rest in _USER_URLS.items()},
        "type": "Organization" if account.is_organisation else "User",
        "site_admin": False,
    }


def public_user(account: Account, state: GithubState, api_url: str) -> dict[str, Any]:
    """The schema `public-user`."""
    optional = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio"))
    public = [
        one for one in state.repositories.values() if one.owner is account and not one.private
    ]
    moment = utc_text(state.clock())
    numbers = {"public_gists": 0, "followers": 0, "following": 0}
    return {
        **simple_user(account, api_url),
        **optional,
        **numbers,
        "blog": "",
        "public_repos": len(public),
        "created_at": moment,
        "updated_at": moment,
    }


def organisation(account: Account, state: GithubState, api_url: str) -> dict[str, Any]:
    """The schema `organization-full`."""
    url, moment = f"{api_url}/orgs/{account.login}", utc_text(state.clock())
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("Organization", account.login),
        "url": url,
        **{f"{name}_url": f"{url}/{name}" for name in ("repos", "events", "hooks", "issues")},
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{html_root(api_url)}/avatars/{account.id}",
        "html_url": f"{html_root(api_url)}/{account.login}",
        "description": None,
        "has_organization_projects": True,
        "has_repository_projects": True,
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        "type": "Organization",
        "created_at": moment,
        "updated_at": moment,
        "archived_at": None,
    }


def full_repository(repository: Repository, token: Token, api_url: str) -> dict[str, Any]:
    """The schemas `full-repository`, `repository` and `minimal-repository` in one."""
    name, root = repository.full_name, html_root(api_url)
    url, moment = f"{api_url}/repos/{name}", utc_text(repository.created_at)
    pairs = (entry.split("=", 1) for entry in _REPOSITORY_URLS.split())
    granted = repository.permission_of(token.login)
    return {
        "id": repository.id,
        "node_id": node_id("Repository", name),
        "name": repository.name,
        "full_name": name,
        "owner": simple_user(repository.owner, api_url),
        "private": repository.private,
        "visibility": "private" if repository.private else "public",
        "description": repository.description,
        "url": url,
        "html_url": f"{root}/{name}",
        **{key: f"{url}/{rest}" for key, rest in pairs},
        "clone_url": f"{root}/{name}.git",
        "git_url": f"git:{name}.git",
        "ssh_url": f"git@host:{name}.git",
        "svn_url": f"{root}/{name}",
        **_FLAGS,
        "fork": repository.parent is not None,
        "allow_merge_commit": "merge" in repository.merge_methods,
        "allow_squash_merge": "squash" in repository.merge_methods,
        "allow_rebase_merge": "rebase" in repository.merge_methods,
        "allow_auto_merge": repository.allows_auto_merge,
        "delete_branch_on_merge": repository.deletes_merged,
        **dict.fromkeys(_COUNTS.split(), 0),
        "default_branch": repository.default_branch,
        "archived": repository.archived,
        "pushed_at": moment,
        "created_at": moment,
        "updated_at": moment,
        "permissions": {
            "admin": granted >= Permission.ADMIN,
            "maintain": granted >= Permission.ADMIN,
            "push": granted >= Permission.WRITE,
            "triage": granted >= Permission.WRITE,
            "pull": granted >= Permission.READ,
        },
    }


def _person(who: Signature) -> dict[str, str]:
    return {"name": who.name, "email": who.email, "date": utc_text(who.when)}


def _verification(data: CommitData) -> dict[str, Any]:
    signed = data.signature is not None
    return {
        "verified": signed,
        "reason": "valid" if signed else "unsigned",
        "signature": data.signature,
        "payload": "" if signed else None,
        "verified_at": utc_text(data.committer.when) if signed else None,
    }


def git_commit(oid: str, data: CommitData, repo_url: str) -> dict[str, Any]:
    """The schema `git-commit`: a commit as the Git Data API shows it."""
    web = repo_url.replace("/api/v3", "").replace("/repos/", "/")
    return {
        "sha": oid,
        "node_id": node_id("Commit", repo_url, oid),
        "url": f"{repo_url}/git/commits/{oid}",
        "html_url": f"{web}/commit/{oid}",
        "author": _person(data.author),
        "committer": _person(data.committer),
        "tree": {"sha": data.tree, "url": f"{repo_url}/git/trees/{data.tree}"},
        "message": data.message,
        "parents": [
            {
                "sha": parent,
                "url": f"{repo_url}/git/commits/{parent}",
                "html_url": f"{web}/commit/{parent}",
            }
            for parent in data.parents
        ],
        "verification": _verification(data),
    }


def commit(
    oid: str, data: CommitData, author: dict[str, Any] | None, repo_url: str
) -> dict[str, Any]:
    """The schema `commit`: a commit as the repository's history shows it."""
    plain = git_commit(oid, data, repo_url)
    names = ("author", "committer", "tree", "message", "verification")
    inner = {key: plain[key] for key in names}
    return {
        "sha": oid,
        "node_id": plain["node_id"],
        "url": f"{repo_url}/commits/{oid}",
        "html_url": plain["html_url"],
        "comments_url": f"{repo_url}/commits/{oid}/comments",
        "commit": {**inner, "url": plain["url"], "comment_count": 0},
        "author": author,
        "committer": author,
        "parents": [
            {**parent, "url": f"{repo_url}/commits/{parent['sha']}"} for parent in plain["parents"]
        ],
    }


def quoted(path: str) -> str:
    """A repository path in a URL."""
    return quote(path, safe="/")

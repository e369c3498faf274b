"""Pull requests: opening, editing, reviewers, merging.

Source: GitHub REST documentation, "Pulls", "Review requests"; the wording of refusals is that of
live answers.
"""

from __future__ import annotations

from typing import Any

from tests.standins.git_objects import EMPTY_TREE
from tests.standins.github_call import Call
from tests.standins.github_history import changed_files, merge_base
from tests.standins.github_http import NOT_FOUND, Refusal, Response, invalid
from tests.standins.github_issue_shapes import full_pull, simple_pull
from tests.standins.github_issues import allowed, can_push, change_issue
from tests.standins.github_merging import Merging, merged_tree, offered
from tests.standins.github_protection import refuse_merge
from tests.standins.github_state import GithubState, Permission, Repository
from tests.standins.github_tracker import Pull

_METHODS = {
    "merge": "Merge commits are not allowed on this repository.",
    "squash": "Squash merges are not allowed on this repository.",
    "rebase": "Rebase merges are not allowed on this repository.",
}


def _repository(call: Call, wanted: Permission = Permission.READ) -> Repository:
    repository = allowed(call, wanted, call.token.pull_requests)
    for pull in list(repository.tracker.open_pulls()):
        call.state.look_at_head(repository, pull)
    return repository


def _found(call: Call, wanted: Permission = Permission.READ) -> tuple[Repository, Pull]:
    repository = _repository(call, wanted)
    pull = repository.tracker.pulls.get(int(call.params["pull_number"]))
    if pull is None:
        raise Refusal(404, NOT_FOUND)
    return repository, pull


def _shape(call: Call, repository: Repository, pull: Pull) -> dict[str, Any]:
    base, is_open = _base(repository, pull), pull.issue.state == "open"
    mergeable = merged_tree(repository.git, base, pull.head) is not None if is_open else None
    files = _changed(call, repository, pull)
    counts = {name: sum(file[name] for file in files) for name in ("additions", "deletions")}
    counts["changed_files"] = len(files)
    counts["commits"] = len(offered(repository.git, base, pull.head))
    return full_pull(call, repository, pull, mergeable=mergeable, counts=counts)


def _changed(call: Call, repository: Repository, pull: Pull) -> list[dict[str, Any]]:
    base = merge_base(repository.git, _base(repository, pull), pull.head) or EMPTY_TREE
    return changed_files(call, repository, base, pull.head)


def _base(repository: Repository, pull: Pull) -> str:
    return repository.git.ref(f"refs/heads/{pull.base_branch}") or pull.head


def list_pulls(call: Call) -> Response:
    """pulls/list: the newest first, unless asked otherwise."""
    repository, query = _repository(call), call.request.query
    state, sort = query.get("state", "open"), query.get("sort", "created")
    found = [
        pull
        for pull in repository.tracker.pulls.values()
        if state in ("all", pull.issue.state)
        and query.get("base", pull.base_branch) == pull.base_branch
        and query.get("head", _label(pull)) == _label(pull)
    ]
    if sort == "updated":
        found.sort(key=lambda pull: pull.issue.updated_at or pull.issue.created_at)
    if query.get("direction", "desc" if sort == "created" else "asc") == "desc":
        found.reverse()
    return call.listing([simple_pull(call, repository, pull) for pull in found])


def _label(pull: Pull) -> str:
    return f"{pull.head_repository.owner.login}:{pull.head_branch}"


def create_pull(call: Call) -> Response:
    """pulls/create: from a branch of the repository or of a fork."""
    repository = _repository(call, Permission.WRITE)
    body = call.request.members("title", "head", "base")
    source, branch = _head(call, repository, str(body["head"]), body.get("head_repo"))
    head, base = _seen(source, branch), str(body["base"])
    target = repository.git.ref(f"refs/heads/{base}")
    if head is None or target is None:
        raise invalid("PullRequest", "base" if head else "head", "invalid")
    if source is repository and not can_push(call, repository):
        raise Refusal(403, "Must have push access to the repository")
    call.state.bring(source, repository, head)
    for pull in repository.tracker.open_pulls():
        if (pull.head_repository, pull.head_branch, pull.base_branch) == (source, branch, base):
            taken = f"A pull request already exists for {_label(pull)}."
            raise _custom(taken)
    if not offered(repository.git, target, head):
        raise _custom(f"No commits between {base} and {body['head']}")
    issue = call.state.new_issue(repository, call.token.login, str(body["title"]), body.get("body"))
    made = Pull(issue, source, branch, base, head)
    repository.tracker.pulls[issue.number] = made
    call.state.look_at_head(repository, made)
    shape = _shape(call, repository, made)
    return Response.of(shape, 201, location=shape["url"])


def _seen(source: Repository, branch: str) -> str | None:
    """Where a branch is; not yet, where it is new to this part of the service."""
    if source.unseen.get(branch, 0) > 0:
        source.unseen[branch] -= 1
        return None
    return source.git.ref(f"refs/heads/{branch}")


def _custom(message: str) -> Refusal:
    problem = {"resource": "PullRequest", "code": "custom", "message": message}
    return Refusal(422, "Validation Failed", errors=[problem])


def _head(call: Call, repository: Repository, head: str, name: object) -> tuple[Repository, str]:
    """The repository and the branch that `owner:branch`, or a branch alone, means."""
    login, colon, branch = head.rpartition(":")
    if not colon or login == repository.owner.login:
        return repository, branch
    for one in call.state.repositories.values():
        if one.owner.login == login and one.parent is repository and name in (None, one.name):
            return one, branch
    raise invalid("PullRequest", "head", "invalid")


def get_pull(call: Call) -> Response:
    """pulls/get."""
    return Response.of(_shape(call, *_found(call)))


def update_pull(call: Call) -> Response:
    """pulls/update."""
    repository, pull = _found(call, Permission.WRITE)
    body = call.request.members()
    if body.get("state") == "open" and pull.issue.state == "closed":
        if pull.merged_at is not None:
            raise invalid("PullRequest", "state", "invalid", "state cannot be changed.")
        if pull.head_repository.git.ref(f"refs/heads/{pull.head_branch}") is None:
            deleted = f"state cannot be changed. The {pull.head_branch} branch has been deleted."
            raise invalid("PullRequest", "state", "invalid", deleted)
    change_issue(call, repository, pull.issue, body)
    pull.base_branch = str(body.get("base", pull.base_branch))
    return Response.of(_shape(call, repository, pull))


def list_files(call: Call) -> Response:
    """pulls/list-files: what differs from the merge base."""
    repository, pull = _found(call)
    return call.listing(_changed(call, repository, pull))


def list_reviews(call: Call) -> Response:
    """pulls/list-reviews: nobody reviews here."""
    _found(call)
    return call.listing([])


def request_reviewers(call: Call) -> Response:
    """pulls/request-reviewers: all of them or none."""
    repository, pull = _found(call, Permission.WRITE)
    body = call.request.members()
    people, teams = body.get("reviewers") or [], body.get("team_reviewers") or []
    if pull.issue.login in people:
        raise Refusal(422, "Review cannot be requested from pull request author.")
    may = [repository.collaborates(login) for login in people]
    may += [slug in repository.teams for slug in teams]
    if not all(may):
        raise Refusal(
            422,
            "Reviews may only be requested from collaborators. One or more of the users or teams "
            f"you specified is not a collaborator of the {repository.full_name} repository.",
        )
    pull.reviewers = list(dict.fromkeys([*pull.reviewers, *people]))
    pull.teams = list(dict.fromkeys([*pull.teams, *teams]))
    return Response.of(simple_pull(call, repository, pull), 201)


# --- merging -----------------------------------------------------------------------------------


def check_merged(call: Call) -> Response:
    """pulls/check-if-merged."""
    _, pull = _found(call)
    if pull.merged_at is None:
        raise Refusal(404, NOT_FOUND)
    return Response(204)


def merge_pull(call: Call) -> Response:
    """pulls/merge."""
    repository, pull = _found(call, Permission.WRITE)
    call.repository(Permission.WRITE)
    body = call.request.members()
    method = str(body.get("merge_method", "merge"))
    if pull.issue.state != "open":
        raise Refusal(405, "Pull Request is not mergeable")
    if body.get("sha", pull.head) != pull.head:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    if method not in repository.merge_methods:
        raise Refusal(405, _METHODS[method])
    refuse_merge(repository, pull)
    made = merge(call.state, repository, pull, method, call.token.login, body)
    if made is None:
        raise Refusal(405, "Pull Request is not mergeable")
    merged = {"sha": made, "merged": True, "message": "Pull Request successfully merged"}
    return Response.of(merged)


def merge(
    state: GithubState,
    repository: Repository,
    pull: Pull,
    method: str,
    login: str,
    body: dict[str, Any],
) -> str | None:
    """Merge a pull request; the commit that its base is now, or `None` on a conflict."""
    now, ref = state.clock(), f"refs/heads/{pull.base_branch}"
    base = repository.git.ref(ref)
    who = state.accounts[login].signature(now)
    if base is None:
        return None
    merging = Merging(repository.git, base, pull, who, now)
    made = merging.make(method, body.get("commit_title"), body.get("commit_message"))
    if made is None or not repository.git.swap(ref, made, base):
        return None
    pull.merged_at, pull.merged_by, pull.merge_commit = now, login, made
    pull.issue.set_state("closed", login, now)
    if repository.deletes_merged:
        pull.head_repository.git.swap(f"refs/heads/{pull.head_branch}", None, pull.head)
    return made

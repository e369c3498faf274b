"""Issues, their labels and their comments; pull requests are issues too.

Source: GitHub REST documentation, "Issues", "Issue comments", "Labels".
"""

from __future__ import annotations

from typing import Any

from tests.standins.github_call import Call
from tests.standins.github_http import NO_PERMISSION, NOT_FOUND, Refusal, Response, invalid
from tests.standins.github_issue_shapes import comment, issue_shape, label
from tests.standins.github_state import Permission, Repository
from tests.standins.github_tracker import Issue

_LOCKED = "Unable to create comment because issue is locked."


def allowed(call: Call, wanted: Permission, granted: Permission) -> Repository:
    """The repository, if the token may do something with its issues or pull requests.

    Raises:
        Refusal: 403 or 404.
    """
    repository = call.visible_repository()
    is_public_read = wanted == Permission.READ and not repository.private
    if granted < wanted and not is_public_read:
        raise Refusal(403, NO_PERMISSION)
    if wanted > Permission.READ and repository.archived:
        raise Refusal(403, "Repository was archived so is read-only.")
    return repository


def found_issue(call: Call, wanted: Permission = Permission.READ) -> tuple[Repository, Issue]:
    """The issue of the path; that of a pull request may be written with either right."""
    number = int(call.params["issue_number"])
    granted = call.token.issues
    if number in call.visible_repository().tracker.pulls:
        granted = max(granted, call.token.pull_requests)
    repository = allowed(call, wanted, granted)
    issue = repository.tracker.issues.get(number)
    if issue is None:
        raise Refusal(404, NOT_FOUND)
    return repository, issue


def can_push(call: Call, repository: Repository) -> bool:
    """Whether the token's user may label and close what others opened."""
    return repository.permission_of(call.token.login) >= Permission.WRITE


# --- issues ------------------------------------------------------------------------------------


def list_issues(call: Call) -> Response:
    """issues/list-for-repo: the newest first; pull requests are among them."""
    repository = allowed(call, Permission.READ, call.token.issues)
    query = call.request.query
    state, wanted = (
        query.get("state", "open"),
        set(filter(None, query.get("labels", "").split(","))),
    )
    found = [
        issue
        for issue in repository.tracker.issues.values()
        if state in ("all", issue.state)
        and wanted <= set(issue.labels)
        and query.get("creator", issue.login) == issue.login
    ]
    if query.get("direction", "desc") == "desc":
        found.reverse()
    return call.listing([issue_shape(call, repository, issue) for issue in found])


def create_issue(call: Call) -> Response:
    """issues/create: who may not push is not heard about labels."""
    repository = allowed(call, Permission.WRITE, call.token.issues)
    body = call.request.members("title")
    issue = call.state.new_issue(repository, call.token.login, str(body["title"]), body.get("body"))
    if can_push(call, repository):
        repository.tracker.add_labels(issue, _names(body.get("labels") or []))
    shape = issue_shape(call, repository, issue)
    return Response.of(shape, 201, location=shape["url"])


def get_issue(call: Call) -> Response:
    """issues/get."""
    return Response.of(issue_shape(call, *found_issue(call)))


def update_issue(call: Call) -> Response:
    """issues/update."""
    repository, issue = found_issue(call, Permission.WRITE)
    body = call.request.members()
    change_issue(call, repository, issue, body)
    if "labels" in body and can_push(call, repository):
        issue.labels.clear()
        repository.tracker.add_labels(issue, _names(body["labels"]))
    return Response.of(issue_shape(call, repository, issue))


def change_issue(call: Call, repository: Repository, issue: Issue, body: dict[str, Any]) -> None:
    """Title, text and state, as issues and pull requests have them."""
    if not can_push(call, repository) and issue.login != call.token.login:
        raise Refusal(403, "Must have push access to the repository")
    issue.title = str(body.get("title", issue.title))
    issue.body = body.get("body", issue.body)
    issue.set_state(str(body.get("state", issue.state)), call.token.login, call.state.clock())


# --- labels ------------------------------------------------------------------------------------


def _names(labels: list[Any]) -> list[str]:
    return [one if isinstance(one, str) else str(one["name"]) for one in labels]


def list_labels(call: Call) -> Response:
    """issues/list-labels-for-repo."""
    repository = allowed(call, Permission.READ, call.token.issues)
    return call.listing([label(call, repository, name) for name in repository.tracker.labels])


def create_label(call: Call) -> Response:
    """issues/create-label."""
    repository = allowed(call, Permission.WRITE, call.token.issues)
    body = call.request.members("name")
    name, tracker = str(body["name"]), repository.tracker
    if any(one.lower() == name.lower() for one in tracker.labels):
        raise invalid("Label", "name", "already_exists")
    tracker.labels[name] = str(body.get("color", "ededed"))
    shape = label(call, repository, name)
    return Response.of(shape, 201, location=shape["url"])


def add_labels(call: Call) -> Response:
    """issues/add-labels: only for those who may push; labels that are new come into being."""
    repository, issue = found_issue(call, Permission.WRITE)
    if not can_push(call, repository):
        raise Refusal(404, NOT_FOUND)
    body = call.request.json()
    names = _names(body["labels"] if isinstance(body, dict) else body)
    if any(len(name) > _LONGEST_LABEL for name in names):
        raise invalid("Label", "name", "invalid", "name is too long (maximum is 50 characters)")
    repository.tracker.add_labels(issue, names)
    return Response.of([label(call, repository, name) for name in issue.labels])


_LONGEST_LABEL = 50


# --- comments ----------------------------------------------------------------------------------


def list_comments(call: Call) -> Response:
    """issues/list-comments: the oldest first."""
    repository, issue = found_issue(call)
    return call.listing([comment(call, repository, issue, one) for one in issue.comments])


def create_comment(call: Call) -> Response:
    """issues/create-comment."""
    repository, issue = found_issue(call, Permission.WRITE)
    body = call.request.members("body")
    if issue.locked:
        raise Refusal(403, _LOCKED)
    if not str(body["body"]).strip():
        raise invalid("IssueComment", "body", "missing_field")
    made = repository.tracker.comment(
        issue, call.token.login, str(body["body"]), call.state.clock()
    )
    shape = comment(call, repository, issue, made)
    return Response.of(shape, 201, location=shape["url"])


# --- who may do what ---------------------------------------------------------------------------

_LEVELS = {
    Permission.NONE: "none",
    Permission.READ: "read",
    Permission.WRITE: "write",
    Permission.ADMIN: "admin",
}


def get_permission(call: Call) -> Response:
    """repos/get-collaborator-permission-level."""
    repository = call.repository()
    account = call.state.accounts.get(call.params["username"])
    if account is None:
        raise Refusal(404, NOT_FOUND)
    level = _LEVELS[repository.permission_of(account.login)]
    return Response.of({"permission": level, "role_name": level, "user": None})

"""Which handler answers which path. Ids are those of the vendor's description."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from tests.standins import (
    github_contents,
    github_git_data,
    github_history,
    github_issues,
    github_pulls,
    github_refs,
    github_repositories,
)
from tests.standins.github_call import Call
from tests.standins.github_http import Response

Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """An operation that is served.

    Attributes:
        pattern: Of the raw path; `{name*}` in the table may hold slashes.
    """

    method: str
    pattern: re.Pattern[str]
    operation: str
    handler: Handler


_REPO = "/repos/{owner}/{repo}"
_PULL = f"{_REPO}/pulls/{{pull_number}}"
_ISSUE = f"{_REPO}/issues/{{issue_number}}"
# In order: a more particular path stands before one that would match it too.
_TABLE: Final[tuple[tuple[str, str, str, Handler], ...]] = (
    ("GET", "/rate_limit", "rate-limit/get", github_repositories.get_rate_limit),
    ("GET", "/user", "users/get-authenticated", github_repositories.get_authenticated),
    ("GET", "/users/{username}", "users/get-by-username", github_repositories.get_user),
    ("GET", "/orgs/{org}", "orgs/get", github_repositories.get_organisation),
    ("GET", "/user/repos", "repos/list-for-authenticated-user", github_repositories.list_own),
    ("POST", "/user/repos", "repos/create-for-authenticated-user", github_repositories.create_own),
    (
        "GET",
        "/orgs/{org}/repos",
        "repos/list-for-org",
        github_repositories.list_of_organisation,
    ),
    (
        "POST",
        "/orgs/{org}/repos",
        "repos/create-in-org",
        github_repositories.create_in_organisation,
    ),
    ("GET", _REPO, "repos/get", github_repositories.get_repository),
    ("PATCH", _REPO, "repos/update", github_repositories.update_repository),
    ("DELETE", _REPO, "repos/delete", github_repositories.delete_repository),
    ("GET", f"{_REPO}/contents/{{path*}}", "repos/get-content", github_contents.get_content),
    (
        "PUT",
        f"{_REPO}/contents/{{path*}}",
        "repos/create-or-update-file-contents",
        github_contents.put_content,
    ),
    ("DELETE", f"{_REPO}/contents/{{path*}}", "repos/delete-file", github_contents.delete_file),
    (
        "GET",
        f"{_REPO}/tarball/{{ref*}}",
        "repos/download-tarball-archive",
        github_repositories.download_tarball,
    ),
    ("POST", f"{_REPO}/git/blobs", "git/create-blob", github_git_data.create_blob),
    ("GET", f"{_REPO}/git/blobs/{{file_sha}}", "git/get-blob", github_git_data.get_blob),
    ("POST", f"{_REPO}/git/commits", "git/create-commit", github_git_data.create_commit),
    ("GET", f"{_REPO}/git/commits/{{commit_sha}}", "git/get-commit", github_git_data.get_commit),
    ("POST", f"{_REPO}/git/trees", "git/create-tree", github_git_data.create_tree),
    ("GET", f"{_REPO}/git/trees/{{tree_sha*}}", "git/get-tree", github_git_data.get_tree),
    (
        "GET",
        f"{_REPO}/git/matching-refs/{{ref*}}",
        "git/list-matching-refs",
        github_refs.list_matching_refs,
    ),
    ("GET", f"{_REPO}/git/ref/{{ref*}}", "git/get-ref", github_refs.get_ref),
    ("POST", f"{_REPO}/git/refs", "git/create-ref", github_refs.create_ref),
    ("PATCH", f"{_REPO}/git/refs/{{ref*}}", "git/update-ref", github_refs.update_ref),
    ("DELETE", f"{_REPO}/git/refs/{{ref*}}", "git/delete-ref", github_refs.delete_ref),
    ("GET", f"{_REPO}/commits", "repos/list-commits", github_history.list_commits),
    ("GET", f"{_REPO}/commits/{{ref*}}", "repos/get-commit", github_history.get_commit),
    (
        "GET",
        f"{_REPO}/compare/{{basehead*}}",
        "repos/compare-commits-with-basehead",
        github_history.compare,
    ),
    ("GET", f"{_REPO}/forks", "repos/list-forks", github_repositories.list_forks),
    ("POST", f"{_REPO}/forks", "repos/create-fork", github_repositories.create_fork),
    ("GET", f"{_REPO}/pulls", "pulls/list", github_pulls.list_pulls),
    ("POST", f"{_REPO}/pulls", "pulls/create", github_pulls.create_pull),
    ("GET", f"{_PULL}", "pulls/get", github_pulls.get_pull),
    ("PATCH", f"{_PULL}", "pulls/update", github_pulls.update_pull),
    ("GET", f"{_PULL}/files", "pulls/list-files", github_pulls.list_files),
    ("GET", f"{_PULL}/reviews", "pulls/list-reviews", github_pulls.list_reviews),
    ("GET", f"{_PULL}/merge", "pulls/check-if-merged", github_pulls.check_merged),
    ("PUT", f"{_PULL}/merge", "pulls/merge", github_pulls.merge_pull),
    (
        "POST",
        f"{_PULL}/requested_reviewers",
        "pulls/request-reviewers",
        github_pulls.request_reviewers,
    ),
    ("GET", f"{_REPO}/issues", "issues/list-for-repo", github_issues.list_issues),
    ("POST", f"{_REPO}/issues", "issues/create", github_issues.create_issue),
    ("GET", f"{_ISSUE}", "issues/get", github_issues.get_issue),
    ("PATCH", f"{_ISSUE}", "issues/update", github_issues.update_issue),
    ("GET", f"{_ISSUE}/comments", "issues/list-comments", github_issues.list_comments),
    ("POST", f"{_ISSUE}/comments", "issues/create-comment", github_issues.create_comment),
    ("POST", f"{_ISSUE}/labels", "issues/add-labels", github_issues.add_labels),
    ("GET", f"{_REPO}/labels", "issues/list-labels-for-repo", github_issues.list_labels),
    ("POST", f"{_REPO}/labels", "issues/create-label", github_issues.create_label),
    (
        "GET",
        f"{_REPO}/collaborators/{{username}}/permission",
        "repos/get-collaborator-permission-level",
        github_issues.get_permission,
    ),
    ("GET", f"{_REPO}/branches", "repos/list-branches", github_refs.list_branches),
    ("GET", f"{_REPO}/branches/{{branch*}}", "repos/get-branch", github_refs.get_branch),
)


def _pattern(template: str) -> re.Pattern[str]:
    def group(match: re.Match[str]) -> str:
        name = match[1]
        return f"(?P<{name[:-1]}>.*)" if name.endswith("*") else f"(?P<{name}>[^/]+)"

    return re.compile(re.sub(r"\{([a-z_]+\*?)\}", group, template))


ROUTES: Final = tuple(
    Route(method, _pattern(template), operation, handler)
    for method, template, operation, handler in _TABLE
)


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a raw path, and its parameters decoded."""
    for route in ROUTES:
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return route, {name: unquote(text) for name, text in match.groupdict().items()}
    return None

"""Repositories themselves: finding out about one, and creating one.

Source: GitHub REST documentation, "Get a repository", "Create a repository for the authenticated
user", "Create an organization repository".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pack.errors import ConnectorError, InvalidConfig, OutcomeUnknown, PackError, Unavailable
from pack_connectors.github.address import RepositoryPlace, parse_place
from pack_connectors.github.http import Answer, Request
from pack_connectors.github.refusals import refusal
from pack_connectors.github.repository import GithubRepository
from pack_connectors.github.session import GithubSession
from pack_connectors.system.retry import NoAnswer

_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What GitHub says about a repository.

    Attributes:
        full_name: Owner and name as GitHub writes them; after it was renamed, the new ones.
        is_private: Whether only invited people can see it.
        is_archived: Whether it is read-only.
        default_branch: Name of the default branch; an empty repository may lack the branch itself.
        is_empty: Whether it has no commits.
        can_write: Whether the token's account may write; `None` if GitHub does not say. What a
            fine-grained token lacks shows only when it writes.
        url: Its address for a browser.
    """

    full_name: str
    is_private: bool
    is_archived: bool
    default_branch: str
    is_empty: bool
    can_write: bool | None
    url: str


def find_repository(session: GithubSession, owner: str, name: str) -> RepositoryFacts | None:
    """What GitHub says about a repository; `None` if the token can see none of that name.

    Two requests.

    Raises:
        InvalidConfig: No repository can have this name.
        AuthFailed: GitHub does not know the token.
        ConnectorError: GitHub cannot be asked.
    """
    place = parse_place(session.host.rest, owner, name)
    answer, body = session.read_json(Request("GET", place.path))
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise refusal(answer, place.full_name)
    commits, _ = GithubRepository(session, place).commits(start=None, count=1)
    return _facts(body, is_empty=commits.status == 409)


def create_repository(
    session: GithubSession,
    owner: str,
    name: str,
    *,
    private: bool = True,
    description: str = "",
) -> RepositoryFacts:
    """A new, empty repository of the token's account, or of an organisation that lets it.

    Raises:
        InvalidConfig: The name is taken, or no repository can have it.
        AuthFailed: The token may not create it.
        OutcomeUnknown: No answer came, and GitHub cannot be asked whether it was created.
        ConnectorError: GitHub refuses or cannot be asked. Nothing was created.
    """
    place = parse_place(session.host.rest, owner, name)
    answer, account = session.read_json(Request("GET", "/user"))
    if answer.status != 200:
        raise refusal(answer, place.full_name)
    is_own = str(account.get("login", "")).lower() == owner.lower()
    path = "/user/repos" if is_own else f"/orgs/{owner}/repos"
    body = {"name": name, "private": private, "auto_init": False}
    if description:
        body["description"] = description
    return _create(session, place, Request("POST", path, body=body))


def _create(session: GithubSession, place: RepositoryPlace, request: Request) -> RepositoryFacts:
    reason = ""
    for _ in session.retry.attempts(_ATTEMPTS):
        try:
            answer = session.write(request)
            if answer.status == 201:
                return _facts(answer.json(), is_empty=True)
            if not (reason and answer.status == 422):
                raise _refused(answer, place)
        except NoAnswer as error:
            reason = error.reason
        if made := _look_back(session, place):
            return made
    raise Unavailable(f"GitHub did not create the repository: {reason}")


def _look_back(session: GithubSession, place: RepositoryPlace) -> RepositoryFacts | None:
    """The repository that was to be created, looked for after an answer was lost."""
    try:
        return find_repository(session, place.owner, place.name)
    except ConnectorError as error:
        raise OutcomeUnknown(f"GitHub did not say whether it created {place.full_name}") from error


def _refused(answer: Answer, place: RepositoryPlace) -> PackError:
    if answer.status == 422 and b"already exists" in answer.body:
        return InvalidConfig("GITHUB_REPO", f"there is already a repository {place.full_name}")
    return refusal(answer, place.full_name)


def _facts(body: Any, *, is_empty: bool) -> RepositoryFacts:
    try:
        permissions = body.get("permissions")
        can_write = permissions.get("push") if isinstance(permissions, dict) else None
        return RepositoryFacts(
            full_name=str(body["full_name"]),
            is_private=body["private"] is not False,
            is_archived=body.get("archived") is True,
            default_branch=str(body["default_branch"]),
            is_empty=is_empty,
            can_write=can_write if isinstance(can_write, bool) else None,
            url=str(body["html_url"]),
        )
    except (KeyError, AttributeError, TypeError) as error:
        raise ConnectorError("GitHub's answer makes no sense: a repository lacks a member") from (
            error
        )

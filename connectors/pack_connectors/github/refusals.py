"""GitHub's refusals in plain words: what the token lacks, what is not there, what is locked.

Source: GitHub REST documentation, "Troubleshooting the REST API"; the wording of refusals is that
of live answers.
"""

from __future__ import annotations

import re
from typing import Final

from pack.actions import Action
from pack.errors import AuthFailed, ConnectorError, PackError, RefusedForSafety
from pack_connectors.github.http import Answer

_PERMISSIONS: Final = "Give the token the repository permission 'Contents: read and write'."
_NEW_ONE: Final = f"Make a new token and set GITHUB_TOKEN, then {Action.DIAGNOSE} to check it."
_LOCKED: Final = re.compile(
    r"protected branch|rule violations|pre-receive|required status", re.IGNORECASE
)
_LOCKED_REMEDY: Final = "Let the token's account bypass the rule, or use another branch."


def refusal(answer: Answer, full_name: str) -> PackError:
    """The error that an answer means which is neither success nor a limit.

    Args:
        answer: Its status is 400 or more, or an unexpected one.
        full_name: Owner and name of the repository it is about.
    """
    message = _said(answer)
    if answer.status == 401:
        return AuthFailed("GitHub does not know the token, or it has expired", _NEW_ONE)
    if answer.status == 404:
        return invisible(full_name)
    if answer.status in (403, 409, 422) and (locked := lock(message, full_name)) is not None:
        return locked
    if answer.status == 403:
        return forbidden(message, full_name, answer.headers.get("x-accepted-github-permissions"))
    return ConnectorError(f"GitHub refused a request for {full_name}: {answer.status} {message}")


def invisible(full_name: str) -> AuthFailed:
    """The repository is not there, as far as the token can see."""
    return AuthFailed(
        f"there is no repository {full_name} on GitHub, or the token may not see it",
        "Check the name, and that the token has access to this repository.",
    )


def lock(message: str, full_name: str) -> RefusedForSafety | None:
    """The refusal of a repository or branch that nobody may write to as PACK does."""
    if "archived" in message:
        reason = f"{full_name} is archived on GitHub, so it cannot be written to"
        return RefusedForSafety(reason, "Unarchive it in the settings of the repository.")
    if _LOCKED.search(message):
        reason = f"a rule of {full_name} on GitHub forbids this commit ({plain(message)})"
        return RefusedForSafety(reason, _LOCKED_REMEDY)
    return None


def forbidden(message: str, full_name: str, accepted: str | None = None) -> AuthFailed:
    """The token lacks a right."""
    if "administration" in (accepted or ""):
        reason = f"the token may not create {full_name}"
        return AuthFailed(reason, "Give it 'Administration: read and write', or create it by hand.")
    if "SAML" in message or "single sign-on" in message:
        reason = f"the organisation of {full_name} wants the token to be authorised for its sign-on"
        return AuthFailed(reason, "Authorise the token for the organisation on GitHub.")
    reason = f"the token lacks a right on {full_name} ({plain(message)})"
    return AuthFailed(reason, _PERMISSIONS)


def _said(answer: Answer) -> str:
    message = answer.member("message")
    return plain(message) if isinstance(message, str) else "without words"


def plain(text: str) -> str:
    """GitHub's words, without what could disturb a terminal."""
    return "".join(c if c.isprintable() else " " for c in text[:300])

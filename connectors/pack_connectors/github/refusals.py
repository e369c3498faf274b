"""GitHub's refusals in plain words: what the token lacks, what is missing, what is locked.

Source: GitHub REST documentation, "Troubleshooting the REST API"; the wording
of refusals is taken from live answers.
"""

from __future__ import annotations

import re
from typing import Final

from pack.actions import Action
from pack.errors import AuthFailed, ConnectorError, PackError, RefusedForSafety
from pack_connectors.github.http import Answer

_PERMISSIONS: Final = "Give the token the repository permission '{}: read and write'."
_ACTIONS: Final = (
    "Allow GitHub Actions to create pull requests in the settings of the repository (Actions, "
    "General), or use another token."
)
_RIGHTS: Final = {"pull_requests": "Pull requests", "issues": "Issues"}
_NEW_ONE: Final = f"Make a new token and set GITHUB_TOKEN, then {Action.DIAGNOSE} to check it."
_LOCKED: Final = re.compile(
    r"protected branch|rule violations|pre-receive|required status", re.IGNORECASE
)
_LOCKED_REMEDY: Final = "Let the token's account bypass the rule, or use another branch."


def refusal(answer: Answer, full_name: str) -> PackError:
    """The error for an answer that is neither success nor a limit.

    Args:
        answer: Has a status of 400 or more, or an unexpected one.
        full_name: Owner and name of the repository.
    """
    message = _said(answer)
    if answer.status == 401:
        return AuthFailed("GitHub does not know the token, or the token has expired", _NEW_ONE)
    if answer.status == 404:
        return invisible(full_name)
    if answer.status in (403, 409, 422) and (locked := lock(message, full_name)) is not None:
        return locked
    if answer.status == 403:
        return forbidden(message, full_name, answer.headers.get("x-accepted-github-permissions"))
    return ConnectorError(f"GitHub refused a request for {full_name}: {answer.status} {message}")


def invisible(full_name: str) -> AuthFailed:
    """The error for a repository that the token cannot see."""
    return AuthFailed(
        f"there is no repository {full_name} on GitHub, or the token may not see it",
        "Check the name, and that the token has access to this repository.",
    )


def lock(message: str, full_name: str) -> RefusedForSafety | None:
    """The error for a locked repository or branch; `None` if the message is about neither."""
    if "archived" in message:
        reason = f"{full_name} is archived on GitHub, so nothing can be written"
        return RefusedForSafety(reason, "Unarchive it in the settings of the repository.")
    if _LOCKED.search(message):
        reason = f"a rule of {full_name} on GitHub forbids this commit ({plain(message)})"
        return RefusedForSafety(reason, _LOCKED_REMEDY)
    return None


def forbidden(message: str, full_name: str, accepted: str | None = None) -> AuthFailed:
    """The error for a token that lacks a right."""
    if "administration" in (accepted or ""):
        reason = f"the token may not create {full_name}"
        return AuthFailed(reason, "Give it 'Administration: read and write', or create it by hand.")
    if "SAML" in message or "single sign-on" in message:
        reason = f"the token is not authorised for the single sign-on of {full_name}'s organisation"
        return AuthFailed(
            reason, "Authorise it for the organisation, in the settings of the token on GitHub."
        )
    reason = f"the token lacks a right on {full_name} ({plain(message)})"
    if "GitHub Actions is not permitted" in message:
        return AuthFailed(reason, _ACTIONS)
    right = next((name for key, name in _RIGHTS.items() if key in (accepted or "")), "Contents")
    return AuthFailed(reason, _PERMISSIONS.format(right))


def _said(answer: Answer) -> str:
    message = answer.member("message")
    return plain(message) if isinstance(message, str) else "(no message)"


def plain(text: str) -> str:
    """GitHub's words, without characters that could disturb a terminal."""
    return "".join(c if c.isprintable() else " " for c in text[:300])

"""Access to a Google account: what a refresh token is used with, and why it may fail.

Source: Google, "Using OAuth 2.0 to access Google APIs" (expiry of refresh tokens), RFC 6749 5.2
(error codes).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pack.actions import Action
from pack.errors import AuthFailed, PackError, Unavailable

if TYPE_CHECKING:
    from google.auth.exceptions import RefreshError
    from google.oauth2.credentials import Credentials

TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
DOCUMENTS_SCOPE: Final = "https://www.googleapis.com/auth/documents"
"""The least that may edit a document which the user names; `drive.file` is for an app's own."""

_AGAIN: Final = (
    f"{Action.ALLOW_GOOGLE}. If this happens every week, the consent screen of the OAuth client is "
    "in state 'Testing', in which Google ends access after 7 days: publish it."
)
_CLIENT: Final = f"Correct GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, then {Action.ALLOW_GOOGLE}."


@dataclass(frozen=True, slots=True)
class GoogleAccess:
    """What lets PACK act for a Google account. Its `repr` shows nothing of it.

    Attributes:
        client_id: Of the OAuth client, a desktop app.
        client_secret: Of the same.
        refresh_token: From `pack google-auth`.
        token_uri: Where it is exchanged for access tokens.
    """

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    token_uri: str = field(repr=False, default=TOKEN_URL)

    def credentials(self) -> Credentials:
        """Credentials that fetch an access token when one is needed; not for several threads."""
        # Here, as it takes time to import and most processes never write a document.
        from google.oauth2.credentials import Credentials  # noqa: PLC0415

        return Credentials(  # type: ignore[no-untyped-call]  # google-auth types it only in part
            token=None,
            refresh_token=self.refresh_token,
            token_uri=self.token_uri,
            client_id=self.client_id,
            client_secret=self.client_secret,
        )


def refresh_failure(error: RefreshError) -> PackError:
    """What it means that Google gave no access token. Nothing of its answer is repeated."""
    answer = next((part for part in error.args if isinstance(part, dict)), {})
    code = answer.get("error")
    if code in ("invalid_client", "unauthorized_client"):
        return AuthFailed("Google does not know the OAuth client, or its secret is wrong", _CLIENT)
    if error.retryable:
        return Unavailable("Google gives no access token at the moment")
    if code == "invalid_grant":
        return AuthFailed("the access to Google was revoked, or it has expired", _AGAIN)
    return AuthFailed(f"Google gave no access token ({_word(code)})", _AGAIN)


def _word(code: Any) -> str:
    """An error code of OAuth, if it is one."""
    text = str(code)
    return text if len(text) <= 40 and text.replace("_", "").isalpha() else "no reason given"

"""Access to a Google account: what it takes, and why Google may refuse it.

Source: Google, "Using OAuth 2.0 to access Google APIs" (expiry of refresh tokens), RFC 6749 5.2
(error codes).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pack.actions import Action
from pack.errors import AuthFailed, PackError, Unavailable

if TYPE_CHECKING:
    from google.auth.exceptions import RefreshError
    from google.oauth2.credentials import Credentials

TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
DOCUMENTS_SCOPE: Final = "https://www.googleapis.com/auth/documents"
"""The narrowest scope that may edit a document of the user's; `drive.file` covers only documents
that the app itself made."""

_AGAIN: Final = (
    f"{Action.ALLOW_GOOGLE}. If this happens every week, the consent screen of the OAuth client "
    "is in state 'Testing', in which Google ends access after 7 days: publish it."
)
_CLIENT: Final = (
    "Correct GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET (the client must be a desktop app under "
    f"'APIs & Services > Credentials' in Google Cloud), then {Action.ALLOW_GOOGLE}."
)


@dataclass(frozen=True, slots=True)
class GoogleAccess:
    """What lets PACK act for a Google account. Its `repr` shows none of it.

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
        """Credentials that fetch an access token when they need one."""
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
    """Why Google gave no access token. Nothing of its answer is repeated."""
    answer = next((part for part in error.args if isinstance(part, dict)), {})
    code = answer.get("error")
    if error.retryable:
        return Unavailable("Google gives no access token at the moment")
    if code == "invalid_grant":
        return AuthFailed("the access to Google was revoked, or it has expired", _AGAIN)
    return oauth_refusal(code, "Google gave no access token", _AGAIN)


def oauth_refusal(code: object, what: str, remedy: str) -> AuthFailed:
    """What an error code of OAuth means.

    Args:
        code: As Google sent it; shown only if it has the form of such a code.
        what: What was refused, for the message.
        remedy: What to do, unless the client itself is the problem.
    """
    if code in ("invalid_client", "unauthorized_client"):
        return AuthFailed("Google does not know the OAuth client, or its secret is wrong", _CLIENT)
    text = str(code)
    is_code = len(text) <= 40 and text.replace("_", "").isalpha()
    return AuthFailed(f"{what} ({text if is_code else 'no reason given'})", remedy)

"""The two ends of Google's OAuth flow for desktop apps: the page to ask at, the token for its code.

What is between them, the browser and its way back, is up to the caller.

Source: Google, "OAuth 2.0 for mobile & desktop apps"; RFC 7636 (PKCE, S256); RFC 8252 (loopback
redirect).
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from pack.actions import Action
from pack.errors import AuthFailed, ConnectorError, Unavailable
from pack_connectors.google_docs.access import DOCUMENTS_SCOPE, TOKEN_URL

AUTH_URL: Final = "https://accounts.google.com/o/oauth2/v2/auth"
_TOKEN: Final = re.compile(r"[A-Za-z0-9/_.~+=-]{1,2048}")
_CODE: Final = re.compile(r"[a-z_]{1,40}")
_CLIENT: Final = (
    "Correct GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET; the client must be a desktop app of Google "
    "Cloud's 'APIs & Services > Credentials'."
)
_AGAIN: Final = f"{Action.ALLOW_GOOGLE} again."


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to a user, and what proves that an answer belongs to it.

    Attributes:
        client_id: Of the OAuth client.
        redirect_uri: Where the browser brings the answer.
        page: Where the user is asked.
        state: Comes back with the answer; no other one is for this question.
        verifier: Shows with the code that it was asked for here.
    """

    client_id: str
    redirect_uri: str
    page: str = AUTH_URL
    state: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(64))

    @property
    def url(self) -> str:
        """The page on which the user answers. It holds nothing that lets anyone in."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
        asked = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": DOCUMENTS_SCOPE,
            "state": self.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            # Both, as Google gives a refresh token only then, and only once without the second.
            "access_type": "offline",
            "prompt": "consent",
        }
        return f"{self.page}?{urlencode(asked)}"

    def is_answered_by(self, answer: Mapping[str, str]) -> bool:
        """Whether the parameters of a redirect are an answer to this question."""
        state = answer.get("state", "")
        return secrets.compare_digest(state.encode(), self.state.encode())


def fetch_refresh_token(
    inquiry: Inquiry,
    answer: Mapping[str, str],
    client_secret: str,
    client: httpx.Client,
    token_uri: str = TOKEN_URL,
) -> str:
    """The refresh token for a user's answer.

    Args:
        inquiry: The question.
        answer: The parameters of the redirect; `inquiry.is_answered_by` them.
        client_secret: Of the OAuth client.
        client: Carries one request.
        token_uri: Where it goes.

    Raises:
        AuthFailed: The user said no, or Google does not accept the client or the code.
        Unavailable: Google cannot be reached.
        ConnectorError: Its answer is of no use.
    """
    if "code" not in answer:
        raise _denied(answer.get("error", ""))
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "client_id": inquiry.client_id,
        "client_secret": client_secret,
        "redirect_uri": inquiry.redirect_uri,
        "code_verifier": inquiry.verifier,
    }
    try:
        response = client.post(token_uri, data=form, follow_redirects=False)
    except httpx.HTTPError as error:
        raise Unavailable("Google cannot be reached to fetch the token") from error
    if response.status_code >= 500:
        raise Unavailable(f"Google gives no tokens now: it answered {response.status_code}")
    return _granted(_members(response), response.status_code)


def _denied(code: str) -> AuthFailed:
    if code == "access_denied":
        return AuthFailed("access to Google Docs was not granted", _AGAIN)
    return AuthFailed(f"Google ended the request for access ({_word(code)})", _CLIENT)


def _granted(answer: Mapping[str, Any], status: int) -> str:
    if status != 200:
        raise _refused(str(answer.get("error", "")))
    if DOCUMENTS_SCOPE not in str(answer.get("scope", "")).split():
        raise AuthFailed("the permission to edit documents was not granted", _AGAIN)
    token = str(answer.get("refresh_token", ""))
    if not _TOKEN.fullmatch(token):
        raise ConnectorError("Google sent no refresh token")
    return token


def _refused(code: str) -> AuthFailed:
    if code in ("invalid_client", "unauthorized_client"):
        return AuthFailed("Google does not know the OAuth client, or its secret is wrong", _CLIENT)
    return AuthFailed(f"Google gave no token for the answer ({_word(code)})", _AGAIN)


def _members(response: httpx.Response) -> Mapping[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _word(code: str) -> str:
    return code if _CODE.fullmatch(code) else "no reason given"

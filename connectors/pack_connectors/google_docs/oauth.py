"""Asking a user for access to Google Docs: the page to show, and the token for the answer.

google-auth-oauthlib does both. Its own server for the redirect is not used: it ends with the first
request of any kind, a browser's request for an icon included, and a connection that says nothing
holds it up for ever. Whoever shows the page also takes the answer.

Source: Google, "OAuth 2.0 for mobile & desktop apps"; RFC 7636 (PKCE); RFC 8252 (loopback
redirect).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pack.actions import Action
from pack.errors import AuthFailed, ConnectorError, Unavailable
from pack_connectors.google_docs.access import DOCUMENTS_SCOPE, TOKEN_URL, oauth_refusal

if TYPE_CHECKING:
    from requests import Response
    from requests.adapters import BaseAdapter

AUTH_URL: Final = "https://accounts.google.com/o/oauth2/v2/auth"
_TOKEN: Final = re.compile(r"[A-Za-z0-9/_.~+=-]{1,2048}")
_TIMEOUT: Final = 30.0
_AGAIN: Final = f"{Action.ALLOW_GOOGLE} again."
_NO_TOKEN: Final = "Google gave no token for the answer"  # noqa: S105 - a message, no secret


class ConsentRequest:
    """One question to a user: may PACK edit documents?

    Args:
        client_id: Of the OAuth client.
        client_secret: Of the same.
        redirect_uri: Where the browser brings the answer.
        state: Comes back with the answer and shows that it belongs to this question.
        auth_uri: The page on which the user answers.
        token_uri: Where an answer is exchanged for a token: https, or this machine.
        adapter: Carries the exchange; `None` for the network.

    Attributes:
        url: The page to show. It holds nothing that lets anyone in.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        state: str,
        *,
        auth_uri: str = AUTH_URL,
        token_uri: str = TOKEN_URL,
        adapter: BaseAdapter | None = None,
    ) -> None:
        # Here, as it takes time to import, and only one command needs it.
        from google_auth_oauthlib.flow import InstalledAppFlow  # noqa: PLC0415

        # At level DEBUG it logs the client's secret, the code and the tokens.
        logging.getLogger("requests_oauthlib").setLevel(logging.INFO)
        client = {
            "client_id": client_id,
            "client_secret": client_secret,
            "auth_uri": auth_uri,
            "token_uri": token_uri,
        }
        self._flow = InstalledAppFlow.from_client_config(
            {"installed": client}, [DOCUMENTS_SCOPE], redirect_uri=redirect_uri, state=state
        )
        session = self._flow.oauth2session
        session.max_redirects = 0  # the secret and the code go to `token_uri` alone
        session.register_compliance_hook("access_token_response", _checked)
        if adapter:
            session.mount(token_uri, adapter)
        # Without the prompt, Google gives no refresh token to whoever has agreed before.
        self.url: str = self._flow.authorization_url(prompt="consent")[0]

    def fetch_refresh_token(self, answer: Mapping[str, str]) -> str:
        """The refresh token for the user's answer; costs one request.

        Args:
            answer: The parameters of the redirect. Their `state` has been checked.

        Raises:
            AuthFailed: The user said no, or Google does not accept the client or the code.
            Unavailable: Google cannot be reached.
            ConnectorError: Google's answer is of no use.
        """
        if "code" not in answer:
            raise _denied(answer.get("error", ""))
        granted = self._exchange(answer["code"])
        if DOCUMENTS_SCOPE not in granted.get("scope", ()):  # a list, for oauthlib
            raise AuthFailed("the permission to edit documents was not granted", _AGAIN)
        token = str(granted.get("refresh_token", ""))
        if not _TOKEN.fullmatch(token):
            raise ConnectorError("Google sent no refresh token")
        return token

    def _exchange(self, code: str) -> Mapping[str, Any]:
        from oauthlib.oauth2 import OAuth2Error  # noqa: PLC0415 - as above
        from requests import RequestException  # noqa: PLC0415

        try:
            granted: Mapping[str, Any] = self._flow.fetch_token(
                code=code, include_client_id=True, timeout=_TIMEOUT
            )
        except RequestException as error:
            raise Unavailable("Google cannot be reached to fetch the token") from error
        except OAuth2Error as error:
            raise oauth_refusal(error.error, _NO_TOKEN, _AGAIN) from error
        except Warning as other_scope:  # how oauthlib says that another scope was granted
            granted = other_scope.token  # type: ignore[attr-defined]
        return granted


def _denied(code: str) -> AuthFailed:
    if code == "access_denied":
        return AuthFailed("access to Google Docs was not granted", _AGAIN)
    return oauth_refusal(code, "Google ended the request for access", _AGAIN)


def _checked(response: Response) -> Response:
    """An answer that oauthlib can read; it looks at neither the status nor the kind of JSON."""
    if response.status_code >= 500:
        raise Unavailable(f"Google gives no tokens now: it answered {response.status_code}")
    try:
        is_object = isinstance(response.json(), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise oauth_refusal("", _NO_TOKEN, _AGAIN)
    return response

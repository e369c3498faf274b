"""Wiring of what goes to Google; see `wiring`."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pack_connectors.google_docs.access import GoogleAccess
from pack_connectors.google_docs.oauth import ConsentRequest
from pack_connectors.google_docs.target import GoogleDoc
from pack_connectors.google_docs.text import DocumentFormat
from pack_connectors.system.service_url import parse_service_url
from pydantic import SecretStr

from pack.actions import Action
from pack.errors import AuthFailed, InvalidConfig, Unavailable
from pack_servers.config.extras import GOOGLE
from pack_servers.config.settings import Settings
from pack_servers.wiring.loopback_answer import AnswerServer

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

REFRESH_TOKEN: Final = "GOOGLE_REFRESH_TOKEN"  # noqa: S105 - a name, no secret
_NO_CLIENT: Final = (
    "Create an OAuth client for a desktop app in Google Cloud (APIs & Services > Credentials), and "
    "set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET in ~/.pack.env."
)
_NO_DOCUMENT: Final = "Set GOOGLE_DOC_ID to the id or the address of the document to write to."
_NO_TOKEN: Final = f"{Action.ALLOW_GOOGLE}."


def open_document(settings: Settings, clock: Callable[[], datetime]) -> GoogleDoc:
    """The document that shows the memory, to be closed by the caller. No request is made.

    Raises:
        InvalidConfig: A setting is missing or cannot be used, or the extra `google` is missing.
    """
    document = _required(settings.google_doc_id, "GOOGLE_DOC_ID", _NO_DOCUMENT)
    GOOGLE.require("GOOGLE_DOC_ID")
    client_id, client_secret = _oauth_client(settings)
    token = _required(settings.google_refresh_token, REFRESH_TOKEN, _NO_TOKEN)
    access = GoogleAccess(client_id, client_secret, token, _token_uri(settings))
    doc_format = DocumentFormat(settings.google_doc_format)
    api_url = parse_service_url(settings.google_api_url, "GOOGLE_API_URL")
    return GoogleDoc(document, access, clock, doc_format, api_url=api_url)


def _token_uri(settings: Settings) -> str:
    return parse_service_url(settings.google_token_uri, "GOOGLE_TOKEN_URI")


def _oauth_client(settings: Settings) -> tuple[str, str]:
    """Id and secret of the OAuth client."""
    client_id = _required(settings.google_client_id, "GOOGLE_CLIENT_ID", _NO_CLIENT)
    secret = _required(settings.google_client_secret, "GOOGLE_CLIENT_SECRET", _NO_CLIENT)
    return client_id, secret


def _required(value: str | SecretStr | None, name: str, remedy: str) -> str:
    if not value:
        error = InvalidConfig(name, "it is not set")
        error.remedy = remedy
        raise error
    return value if isinstance(value, str) else value.get_secret_value()


def ask_for_access(
    settings: Settings,
    show: Callable[[str], None],
    seconds: float,
    adapter: BaseAdapter | None = None,
) -> str:
    """A refresh token that lets PACK edit documents, once the user has agreed in a browser.

    Args:
        settings: They name the OAuth client.
        show: Called with the address of the page on which the user agrees.
        seconds: How long to wait for that.
        adapter: Carries the one request to Google; `None` for the network.

    Raises:
        InvalidConfig: The extra `google` or the OAuth client is missing, or a setting holds no
            usable address.
        AuthFailed: The user said no or nothing, or Google refused.
        Unavailable: Google cannot be reached, or no port of this machine is free.
    """
    GOOGLE.require("GOOGLE_CLIENT_ID")
    client_id, client_secret = _oauth_client(settings)
    auth_uri = parse_service_url(settings.google_auth_uri, "GOOGLE_AUTH_URI")
    token_uri = _token_uri(settings)
    if token_uri.startswith("http:"):
        # It is on this machine, as `parse_service_url` has checked; oauthlib allows only https
        # unless it is told so in this way.
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    try:
        with AnswerServer() as server:
            consent = ConsentRequest(
                client_id,
                client_secret,
                server.url,
                server.state,
                auth_uri=auth_uri,
                token_uri=token_uri,
                adapter=adapter,
            )
            show(consent.url)
            answer = server.wait(seconds)
    except OSError as error:
        raise Unavailable(f"no port of this machine is free: {error.strerror}") from error
    if answer is None:
        reason = f"no answer came from a browser within {seconds:.0f} seconds"
        raise AuthFailed(reason, f"{Action.ALLOW_GOOGLE} again; --timeout makes it wait longer.")
    return consent.fetch_refresh_token(answer)

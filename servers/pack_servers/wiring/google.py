"""Putting what goes to Google together; see `wiring`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx
from pack_connectors.google_docs.access import GoogleAccess
from pack_connectors.google_docs.oauth import Inquiry, fetch_refresh_token
from pack_connectors.google_docs.target import GoogleDoc
from pack_connectors.google_docs.text import DocumentFormat
from pack_connectors.system.service_url import parse_service_url
from pydantic import SecretStr

from pack.actions import Action
from pack.errors import AuthFailed, InvalidConfig, Unavailable
from pack_servers.config.settings import Settings
from pack_servers.wiring.loopback_answer import answer_server

REFRESH_TOKEN: Final = "GOOGLE_REFRESH_TOKEN"  # noqa: S105 - a name, no secret
_NO_CLIENT: Final = (
    "Make an OAuth client for a desktop app in Google Cloud (APIs & Services > Credentials), and "
    "set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET in ~/.pack.env."
)
_NO_DOCUMENT: Final = "Set GOOGLE_DOC_ID to the id or the address of the document to write to."
_NO_TOKEN: Final = f"{Action.ALLOW_GOOGLE}."
_TIMEOUT: Final = 30.0


def open_document(settings: Settings, clock: Callable[[], datetime]) -> GoogleDoc:
    """The document that shows the memory; to be closed in the end. No request is made.

    Raises:
        InvalidConfig: A setting is missing or cannot be used.
    """
    if not settings.google_doc_id:
        raise _missing("GOOGLE_DOC_ID", _NO_DOCUMENT)
    client_id, client_secret = oauth_client(settings)
    token = _secret(settings.google_refresh_token, REFRESH_TOKEN, _NO_TOKEN)
    access = GoogleAccess(client_id, client_secret, token, _token_uri(settings))
    doc_format = DocumentFormat(settings.google_doc_format)
    api_url = parse_service_url(settings.google_api_url, "GOOGLE_API_URL")
    return GoogleDoc(settings.google_doc_id, access, clock, doc_format, api_url=api_url)


def _token_uri(settings: Settings) -> str:
    return parse_service_url(settings.google_token_uri, "GOOGLE_TOKEN_URI")


def oauth_client(settings: Settings) -> tuple[str, str]:
    """Id and secret of the OAuth client.

    Raises:
        InvalidConfig: One of them is not set.
    """
    if not settings.google_client_id:
        raise _missing("GOOGLE_CLIENT_ID", _NO_CLIENT)
    secret = _secret(settings.google_client_secret, "GOOGLE_CLIENT_SECRET", _NO_CLIENT)
    return settings.google_client_id, secret


def _secret(value: SecretStr | None, name: str, remedy: str) -> str:
    if value is None:
        raise _missing(name, remedy)
    return value.get_secret_value()


def _missing(name: str, remedy: str) -> InvalidConfig:
    error = InvalidConfig(name, "it is not set")
    error.remedy = remedy
    return error


def ask_for_access(
    settings: Settings,
    show: Callable[[str], None],
    seconds: float,
    transport: httpx.BaseTransport | None = None,
) -> str:
    """A refresh token that lets PACK edit documents, once the user has agreed in a browser.

    Args:
        settings: They name the OAuth client.
        show: Told the address of the page on which the user agrees.
        seconds: How long to wait for that.
        transport: What carries the one request to Google; `None` for the network.

    Raises:
        InvalidConfig: There is no OAuth client, or an address is none.
        AuthFailed: The user said no or nothing, or Google did.
        Unavailable: Google cannot be reached, or no port of this machine can be had.
    """
    client_id, client_secret = oauth_client(settings)
    page = parse_service_url(settings.google_auth_uri, "GOOGLE_AUTH_URI")
    token_uri = _token_uri(settings)
    try:
        with answer_server() as server:
            inquiry = Inquiry(client_id, server.url, page)
            server.expect(inquiry.is_answered_by)
            show(inquiry.url)
            answer = server.wait(seconds)
    except OSError as error:
        raise Unavailable(f"no port of this machine can be had: {error.strerror}") from error
    if answer is None:
        reason = f"no answer came from a browser within {seconds:.0f} seconds"
        raise AuthFailed(reason, f"{Action.ALLOW_GOOGLE} again; --timeout makes it wait longer.")
    with httpx.Client(transport=transport, timeout=_TIMEOUT, trust_env=transport is None) as client:
        return fetch_refresh_token(inquiry, answer, client_secret, client, token_uri)

"""Addresses of services that receive secrets: encrypted, or on this machine."""

from __future__ import annotations

from ipaddress import ip_address

import httpx

from pack.errors import InvalidConfig


def parse_service_url(text: str, setting: str) -> str:
    """The address of a service, without a trailing slash.

    Args:
        text: `https://HOST/PATH`; `http://` only for loopback.
        setting: Name of the setting it comes from.

    Raises:
        InvalidConfig: It is not one. The message does not repeat it.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidConfig(setting, "it is not an address") from error
    if url.userinfo or url.query or url.fragment or not url.host:
        raise InvalidConfig(setting, "it must consist of a host and a path only")
    if not is_safe(url):
        raise InvalidConfig(setting, "it must begin with https://")
    return str(url).rstrip("/")


def is_safe(url: httpx.URL) -> bool:
    """Whether nobody else can read what is sent there: encrypted, or on this machine."""
    return url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

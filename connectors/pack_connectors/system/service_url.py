"""Addresses of services that are sent secrets: encrypted, or on this machine."""

from __future__ import annotations

from ipaddress import ip_address

import httpx

from pack.errors import InvalidConfig


def parse_service_url(text: str, setting: str) -> str:
    """The address of a service, without a slash at its end.

    Args:
        text: `https://HOST/PATH`; `http://` only for loopback.
        setting: What the address was set by.

    Raises:
        InvalidConfig: It is none. The message does not repeat it.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidConfig(setting, "it is no address") from error
    if url.userinfo or url.query or url.fragment or not url.host:
        raise InvalidConfig(setting, "it must be a host and a path only")
    if not is_safe(url):
        raise InvalidConfig(setting, "it must begin with https://")
    return str(url).rstrip("/")


def is_safe(url: httpx.URL) -> bool:
    """Whether what is sent there can be read by nobody else: encrypted, or on this machine."""
    return url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

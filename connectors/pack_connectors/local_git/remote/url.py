"""The address of a remote: what may be shown, and what stays out of argv, messages and logs.

Sources: git-clone(1) "GIT URLS"; RFC 3986 section 3.2.1 (user information).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from pack.errors import InvalidConfig

PROTOCOLS: Final = ("https", "ssh", "file")
"""What an exchange may use: not `http` and `git`, which anybody on the way can read and change, nor
`ext`, which runs a command."""
CLONED_PROTOCOLS: Final = (*PROTOCOLS, "http", "git")
"""What a person can clone from, once: they named the address just now."""

_WITH_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(?:([^/?#]*)@)?(.*)", re.DOTALL)
_HELPER: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*::")
_USER_INFORMATION: Final = re.compile(r"(?<=://)[^/\s'\"]*@")
_MOST_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    """An address that git can use.

    Attributes:
        text: What git is given; it holds no secret.
        username: Who to be at an https server, if the address said so. May be a token.
        password: The password, if the address held one.
    """

    text: str
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def parse_url(text: str, protocols: Sequence[str] = PROTOCOLS) -> RemoteUrl:
    """The address that a remote is configured with.

    Args:
        text: The address.
        protocols: Those that may be used.

    Raises:
        InvalidConfig: An exchange cannot use it. The message holds nothing of its user part.
    """
    if not text or text.startswith("-") or any(unicodedata.category(c) == "Cc" for c in text):
        raise InvalidConfig("the remote", "its URL is empty or not an address")
    if _HELPER.match(text):
        raise InvalidConfig("the remote", "its URL is not an address but names a program to run")
    found = _WITH_SCHEME.fullmatch(text)
    if found is None:
        return RemoteUrl(text)  # a path, or host:path for ssh, whose user is not a secret
    scheme, user, rest = found.group(1).lower(), found.group(2), found.group(3)
    scheme = {"git+ssh": "ssh", "ssh+git": "ssh"}.get(scheme, scheme)
    if scheme not in protocols:
        raise InvalidConfig("the remote", f"{scheme}:// is not used; use {', '.join(protocols)}")
    if user is None:
        return RemoteUrl(text)
    name, colon, password = user.partition(":")
    if scheme == "ssh":
        return RemoteUrl(f"ssh://{name}@{rest}")
    return RemoteUrl(
        f"{scheme}://{rest}", unquote(name) or None, unquote(password) if colon else None
    )


def redacted(text: str) -> str:
    """What another program said, on one line, without user names and passwords in addresses."""
    plain = _USER_INFORMATION.sub("", text)
    shown = "".join(c if c.isprintable() else " " for c in plain)
    shown = " ".join(shown.split())
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"

"""The packages that only some settings need: which they are, which are missing, what adds them.

A base installation has none of them. Whoever is about to import one calls `Extra.require` first, so
that a missing package is an error that names the setting and the command, and no traceback.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from pack.errors import InvalidConfig
from pack_servers.config.settings import Settings, TokenSource

_REMEDY: Final = "Install it into the environment that PACK runs in, and restart running servers."


@dataclass(frozen=True, slots=True)
class Extra:
    """Packages that are installed on request.

    Attributes:
        name: What it is called in `pack-memory[NAME]`.
        packages: The module each package is imported as, by the name of the package.
    """

    name: str
    packages: Mapping[str, str]

    @property
    def command(self) -> str:
        """The command that installs it."""
        return f"pip install 'pack-memory[{self.name}]'"

    def missing(self) -> tuple[str, ...]:
        """The packages that are not installed."""
        return tuple(name for name, module in self.packages.items() if not _is_installed(module))

    def require(self, setting: str) -> None:
        """Return if all packages are installed.

        Args:
            setting: The setting that asks for them.

        Raises:
            InvalidConfig: One is missing; the message has the command that installs it.
        """
        if missing := self.missing():
            reason = f"the package {missing[0]} is not installed: {self.command}"
            error = InvalidConfig(setting, reason)
            error.remedy = _REMEDY
            raise error


NOTION: Final = Extra("notion", {"notion-client": "notion_client"})
GOOGLE: Final = Extra(
    "google",
    {
        "google-api-python-client": "googleapiclient",
        "google-auth": "google.auth",
        "google-auth-httplib2": "google_auth_httplib2",
        "google-auth-oauthlib": "google_auth_oauthlib",
        "httplib2": "httplib2",
    },
)
KEYRING: Final = Extra("keyring", {"keyring": "keyring"})
REPLICAS: Final = Extra("replicas", {"redis": "redis"})
MDNS: Final = Extra("mdns", {"zeroconf": "zeroconf"})
EXTRAS: Final = (NOTION, GOOGLE, KEYRING, REPLICAS, MDNS)


def wanted_extras(settings: Settings) -> Iterator[tuple[Extra, str]]:
    """The extras that the settings ask for, each with the setting that does."""
    if settings.notion_token is not None and settings.notion_sync_page_id:
        yield NOTION, "NOTION_TOKEN"
    if settings.google_doc_id:
        yield GOOGLE, "GOOGLE_DOC_ID"
    if settings.pack_github_token_from is TokenSource.KEYRING and settings.github_token is None:
        yield KEYRING, "PACK_GITHUB_TOKEN_FROM"
    if settings.pack_redis_url is not None:
        yield REPLICAS, "PACK_REDIS_URL"
    if settings.pack_mesh_mdns:
        yield MDNS, "PACK_MESH_MDNS"


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package around it is there
        return False

"""Where the canonical copy of a memory is: `vault_mode` in its `.pack.yaml`."""

from __future__ import annotations

from enum import StrEnum

from pack.catalog.scope import scope_of
from pack.connector import Connector


class VaultMode(StrEnum):
    """Where what the person wrote is canonical."""

    LOCAL_FIRST = "local_first"
    """Here. A remote is a mirror."""
    CLOUD_FIRST = "cloud_first"
    """On the remote, whose text stays in place where both sides have changed the person's."""


def vault_mode(connector: Connector) -> VaultMode:
    """What the current commit says; `local_first` if it says nothing that can be read."""
    return VaultMode(scope_of(connector).vault_mode)


def is_cloud_first(connector: Connector) -> bool:
    """Whether the remote's text is canonical."""
    return vault_mode(connector) is VaultMode.CLOUD_FIRST

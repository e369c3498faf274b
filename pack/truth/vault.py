"""Where the canonical copy of a memory is: `vault_mode` in its `.pack.yaml`."""

from __future__ import annotations

from enum import StrEnum

from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.truth.modes import believed


class VaultMode(StrEnum):
    """Where what the person wrote is canonical."""

    LOCAL_FIRST = "local_first"
    """Here. A remote is a mirror."""
    CLOUD_FIRST = "cloud_first"
    """On the remote, whose text stays in place where both sides have changed the person's."""


def vault_mode(core: Core) -> VaultMode:
    """What the current commit says; `local_first` if it says nothing that can be read.

    Where levels are known, only the person's words count.

    Raises:
        ConnectorError: The store cannot be read.
    """
    truths = core.truths
    scope = scope_of(core.connector) if truths is None else believed(core, truths)
    return VaultMode(scope.vault_mode)


def is_cloud_first(core: Core) -> bool:
    """Whether the remote's text is canonical."""
    return vault_mode(core) is VaultMode.CLOUD_FIRST

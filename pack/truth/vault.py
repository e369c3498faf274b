"""Where the canonical copy of a memory is: `vault_mode` in its `.pack.yaml`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pack.catalog.scope import PROJECT_FILE
from pack.core.core import Core
from pack.errors import InvalidContent, LimitExceeded
from pack.files import yaml_block

_KEY: Final = "vault_mode"


class VaultMode(StrEnum):
    """Where what the person wrote is canonical."""

    LOCAL_FIRST = "local_first"
    """Here. A remote is a mirror."""
    CLOUD_FIRST = "cloud_first"
    """On the remote, whose text stays in place where both sides have changed the person's."""


def vault_mode(core: Core) -> VaultMode:
    """What the current commit says; `local_first` if nothing, or nothing that can be read."""
    blob = core.connector.get_committed(PROJECT_FILE)
    if blob is None:
        return VaultMode.LOCAL_FIRST
    ((_, content),) = core.connector.read_blobs([blob])
    try:
        said = yaml_block.load(content.decode("utf-8")).get(_KEY)
    except (UnicodeDecodeError, InvalidContent, LimitExceeded):
        said = None
    return VaultMode.CLOUD_FIRST if said == VaultMode.CLOUD_FIRST else VaultMode.LOCAL_FIRST


def is_cloud_first(core: Core) -> bool:
    """Whether the remote's text is canonical."""
    return vault_mode(core) is VaultMode.CLOUD_FIRST

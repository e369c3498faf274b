from __future__ import annotations

import pytest

from pack.truth.vault import VaultMode, is_cloud_first, vault_mode
from tests.support import World


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (None, VaultMode.LOCAL_FIRST),
        ("version: 1\n", VaultMode.LOCAL_FIRST),
        ("version: 1\nvault_mode: local_first\n", VaultMode.LOCAL_FIRST),
        ("version: 1\nvault_mode: cloud_first\n", VaultMode.CLOUD_FIRST),
        ("version: [\n", VaultMode.LOCAL_FIRST),
    ],
)
def test_the_mode_of_a_memory(content: str | None, mode: VaultMode) -> None:
    world = World(None)
    world.init()
    if content is not None:
        world.commit({".pack.yaml": content})
    assert vault_mode(world.connector) is mode
    assert is_cloud_first(world.connector) == (mode is VaultMode.CLOUD_FIRST)
    world.close()

from __future__ import annotations

import pytest

from pack.core.truths import TruthMode
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
    for truth in TruthMode:
        core = world.open(truth=truth)._session.core
        assert vault_mode(core) is mode
        assert is_cloud_first(core) == (mode is VaultMode.CLOUD_FIRST)
    world.close()


@pytest.mark.parametrize("truth", [TruthMode.ENFORCE, TruthMode.RECORD])
def test_only_the_persons_words_count_where_levels_are_known(truth: TruthMode) -> None:
    world = World(None)
    world.init()
    agent = "mode\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    world.commit({".pack.yaml": "version: 1\nvault_mode: cloud_first\n"}, agent)
    assert not is_cloud_first(world.open(truth=truth)._session.core)
    assert is_cloud_first(world.open(truth=TruthMode.OFF)._session.core)
    world.close()

"""The long campaign of `tests/stories/test_mcp_crashes.py`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.stories.killing import kill_while_writing
from tests.stories.mcp_support import make_memory


@pytest.mark.soak
@pytest.mark.contract("C1", "C9", "C10")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["stdio", "http"])
def test_a_hundred_kills_lose_nothing(kind: str, tmp_path: Path) -> None:
    folder = make_memory(tmp_path / "memory")
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    assert kill_while_writing(kind, folder, tmp_path, chance, rounds=100) > 100

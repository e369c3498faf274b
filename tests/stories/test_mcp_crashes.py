"""Servers that are killed while clients write: what was acknowledged is there (C1, C9)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.stories.killing import kill_while_writing
from tests.stories.mcp_support import make_memory


@pytest.mark.contract("C1", "C9", "C10")
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["stdio", "http"])
def test_after_a_kill_the_next_server_needs_no_help(kind: str, seed: int, tmp_path: Path) -> None:
    folder = make_memory(tmp_path / "memory")
    kill_while_writing(kind, folder, tmp_path, random.Random(f"{kind} {seed}"), rounds=1)

"""The memory tool beside the SDK's own: 10,000 random sequences of commands, equal answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.memory_tools import compare_sequences

SEQUENCES = 10_000
PARTS = 20


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_random_sequences_of_commands_get_the_answers_of_the_sdks_own_tool(
    tmp_path: Path, part: int
) -> None:
    each = SEQUENCES // PARTS
    compare_sequences(tmp_path, range(1000 + part * each, 1000 + (part + 1) * each))

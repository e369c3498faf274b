"""A memory tool over a memory with words of the person."""

from __future__ import annotations

from typing import Any

import pytest

from pack.core.truths import TruthMode
from pack.memory import Memory
from pack.provenance import Origin, Source
from tests.memory_tools import OURS, new_memory


@pytest.fixture
def protected_tool() -> tuple[Any, Memory]:
    memory = new_memory(TruthMode.ENFORCE)
    memory.written_by(Origin(Source.USER, "cli")).notes.update("context/mine.md", "Be short.\n")
    return OURS.PackMemoryTool(memory), memory

"""A memory tool over a memory with words of the person."""

from __future__ import annotations

import pytest
from pack_connectors.anthropic_memory import PackMemoryTool

from pack.core.truths import TruthMode
from pack.memory import Memory
from pack.provenance import Origin, Source
from tests.memory_tools import new_memory


@pytest.fixture
def protected_tool() -> tuple[PackMemoryTool, Memory]:
    memory = new_memory(TruthMode.ENFORCE)
    memory.written_by(Origin(Source.USER, "cli")).notes.update("context/mine.md", "Be short.\n")
    return PackMemoryTool(memory), memory

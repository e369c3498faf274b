"""Eight clients of three servers write to one memory at once (C1, C9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.mcp_support import make_memory
from tests.stories.writing_together import write_together


@pytest.mark.contract("C1", "C9", "C10")
def test_what_eight_clients_write_at_once_is_all_there(tmp_path: Path) -> None:
    folder = make_memory(tmp_path / "memory")
    write_together(folder, tmp_path, over_http=6, over_stdio=2, each=3)

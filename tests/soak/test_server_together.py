"""The long campaign of `tests/stories/test_mcp_together.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories import mcp_support
from tests.stories.mcp_support import make_memory
from tests.stories.writing_together import write_together


@pytest.mark.soak
@pytest.mark.contract("C1", "C9", "C10")
@pytest.mark.timeout(3600)
def test_what_eight_clients_write_for_a_long_time_is_all_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_support, "DEADLINE", 3000.0)
    folder = make_memory(tmp_path / "memory")
    write_together(folder, tmp_path, over_http=4, over_stdio=4, each=50)

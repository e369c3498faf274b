from __future__ import annotations

from pathlib import Path

import pytest
from pack_connectors.sync_client.state import StateFile

from pack.errors import Unavailable
from pack.truth.sync_items.meeting import Agreed, MeetingState

STATE = MeetingState("t", 3, 4, {"a/b.md": Agreed("a" * 40, None, 2)}, frozenset({"c/d.md"}))


def test_a_state_is_read_as_it_was_saved(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    assert file.load() == MeetingState()
    file.save(STATE)
    assert file.load() == STATE


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"files": 1}', b"\xff"])
def test_a_damaged_state_is_that_of_two_that_never_met(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    assert StateFile(tmp_path / "state.json").load() == MeetingState()


def test_what_cannot_be_read_or_written_is_not_given_up(tmp_path: Path) -> None:
    (tmp_path / "state.json").mkdir()
    with pytest.raises(Unavailable):
        StateFile(tmp_path / "state.json").load()
    with pytest.raises(Unavailable):
        StateFile(tmp_path / "none" / "state.json").save(STATE)

"""What a run made before it died is kept, and gives way to the record."""

from __future__ import annotations

from pathlib import Path

from pack_connectors.notion.checkpoint_file import CheckpointFile

from pack.pages.checkpoint import NoCheckpoint, note, resumed
from pack.pages.mapping import PageMap
from pack.sync.target import PageId

ONE, TWO, THREE, FOUR = (PageId(f"0000000{n}-0000-0000-0000-000000000000") for n in range(1, 5))


def test_what_is_recorded_does_not_give_way_to_a_journal(tmp_path: Path) -> None:
    journal = CheckpointFile(tmp_path / "sync" / "journal.json")
    recorded = PageMap({"a/a.md": ONE}, None, True, THREE)
    note(journal, PageMap({"a/a.md": FOUR, "a/b.md": ONE, "a/c.md": TWO}, None, False, THREE))
    assert resumed(recorded, journal) == recorded.with_page("a/c.md", TWO)
    note(journal, PageMap({}, ONE, False, THREE))
    assert resumed(recorded, journal) == recorded
    note(journal, PageMap({"a/c.md": TWO}, None, False, TWO))
    assert resumed(recorded, journal) == recorded
    assert resumed(recorded, NoCheckpoint()) == recorded

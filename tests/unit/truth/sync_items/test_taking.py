"""Texts that a sender has dated stay as they are, so that two memories end up with the same bytes.

What becomes of items is tested as a whole in `test_items`.
"""

from __future__ import annotations

import pytest

from pack.provenance import Source
from pack.truth.sync_items.claims import SyncCaller
from pack.truth.sync_items.item import SyncItem
from tests.support import World

ME = SyncCaller(Source.USER, "web")
DATED = "---\ntopic: T\ncreated: 2020-01-01\nupdated: 2020-02-02\n---\n\n# T\n"


@pytest.mark.parametrize(
    ("text", "is_kept"), [(DATED, True), ("# T\n", False), ("---\ntopic: T\n---\n# T\n", False)]
)
def test_a_dated_text_is_kept_byte_for_byte(text: str, *, is_kept: bool) -> None:
    world = World(None)
    world.init().sync_items.push([SyncItem("1", "a/b.md", content=text)], ME)
    assert (world.memory.notes.get("a/b.md").content == text) == is_kept
    world.close()


def test_a_change_under_the_same_date_gets_a_new_one() -> None:
    world = World(None)
    sync = world.init().sync_items
    (made,) = sync.push([SyncItem("1", "a/b.md", content=DATED)], ME).results
    sync.push([SyncItem("2", "a/b.md", content=DATED + "more\n", sha=made.sha)], ME)
    assert "updated: 2026-03-01" in world.memory.notes.get("a/b.md").content
    world.close()

"""Versions of one kit that met, and of which the older text took the place of the newer one."""

from __future__ import annotations

import pytest

from pack.kits.met_versions import former_texts
from pack.merge.copies import conflict_copy_path, mark_copy
from pack.model import MemoryPath, blob_id

NOTE = MemoryPath("kits/a/note.md")
OLD, NEW, MINE = b"# A\n\nOld.\n", b"# A\n\nNew.\n", b"# A\n\nMine.\n"
COPY = conflict_copy_path(NOTE, blob_id(NEW), ())


def found(here: dict[MemoryPath, bytes], earlier: bytes = OLD) -> dict[MemoryPath, str]:
    contents = {blob_id(one): one for one in (OLD, NEW, MINE, *here.values())}
    present = {path: blob_id(content) for path, content in here.items()}
    former = [{NOTE: blob_id(earlier)}]
    return dict(former_texts({NOTE: blob_id(NEW)}, present, former, contents.__getitem__))


@pytest.mark.parametrize("copy", [NEW, mark_copy(NOTE, NEW)])
def test_an_older_text_beside_a_copy_of_the_newer_one_was_put_there_by_a_merge(copy):
    assert found({NOTE: OLD, COPY: copy}) == {NOTE: blob_id(OLD)}


@pytest.mark.parametrize(
    "here",
    [
        {NOTE: OLD},
        {NOTE: NEW, COPY: mark_copy(NOTE, OLD)},
        {NOTE: MINE, COPY: mark_copy(NOTE, NEW)},
        {NOTE: OLD, COPY: mark_copy(NOTE, MINE)},
        {COPY: mark_copy(NOTE, NEW)},
        {NOTE: OLD, MemoryPath("kits/a/other.md"): NEW},
    ],
)
def test_what_the_user_wrote_put_back_or_removed_is_the_users(here):
    assert found(here) == {}


def test_a_text_that_no_version_had_is_the_users():
    assert found({NOTE: OLD, COPY: mark_copy(NOTE, NEW)}, earlier=MINE) == {}

"""What a remote may bring: what would break a working tree is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pack.limits import MAX_FILE_BYTES
from pack.model import EntryType, MemoryPath
from pack.remote.incoming import MAX_CHANGED_FILES, MAX_DEPTH, refuse, refuse_twins
from pack.remote.remote import Incoming, StopKind


def brought(path: str, **fields: object) -> Incoming:
    plain = Incoming(MemoryPath(path), EntryType.FILE, is_new=True, is_changed_type=False, size=9)
    return replace(plain, **fields)  # type: ignore[arg-type]  # the tests name real fields


@pytest.mark.parametrize(
    "found",
    [
        brought("context/big.md", size=MAX_FILE_BYTES + 1),
        brought("sub", type=EntryType.SUBMODULE),
        brought("context/a.md", is_changed_type=True, type=EntryType.SYMLINK),
        brought("/".join(["d"] * (MAX_DEPTH + 1))),
        brought("context/\udcff.md"),
        brought("link", type=EntryType.SYMLINK, size=0),
        brought("link", type=EntryType.SYMLINK, size=5000),
    ],
)
def test_what_would_break_a_working_tree_is_refused(found: Incoming) -> None:
    stop = refuse([brought("context/fine.md"), found], "origin/main")
    assert stop is not None
    assert stop.kind is StopKind.REFUSED
    assert stop.reason.isprintable()


def test_more_than_can_be_handled_is_refused() -> None:
    many = [brought(f"context/{number}.md") for number in range(MAX_CHANGED_FILES + 1)]
    assert refuse(many[:-1], "r") is None
    assert refuse(many, "r") is not None
    large = [brought(f"context/{number}.md", size=MAX_FILE_BYTES) for number in range(257)]
    assert refuse(large, "r") is not None


def test_a_folder_that_becomes_a_link_is_refused() -> None:
    link = brought("context", type=EntryType.SYMLINK, size=5)
    gone = brought("context/deep/a.md", type=None, is_new=False)
    assert refuse([gone, link], "r") is not None
    assert refuse([gone, brought("contexts", type=EntryType.SYMLINK)], "r") is None


@pytest.mark.parametrize("other", ["context/A.md", "Context/b.md", "context/a.MD"])
def test_new_twins_are_refused_and_old_ones_are_not_its_fault(other: str) -> None:
    paths = ["context/a.md", "context/x.md", other]
    assert refuse_twins([brought(other)], paths, "r") is not None
    assert refuse_twins([brought("context/a.md")], paths, "r") is not None
    assert refuse_twins([brought("context/x.md", is_new=False)], paths, "r") is None
    assert refuse_twins([brought(other, type=None)], paths, "r") is None

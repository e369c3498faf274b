"""The record of which file has which page: what is read is what was written, or is refused."""

from __future__ import annotations

import json

from pack.pages.mapping import PageMap, examine, merge_maps, read_map, write_map
from pack.sync.target import PageId

ID1, ID2 = "0" * 31 + "1", "00000000-0000-0000-0000-000000000002"


def record(**fields: object) -> bytes:
    usual = {"version": 1, "complete": True, "export": None, "pages": {"a/b.md": ID1}}
    return json.dumps({**usual, **fields}).encode()


def test_a_record_is_read_as_it_was_written() -> None:
    now = PageMap({"a/ü.md": PageId(ID1), "b/c.md": PageId(ID2)}, PageId("2" * 32), True)
    assert read_map(write_map(now)) == now
    assert write_map(now).endswith(b"}\n")


def test_what_another_process_recorded_stays() -> None:
    base = PageMap({"a/b.md": PageId("1"), "a/c.md": PageId("2")}, None, False)
    ours = base.without("a/c.md").with_page("a/d.md", PageId("3"))
    theirs = PageMap({**base.pages, "a/e.md": PageId("4")}, PageId("5"), True)
    merged = merge_maps(base, ours, theirs)
    assert merged == PageMap(
        {"a/b.md": PageId("1"), "a/d.md": PageId("3"), "a/e.md": PageId("4")}, PageId("5"), True
    )


def test_problems_are_all_told() -> None:
    problems, _ = examine(record(more=1, complete=2, pages={"x": 1}))
    assert len(problems) == 4


def test_a_number_of_any_length_is_a_problem() -> None:
    problems, found = examine(b'{"version": ' + b"9" * 5000 + b', "pages": {}}')
    assert (problems, found) == (["it holds a number that is too long"], PageMap())

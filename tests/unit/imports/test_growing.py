from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files import frontmatter
from pack.imports.growing import grown
from pack.imports.records import ImportedPart, ImportedRecord, ImportKind, RecordClass
from pack.imports.rendering import render
from pack.provenance import Origin, Source

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOOL = Origin(Source.AI_CLOUD, "gemini")


def _list(*items: str, year: int = 2020) -> bytes:
    """A list of memories, made in a year."""
    text = "".join(f"- {item}\n" for item in items)
    return _rendered([ImportedPart(text, TOOL)], year)


def _day(*said: str, year: int = 2020) -> bytes:
    parts = [(ImportedPart(f"{one}\n"), ImportedPart(f"to {one}\n", TOOL)) for one in said]
    return _rendered([part for pair in parts for part in pair], year)


def _rendered(parts: list[ImportedPart], year: int) -> bytes:
    at = datetime(year, 5, 1, tzinfo=UTC)
    record = ImportedRecord(RecordClass.MEMORY, "id", "Title", parts, created=at, updated=at)
    return render(record, ImportKind.GEMINI, NOW)


@pytest.mark.parametrize("made", [_list, _day])
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("ab", "bc", "abc"),
        ("ab", "a", "ab"),
        ("ac", "abc", "abc"),
        ("bc", "ab", "abc"),
        ("a", "b", "ab"),
        ("aab", "ab", "aab"),
        ("ab", "ba", "ab"),
    ],
)
def test_what_was_there_stays_and_news_come_to_their_place(made, old, new, expected) -> None:
    found = grown(made(*old, year=2020), made(*new, year=2021))
    assert frontmatter.read(found.decode()).body == frontmatter.read(made(*expected).decode()).body


def test_what_is_apart_comes_before_what_is_later() -> None:
    assert grown(_list("b", year=2021), _list("a", year=2020)).endswith(b"- a\n- b\n")


def test_dates_are_the_widest() -> None:
    fields = frontmatter.read(grown(_list("a", year=2019), _list("b", year=2021)).decode()).fields
    assert (fields["created"], fields["updated"]) == (
        "2019-05-01T00:00:00Z",
        "2021-05-01T00:00:00Z",
    )


def test_without_news_no_byte_changes() -> None:
    assert grown(_list("a", "b"), _list("b", year=2022)) == _list("a", "b")


def test_what_only_the_person_said_does_not_hide_the_tool() -> None:
    own = _rendered([ImportedPart("a\n")], 2021)
    for one, other in ((_day("b"), own), (own, _day("b"))):
        assert frontmatter.read(grown(one, other).decode()).fields["origin_source"]


def test_items_of_several_lines_stay_whole() -> None:
    item = "one\n\n  more\n  - nested"
    assert b"- a\n- one\n\n  more\n  - nested\n- b\n" in grown(_list("a", "b"), _list("a", item))


@given(*[st.lists(st.sampled_from("abcdef"), min_size=1, unique=True)] * 2)
def test_nothing_is_lost_and_it_is_done_once(old: list[str], new: list[str]) -> None:
    found = grown(_list(*old), _list(*new))
    body = frontmatter.read(found.decode()).body
    assert sorted(body.split()) == sorted([*("-" * len({*old, *new})), *{*old, *new}])
    assert grown(found, _list(*new)) == found
    assert grown(found, _list(*old)) == found

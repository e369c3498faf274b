from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files.frontmatter import read, split
from pack.files.schema import (
    Meta,
    check,
    find_key_line,
    first_title,
    is_expired,
    parse_day,
    read_meta,
    stamp,
)

NOW = datetime(2026, 11, 21, 9, 30, 15, tzinfo=UTC)

# --- read_meta -------------------------------------------------------------------------------


def test_read_meta() -> None:
    fields = {
        "topic": "Travel",
        "tags": ["a", "b"],
        "created": "2026-01-01",
        "updated": "2026-02-01T10:00:00Z",
        "sync": False,
        "ttl": "90d",
        "mine": {"x": 1},
    }
    assert read_meta(fields) == Meta(
        "Travel",
        ("a", "b"),
        "2026-01-01",
        "2026-02-01T10:00:00Z",
        sync=False,
        ttl="90d",
        expires=date(2026, 5, 2),
    )
    assert read_meta({}) == Meta()


@pytest.mark.parametrize(
    ("tags", "meant"),
    [
        ("a", ("a",)),
        ("a, b c,,a", ("a", "b", "c")),
        ("#a #b/c", ("a", "b/c")),
        (["#a", "machine learning", None, "#"], ("a", "machine learning")),
        (2024, ("2024",)),
        ([1, True, None, " a ", "", ["x"], {"y": 1}, "b, c"], ("1", "true", "a", "b, c")),
        (["a", "b", "a"], ("a", "b")),
        ({"a": 1}, ()),
        (None, ()),
    ],
)
def test_tags_as_they_were_meant(tags: object, meant: tuple[str, ...]) -> None:
    assert read_meta({"tags": tags}).tags == meant


@pytest.mark.parametrize(
    ("topic", "meant"),
    [
        (2024, "2024"),
        (1.5, "1.5"),
        (True, "true"),
        ("a\nb\x07", "a\nb\x07"),
        (None, None),
        ([], None),
    ],
)
def test_topic_as_it_was_meant(topic: object, meant: str | None) -> None:
    assert read_meta({"topic": topic}).topic == meant


@pytest.mark.parametrize(
    ("sync", "meant"),
    [
        (False, False),
        ("no", False),
        ("Off", False),
        ("false", False),
        (True, True),
        ("yes", True),
        ("?", True),
        (None, True),
        ([], True),
        (0, True),
    ],
)
def test_a_file_is_synced_unless_it_clearly_says_no(sync: object, meant: bool) -> None:
    assert read_meta({"sync": sync}).sync is meant


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = ["topic", "tags", "created", "updated", "sync", "ttl", "pin"]
dates = st.from_regex(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}Z?)?|[0-9]{1,6}[dwmy]", fullmatch=True
)


@given(st.dictionaries(st.sampled_from(KEYS), values | dates))
def test_no_value_makes_reading_or_checking_fail(fields: dict[str, object]) -> None:
    meta = read_meta(fields)
    is_expired(meta, date.max)
    assert {problem.key for problem in check(fields)} <= fields.keys()


# --- dates and time to live ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-21", date(2026, 11, 21)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2026-11-21T09:30:15Z", date(2026, 11, 21)),
        ("2026-11-21 23:59", date(2026, 11, 21)),
        ("2026-11-21 23:59:59.123456 +14:00", date(2026, 11, 21)),
        ("2026-11-21t09:30:15z", date(2026, 11, 21)),
        ("2026-02-29", None),
        ("2026-13-01", None),
        ("2026-11-21T25:00:00Z", None),
        ("2026-1-5", None),
        ("20261121", None),
        ("2026-W47-6", None),
        ("21.11.2026", None),
        ("2026-11-21\n", None),
        ("２０２６-11-21", None),
        ("", None),
        (None, None),
    ],
)
def test_parse_day(text: str | None, day: date | None) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize(
    ("fields", "expires"),
    [
        ({"ttl": "90d", "updated": "2026-01-01"}, date(2026, 4, 1)),
        ({"ttl": "90d", "created": "2026-01-01"}, date(2026, 4, 1)),
        ({"ttl": "90d", "created": "2025-01-01", "updated": "2026-01-01"}, date(2026, 4, 1)),
        ({"ttl": "90d", "created": "2026-01-01", "updated": "yesterday"}, date(2026, 4, 1)),
        ({"ttl": "0d", "updated": "2026-01-01"}, date(2026, 1, 1)),
        ({"ttl": "2w", "updated": "2026-01-01"}, date(2026, 1, 15)),
        ({"ttl": "1M", "updated": "2026-01-01"}, date(2026, 1, 31)),
        ({"ttl": "1 y", "updated": "2026-01-01"}, date(2027, 1, 1)),
        ({"ttl": "2026-05-01", "updated": "2026-01-01"}, date(2026, 5, 1)),
        ({"ttl": "2026-05-01"}, date(2026, 5, 1)),
        ({"ttl": "90d"}, None),
        ({"ttl": "99999y", "updated": "2026-01-01"}, None),
        ({"ttl": "soon", "updated": "2026-01-01"}, None),
        ({"ttl": 90, "updated": "2026-01-01"}, None),
        ({"ttl": None, "updated": "2026-01-01"}, None),
    ],
)
def test_expires(fields: dict[str, object], expires: date | None) -> None:
    assert read_meta(fields).expires == expires


def test_the_day_a_file_expires_on_is_its_last() -> None:
    meta = read_meta({"ttl": "2026-05-01"})
    assert not is_expired(meta, date(2026, 5, 1))
    assert is_expired(meta, date(2026, 5, 2))
    assert not is_expired(Meta(), date.max)


# --- check -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {},
        dict.fromkeys(KEYS),
        {"mine": [1], "another": {"a": None}},
        {"tags": "a b"},
        {"tags": [None, "a"]},
        {"updated": 1645837329541, "created": "2020/05/14"},
        {"topic": 2024, "tags": [], "sync": "no", "ttl": "2w", "updated": "2026-01-01"},
        {"created": "2026-01-01", "updated": "2026-01-01T00:00:00Z", "ttl": "2026-01-01"},
    ],
)
def test_nothing_is_wrong_with(fields: dict[str, object]) -> None:
    assert check(fields) == []


@pytest.mark.parametrize(
    ("fields", "key", "words"),
    [
        ({"topic": ["a"]}, "topic", "not text"),
        ({"tags": {"a": 1}}, "tags", "not a list"),
        ({"tags": ["a", 1]}, "tags", "not every"),
        ({"created": "yesterday"}, "created", "ISO"),
        ({"updated": 2026}, "updated", "ISO"),
        ({"updated": ["2026-01-01", "2026-01-02"]}, "updated", "ISO"),
        ({"created": "2026-01-02", "updated": "2026-01-01"}, "created", "later"),
        ({"sync": "maybe"}, "sync", "neither"),
        ({"sync": 1}, "sync", "neither"),
        ({"ttl": "soon"}, "ttl", "neither"),
        ({"ttl": 90}, "ttl", "neither"),
        ({"ttl": ["90d"]}, "ttl", "neither"),
        ({"ttl": "90d"}, "ttl", "count from"),
    ],
)
def test_check_reports(fields: dict[str, object], key: str, words: str) -> None:
    (problem,) = check(fields)
    assert problem.key == key
    assert words in problem.reason
    assert problem.remedy


def test_find_key_line() -> None:
    text = "---\ntopic: x\n  \nttl: soon\n---\nttl: no\n"
    assert find_key_line(text, "ttl") == (4, 1)
    assert find_key_line(text, "tags") is None


# --- stamp -----------------------------------------------------------------------------------


class StampedText(NamedTuple):
    text: str
    warning: str | None


def stamp_text(text: str, previous: str | None, now: datetime, fallback: str) -> StampedText:
    result = stamp(read(text), None if previous is None else read(previous), now, fallback)
    # What was put together without being read again is what is read of it.
    assert read(result.head.parts.join()) == replace(result.head, is_plain=ANY)
    return StampedText(result.head.parts.join(), result.warning)


def stamped(text: str, previous: str | None = None, now: datetime = NOW) -> str:
    result = stamp_text(text, previous, now, "Fallback")
    assert result.warning is None
    return result.text


def test_a_new_file_gets_what_is_missing() -> None:
    dates = "created: 2026-11-21\nupdated: 2026-11-21\n---\n"
    assert stamped("# Hi\n") == f"---\ntopic: Hi\n{dates}# Hi\n"
    assert stamped("text") == f"---\ntopic: Fallback\n{dates}text"
    assert stamped("") == f"---\ntopic: Fallback\n{dates}"
    assert stamped("---\ntags: [a]\ntopic: T\n---\n") == f"---\ntags: [a]\ntopic: T\n{dates}"
    assert stamped("---\ntopic:\ncreated: # c\n---\n") == (
        "---\ntopic: Fallback\ncreated: 2026-11-21 # c\nupdated: 2026-11-21\n---\n"
    )


def test_what_is_there_stays_but_for_updated() -> None:
    text = "---\nupdated: 2020-01-01 # u\ntopic: 'T'\ncreated: [odd]\n---\n# Other\n"
    assert stamped(text, "---\ntopic: old\n---\n") == text.replace("2020-01-01", "2026-11-21")


@pytest.mark.parametrize(
    ("text", "previous", "updated"),
    [
        ("---\nupdated: 2020-01-01\n---\n", None, "2026-11-21"),
        ("---\nupdated: 2020-01-01T10:00:00+02:00\n---\n", None, "2026-11-21T11:30:15+02:00"),
        ("---\nupdated: '2020-01-01 10:00'\n---\n", None, "2026-11-21 09:30"),
        ("---\nupdated: 1645837329541\n---\n", None, 1795253415000),
        ("---\nupdated: '1645837329'\n---\n", None, "1795253415"),
        ("---\nupdated: 14.5.2020\n---\n", None, "21.11.2026"),
        ("---\nupdated: '[[2020-05-14]]'\n---\n", None, "[[2026-11-21]]"),
        ("---\nupdated: yesterday at 10:00\n---\n", None, "2026-11-21"),
        ("---\na: 1\n---\n", "---\nupdated: 2020-01-01T10:00:00Z\n---\n", "2026-11-21T09:30:15Z"),
        (
            "---\nupdated: 2020-01-01\n---\n",
            "---\nupdated: 2020-01-01T10:00:00Z\n---\n",
            "2026-11-21",
        ),
        ("---\nupdated: 2030-01-01\n---\n", None, "2026-11-21"),
    ],
)
def test_updated_is_the_clock_in_the_form_that_was_there(
    text: str, previous: str | None, updated: str | int
) -> None:
    assert read(stamped(text, previous)).fields["updated"] == updated


def test_dates_are_utc() -> None:
    late = datetime(2026, 11, 22, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert read(stamped("", now=late)).fields["updated"] == "2026-11-21"
    with_time = stamped("---\nupdated: 2020-01-01T10:00:00Z\n---\n", now=late)
    assert read(with_time).fields["updated"] == "2026-11-21T23:00:00Z"


@pytest.mark.parametrize(
    ("previous", "created"),
    [
        (None, "2026-11-21"),
        ("no frontmatter", None),
        ("---\ncreated: 2024-05-01T08:00:00Z\nupdated: 2025-01-01\n---\n", "2024-05-01T08:00:00Z"),
        ("---\ndate: 2024-05-01\n---\n", "2024-05-01"),
        ("---\nupdated: 2025-01-01T10:00:00Z\n---\n", None),
        ("---\nupdated: long ago\n---\n", None),
        ("---\ncreated: [\n---\n", None),
    ],
)
def test_created_is_what_is_known_and_never_made_up(
    previous: str | None, created: str | None
) -> None:
    assert read(stamped("---\na: 1\n---\n", previous)).fields.get("created") == created


@pytest.mark.parametrize("key", ["title", "Title", "TITLE"])
def test_a_title_is_the_topic_and_gets_no_second(key: str) -> None:
    text = f"---\n{key}: Mission\ndate: 2020-05-14\n---\n# Other\n"
    assert read_meta(read(text).fields).topic == "Mission"
    assert stamped(text) == text.replace("---\n# O", "updated: 2026-11-21\n---\n# O")


@pytest.mark.parametrize("key", ["modified", "lastmod", "date modified", "Updated-At"])
def test_the_date_of_another_tool_is_set_in_its_place(key: str) -> None:
    text = f"---\n{key}: 1645837329541\ntopic: T\ncreated: 2020-01-01\n---\nx"
    assert read_meta(read(text).fields).updated == "2022-02-26T01:02:09Z"
    assert stamped(text) == text.replace("1645837329541", "1795253415000")


def test_the_latest_date_counts_also_one_that_is_nested() -> None:
    fields = {"updated": "2026-01-01", "metadata": {"modified": "2026-07-30T10:00:00Z"}}
    assert read_meta(fields).updated == "2026-07-30T10:00:00Z"


def test_aliases_and_a_second_title_are_names() -> None:
    fields = {"topic": "T", "title": "U", "aliases": ["Bob", None, " R "], "alias": "x, y"}
    assert read_meta(fields).names == ("U", "Bob", "R", "x", "y")


@pytest.mark.parametrize("front", ["\n", " \r\n\n", "\ufeff\n", "  "])
def test_frontmatter_after_blanks_is_stamped_in_its_place(front: str) -> None:
    text = f"{front}---\ntopic: T\ncreated: 2020-01-01\nupdated: 2020-01-01\n---\nx\n"
    assert stamped(text) == text.replace("updated: 2020-01-01", "updated: 2026-11-21")


def test_frontmatter_in_a_fence_around_everything_is_stamped_in_its_place() -> None:
    inner = "---\ntopic: T\ncreated: 2020-01-01\nupdated: 2020-01-01\n---\n# T\n\n"
    text = f"```markdown\n{inner}```python\ncode\n```\n\nmore\n```\n"
    assert stamped(text) == text.replace("updated: 2020-01-01", "updated: 2026-11-21")
    assert stamped("body\n", text) == f"{inner.replace('updated: 2020', 'updated: 2026')}".replace(
        "2026-01-01", "2026-11-21"
    ).replace("# T\n\n", "body\n")


def test_topic_of_the_text_before_comes_before_a_heading() -> None:
    assert read(stamped("---\na: 1\n---\n# H\n", "---\ntopic: T\n---\n")).fields["topic"] == "T"
    assert read(stamped("---\na: 1\n---\n# H\n", "---\nb: 2\n---\n")).fields["topic"] == "H"


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    ("text", "previous", "expected"),
    [
        (
            "new\n",
            "---\ntags: [ a ] # x\ntopic: T\ncreated: 2025-01-01\nupdated: 2025-01-01\n---\nold\n",
            "---\ntags: [ a ] # x\ntopic: T\ncreated: 2025-01-01\nupdated: 2026-11-21\n---\nnew\n",
        ),
        (
            "\ufeffnew\n",
            "---\r\ntopic: T\r\ncreated: 2025-01-01\r\nupdated: x\r\n---",
            "\ufeff---\r\ntopic: T\r\ncreated: 2025-01-01\r\nupdated: 2026-11-21\r\n---\r\nnew\n",
        ),
    ],
)
def test_a_body_alone_keeps_the_frontmatter_before(text: str, previous: str, expected: str) -> None:
    assert stamped(text, previous) == expected


@pytest.mark.contract("C1", "C7")
@pytest.mark.parametrize(
    ("text", "previous", "stored", "words"),
    [
        ("---\ntopic: [\n---\nx", None, "---\ntopic: [\n---\nx", "line 3, column 1"),
        ("x", "---\na: 1\na: 2\n---\nold", "---\na: 1\na: 2\n---\nx", "line 3, column 1"),
        ("---\n? a\n---\n", None, "---\n? a\n---\n", None),
        ("---\na: 1\n? updated\n---\n", None, "---\na: 1\n? updated\n---\n", "line 3, column 3"),
    ],
)
def test_what_cannot_be_stamped_is_stored_as_it_is(
    text: str, previous: str | None, stored: str, words: str | None
) -> None:
    result = stamp_text(text, previous, NOW, "Fallback")
    if words is None:
        assert (result.warning, read(result.text).fields["topic"]) == (None, "Fallback")
        return
    assert result.text == stored
    assert result.warning is not None
    assert words in result.warning


def test_frontmatter_that_would_grow_too_large_is_stored_as_it_is() -> None:
    text = "---\na: " + "x" * (64 * 1024 - 4) + "\n---\n"
    result = stamp_text(text, None, NOW, "Fallback")
    assert result.text == text
    assert result.warning is not None
    assert "65,536" in result.warning


def test_a_title_of_any_length_fits() -> None:
    text = "# " + "x y" * 100_000 + "\n"
    topic = read(stamped(text)).fields["topic"]
    assert isinstance(topic, str)
    assert len(topic) <= 200


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("# A", "A"),
        ("text\n\n   #   A  b #  \n# B", "A b"),
        ("# C#\r\n", "C#"),
        ("#\tA ##\r", "A"),
        ("#\n# #\n#A\n## B\n    # C\n", None),
        ("```\n# A\n````x\n# B\n```\n# C", "C"),
        ("~~~ md\n# A\n```\n~~~~\n# C", "C"),
        ("``` a`b\n# A\n", "A"),
        ("````\n# A\n```\n# B\n", None),
        ("text\n# \u2028A\x0bb\n", "A b"),
        ("", None),
    ],
)
def test_first_title(body: str, title: str | None) -> None:
    assert first_title(body) == title


@given(st.text() | st.text().map(lambda text: f"---\n{text}\n---\n{text}"), st.text())
@pytest.mark.contract("C1")
def test_a_stamp_changes_frontmatter_only(text: str, fallback: str) -> None:
    result = stamp_text(text, None, NOW, fallback)
    assert read(result.text).body == read(text).body
    if result.warning is not None:
        assert result.text == text
    elif split(text).block is None:
        assert result.text.endswith(text.removeprefix("\ufeff"))
    if result.warning is None:
        assert stamp_text(result.text, text, NOW, fallback) == result

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.core.requests import InvalidCursor, check_query, check_text, page, parse_cursor
from pack.errors import InvalidContent, InvalidRequest, LimitExceeded
from pack.files import frontmatter
from tests.support import note


def check_text_of(text):
    return check_text(frontmatter.read(text))


def pages(items, limit):
    """All pages one after the other."""
    cursor, found = None, []
    while True:
        part, cursor = page(items, cursor, limit, key=lambda item: [item])
        found.append(part)
        if cursor is None:
            return found


@given(st.lists(st.text(max_size=3), unique=True).map(sorted), st.integers(1, 7))
def test_the_pages_hold_every_item_once_and_in_order(items, limit):
    found = pages(items, limit)
    assert [item for part in found for item in part] == items
    assert all(len(part) == limit for part in found[:-1])
    assert len(found[-1]) <= limit


@given(
    st.lists(st.integers(0, 50), unique=True).map(sorted),
    st.lists(st.integers(0, 50), unique=True).map(sorted),
    st.integers(1, 5),
)
def test_what_stays_is_on_exactly_one_page_whatever_changes_between_them(before, after, limit):
    first, cursor = page(before, None, limit, key=lambda item: [item])
    seen = list(first)
    while cursor is not None:
        part, cursor = page(after, cursor, limit, key=lambda item: [item])
        seen += part
    if len(first) < len(before):
        assert set(before) & set(after) <= set(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "!!!",
        "o5",
        "\ud800",
        "é",
        "=" * 100,
        "A" * 100_000,
        base64.urlsafe_b64encode(b"o5").decode(),
        base64.urlsafe_b64encode(b"null").decode(),
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b"[1]").decode(),
        base64.urlsafe_b64encode(b'["a", "b"]').decode(),
        base64.urlsafe_b64encode(b"[[]]").decode(),
        base64.urlsafe_b64encode(b"[NaN]").decode(),
        base64.urlsafe_b64encode(b"\xff").decode(),
        base64.urlsafe_b64encode(b"[" * 20_000).decode(),
    ],
)
def test_a_cursor_that_was_not_handed_out_is_refused(shared_world, cursor):
    with pytest.raises(InvalidCursor):
        page(["a", "b"], cursor, 1, key=lambda item: [item])
    memory = shared_world.memory
    for call in (memory.notes.list, lambda cursor: memory.search.find("general", cursor=cursor)):
        with pytest.raises(InvalidCursor):
            call(cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_is_positive(world, limit):
    with pytest.raises(InvalidRequest):
        world.init().notes.list(limit=limit)


def test_a_listing_that_changes_between_pages_skips_no_file_that_stays(world):
    memory = world.init()
    world.commit({f"a/{number}.md": note(number) for number in range(6)})
    first = memory.notes.list(dir="a", limit=3)
    assert first.total == 6
    for path in ("a/0.md", "a/1.md"):
        memory.notes.delete(path, memory.notes.get(path).sha)
    memory.notes.update("a/00.md", note(1))
    rest = memory.notes.list(dir="a", limit=10, cursor=first.next_cursor)
    assert [file.path for file in rest.files] == ["a/3.md", "a/4.md", "a/5.md"]
    assert rest.next_cursor is None


def test_the_pages_of_a_search_hold_every_match_once(world):
    memory = world.init()
    world.commit({f"a/{number}.md": "word " * (number + 1) for number in range(7)})
    cursor, found = None, []
    while True:
        part = memory.search.find("word", limit=2, cursor=cursor)
        assert part.total == 7
        found += [(match.score, match.path) for match in part.matches]
        cursor = part.next_cursor
        if cursor is None:
            break
    assert len({path for _, path in found}) == 7
    assert found == sorted(found, key=lambda match: (-match[0], match[1]))


def test_a_query_has_text_and_a_limit():
    assert check_query(" x ") == " x "
    for text in ("", " \n\t"):
        with pytest.raises(InvalidRequest):
            check_query(text)
    assert check_query("é" * 500)
    with pytest.raises(LimitExceeded):
        check_query("é" * 501)


@pytest.mark.contract("C7")
def test_content_is_encoded_unchanged_or_refused():
    assert check_text_of("a\r\n\0\ufeff") == b"a\r\n\x00\xef\xbb\xbf"
    assert len(check_text_of("x" * 2_097_152)) == 2_097_152
    with pytest.raises(LimitExceeded):
        check_text_of("é" * 1_048_577)
    with pytest.raises(InvalidContent):
        check_text_of("\ud800")


def test_half_a_surrogate_pair_is_no_cursor() -> None:
    text = base64.urlsafe_b64encode(json.dumps(["\ud800", "a.md"]).encode()).decode()
    for cursor in (text, "\ud800"):
        with pytest.raises(InvalidCursor):
            parse_cursor(cursor, None)

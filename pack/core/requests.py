"""Checks what a caller sent before anything is done with it."""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from pack.catalog.questions import Filter
from pack.errors import InvalidContent, InvalidRequest, LimitExceeded
from pack.files import frontmatter
from pack.files.dates import parse_day
from pack.files.frontmatter import Frontmatter
from pack.files.tags import plain_tag
from pack.limits import MAX_FILE_BYTES, MAX_QUERY_BYTES
from pack.paths import as_path

SEARCH_LIMIT: Final = 10
"""Number of search results if the caller gives no limit."""
_T = TypeVar("_T")
_MAX_CURSOR: Final = 16 * 1024
_LARGEST_KEY: Final = 2**62


class InvalidCursor(InvalidRequest):
    """A cursor that is not from an earlier answer."""

    code = "invalid_cursor"
    remedy = "Try again without a cursor."

    def __init__(self) -> None:
        super().__init__("the cursor is not from an earlier answer")


def check_text(head: Frontmatter) -> bytes:
    """The bytes to store for a text.

    Raises:
        InvalidContent: It contains half a surrogate pair, or its frontmatter has YAML aliases.
        LimitExceeded: It is too large, or its frontmatter is too large or nested too deeply.
    """
    try:
        content = head.parts.join().encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidContent("the content contains half a surrogate pair") from error
    if len(content) > MAX_FILE_BYTES:
        raise LimitExceeded("the content", MAX_FILE_BYTES)
    frontmatter.check_limits(head)
    return content


def check_query(text: str) -> str:
    """The query, if it can be searched for.

    Raises:
        InvalidRequest: It is empty.
        LimitExceeded: It is longer than 1,000 bytes.
    """
    if len(text.encode("utf-8", "replace")) > MAX_QUERY_BYTES:
        raise LimitExceeded("the query", MAX_QUERY_BYTES)
    if not text.strip():
        raise InvalidRequest("the query is empty")
    return text


Key = list[str | float]
"""An item's place in an order, as values that JSON can hold."""


def page(
    items: Sequence[_T],
    cursor: str | None,
    limit: int,
    key: Callable[[_T], Key],
    *,
    choose: Callable[[Sequence[_T]], Sequence[_T]] | None = None,
    has_more: bool = False,
) -> tuple[list[_T], str | None]:
    """One part of a sequence, and the cursor of the next part.

    A cursor names the last item returned, so items that come and go between two pages never hide
    others.

    Args:
        items: In the order of their keys.
        cursor: From an earlier page; `None` for the first one.
        limit: How many items at most.
        key: Returns an item's place in the order.
        choose: Takes as many of the first items as it wants; `None` to take all that the limit
            allows.
        has_more: Whether more items follow those given.

    Raises:
            InvalidCursor: The cursor did not come from this function.
        InvalidRequest: The limit is not positive.
    """
    check_limit(limit)
    start = 0 if cursor is None else _place_after(items, cursor, key)
    part = list(items[start : start + limit])
    if choose is not None:
        part = list(choose(part))
    is_last = start + len(part) >= len(items) and not has_more
    return part, None if is_last or not part else make_cursor(key(part[-1]))


def check_limit(limit: int) -> int:
    """The limit, if it is positive.

    Raises:
        InvalidRequest: It is not positive.
    """
    if limit < 1:
        raise InvalidRequest("limit must be at least 1")
    return limit


def make_cursor(key: Key) -> str:
    """A cursor with which a caller can continue after an item."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _place_after(items: Sequence[_T], cursor: str, key: Callable[[_T], Key]) -> int:
    last = parse_cursor(cursor, key(items[0]) if items else None)
    return bisect_right(items, last, key=key)


def _shape(key: Key) -> list[bool]:
    return [isinstance(part, str) for part in key]


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} has no place in an order")


def _is_number(part: object) -> bool:
    """Whether a number is one that a place in an order can be."""
    return isinstance(part, int | float) and abs(part) <= _LARGEST_KEY


def parse_cursor(cursor: str, like: Key | None) -> Key:
    """The key that a cursor was made from.

    Args:
        cursor: From a caller.
        like: A key of the same listing, if one is known.

    Raises:
        InvalidCursor: It is not from an earlier answer, or is from a different listing.
    """
    if len(cursor) > _MAX_CURSOR:
        raise InvalidCursor
    try:
        text = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        found = json.loads(text, parse_constant=_refuse)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise InvalidCursor from error
    if not isinstance(found, list) or not found:
        raise InvalidCursor
    if not all(isinstance(part, str) or _is_number(part) for part in found):
        raise InvalidCursor
    if like is not None and _shape(found) != _shape(like):
        raise InvalidCursor
    return found


# --- what an answer may cost ---------------------------------------------------------------------

_ASCII_PER_TOKEN: Final = 4
_TOKENS_EACH: Final = 15  # field names and punctuation around one item


def count_tokens(text: str) -> int:
    """Roughly how many tokens a text takes: a quarter of its ASCII characters plus all others."""
    others = len(text) - len(text.encode("ascii", "ignore"))
    return others + (len(text) - others) // _ASCII_PER_TOKEN


def fitting(text: str, budget: int) -> int:
    """How many characters of a text fit into a number of tokens: whole lines, if one fits at all.

    At least one character does, so that whoever reads on gets on.
    """
    most = text[: (budget + 1) * _ASCII_PER_TOKEN]
    fits = bisect_right(range(len(most) + 1), budget, key=lambda end: count_tokens(most[:end])) - 1
    if fits == len(text):
        return fits
    line_end = max(text.rfind("\n", 0, fits), text.rfind("\r", 0, fits)) + 1
    return line_end or max(fits, 1)


def cut_to_budget(
    items: Sequence[_T], budget: int | None, text_of: Callable[[_T], str]
) -> Sequence[_T]:
    """The first items that fit into a number of tokens, but at least one."""
    if budget is None:
        return items
    spent = 0
    for number, item in enumerate(items):
        spent += _TOKENS_EACH + count_tokens(text_of(item))
        if spent > budget and number:
            return items[:number]
    return items


# --- filters -------------------------------------------------------------------------------------


def make_filter(
    tag: str | None = None,
    topic: str | None = None,
    folder: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Filter:
    """The filter for the files that a caller asks for.

    Raises:
        InvalidRequest: `since` or `until` is not an ISO date.
    """
    return Filter(
        tag=_unicode(plain_tag(tag)) if tag is not None else None,
        topic=_unicode(topic) if topic is not None else None,
        folder=_folder(folder) if folder is not None else None,
        since=_day("since", since),
        until=_day("until", until),
    )


def _folder(text: str) -> str | None:
    """The folder that a caller means; `None` for the root, which holds everything."""
    folder = as_path(text).strip("/")
    return _unicode(folder) if folder not in ("", ".") else None


def _unicode(text: str) -> str:
    """A text that a store can compare; half a surrogate pair never occurs in a file."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _day(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    day = parse_day(text.strip())
    if day is None:
        raise InvalidRequest(f"{name} must be a date such as 2026-01-31")
    return day.isoformat()

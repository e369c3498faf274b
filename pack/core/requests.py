"""Checking what a caller sent, before anything is done with it."""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from pack.catalog.questions import Filter
from pack.errors import InvalidContent, InvalidRequest, LimitExceeded
from pack.files import frontmatter
from pack.files.frontmatter import Frontmatter
from pack.files.schema import parse_day
from pack.limits import MAX_FILE_BYTES, MAX_QUERY_BYTES
from pack.model import BlobId

SEARCH_LIMIT: Final = 10
"""Results of a search where no limit is given."""
_T = TypeVar("_T")
_MAX_CURSOR: Final = 16 * 1024


class InvalidCursor(InvalidRequest):
    """A cursor that no earlier answer contained."""

    code = "invalid_cursor"
    remedy = "Try again without a cursor."

    def __init__(self) -> None:
        super().__init__("the cursor is not one that was handed out")


def check_text(head: Frontmatter) -> bytes:
    """The bytes of a text that is to be stored.

    Raises:
        InvalidContent: It holds half a surrogate pair, or its frontmatter has YAML aliases.
        LimitExceeded: It, or its frontmatter, is too large or too deep.
    """
    try:
        content = head.parts.join().encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidContent("the content holds half a surrogate pair") from error
    if len(content) > MAX_FILE_BYTES:
        raise LimitExceeded("the content", MAX_FILE_BYTES)
    frontmatter.check_limits(head)
    return content


def check_query(text: str) -> str:
    """A search query.

    Raises:
        InvalidRequest: It is empty.
        LimitExceeded: It is longer than 1,000 bytes.
    """
    if len(text.encode("utf-8", "replace")) > MAX_QUERY_BYTES:
        raise LimitExceeded("the query", MAX_QUERY_BYTES)
    if not text.strip():
        raise InvalidRequest("the query is empty")
    return text


def as_blob(sha: str | None) -> BlobId | None:
    """A blob id as a caller gives it; anything that is none simply matches no file."""
    return None if sha is None else BlobId(sha.strip().lower())


Key = list[str | float]
"""Where an item stands in an order, as JSON can hold it."""


def page(
    items: Sequence[_T],
    cursor: str | None,
    limit: int,
    key: Callable[[_T], Key],
    *,
    choose: Callable[[Sequence[_T]], Sequence[_T]] | None = None,
    has_more: bool = False,
) -> tuple[list[_T], str | None]:
    """A part of a sequence, and the cursor of the next part.

    A cursor names the last item that was given, so that items which come and go between two pages
    hide no other.

    Args:
        items: In the order of their keys.
        cursor: From an earlier page; `None` for the first one.
        limit: How many items at most.
        key: Where an item stands.
        choose: How many of the first items are taken, where not as many as the limit allows.
        has_more: Whether there are items after those given.

    Raises:
        InvalidCursor: The cursor was not handed out by this function.
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
    """How many items a caller wants at most.

    Raises:
        InvalidRequest: It is not positive.
    """
    if limit < 1:
        raise InvalidRequest("limit must be at least 1")
    return limit


def make_cursor(key: Key) -> str:
    """What a caller gives back to go on after an item."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _place_after(items: Sequence[_T], cursor: str, key: Callable[[_T], Key]) -> int:
    last = parse_cursor(cursor, key(items[0]) if items else None)
    return bisect_right(items, last, key=key)


def _shape(key: Key) -> list[bool]:
    return [isinstance(part, str) for part in key]


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} has no place in an order")


def parse_cursor(cursor: str, like: Key | None) -> Key:
    """The key that a cursor was made of.

    Args:
        cursor: As a caller gives it.
        like: A key of the same listing, if one is known.

    Raises:
        InvalidCursor: It was not handed out, or for another listing.
    """
    if len(cursor) > _MAX_CURSOR:
        raise InvalidCursor
    try:
        text = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidCursor from error
    if not isinstance(found, list) or not found:
        raise InvalidCursor
    if not all(isinstance(part, str | int | float) for part in found):
        raise InvalidCursor
    if like is not None and _shape(found) != _shape(like):
        raise InvalidCursor
    return found


# --- what an answer may cost ---------------------------------------------------------------------

_ASCII_PER_TOKEN: Final = 4
_TOKENS_EACH: Final = 25  # names of fields and punctuation round one item


def count_tokens(text: str) -> int:
    """About how many tokens a model takes for a text: a quarter of its ASCII, and the rest."""
    others = sum(not character.isascii() for character in text)
    return others + (len(text) - others) // _ASCII_PER_TOKEN


def cut_to_budget(
    items: Sequence[_T], budget: int | None, text_of: Callable[[_T], str]
) -> Sequence[_T]:
    """The first items that fit into a number of tokens, and one in any case."""
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
    """Which files a caller asks for.

    Raises:
        InvalidRequest: `since` or `until` is no ISO date.
    """
    return Filter(
        tag=_unicode(tag.strip()) if tag is not None else None,
        topic=_unicode(topic) if topic is not None else None,
        folder=_unicode(folder.strip("/")) if folder is not None else None,
        since=_day("since", since),
        until=_day("until", until),
    )


def _unicode(text: str) -> str:
    """A text that a store can compare; half a surrogate pair is in no file."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _day(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    day = parse_day(text.strip())
    if day is None:
        raise InvalidRequest(f"{name} must be a date such as 2026-01-31")
    return day.isoformat()

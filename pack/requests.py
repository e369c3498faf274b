"""Checking what a caller sent, before anything is done with it."""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from pack import frontmatter
from pack.errors import InvalidContent, InvalidRequest, LimitExceeded
from pack.limits import MAX_FILE_BYTES, MAX_QUERY_BYTES
from pack.model import BlobId

_T = TypeVar("_T")
_MAX_CURSOR: Final = 16 * 1024


class InvalidCursor(InvalidRequest):
    """A cursor that no earlier answer contained."""

    code = "invalid_cursor"
    remedy = "Call again without a cursor."

    def __init__(self) -> None:
        super().__init__("the cursor is not one that was handed out")


def encode_content(text: str) -> bytes:
    """The bytes of a text that is to be stored.

    Raises:
        InvalidContent: It holds half a surrogate pair, or its frontmatter has YAML aliases.
        LimitExceeded: It, or its frontmatter, is too large or too deep.
    """
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidContent("the content holds half a surrogate pair") from error
    if len(content) > MAX_FILE_BYTES:
        raise LimitExceeded("the content", MAX_FILE_BYTES)
    frontmatter.check_limits(text)
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
    items: Sequence[_T], cursor: str | None, limit: int, key: Callable[[_T], Key]
) -> tuple[list[_T], str | None]:
    """A part of a sequence, and the cursor of the next part.

    A cursor names the last item that was given, so that items which come and go between two pages
    hide no other.

    Args:
        items: In the order of their keys.
        cursor: From an earlier page; `None` for the first one.
        limit: How many items at most.
        key: Where an item stands.

    Raises:
        InvalidCursor: The cursor was not handed out by this function.
        InvalidRequest: The limit is not positive.
    """
    if limit < 1:
        raise InvalidRequest("limit must be at least 1")
    start = 0 if cursor is None else _place_after(items, cursor, key)
    part = list(items[start : start + limit])
    return part, _cursor(key(part[-1])) if start + limit < len(items) else None


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _place_after(items: Sequence[_T], cursor: str, key: Callable[[_T], Key]) -> int:
    last = _parse_cursor(cursor)
    if items and _shape(last) != _shape(key(items[0])):
        raise InvalidCursor  # it is of another listing
    return bisect_right(items, last, key=key)


def _shape(key: Key) -> list[bool]:
    return [isinstance(part, str) for part in key]


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} has no place in an order")


def _parse_cursor(cursor: str) -> Key:
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
    return found

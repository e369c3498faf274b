"""Checking what a caller sent, before anything is done with it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from pack import frontmatter
from pack.errors import InvalidContent, InvalidRequest, LimitExceeded
from pack.limits import MAX_FILE_BYTES, MAX_QUERY_BYTES
from pack.model import BlobId

_T = TypeVar("_T")


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


def page(items: Sequence[_T], cursor: str | None, limit: int) -> tuple[list[_T], str | None]:
    """A part of a sequence, and the cursor of the next part.

    Raises:
        InvalidCursor: The cursor was not handed out by this function.
        InvalidRequest: The limit is not positive.
    """
    if limit < 1:
        raise InvalidRequest("limit must be at least 1")
    start = 0 if cursor is None else _offset(cursor)
    end = start + limit
    following = base64.urlsafe_b64encode(f"o{end}".encode()).decode() if end < len(items) else None
    return list(items[start:end]), following


def _offset(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
    except (ValueError, binascii.Error) as error:
        raise InvalidCursor from error
    if not (text[:1] == "o" and text[1:].isdecimal() and len(text) < 12):
        raise InvalidCursor
    return int(text[1:])

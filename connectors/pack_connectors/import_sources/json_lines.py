"""Lines of JSON, one at a time; one that is broken does not end the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any, Final

MOST_LINE_BYTES: Final = 16 * 1024 * 1024
_MOST_DIGITS: Final = 20


def json_lines(stream: IO[bytes]) -> Iterator[tuple[int, Any | None]]:
    """The number of each line that is not blank, and the object in it; `None` where there is none.

    The last line of a file that is being written, or was when a machine stopped, is often cut.
    """
    number = 0
    while line := stream.readline(MOST_LINE_BYTES):
        number += 1
        is_whole = line.endswith(b"\n") or len(line) < MOST_LINE_BYTES
        while not is_whole:
            rest = stream.readline(MOST_LINE_BYTES)
            is_whole = rest.endswith(b"\n") or len(rest) < MOST_LINE_BYTES
            line = b"?"
        if line.strip():
            yield number, _object(line)


def read_json(text: str | bytes) -> Any | None:
    """What a text of JSON says; `None` if it is none, or nested too deep.

    Bytes that are not UTF-8 become U+FFFD, and integers that no machine holds become texts.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig", "replace")
    try:
        return json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int | str:
    if len(digits) > _MOST_DIGITS:
        return digits
    number = int(digits)
    return number if abs(number) < 2**63 else digits


def _object(line: bytes) -> Any | None:
    found = read_json(line)
    return found if isinstance(found, dict) else None


def first_object(begin: bytes) -> dict[str, Any]:
    """The object in the first line of a file, if all of that line is there; else an empty one."""
    for line in begin.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if line.strip():
            return _object(line) or {}
    return {}

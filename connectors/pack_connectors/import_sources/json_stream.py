"""The items of a large JSON array one by one, and no more of it in memory than one of them.

The parser is ijson's; what is not JSON ends the stream and says so, and what came before it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final

import ijson

from pack.errors import LimitExceeded, UnusableInput
from pack.imports.records import SkippedRecord
from pack_connectors.import_sources.skips import NOT_JSON, TOO_DEEP
from pack_connectors.import_sources.sound_json import SoundJson
from pack_connectors.import_sources.source import ImportSource, SourceFile

MOST_ITEM_BYTES: Final = 64 * 1024 * 1024
"""What one item may have: it is held in memory as a whole."""
_WINDOW: Final = 64 * 1024


def items(
    source: ImportSource, file: SourceFile, prefix: str = "item"
) -> Iterator[tuple[str, Any]]:
    """The items of an array in a file, and what to call each.

    If the file is damaged somewhere, the last is a `SkippedRecord` that says from where on.

    Args:
        source: Has the file.
        file: Which one.
        prefix: Where the items are, as ijson has it: `item`, or `conversations.item`.

    Raises:
        LimitExceeded: An item is too large.
    """
    number = 1
    with source.open(file) as opened:
        window = _Window(opened)
        sound = SoundJson(window.read)
        try:
            for item in ijson.items(sound, prefix, buf_size=_WINDOW, use_float=True):
                window.start_again()
                yield f"{file.name}, item {number}", item
                number += 1
        except (ijson.JSONError, UnicodeDecodeError, UnusableInput):
            lost = f"{file.path}, from item {number} on" if number > 1 else file.path
            yield lost, SkippedRecord(lost, TOO_DEEP if sound.is_too_deep else NOT_JSON)


def top_level(source: ImportSource, file: SourceFile) -> str:
    """What a JSON file begins with: `[`, `{`, or nothing that is either."""
    begin = source.peek(file, 64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return begin.decode("ascii", "replace")


class _Window:
    """Bytes as they are read, as long as one item does not have too many of them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._since = 0

    def start_again(self) -> None:
        """Count from here: an item is complete."""
        self._since = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        content = self._stream.read(size)
        self._since += len(content)
        if self._since > MOST_ITEM_BYTES + _WINDOW:
            raise LimitExceeded("one item of the export", MOST_ITEM_BYTES)
        return content

"""The items of a large JSON array one by one, and no more of it in memory than one of them.

The parser is ijson's; what is not JSON ends the stream and says so, and what came before it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final

import ijson

from pack.errors import LimitExceeded, UnusableInput
from pack_connectors.import_sources.source import ImportSource, SourceFile

MOST_ITEM_BYTES: Final = 64 * 1024 * 1024
"""What one item may have: it is held in memory as a whole."""
_WINDOW: Final = 64 * 1024


def items(source: ImportSource, file: SourceFile, prefix: str = "item") -> Iterator[Any]:
    """The items of an array in a file.

    Args:
        source: Has the file.
        file: Which one.
        prefix: Where the items are, as ijson has it: `item`, or `conversations.item`.

    Raises:
        UnusableInput: The file is not JSON from here on.
        LimitExceeded: An item is too large.
    """
    with source.open(file) as opened:
        window = _Window(opened)
        try:
            for item in ijson.items(window, prefix, buf_size=_WINDOW, use_float=True):
                window.start_again()
                yield item
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise UnusableInput(f"{file.path[:200]} is not JSON from some point on") from error


def top_level(source: ImportSource, file: SourceFile) -> str:
    """What a JSON file begins with: `[`, `{`, or nothing that is either."""
    begin = source.peek(file, 64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return begin.decode("ascii", "replace")


class _Window:
    """Bytes as they are read, as long as one item does not have too many of them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._since = 0
        self._is_first = True

    def start_again(self) -> None:
        """Count from here: an item is complete."""
        self._since = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes, without a mark of their order in front of the first."""
        content = self._stream.read(size)
        if self._is_first and content:
            content, self._is_first = content.removeprefix(b"\xef\xbb\xbf"), False
        self._since += len(content)
        if self._since > MOST_ITEM_BYTES + _WINDOW:
            raise LimitExceeded("one item of the export", MOST_ITEM_BYTES)
        return content

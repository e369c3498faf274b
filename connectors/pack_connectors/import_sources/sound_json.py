"""JSON as a parser takes it: what is nearly JSON in one place does not cost the rest of a file.

Bytes that are not UTF-8 become U+FFFD, `NaN` and `Infinity` become null, and numbers that no
machine holds become texts. Brackets are counted, as what ijson needs grows with the square of how
deep they are.

Source: RFC 8259, sections 6 and 9, which let a parser limit numbers and depth.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Callable
from itertools import accumulate
from typing import Final

from pack.errors import UnusableInput

MOST_DEPTH: Final = 200
_OPEN, _CLOSE = b"[{", b"]}"
_NO_BRACKETS: Final = bytes(one for one in range(256) if one not in _OPEN + _CLOSE)
_STEPS: Final = [(one in _OPEN) - (one in _CLOSE) for one in range(256)]
_WORD: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."
_LONGEST_WORD: Final = 64 * 1024
_MAY_BE_ODD: Final = re.compile(rb"[NI]|[0-9][eE]|[0-9]{19}")
_NUMBER: Final = re.compile(rb"-?(?:NaN|Infinity|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_LARGEST: Final = 2**63 - 1
_PAIR, _QUOTE = b"\xff\xff", b"\xfe"
"""Stand for `\\\\\\\\` and `\\\\"` in what is UTF-8, so that each `"` begins or ends a text."""


class SoundJson:
    """Bytes of JSON as they are read, put right.

    Args:
        read: Gives the bytes, at most as many as it is asked for; none at the end.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._held = b""
        self._is_in_text = False
        self._is_at_end = False
        self._depth = 0
        self.is_too_deep = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes, somewhat more or less than as many; none at the end.

        Raises:
            UnusableInput: Brackets are too deep from here on, or it is no JSON.
        """
        while size and not self._is_at_end:
            if self.is_too_deep:
                raise UnusableInput(f"it is nested more than {MOST_DEPTH} deep")
            content = self._read(size)
            self._is_at_end = not content
            text = self._decoder.decode(content, final=self._is_at_end)
            sound = self._sound(self._held + text.encode())
            if sound:
                return sound
        return b""

    def _sound(self, content: bytes) -> bytes:
        hidden = content.replace(b"\\\\", _PAIR).replace(b'\\"', _QUOTE)
        self._held = b""
        if hidden.endswith(b"\\") and not self._is_at_end:
            self._held, hidden = b"\\", hidden[:-1]
        parts = hidden.split(b'"')
        first = int(self._is_in_text)
        self._is_in_text = (len(parts) - 1 + first) % 2 == 1
        if not self._is_in_text and not self._is_at_end:
            self._hold_word(parts)
        outside = b" ".join(parts[first::2])
        if _MAY_BE_ODD.search(outside):
            parts[first::2] = [_NUMBER.sub(_as_held, part) for part in parts[first::2]]
        self._descend(outside, parts, first)
        return b'"'.join(parts).replace(_QUOTE, b'\\"').replace(_PAIR, b"\\\\")

    def _hold_word(self, parts: list[bytes]) -> None:
        """Keep a number that may go on in what is read next."""
        kept = parts[-1].rstrip(_WORD)
        word = parts[-1][len(kept) :]
        if len(word) > _LONGEST_WORD:
            raise UnusableInput("it is no JSON")
        self._held, parts[-1] = word + self._held, kept

    def _descend(self, outside: bytes, parts: list[bytes], first: int) -> None:
        """Count brackets, and cut the parts where there are too many."""
        brackets = outside.translate(None, _NO_BRACKETS)
        depths = list(accumulate((_STEPS[one] for one in brackets), initial=self._depth))
        if max(depths) <= MOST_DEPTH:
            self._depth = depths[-1]
            return
        self.is_too_deep = True
        depth = self._depth
        for number in range(first, len(parts), 2):
            for at, byte in enumerate(parts[number]):
                depth += _STEPS[byte]
                if depth > MOST_DEPTH:
                    parts[number] = parts[number][:at]
                    del parts[number + 1 :]
                    return


def _as_held(found: re.Match[bytes]) -> bytes:
    """A number as a machine holds it, or a text of the same digits."""
    number = found[0]
    if number.endswith((b"NaN", b"Infinity")):
        return b"null"
    if number.lstrip(b"-").isdigit():
        is_held = len(number) <= len(str(-_LARGEST)) and abs(int(number)) <= _LARGEST
    else:
        is_held = math.isfinite(float(number))
    return number if is_held else b'"%s"' % number

"""How many tokens a text takes at most, without a tokenizer.

`pack.core.requests.count_tokens` is an average, good enough to fill an answer. Where a client cuts
off what is too long, an average is not good enough: this counts a piece of text for as many tokens
as the tokenizers of today's models make of it, or more. Measured with cl100k: notes and code take
.44 to .87 of it, JSON, emoji and text in other scripts up to 1.2 times as many, and only letters
that were thrown together more than that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from pack.deferred import pattern

_KINDS: Final = {
    "word": r" ?[A-Z]?[a-z]+",
    "capitals": r" ?[A-Z]+",
    "number": r" ?[0-9]{1,3}",
    "blanks": r"[ \t]+",
    "line": r"[\r\n]+",
    "sign": r"[!-/:-@\[-`{-~]",
    "other": r"[^\x20-\x7e\t\r\n]+",
}
_PIECES: Final = pattern("|".join(_KINDS.values()))
_KIND: Final = pattern("|".join(f"(?P<{kind}>{form})" for kind, form in _KINDS.items()))
_REMEMBERED: Final = 16_384
"""Pieces whose count is known: a text uses the same words again and again."""
_SHORT: Final = 4
"""Letters of a word that are one token, beside up to three more."""
_LONGEST_WORD: Final = 20
_TWO_BYTES: Final = 2
_RIGHT_TO_LEFT: Final = "\u0590"
"""From here on, the scripts of two bytes are rarely tokens of more than one letter."""
_COMMON: Final = pattern("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")


def most_tokens(text: str) -> int:
    """A number of tokens that a text hardly ever exceeds; grows with every character."""
    return sum(map(_of_piece, _PIECES.findall(text)))


@lru_cache(_REMEMBERED)
def _of_piece(piece: str) -> int:
    found = _KIND.match(piece)
    kind = found.lastgroup if found else None
    letters = len(piece.lstrip(" "))
    if kind == "word" and letters <= _LONGEST_WORD:
        return 1 + max(0, letters - _SHORT) // 3
    if kind in ("word", "capitals"):
        return (letters + 1) // 2
    if kind == "other":
        return sum(map(_of_character, piece))
    if kind in ("blanks", "line"):
        return 1 + len(piece) // 4
    return 1 + piece.startswith(" ")


def _of_character(character: str) -> int:
    """Tokenizers work on the bytes of UTF-8, and know the characters of common scripts."""
    size = len(character.encode("utf-8", "replace"))
    if size == _TWO_BYTES and character < _RIGHT_TO_LEFT:
        return 1
    return 2 if _COMMON.match(character) else size

"""The words of a text as a person sees them changed: joined, they are the text.

A character is never taken apart: accents, vowel signs and the parts of an emoji stay with what they
belong to. In scripts without spaces, each character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_TOKEN: Final = re.compile(
    rf"[0-9]+(?:[.,:/-][0-9]+)+|[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:['\u2019][^\W{_UNSPACED}]+)*"
    r"|\r\n|[\r\n]|[^\S\r\n]+|."
)
_JOINERS: Final = ("\u200c", "\u200d")
_FLAGS: Final = range(0x1F1E6, 0x1F200)
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)


def split_words(text: str) -> list[str]:
    """The words, blanks and signs of a text, in order. Takes linear time."""
    found = _TOKEN.findall(text)
    return found if text.isascii() else _glued(found)


def is_word(token: str) -> bool:
    """Whether a token is more than blanks and punctuation."""
    return any(character.isalnum() or ord(character) > _FLAGS.start for character in token)


def _glued(tokens: list[str]) -> list[str]:
    """The tokens, with marks and joined parts where they belong."""
    parts: list[list[str]] = []
    last = ""
    for token in tokens:
        if last and not token.isspace() and _belongs(last, parts[-1], token):
            parts[-1].append(token)
        else:
            parts.append([token])
        last = token
    return ["".join(part) for part in parts]


def _belongs(last: str, part: list[str], token: str) -> bool:
    if last.isspace():
        return False
    if token.isascii():
        return last[-1] in _JOINERS or (_is_mark(last[-1]) and token.isalnum() and len(part) > 1)
    if _is_mark(token[0]) or last[-1] in _JOINERS:
        return True
    if ord(token[0]) in _FLAGS:
        return ord(last[0]) in _FLAGS and len(part) % 2 == 1
    is_inside = len(part) > 1 and _is_mark(last[-1]) and part[0][-1].isalnum()
    return (
        is_inside and token[0].isalnum() and not _is_unspaced(token) and not _is_unspaced(part[0])
    )


def _is_unspaced(token: str) -> bool:
    return re.match(f"[{_UNSPACED}]", token) is not None


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    if character.isascii():
        return False
    is_tone = ord(character) in _SKIN_TONES
    return is_tone or unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf")

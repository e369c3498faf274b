"""Characters that a reader does not see, or that change the order in which others are read.

What a person accepts is what they saw. A text can say more than that: with characters that are not
drawn (zero width, tags), that turn the direction of reading (bidi controls), or that pick a variant
of a character that has none (variation selectors, which can carry bytes). They are found and named
before anybody decides. Where writing needs them, as in emoji, in Persian or in Japanese names, they
are text like any other.

Source: Unicode Standard Annexes 9 (bidi) and 31 (joiners), and Technical Standard 51 (emoji).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH: Final = frozenset("\u00ad\u034f\u180e\u200b\u200c\u200d\u2060\ufeff")
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS: Final = "\u200c\u200d"
_LAYOUT: Final = frozenset("\t\n\r")
_FLAGS: Final = re.compile(
    "\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)"
    "\U000e007f"
)
"""The flags of England, Scotland and Wales: the only tags that are in use."""
_SUSPECT: Final = re.compile(r"[^\x20-\x7e\n]")


class HiddenKind(StrEnum):
    """What a hidden character does."""

    BIDI = "bidi"
    ZERO_WIDTH = "zero width"
    TAG = "tag"
    VARIATION = "variation selector"
    CONTROL = "control"
    FORMAT = "format"


@dataclass(frozen=True, slots=True)
class HiddenCharacter:
    """One hidden character.

    Attributes:
        kind: What it does.
        character: The character.
        line: The line of the text that it is on, from 1.
        column: Its place in that line, from 1, in characters.
    """

    kind: HiddenKind
    character: str
    line: int
    column: int

    @property
    def name(self) -> str:
        """Its code point and its name."""
        return _named(self.character)


def find_hidden(text: str) -> list[HiddenCharacter]:
    """The hidden characters of a text, in order."""
    found = []
    line, start, flags = 1, 0, _flag_places(text)
    for match in re.finditer(r"\n|[^\x20-\x7e]", text):
        place, character = match.start(), match[0]
        if character == "\n":
            line, start = line + 1, place + 1
        elif place not in flags and (kind := _kind(text, place)) is not None:
            found.append(HiddenCharacter(kind, character, line, place - start + 1))
    return found


def show_hidden(text: str) -> str:
    """The text with each hidden character replaced by its code point, such as `<U+202E>`."""
    if not _SUSPECT.search(text):
        return text
    flags = _flag_places(text)
    return "".join(
        f"<U+{ord(character):04X}>"
        if place not in flags and _kind(text, place) is not None
        else character
        for place, character in enumerate(text)
    )


def count_hidden(found: Sequence[HiddenCharacter]) -> str:
    """What there is of each kind, in words: `3 hidden characters: 2 bidi, 1 tag`."""
    counts = Counter(one.kind for one in found)
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    return f"{len(found)} hidden character{'s' if len(found) > 1 else ''}: {kinds}"


def _flag_places(text: str) -> frozenset[int]:
    def places() -> Iterator[int]:
        for match in _FLAGS.finditer(text):
            yield from range(*match.span())

    return frozenset(places()) if "\U0001f3f4" in text else frozenset()


def _kind(text: str, place: int) -> HiddenKind | None:
    """What the character at a place hides; `None` if nothing."""
    character = text[place]
    if character in _BIDI:
        return HiddenKind.BIDI
    if _is_selector(character):
        return None if _selects(text, place) else HiddenKind.VARIATION
    if "\U000e0000" <= character <= "\U000e007f":
        return HiddenKind.TAG
    if character in _ZERO_WIDTH or character in _BLANK_LETTERS:
        is_mark = character == "\ufeff" and place == 0  # the byte-order mark
        return None if is_mark or _joins(text, place) else HiddenKind.ZERO_WIDTH
    category = unicodedata.category(character)
    if category in ("Zl", "Zp") or (category == "Cc" and character not in _LAYOUT):
        return HiddenKind.CONTROL
    return HiddenKind.FORMAT if category in ("Cf", "Co", "Cs") else None


def _joins(text: str, place: int) -> bool:
    """Whether a joiner does what it is for: emoji of several parts, scripts with joined letters."""
    if text[place] not in _JOINERS or not 0 < place < len(text) - 1:
        return False
    before, after = text[place - 1], text[place + 1]
    if before == "\ufe0f" or "\U0001f3fb" <= before <= "\U0001f3ff":
        before = text[place - 2] if place > 1 else before
    if text[place] == "\u200d" and all(map(_is_symbol, (before, after))):
        return True
    return _is_joined_letter(before) and _is_joined_letter(after)


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) == "So" or character in "\u2640\u2642"


def _is_joined_letter(character: str) -> bool:
    """Whether a letter or a mark is of a script that joins letters: Arabic to Khmer, Mongolian."""
    is_letter = unicodedata.category(character)[0] in "LM"
    return is_letter and ("\u0600" <= character <= "\u109f" or "\u1780" <= character <= "\u18af")


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _selects(text: str, place: int) -> bool:
    """Whether a variation selector follows a character that has variants."""
    if place == 0:
        return False
    before, selector = text[place - 1], text[place]
    category = unicodedata.category(before)
    if selector >= "\U000e0100":
        return category == "Lo"
    if selector >= "\ufe0e":
        return category in ("So", "Sm", "Po", "Pd", "Sc", "Sk") or before in "0123456789#*"
    return category in ("Lo", "Sm")


def _named(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{f' {name}' if name else ''}"

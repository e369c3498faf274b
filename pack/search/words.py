"""The words of a text, as the search index sees them.

The index is an FTS5 table with the tokenizer `unicode61 remove_diacritics 2`, which does not
understand identifiers or scripts without spaces, and knows Unicode as it was in 2012. So the text
is prepared here until all FTS5 has to do is split ASCII and letters that it knows. `index_terms`
can then tell its tokens without asking it.

- Accents and case are folded: `Café` is `cafe`.
- A run of Chinese, Japanese, Thai, Lao, Khmer or Burmese becomes overlapping pairs: 全文検索 is
  `全文 文検 検索`, so that any part of two or more characters is found as a phrase.
- The parts of CamelCase words are added at the end of the text, where they do not break up any
  phrase. `snake_case`, `kebab-case`, `v1.2.3`, paths and URLs need no help: they are split at their
  punctuation and found whole as a phrase.
- Letters that FTS5 may not know, and vowel signs, are written as `x` and their code point.

Source: SQLite documentation, "FTS5", section 4.3.1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final

from pack.deferred import pattern
from pack.normal_form import normalize

_KINDS: Final = bytes(
    ord("aA"[chr(code).isupper()]) if chr(code).isalpha() else ord(" ") for code in range(128)
).ljust(256)
_WORDS: Final = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() else ord(" ") for code in range(128)
).ljust(256)
"""Tables for `bytes.translate`, which is four times as fast as `str.translate`."""
_LINED_WORDS: Final = _WORDS[:10] + b"\n" + _WORDS[11:]
_ASCII_WORDS: Final = _WORDS[:128] + bytes(range(128, 256))
_FOREIGN_RUN: Final = pattern("[^\0-\x7f]+")
_LONGEST_KNOWN: Final = 8
"""Longer runs of other characters than ASCII seldom come again."""
_ASCII: Final = bytes(range(128))
_CAMEL: Final = pattern(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]{2}")
_WORD: Final = pattern(r"[A-Za-z0-9]+")
_CAPITALS: Final = pattern(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9][a-z0-9]*+[A-Z])[A-Za-z0-9]++")
"""A word with a capital that does not begin it."""
_LONGEST_CAMEL: Final = 80
"""Longer ones are encoded data, not names."""
_CAMEL_PART: Final = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_TERM: Final = pattern(r"[^\W_]+")
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts without spaces between words, as far as NFKC keeps them."""
_UNSPACED_RUN: Final = pattern(f"[{_UNSPACED}]+")
_INSIDE: Final = pattern(f"[^\\W_{_UNSPACED}]{{2}}")
_OLD_UNICODE: Final = unicodedata.ucd_3_2_0
_DROPPED_MARKS: Final = ((0x300, 0x6FF), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF))
_VARIATION_SELECTORS: Final = ((0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF))


def fold_text(text: str) -> str:
    """Text as exact phrases are compared: without case, in one normal form (NFC)."""
    if text.isascii():
        return text.lower()
    return normalize("NFC", normalize("NFC", text).casefold())


def holds_words(phrase: str, folded: str) -> bool:
    """Whether a folded text holds a folded phrase that neither begins nor ends inside a word.

    Text without spaces has no words to be inside of.
    """
    place = folded.find(phrase)
    while place >= 0:
        end = place + len(phrase)
        begins = place and _INSIDE.match(folded, place - 1, place + 1)
        if not begins and not _INSIDE.match(folded, end - 1, end + 1):
            return True
        place = folded.find(phrase, place + 1)
    return False


def indexed_text(text: str) -> str:
    """What FTS5 is given in place of `text`. ASCII prose is returned unchanged."""
    plain = _without_signs(text)
    if plain.isascii():
        return plain + _camel_parts(plain)
    text = normalize("NFC", text)
    indexed = _FOREIGN_RUN.sub(_indexed_run, text) + _camel_parts(text)
    return indexed.encode().translate(_ASCII_WORDS).decode()


def searchable_text(text: str) -> str:
    """The index terms of a text, ready for `str.find`.

    They are in the order of `index_terms`, with at least one space before and after each.
    """
    plain = _without_signs(text)
    if plain.isascii():
        return f" {(plain + _camel_parts(plain)).encode().translate(_WORDS).decode()} "
    return f" {indexed_text(text)} "


def searchable_texts(texts: Sequence[str]) -> list[str]:
    """`searchable_text` of each; of plain texts all at once, as no character moves in them."""
    plain = _without_signs("\n".join(texts))
    if not plain.isascii() or _has_camel(plain):
        return [searchable_text(text) for text in texts]
    words = f" {plain} ".encode().translate(_WORDS).decode()
    starts = accumulate((len(text) + 1 for text in texts), initial=0)
    return [
        words[start : start + len(text) + 2] for start, text in zip(starts, texts, strict=False)
    ]


def is_in_place(text: str, searchable: str) -> bool:
    """Whether each character of a text is one place later in its searchable text.

    So it is in ASCII without CamelCase: there the words of the one are those of the other.
    """
    return text.isascii() and len(searchable) == len(text) + 2


def searchable_lines(text: str, lines: Sequence[str]) -> str:
    """`searchable_text` of each line of a text, joined by line ends.

    Args:
        text: Without carriage returns, if its lines have no ends.
        lines: Its lines.
    """
    plain = _without_signs(text)
    if "\r" in plain or not plain.isascii() or _has_camel(plain):
        return "\n".join(map(searchable_text, lines))
    return f" {plain} ".replace("\n", " \n ").encode().translate(_LINED_WORDS).decode()


def index_terms(text: str) -> list[str]:
    """Exactly the tokens that FTS5 makes of `indexed_text(text)`, in order."""
    return [text] if is_plain_word(text) else _TERM.findall(indexed_text(text).lower())


def is_plain_word(text: str) -> bool:
    """Whether a text is its own index term, and nothing else; most words of a query are."""
    return text.isascii() and text.isalnum() and text.islower()


def typed_terms(text: str) -> list[str]:
    """The index terms of a query's word or phrase, each CamelCase word being one."""
    return index_terms(text.lower())


def parted_terms(text: str) -> list[str]:
    """The index terms of a query's word or phrase, each CamelCase word taken apart in its place."""
    return index_terms(_WORD.sub(_parted, text).lower())


def _parted(word: re.Match[str]) -> str:
    if len(word[0]) > _LONGEST_CAMEL or not _CAMEL.search(word[0]):
        return word[0]
    return " ".join(_CAMEL_PART.findall(word[0]))


def is_unspaced(text: str) -> bool:
    """Whether a text holds a run of a script that is written without spaces."""
    return not text.isascii() and _UNSPACED_RUN.search(text) is not None


def _without_signs(text: str) -> str:
    """Text with `?` for dashes, curly quotes and emoji, if nothing else in it is beyond ASCII.

    Such text can skip the slow steps. (Deleting the ASCII bytes is a fast way to find the others.)
    """
    if text.isascii():
        return text
    others = text.encode(errors="replace").translate(None, _ASCII).decode()
    is_plain = all(map(_SEPARATES.__getitem__, set(others)))
    return text.encode("ascii", "replace").decode() if is_plain else text


def _camel_parts(text: str) -> str:
    """The parts of all CamelCase words, with a space before each; fast if there are none."""
    if not _has_camel(text):
        return ""
    words = [word for word in dict.fromkeys(_CAPITALS.findall(text)) if len(word) <= _LONGEST_CAMEL]
    names = filter(_CAMEL.search, words)
    return "".join(f" {part}" for name in names for part in _CAMEL_PART.findall(name))


def _has_camel(text: str) -> bool:
    """Whether there may be a CamelCase word: a capital that does not begin a word."""
    kinds = text.encode("ascii", "replace").translate(_KINDS)
    if kinds.count(b"A") == kinds.count(b" A") + kinds.startswith(b"A"):
        return False
    return b"aA" in kinds or b"AAaa" in kinds


def _indexed_run(found: re.Match[str]) -> str:
    """What is indexed of a run of other characters than ASCII.

    What is beside it in NFC does not matter: no accent is left for an ASCII letter to take up.
    """
    run = found[0]
    return _indexed_known(run) if len(run) <= _LONGEST_KNOWN else _indexed(run)


def _indexed(run: str) -> str:
    return _UNSPACED_RUN.sub(_pairs, _folded(run)).translate(_LETTERS)


_indexed_known = lru_cache(maxsize=2048)(_indexed)


def _folded(text: str) -> str:
    """Text without accents and case, with one form for each letter."""
    plain = normalize("NFKD", text).translate(_MARKS)
    return normalize("NFKC", plain.casefold())


def _pairs(run: re.Match[str]) -> str:
    text = run[0]
    pairs = [text[place : place + 2] for place in range(len(text) - 1)] or [text]
    return f" {' '.join(pairs)} "


class _Separates(dict[str, bool]):
    """Whether a character only separates words, whatever is next to it."""

    def __missing__(self, character: str) -> bool:
        is_mark = unicodedata.category(character)[0] == "M"
        self[character] = not is_mark and not _TERM.search(_folded(character).translate(_LETTERS))
        return self[character]


class _Marks(dict[int, int | None]):
    """Which characters are accents and dropped; filled as characters turn up."""

    def __missing__(self, code: int) -> int | None:
        dropped = unicodedata.category(chr(code)) == "Mn" and any(
            first <= code <= last for first, last in (*_DROPPED_MARKS, *_VARIATION_SELECTORS)
        )
        self[code] = None if dropped else code
        return self[code]


class _Letters(dict[int, str]):
    """What replaces a character of folded text; filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        self[code] = _letter(chr(code))
        return self[code]


def _letter(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] not in "LNM" or category == "Me":
        return " "
    old = _OLD_UNICODE.category(character)
    known = character.isascii() or (old == category and category[0] in "LN")
    return character if known else f"x{ord(character):x}"


_SEPARATES: Final = _Separates()
_MARKS: Final = _Marks()
_LETTERS: Final = _Letters()

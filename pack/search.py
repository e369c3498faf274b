"""Finding memory: ranked, and every place where the query stands as it was typed.

A file is found when it holds the whole query, ignoring case, anywhere in its text or path, or
any of the query's words. Files with the exact phrase come first; then those with more of the
words, where a word in topic, tags, path or a heading counts more than one in the body.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from pack.catalog import Row
from pack.markdown import split_lines

_PHRASE: Final = 100.0
_FIELD_WEIGHTS: Final = {"topic": 6.0, "tags": 5.0, "path": 4.0, "heading": 3.0, "body": 1.0}
_MOST_COUNTED: Final = 5
_SNIPPET_CHARACTERS: Final = 160
_WORD: Final = re.compile(r"\w+")
_HEADING: Final = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*)$", re.MULTILINE)
_STOP_WORDS: Final = frozenset(
    (
        "a an and are as at be by did do does for from had has have how i in is it of on or that "
        "the this to was were what when where which who why will with you"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Query:
    """A query, ready to be compared with folded text."""

    phrase: str
    words: tuple[str, ...]


def fold_text(text: str) -> str:
    """Text as it is compared: without case; one character may become several."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def parse_query(text: str) -> Query:
    """The phrase and the words of a query; without stop words, unless there is nothing else."""
    phrase = " ".join(fold_text(text).split())
    words = tuple(dict.fromkeys(_WORD.findall(phrase)))
    return Query(phrase, tuple(w for w in words if w not in _STOP_WORDS) or words)


def score(query: Query, row: Row, text: str) -> float:
    """How well a file answers the query; 0 if it does not. Only comparable within one query."""
    body = fold_text(text)
    head = "\n".join((row.topic, *row.tags, row.path))
    if not any(words in body or words in fold_text(head) for words in (query.phrase, *query.words)):
        return 0.0
    fields = {
        "topic": fold_text(row.topic),
        "tags": fold_text(" ".join(row.tags)),
        "path": fold_text(row.path),
        "heading": "\n".join(_HEADING.findall(body)),
        "body": body,
    }
    total = sum(_phrase_score(query.phrase, name, field) for name, field in fields.items())
    for word in query.words:
        counts = {name: field.count(word) for name, field in fields.items()}
        if any(counts.values()):
            total += 1.0 + 10.0 / len(query.words)
            total += sum(_saturated(n) * _FIELD_WEIGHTS[name] for name, n in counts.items())
    return total


def locate(query: Query, text: str) -> tuple[int, str]:
    """The line that answers best, from 1, and the text around the match on it."""
    line = _best_line(query, text)
    return line, _snippet(text, line, query)


def _phrase_score(phrase: str, name: str, field: str) -> float:
    return _PHRASE + _FIELD_WEIGHTS[name] if phrase and phrase in field else 0.0


def _saturated(count: int) -> float:
    return min(count, _MOST_COUNTED) / (min(count, _MOST_COUNTED) + 1.0)


def _best_line(query: Query, text: str) -> int:
    """The line that holds the phrase, or most of the words; the first of equals."""
    best, best_line = 0, 1
    for number, line in enumerate(split_lines(text), start=1):
        folded = fold_text(line)
        found = sum(word in folded for word in query.words)
        if query.phrase in folded:
            found += len(query.words) + 1
        if found > best:
            best, best_line = found, number
    return best_line


def _snippet(text: str, line: int, query: Query) -> str:
    lines = split_lines(text)
    chosen = " ".join(lines[line - 1].split()) if lines else ""
    if len(chosen) <= _SNIPPET_CHARACTERS:
        return chosen
    start = max(_first_match(chosen, query) - _SNIPPET_CHARACTERS // 3, 0)
    end = start + _SNIPPET_CHARACTERS
    return f"{'…' if start else ''}{chosen[start:end].strip()}{'…' if end < len(chosen) else ''}"


def _first_match(text: str, query: Query) -> int:
    """Where the phrase is, or else the first word that is found."""
    for words in (query.phrase, *query.words):
        found = re.search(re.escape(words), text, re.IGNORECASE)
        if found is not None:
            return found.start()
    return _folded_place(text, query)


def _folded_place(text: str, query: Query) -> int:
    """Where a match is that exists in folded text only, which may be longer than the text."""
    folded = fold_text(text)
    places = [folded.find(words) for words in (query.phrase, *query.words)]
    place = next((place for place in places if place >= 0), 0)
    return place * len(text) // max(len(folded), 1)

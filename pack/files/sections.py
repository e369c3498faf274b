"""Which section of a body a name means, and how each section is called.

A section is called by its path: the titles of the headings above it and its own, outermost first,
as in `Plan > June > Tasks`. That is how search names it. Any end of the path (`June > Tasks`) means
the section too, if no other path ends so. Sections whose paths are the same have a number behind,
counted from the beginning of the body: `Plan > Tasks [2]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pack.actions import Action
from pack.errors import AmbiguousSection, NotFound
from pack.files.markdown import Heading, headings, plain_text, split_lines
from pack.files.passages import LONGEST_TITLE
from pack.normal_form import normalize

SEPARATOR: Final = " > "
_BETWEEN: Final = re.compile(" ?> ?")
_NUMBER: Final = re.compile(r"[0-9]{1,6}\]")
_LISTED: Final = 10
_ALIKE: Final = 3
_COMPARED: Final = 500
"""The number of headings that a wrong name is compared with."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a name can mean: the end of a path, and perhaps a level and a number."""

    end: str
    level: int | None
    number: int | None = None


def section_span(
    body: str, name: str, level: int | None = None, first_line: int = 1
) -> tuple[int, int]:
    """First and last line of the section under a heading, both included.

    The section ends before the next heading of the same or a higher rank, so it includes its
    sub-sections.

    Args:
        body: Text without frontmatter.
        name: The heading's text, with or without its markup; or an end of its path; or either with
            a number. `## Title` also asks for that level.
        level: Only headings of this level; `None` for any.
        first_line: The line of the file that `body` begins on.

    Raises:
        NotFound: No section is called so; the remedy names those that are called alike.
        AmbiguousSection: Several are; the error says how to tell them apart.
    """
    found = headings(body, first_line)
    named = _named(found)
    fitting: list[int] = []
    for meaning in _meanings(name, level):
        fitting = _fitting(named, meaning)
        if fitting:
            break
    paths = [path for _, path in named]
    if not fitting:
        raise NotFound(f"the section {name[:120]!r}", _remedy(name, paths))
    if len(fitting) > 1:
        lines = [named[number][0].line for number in fitting]
        names = [address(paths, number) for number in fitting[:_LISTED]]
        raise AmbiguousSection(name, lines, names)
    start, _ = named[fitting[0]]
    for heading in found:
        if heading.line > start.line and heading.level <= start.level:
            return start.line, heading.line - 1
    return start.line, first_line + len(split_lines(body)) - 1


def address(paths: Sequence[str], number: int) -> str:
    """What one of several sections is called so that no other is meant.

    Args:
        paths: The paths of all sections of a body that have a title, in text order.
        number: Which of them.
    """
    own = _normal(paths[number])
    alike = [each for each, path in enumerate(paths) if _ends(_normal(path), own)]
    return paths[number] if len(alike) == 1 else f"{paths[number]} [{alike.index(number) + 1}]"


def _named(found: Sequence[Heading]) -> list[tuple[Heading, str]]:
    """The headings that have a title, each with its path."""
    named: list[tuple[Heading, str]] = []
    above: list[Heading] = []
    for heading in found:
        above = [outer for outer in above if outer.level < heading.level] + [heading]
        if heading.title:
            outer_titles = (each.title[:LONGEST_TITLE] for each in above[:-1] if each.title)
            named.append((heading, SEPARATOR.join([*outer_titles, heading.title])))
    return named


def _meanings(name: str, level: int | None) -> Iterator[_Meaning]:
    """What a name can mean, likeliest first: itself, without markup, `## Title`, with a number."""
    yield from _unnumbered(name, level)
    unnumbered, _, number = name.strip().rpartition("[")
    if unnumbered.strip() and _NUMBER.fullmatch(number):
        for meaning in _unnumbered(unnumbered.strip(), level):
            yield _Meaning(meaning.end, meaning.level, int(number[:-1]))


def _unnumbered(name: str, level: int | None) -> Iterator[_Meaning]:
    yield _Meaning(_normal(name), level)
    yield _Meaning(_normal(plain_text(name)), level)
    written = headings(name)
    if len(written) == 1 and name.lstrip().startswith("#"):
        own = level if level is not None else written[0].level
        yield _Meaning(_normal(written[0].title), own)


def _fitting(named: Sequence[tuple[Heading, str]], meaning: _Meaning) -> list[int]:
    """The numbers of the headings that a name can mean."""
    fitting = [
        number
        for number, (heading, path) in enumerate(named)
        if meaning.level in (None, heading.level) and _ends(_normal(path), meaning.end)
    ]
    if meaning.number is None:
        return fitting
    return fitting[meaning.number - 1 : meaning.number] if meaning.number else []


def _ends(path: str, end: str) -> bool:
    return path == end or (bool(end) and path.endswith(f"{SEPARATOR}{end}"))


def _normal(name: str) -> str:
    """A name as it is compared: composed, with single blanks."""
    return normalize("NFC", _BETWEEN.sub(SEPARATOR, " ".join(name.split())))


def _remedy(name: str, paths: Sequence[str]) -> str:
    last = _normal(name).rpartition(SEPARATOR)[2].lower()
    titles = {path.rpartition(SEPARATOR)[2].lower(): path for path in reversed(paths[:_COMPARED])}
    close = [titles[title] for title in get_close_matches(last[:120], titles, _ALIKE)]
    hint = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
    return f"{hint}{Action.READ} to see the headings of the file."

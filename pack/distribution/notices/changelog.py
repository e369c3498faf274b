"""What upstream says about the files that a sync brings: an excerpt of its changelog.

Of the versions after the one that downstream has, up to the one that it gets, only what names one
of the files is taken, as the rest may be about what is nobody else's business. What would give
something away is left out too.

Source: keepachangelog.com, for what a changelog looks like.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from pack.deferred import pattern
from pack.errors import InvalidContent
from pack.files import frontmatter
from pack.model import MemoryPath
from pack.outgoing.internal_marks import find_internal_marks
from pack.outgoing.private_paths import NoteNames, find_private_paths
from pack.outgoing.secrets_scan import find_secrets
from pack.versions import KitVersion

_HEADING: Final = pattern(r"#{1,6}\s")
_VERSION: Final = pattern(r"^#{1,3}\s.*?\bv?(?P<version>\d+\.\d+\.\d+[\w.+-]*)")
_OPEN: Final = pattern(r"(?i)^#{1,3}\s+\[?unreleased\b")
_ITEM: Final = pattern(r"[-*+]\s|\d{1,9}[.)]\s")
_SHORTEST_STEM: Final = 3
_MOST_SUBJECTS: Final = 50


def changelog_excerpt(
    changelog: str | None,
    since: str | None,
    version: str,
    sources: Collection[MemoryPath],
    subjects: Sequence[str] = (),
    private: Iterable[MemoryPath] = (),
) -> str:
    """What is said about some files, in markdown; empty if nothing is.

    Args:
        changelog: Upstream's changelog as it is at the version; `None` if it has none.
        since: The version that downstream has; `None` for none.
        version: The version that it gets.
        sources: Upstream's paths of the files concerned.
        subjects: Subjects of commits that changed them, for want of anything better.
        private: Notes whose names are nobody else's business.
    """
    hidden = NoteNames(private)
    lines = [] if changelog is None else frontmatter.split(changelog).body.splitlines()
    found = list(_about(_between(lines, since, version), _naming(sources), hidden))
    if not any(not _HEADING.match(piece) for piece in found):
        found = [f"- {' '.join(one.split())}" for one in subjects if not gives_away(one, hidden)]
        found = found[:_MOST_SUBJECTS]
    return "".join(f"{piece}\n" for piece in found)


def _between(lines: Iterable[str], since: str | None, version: str) -> Iterator[str]:
    """The lines about the versions that are new to downstream."""
    first, last = _parsed(since), _parsed(version)
    is_wanted = False
    for line in lines:
        if match := _VERSION.match(line):
            of = _parsed(match["version"].rstrip("."))
            above = of is not None and (first is None or of > first)
            is_wanted = last is not None and of is not None and above and of <= last
        elif _OPEN.match(line):
            is_wanted = last is None  # what is brought is no version yet either
        if is_wanted:
            yield line


def _parsed(version: str | None) -> KitVersion | None:
    try:
        return KitVersion.parse(version) if version is not None else None
    except InvalidContent:
        return None


def _naming(sources: Collection[MemoryPath]) -> re.Pattern[str] | None:
    """What finds the name of a file; `None` if there are no files."""
    names = set[str]()
    for path in sources:
        name = posixpath.basename(path)
        names |= {path, name, posixpath.splitext(path)[0]}
        names |= {stem for stem in (posixpath.splitext(name)[0],) if len(stem) >= _SHORTEST_STEM}
    if not names:
        return None
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-]|/\w)")


def _about(
    lines: Iterable[str], naming: re.Pattern[str] | None, hidden: NoteNames
) -> Iterator[str]:
    """The entries that name a file, each below the headings that it stands under."""
    headings: list[str] = []
    for piece in _pieces(lines):
        if _HEADING.match(piece):
            depth = len(piece) - len(piece.lstrip("#"))
            headings = [one for one in headings if len(one) - len(one.lstrip("#")) < depth]
            headings.append(piece)
        elif naming is not None and naming.search(piece) and not gives_away(piece, hidden):
            yield from (one for one in headings if not gives_away(one, hidden))
            headings = []
            yield piece


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """Headings, items with all that belongs to them, and paragraphs."""
    piece: list[str] = []
    for line in lines:
        is_new = _HEADING.match(line) or _ITEM.match(line)
        if piece and (is_new or not line.strip() or _HEADING.match(piece[0])):
            yield "\n".join(piece)
            piece = []
        if line.strip():
            piece.append(line)
    if piece:
        yield "\n".join(piece)


def gives_away(text: str, hidden: NoteNames | None = None) -> bool:
    """Whether a text holds what should not leave the memory.

    Args:
        text: The text.
        hidden: The names of notes that are nobody else's business.
    """
    names = find_private_paths(text, hidden if hidden is not None else ())
    return bool(names or find_secrets(text) or find_internal_marks(text))

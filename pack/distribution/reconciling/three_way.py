"""The merge of one file of a downstream, and where it could not be done.

The merge is the memory's own (`pack.merge.file`). Where both sides changed the same lines, those of
the downstream stay, and a region says what upstream has there, so that a person can choose. There
are never markers in a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from pack.distribution.values import Region
from pack.files import frontmatter
from pack.files.markdown import split_lines
from pack.files.text_form import unformed
from pack.files.yaml_keys import cut_keys
from pack.merge.diff import Hunk, find_hunks
from pack.merge.file import merge_named
from pack.merge.frontmatter import merge_block
from pack.merge.lines import Prefer
from pack.merge.two_sides import PERSON, Authority, TwoSides

_EQUALS: Final = Authority(PERSON)


@dataclass(frozen=True, slots=True)
class MergedFile:
    """A file after the merge.

    Attributes:
        content: Its bytes.
        regions: The lines of the downstream's file that both sides changed; empty without a
            conflict, or where a file has no lines.
        is_conflict: Whether a person has to choose.
    """

    content: bytes
    regions: tuple[Region, ...] = ()
    is_conflict: bool = False


class _Span(NamedTuple):
    """Lines that both sides changed, from 0: ours, and theirs."""

    start: int
    end: int
    their_start: int
    their_end: int


class _Watched(TwoSides):
    """Two equals, of which ours stays in place; notes where that mattered."""

    __slots__ = ("spans",)
    spans: set[_Span]

    @classmethod
    def begin(cls) -> _Watched:
        made = cls(_EQUALS, _EQUALS)
        object.__setattr__(made, "spans", set())
        return made

    def prefer(self, our_offset: int = 0, their_offset: int = 0) -> Prefer:
        def ours_stay(ours: Sequence[Hunk], theirs: Sequence[Hunk]) -> bool:
            start = min(ours[0].old_start, theirs[0].old_start)
            end = max(ours[-1].old_end, theirs[-1].old_end)
            mine, other = (_within(hunks, start, end) for hunks in (ours, theirs))
            at = [line + our_offset for line in mine], [line + their_offset for line in other]
            self.spans.add(_Span(at[0][0], at[0][1], at[1][0], at[1][1]))
            return False

        return ours_stay


def _within(hunks: Sequence[Hunk], start: int, end: int) -> tuple[int, int]:
    """The lines of a side that lines `start` to `end` of the base have become."""
    return hunks[0].start - (hunks[0].old_start - start), hunks[-1].end + end - hunks[-1].old_end


def merge_three(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> MergedFile:
    """Merge what upstream changed into a file of a downstream.

    Args:
        path: The file; its ending says what it is.
        base: What both started from; `None` if that is not known.
        ours: The downstream's text.
        theirs: Upstream's.
    """
    watched = _Watched.begin()
    merged = merge_named(path, base, ours, theirs, watched)
    if merged.kept is None and not merged.clashes:
        return MergedFile(merged.content)
    texts = [_text(side) for side in (base, ours, theirs)]
    old, mine, other = texts
    if mine is None or other is None:
        return MergedFile(merged.content, (), is_conflict=True)
    spans = watched.spans | set(_keys(old, mine, other)) if old is not None else set()
    lines, their_lines = split_lines(mine), split_lines(other)
    if not spans:
        hunks = find_hunks(lines, their_lines)
        spans = {_Span(one.old_start, one.old_end, one.start, one.end) for one in hunks}
    regions = [_region(span, lines, their_lines) for span in sorted(spans)]
    return MergedFile(merged.content, tuple(regions), is_conflict=True)


def _region(span: _Span, ours: Sequence[str], theirs: Sequence[str]) -> Region:
    mine, other = ours[span.start : span.end], theirs[span.their_start : span.their_end]
    return Region(span.start + 1, span.end, "".join(mine), "".join(other))


def _text(content: bytes | None) -> str | None:
    """The lines of a file, whatever their ends are; `None` for what is no text."""
    try:
        return None if content is None else unformed(content.decode("utf-8"), keep_line_ends=False)
    except UnicodeDecodeError:
        return None


def _keys(base: str, ours: str, theirs: str) -> Iterator[_Span]:
    """The keys of the frontmatter to which both sides gave another value, of which one stays."""
    old, mine, other = (_entries(text) for text in (base, ours, theirs))
    for key in mine.keys() & other.keys():
        merged = merge_block(old[key].text if key in old else "", mine[key].text, other[key].text)
        if merged is None or not merged.is_clean:
            yield _Span(mine[key].start, mine[key].end, other[key].start, other[key].end)


class _Entry(NamedTuple):
    """A key of the frontmatter with its value, and its lines from 0."""

    text: str
    start: int
    end: int


def _entries(text: str) -> dict[str, _Entry]:
    parts = frontmatter.split(text)
    cut = cut_keys(parts.block or "")
    if cut is None:
        return {}
    found, line = dict[str, _Entry](), parts.first_line + cut.head.count("\n")
    for key, one in cut.entries.items():
        start, line = line + one.above.count("\n"), line + one.text.count("\n")
        found[key] = _Entry(one.text.removeprefix(one.above), start, line)
    return found


def is_same_text(one: bytes, other: bytes) -> bool:
    """Whether two files differ in their line ends at most, as an editor or git changes them."""
    if one == other:
        return True
    texts = _text(one), _text(other)
    return None not in texts and texts[0] == texts[1]

"""How the lines of the person are shown in a text, whoever wrote the lines around them.

The words of a line can stay while something else changes what they say: a fence or a comment that
swallows them, a heading or an item that they come under, a definition that leads a link elsewhere.
So a text is read as markdown before and after a change, and each line must come out as it did: as
the same kind of block, in the same lists and quotations, under the same headings, with the same
links. What the parser does not know is looked for besides: raw HTML that stays open, the `%%` and
`$$` of other programs, footnotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Final

from pack.deferred import dataclass, pattern
from pack.files.line_keys import BOX
from pack.truth.between.markdown_blocks import (
    HEADING,
    HTML,
    MOST_BRACKETS,
    PAIRED,
    MarkdownBlock,
    MarkdownBlocks,
)

if TYPE_CHECKING:
    from markdown_it.token import Token

_LABEL: Final = pattern(r"\[((?:[^\[\]\\]|\\.)++)\]", re.DOTALL)
_FOOTNOTE: Final = pattern(r"[ \t>]*\[(\^[^\]\s]+)\]:")
_BREAK: Final = ("softbreak", "", "", "", ())


@dataclass(frozen=True, slots=True)
class View:
    """How one line of the person is shown.

    Attributes:
        place: The kind of its block, and all that it is in or under.
        links: Where the labels in it lead.
        around: What is open where its block begins.
        words: What its block says, as far as a machine's lines in it have a part in that.
        joined: Whether words of a machine are in its block, right before it and right after it.
        blocks: The blocks that it begins and ends in.
    """

    place: tuple[tuple[object, ...], ...]
    links: tuple[object, ...]
    around: tuple[object, ...]
    words: tuple[str, ...]
    joined: tuple[bool, bool]
    blocks: tuple[int, int]

    def is_like(self, before: View) -> bool:
        """Whether the line is shown as before; words that were joined to it need not be there."""
        same = (self.place, self.links, self.around, self.words)
        if same != (before.place, before.links, before.around, before.words):
            return False
        return all(was or not now for now, was in zip(self.joined, before.joined, strict=True))

    @property
    def is_section(self) -> bool:
        """Whether the line is a heading that is in nothing else."""
        return [one[:2] for one in self.place] == [(HEADING, ())]

    def is_of_one_block(self, below: View) -> bool:
        """Whether a line further down begins in the block that this one ends in."""
        return self.blocks[1] == below.blocks[0] >= 0


def views_of(lines: Sequence[str], own: Sequence[int]) -> list[View]:
    """How some lines of a text are shown: those of the person.

    Args:
        lines: The text, cut at its line feeds.
        own: The numbers of the person's lines that have words, in their order.
    """
    return _Reading(lines, own).views()


class _Reading:
    """A text as a markdown parser reads it.

    It counts lines that end with a carriage return alone too, which git does not.
    """

    def __init__(self, lines: Sequence[str], own: Sequence[int]) -> None:
        ranks = {number: rank for rank, number in enumerate(own)}
        text = [BOX.sub(r"\1x\2", line) if "]" in line else line for line in lines]
        parts = [_lines_in(line) for line in text]
        ends = list(accumulate(map(len, parts)))
        self._own = [range(ends[number] - len(parts[number]), ends[number]) for number in own]
        self._lines = [part for one in parts for part in one]
        self._owners = [ranks.get(number) for number, one in enumerate(parts) for _ in one]
        self._read = MarkdownBlocks("".join(text), self._owners)
        self._footnotes = self._noted()

    def views(self) -> list[View]:
        """How each of the person's lines is shown."""
        found: dict[int, View] = {}
        for number, block in enumerate(self._read.blocks):
            found.update(self._seen(number, block))
        nowhere = View((), (), (), (), (False, False), (-1, -1))
        views = [_joined([found.get(line, nowhere) for line in lines]) for lines in self._own]
        if views and self._read.everywhere:  # told once, as it is the same for all lines
            views[0] = replace(views[0], around=(*views[0].around, self._read.everywhere))
        return views

    def _noted(self) -> Mapping[str, tuple[object, ...]]:
        """Whose the first and last definitions of footnotes are, and if some are a machine's."""
        noted: dict[str, list[int | None]] = {}
        for line, owner in zip(self._lines, self._owners, strict=True):
            if "[^" in line and (found := _FOOTNOTE.match(line)):
                noted.setdefault(found[1], []).append(owner)
        return {label: (one[0], one[-1], None in one) for label, one in noted.items()}

    def _seen(self, number: int, block: MarkdownBlock) -> Iterator[tuple[int, View]]:
        """How each of the person's lines in a block is shown."""
        lines = range(block.start, min(block.end, len(self._lines)))
        own = [line for line in lines if self._owners[line] is not None]
        if not own:
            return
        place = (block.kind, block.inside, block.under, block.level, self._owners[own[0]])
        links = self._links("\n".join(self._lines[line] for line in own))
        is_mixed = any(self._owners[line] is None and self._lines[line].strip() for line in lines)
        words = self._words(block) if is_mixed else _words_of(block)
        above = self._beside(lines) if is_mixed else set()
        below = self._beside(lines[::-1]) if is_mixed else set()
        for line in own:
            joined = (line in above, line in below)
            around = (block.around,)
            yield line, View((place,), links, around, words, joined, (number, number))

    def _beside(self, lines: Sequence[int]) -> set[int]:
        """The person's lines that come right after words of a machine."""
        found, is_after = set(), False
        for line in lines:
            if self._owners[line] is not None:
                found |= {line} if is_after else set()
                is_after = False
            elif self._lines[line].strip():
                is_after = True
        return found

    def _words(self, block: MarkdownBlock) -> tuple[str, ...]:
        """What the person says in a block; all of it, where a machine has a part in that."""
        if block.kind == HTML or len(block.content) != 1:
            return ("mixed", *block.content)
        lines = block.content[0].split("\n")
        owned = zip(self._owners[block.start : block.start + len(lines)], lines, strict=False)
        runs = [
            (is_own, "\n".join(line for _, line in run).rstrip())
            for is_own, run in groupby(owned, lambda one: one[0] is not None)
        ]
        own = tuple(text for is_own, text in runs if is_own)
        return own if self._is_apart(runs) else ("mixed", *block.content)

    def _is_apart(self, runs: Sequence[tuple[bool, str]]) -> bool:
        """Whether what a machine wrote in a block ends where its lines end."""
        whole = "\n".join(text for _, text in runs)
        if whole.count("[") > MOST_BRACKETS:
            return False
        parts: list[object] = []
        for is_own, text in runs:
            tokens = self._read.inline(text)
            if not is_own and any(_reaches_out(token) for token in tokens):
                return False
            parts += [*([_BREAK] if parts else ()), *map(_said, tokens)]
        return parts == [_said(token) for token in self._read.inline(whole)]

    def _links(self, content: str) -> tuple[object, ...]:
        """Where the labels in some text lead."""
        references = self._read.references
        if "[" not in content or not (references or self._footnotes):
            return ()
        from markdown_it.common.utils import normalizeReference  # noqa: PLC0415  on first use

        found: dict[str, object] = {}
        for label in _LABEL.findall(content):
            if (known := references.get(normalizeReference(label))) is not None:
                found[label] = (known["href"], known["title"])
            if label in self._footnotes:
                found[f"footnote {label}"] = self._footnotes[label]
        return tuple(found.items())


def _joined(parts: Sequence[View]) -> View:
    """How a line is shown that the parser sees as several."""
    if len(parts) == 1:
        return parts[0]
    return View(
        tuple(place for one in parts for place in one.place),
        tuple(link for one in parts for link in one.links),
        tuple(one.around for one in parts),
        tuple(word for one in parts for word in one.words),
        (any(one.joined[0] for one in parts), any(one.joined[1] for one in parts)),
        (parts[0].blocks[0], parts[-1].blocks[1]),
    )


def _words_of(block: MarkdownBlock) -> tuple[str, ...]:
    """What the person says in a block of their own, as far as a machine could have a part in it."""
    return tuple(block.content) if block.kind != HTML else ()


def _lines_in(line: str) -> list[str]:
    """The lines that a parser sees in one of git's."""
    if "\r" not in line:
        return [line]
    parts = re.split(r"\r\n|\r|\n", line)
    return parts if parts[-1] else parts[:-1]


def _reaches_out(token: Token) -> bool:
    """Whether an inline token may mean something for the lines after its own."""
    is_paired = token.type == "text" and any(mark in token.content for mark in PAIRED)
    return is_paired or token.type == "html_inline"


def _said(token: Token) -> tuple[object, ...]:
    """What an inline token says; a hard line break is a break like any other."""
    if token.type in ("softbreak", "hardbreak"):
        return _BREAK
    return (token.type, token.tag, token.content, token.markup, tuple(token.attrs.items()))

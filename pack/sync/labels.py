"""Keeping the link labels of a file its own when files are joined to one text.

A label (`[a]: address`) counts for the whole of a markdown text, and the first one wins: joined,
`[a]` of one file could lead where another file says, and plain brackets of a file (`- [x] done`)
would become links because another one defines them. So a label gets another name wherever it would
reach beyond its file, in its definitions and its uses, and what a reader sees stays as it was.

Footnotes (`[^1]`) are treated likewise; their numbers are seen, so those change.

Source: CommonMark 0.31, 4.7 "Link reference definitions", 6.3 "Links".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final, NamedTuple

from pack.sync.label_spans import compared, label_targets, renamed

_WRITTEN: Final = re.compile(r"\[((?:[^\[\]\\]|\\.){1,1000})\]", re.DOTALL)
_QUOTED: Final = re.compile(r"\n[ \t>]*")
_SUFFIX: Final = 7  # characters that a label is given: a hyphen and six digits


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a text, as they are compared: case and white space do not count.

    Attributes:
        targets: What each label that the text defines leads to.
        written: All that stands in brackets, labels or not, in code too.
    """

    targets: Mapping[str, str]
    written: frozenset[str]


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """A file that is joined with others.

    Attributes:
        name: Tells it from the others; it is not shown.
        text: Its markdown, with LF line ends.
        labels: What `read_labels` gives for the text.
    """

    name: str
    text: str
    labels: Labels


class _Renaming(NamedTuple):
    text: str
    names: frozenset[str]
    end: str


def read_labels(text: str) -> Labels:
    """The labels of a text with LF line ends."""
    # A label that goes on in the next line of a quotation has its mark in it.
    written = frozenset(compared(_QUOTED.sub(" ", one)) for one in _WRITTEN.findall(text))
    return Labels(dict(label_targets(text)) if "]:" in text else {}, written)


class Separation:
    """Gives the labels of files that are joined other names, where they reach beyond their file.

    The new name depends on the file alone, so that a text stays as it is when others come and go.
    What was renamed is kept until it is not asked for any more.
    """

    def __init__(self) -> None:
        self._known: dict[_Renaming, str] = {}

    def apply(self, files: Sequence[LabelledFile]) -> list[str]:
        """The texts, in this order, each with labels that mean nothing in the others.

        A label that the others do not write, or define alike, keeps its name. In a text of more
        than 20,000 brackets only the definitions are renamed, so that none costs minutes: the links
        by such a label are plain text then.
        """
        wanted = _renamings(files)
        known = self._known
        self._known = {
            one: known[one] if one in known else renamed(*one) for one in wanted if one is not None
        }
        return [
            file.text if one is None else self._known[one]
            for file, one in zip(files, wanted, strict=True)
        ]


def _renamings(files: Sequence[LabelledFile]) -> list[_Renaming | None]:
    """What is to be renamed in each file, if anything."""
    defined = {label for file in files for label in file.labels.targets}
    if not defined:
        return [None] * len(files)
    reaching = {
        label
        for file in files
        for label in defined & file.labels.written
        if label not in file.labels.targets
    }
    taken = {label[-_SUFFIX:] for file in files for label in file.labels.written}
    meant: dict[str, str] = {}
    found: list[_Renaming | None] = []
    for file in files:
        targets = file.labels.targets
        names = {
            label
            for label, target in targets.items()
            if label in reaching or _is_footnote(label, meant) or meant.get(label, target) != target
        }
        meant |= {label: target for label, target in targets.items() if label not in names}
        renaming = _Renaming(file.text, frozenset(names), _new_end(file.name, taken))
        found.append(renaming if names else None)
    return found


def _is_footnote(label: str, meant: Mapping[str, str]) -> bool:
    """Whether a label is a footnote's that another file has too; their texts are not compared."""
    return label.startswith("^") and label in meant


def _new_end(name: str, taken: set[str]) -> str:
    """What no label ends in; the same for the same file, and from then on taken."""
    digests = (hashlib.sha256(f"{name}\0{number}".encode()).hexdigest() for number in count())
    ends = (f"-{digest[: _SUFFIX - 1]}" for digest in digests)
    end = next(end for end in ends if end.upper() not in taken)
    taken.add(end.upper())
    return end

"""Keeps link labels from affecting other files when files are joined into one text.

A label (`[a]: address`) applies to the whole of a markdown text, and its first definition wins. In
the joined text, `[a]` in one file could lead where another file says, and plain brackets
(`- [x] done`) would become links because another file defines them. So a label that affects other
files is renamed in its definitions and uses, and the reader sees no difference. Footnotes (`[^1]`)
are renamed too; their numbers are visible, so those do change.

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
_SUFFIX: Final = 7  # characters added to a label: a hyphen and six digits


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a text in the form used for comparing: case and white space do not count.

    Attributes:
        targets: The target of each label that the text defines.
        written: Everything in brackets, whether it is a label or not, including code.
    """

    targets: Mapping[str, str]
    written: frozenset[str]


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """A file to be joined with others.

    Attributes:
        name: Distinguishes it from the others; not shown.
        text: Its markdown, with LF line ends.
        labels: The result of `read_labels` for the text.
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
    # A label that continues on the next line of a quotation includes that line's quotation mark.
    written = frozenset(compared(_QUOTED.sub(" ", one)) for one in _WRITTEN.findall(text))
    return Labels(dict(label_targets(text)) if "]:" in text else {}, written)


class Separation:
    """Renames labels that would affect other files when files are joined.

    The new name depends only on the file, so that a text does not change when other files come and
    go. Renamed texts are cached for as long as they are requested.
    """

    def __init__(self) -> None:
        self._known: dict[_Renaming, str] = {}

    def apply(self, files: Sequence[LabelledFile]) -> list[str]:
        """The texts in this order, each with labels that have no meaning in the others.

        A label keeps its name if the others do not contain it, or define it the same way. In a text
        of more than 20,000 brackets, only the definitions are renamed, so that no text takes
        minutes; links that use such a label become plain text.
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
    """What to rename in each file; `None` for a file in which nothing is."""
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
    """Whether a label is a footnote that another file has too; the footnotes are not compared."""
    return label.startswith("^") and label in meant


def _new_end(name: str, taken: set[str]) -> str:
    """A suffix that no label ends in, always the same for a file; from now on it is taken."""
    digests = (hashlib.sha256(f"{name}\0{number}".encode()).hexdigest() for number in count())
    ends = (f"-{digest[: _SUFFIX - 1]}" for digest in digests)
    end = next(end for end in ends if end.upper() not in taken)
    taken.add(end.upper())
    return end

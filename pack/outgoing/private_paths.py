"""Paths in a text that say something about the person: folders of a home, notes of the memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from pack.deferred import pattern
from pack.model import MemoryPath
from pack.outgoing.secrets_scan import Leak

_HOME: Final = pattern(
    r"(?<![\w.])(?:/(?:home|Users)/|[A-Za-z]:[\\/]{1,2}Users[\\/]{1,2}|/mnt/c/Users/)"
    r"(?P<user>[^\s/\\\"'`<>|:*?]{1,64})|(?<![\w./])(?P<root>/ro{2}t/\S)"
)
_NOBODY: Final = frozenset(
    "user username you yourname your-name me name someone alice bob user1 public shared".split()
)
_STAND_IN: Final = pattern(r"[${}\[\]%]|\.{3}")
_SUFFIX: Final = ".md"
_WORD: Final = pattern(r"[\w-]+")
_REMEMBERED: Final = 1 << 17
HOME: Final = "a folder of somebody's home"
NOTE: Final = "the path of a note outside"


class NoteNames:
    """The names of notes, to be found in many texts.

    A name only stands in a text that has each of its words, so a text is asked for its words
    once, whatever the number of notes.

    Args:
        notes: The notes.
    """

    def __init__(self, notes: Iterable[MemoryPath]) -> None:
        self._by_word: dict[str, set[str]] = defaultdict(set)
        for note in notes:
            for name in _names(note):
                self._by_word[_longest_word(name)].add(name)

    def within(self, text: str) -> list[str]:
        """The names that a text may hold, sorted."""
        if not self._by_word:
            return []
        spelt = text.replace("%20", " ")
        words = {"", *_WORD.findall(spelt)} & self._by_word.keys()
        return sorted({name for word in words for name in self._by_word[word] if name in spelt})


@lru_cache(_REMEMBERED)
def _longest_word(name: str) -> str:
    """A word of a name that few other names have; empty if it has none."""
    return max(_WORD.findall(name), key=len, default="")


def find_private_paths(text: str, notes: Iterable[MemoryPath] | NoteNames) -> list[Leak]:
    """The paths in a text that should not leave, by line.

    Args:
        text: The text.
        notes: Notes whose names are nobody else's business.
    """
    known = notes if isinstance(notes, NoteNames) else NoteNames(notes)
    names = known.within(text)
    lines = text.split("\n") if names or _HOME.search(text) else ()
    found = {(n, what) for n, line in enumerate(lines, 1) for what in _on_line(line, names)}
    return [Leak(line, what) for line, what in sorted(found)]


def _names(note: MemoryPath) -> Iterator[str]:
    """How a note is named in a text: by its path, and in a wiki link without its ending."""
    yield note
    if "/" in note:
        yield note.removesuffix(_SUFFIX)


def _on_line(line: str, names: Iterable[str]) -> Iterator[str]:
    for match in _HOME.finditer(line):
        user = match["user"] or ""
        if match["root"] or not (user.lower() in _NOBODY or _STAND_IN.search(user)):
            yield HOME
    spelt = line.replace("%20", " ")
    if any(_is_named(name, spelt) for name in names):
        yield NOTE


def _is_named(name: str, line: str) -> bool:
    start = line.find(name)
    while start >= 0:
        before, after = line[start - 1 : start], line[start + len(name) : start + len(name) + 1]
        if not _goes_on(before) and not _goes_on(after) and after != "/":  # that is a folder
            return True
        start = line.find(name, start + 1)
    return False


def _goes_on(character: str) -> bool:
    return character.isalnum() or character in ("_", "-") if character else False

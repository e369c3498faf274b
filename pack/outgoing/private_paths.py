"""Paths in a text that say something about the person: folders of a home, notes of the memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from pack.deferred import pattern
from pack.model import MemoryPath
from pack.outgoing.secrets_scan import Leak
from pack.paths import fold

_HOME: Final = pattern(
    r"(?<![\w.])(?:/(?:home|Users|Volumes|var/home)/|[A-Za-z]:[\\/]{1,2}Users[\\/]{1,2}|/mnt/c/Users/)"
    r"(?P<user>[^\s/\\\"'`<>|:*?]{1,64})|(?<![\w./])(?P<root>/ro{2}t/\S)"
)
_TILDE: Final = pattern(r"(?<![\w~/.])~[/\\](?P<folder>[^\s/\\\"'`<>|:*?]{1,64})")
_EVERYBODYS: Final = frozenset("bin library appdata path folder file your".split())
"""What is in many homes, and says nothing of whose it is; so are names that begin with a dot."""
_WIKI_LINK: Final = pattern(r"\[\[(?P<name>[^\[\]|#\n]{1,300})")
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


def find_private_names(
    text: str, notes: Iterable[MemoryPath], known: Iterable[MemoryPath] = ()
) -> list[Leak]:
    """Short names that should not leave, by line: wiki links to notes, and paths below `~`.

    Args:
        text: The text.
        notes: Notes whose names are nobody else's business.
        known: Files whose names the others know, so that a link means one of them.
    """
    stems = {_stem(note) for note in notes} - {_stem(path) for path in known}
    found = set[tuple[int, str]]()
    for number, line in enumerate(text.split("\n") if "[[" in text or "~" in text else (), 1):
        if any(_stem(match["name"]) in stems for match in _WIKI_LINK.finditer(line)):
            found.add((number, NOTE))
        if any(_is_somebodys(match["folder"]) for match in _TILDE.finditer(line)):
            found.add((number, HOME))
    return [Leak(line, what) for line, what in sorted(found)]


def _stem(name: str) -> str:
    """How a short link names a note, in one spelling."""
    last = name.strip().replace("%20", " ").rsplit("/", 1)[-1]
    return fold(last.removesuffix(_SUFFIX))


def _is_somebodys(folder: str) -> bool:
    is_usual = folder.startswith(".") or folder.lower() in _EVERYBODYS | _NOBODY
    return not (is_usual or _STAND_IN.search(folder))


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

"""Which paths are not memory, because git ignores them or stores something else than they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from typing import Final

from pack.deferred import dataclass
from pack.model import BlobId, Entry, MemoryPath
from pack.rules.attributes import (
    AttributeList,
    Setting,
    attributes_of,
    find_conversion,
    may_convert,
    parse_attributes,
)
from pack.rules.ignore import IgnoreList, find_ignore_rule, last_match, parse_ignores
from pack.rules.patterns import RuleFile

IGNORE_FILE: Final = ".gitignore"
ATTRIBUTES_FILE: Final = ".gitattributes"


class ExclusionKind(StrEnum):
    """Why a path is not memory."""

    IGNORED = "ignored"
    """Git ignores it. A file that git tracks is never ignored."""

    MANAGED = "managed"
    """Git stores other bytes than the folder holds: a filter, an encoding, or `ident`."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a path is not memory.

    Attributes:
        kind: Why.
        place: Where the rule is, as `FILE:LINE`.
        rule: What it says.
    """

    kind: ExclusionKind
    place: str
    rule: str


@dataclass(frozen=True, slots=True)
class OuterRules:
    """The rule files that are in no folder of the memory; each list from the strongest on.

    Attributes:
        ignores: What git ignores besides.
        stronger: Attributes that outrank those in folders.
        weaker: Attributes that those in folders outrank.
        fold: Whether letters match in either case.
    """

    ignores: Sequence[RuleFile] = ()
    stronger: Sequence[RuleFile] = ()
    weaker: Sequence[RuleFile] = ()
    fold: bool = False


NO_OUTER_RULES: Final = OuterRules()

ReadRules = Callable[[MemoryPath], bytes | None]
"""The bytes of a rule file in the memory; `None` if there is none, or something that is no file."""

_parse_ignores = lru_cache(256)(parse_ignores)
_parse_attributes = lru_cache(256)(parse_attributes)


class Rules:
    """The rules at one moment; each file is read once.

    Args:
        read: Reads the rule files in folders.
        outer: The others.
    """

    def __init__(self, read: ReadRules, outer: OuterRules = NO_OUTER_RULES) -> None:
        self._read = read
        self._outer = outer
        self._ignores = [_parse_ignores(file) for file in outer.ignores]
        self._stronger = [_parse_attributes(file, may_define=True) for file in outer.stronger]
        self._weaker = [_parse_attributes(file, may_define=True) for file in outer.weaker]
        self._ignores_in: dict[str, IgnoreList] = {}
        self._ignores_for: dict[str, Sequence[IgnoreList]] = {}
        self._ignored: dict[str, bool] = {}
        self._attributes_in: dict[str, Sequence[AttributeList]] = {}

    def exclusion(self, path: MemoryPath, is_tracked: Callable[[], bool]) -> Exclusion | None:
        """Why a path is not memory; `None` if it is.

        Args:
            path: The path.
            is_tracked: Says whether git tracks the file; only asked if a rule would ignore it.
        """
        if (found := self.conversion(path)) is not None:
            return Exclusion(ExclusionKind.MANAGED, found.place, found.text)
        rule = find_ignore_rule(path, self._ignores_of, self._ignores)
        if rule is None or is_tracked():
            return None
        return Exclusion(ExclusionKind.IGNORED, rule.place, rule.text)

    def conversion(self, path: MemoryPath) -> Setting | None:
        """What makes git store other bytes than the folder holds, line ends aside."""
        return find_conversion(self.attributes(path))

    def attributes(self, path: MemoryPath) -> Mapping[str, Setting]:
        """The attributes of a path."""
        lists = self._attributes_of(path.rpartition("/")[0])
        return attributes_of(path, lists) if any(lists) else {}

    def is_folder_ignored(self, folder: MemoryPath) -> bool:
        """Whether git ignores all in a folder that it does not track.

        The answers are kept, so that a walk costs the same for each folder, however deep it is.
        """
        place, unknown = str(folder), list[str]()
        while place and place not in self._ignored:
            unknown.append(place)
            place = _parent(place)
        is_ignored = self._ignored.get(place, False)
        for each in reversed(unknown):
            is_ignored = self._ignored[each] = is_ignored or self._names(each)
        return is_ignored

    def _names(self, folder: str) -> bool:
        """Whether a rule ignores this very folder, in which no folder above it is ignored."""
        rule = last_match(folder, self._ignore_lists(_parent(folder)), is_folder=True)
        return rule is not None and not rule.is_exception

    def _ignore_lists(self, folder: str) -> Sequence[IgnoreList]:
        """The lists for what lies in a folder, from the strongest on."""
        if folder not in self._ignores_for:
            outer = self._ignore_lists(_parent(folder)) if folder else self._ignores
            own = self._ignores_of(folder)
            self._ignores_for[folder] = [own, *outer] if own else outer
        return self._ignores_for[folder]

    def may_convert(self, folders: Iterable[str]) -> bool:
        """Whether git may store other bytes for any memory file; quick, and often wrongly yes.

        Args:
            folders: All that have attributes of their own.
        """
        lists = {
            id(lines): lines for folder in ("", *folders) for lines in self._attributes_of(folder)
        }
        return any(may_convert(line) for lines in lists.values() for line in lines)

    def _ignores_of(self, folder: str) -> IgnoreList:
        if folder not in self._ignores_in:
            file = self._file(folder, IGNORE_FILE)
            self._ignores_in[folder] = _parse_ignores(file) if file else ()
        return self._ignores_in[folder]

    def _attributes_of(self, folder: str) -> Sequence[AttributeList]:
        """The lists for what lies in a folder, from the strongest on."""
        if folder not in self._attributes_in:
            parts = folder.split("/") if folder else []
            folders = ["/".join(parts[:depth]) for depth in range(len(parts), -1, -1)]
            files = [(each, self._file(each, ATTRIBUTES_FILE)) for each in folders]
            inner = [_parse_attributes(file, may_define=not at) for at, file in files if file]
            self._attributes_in[folder] = [*self._stronger, *inner, *self._weaker]
        return self._attributes_in[folder]

    def _file(self, folder: str, name: str) -> RuleFile | None:
        place = f"{folder}/{name}" if folder else name
        content = self._read(MemoryPath(place))
        return RuleFile(place, folder, content, self._outer.fold) if content else None


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


class CommittedRules:
    """The rules of a commit, for stores in which nothing else is.

    Args:
        blob_of: The blob of a file of the commit.
        read: Reads a blob.
    """

    def __init__(
        self, blob_of: Callable[[MemoryPath], BlobId | None], read: Callable[[BlobId], bytes]
    ) -> None:
        def read_rules(path: MemoryPath) -> bytes | None:
            blob = blob_of(path)
            return read(blob) if blob else None

        self._blob_of = blob_of
        self._rules = Rules(read_rules)

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        """See `Connector.exclusion`."""
        return self._rules.exclusion(path, lambda: self._blob_of(path) is not None)

    def is_managed(self, path: MemoryPath) -> bool:
        """Whether git stores other bytes than a folder with the file would hold."""
        return self._rules.conversion(path) is not None

    def edits(
        self,
        found: Mapping[MemoryPath, BlobId | None],
        held: Iterable[MemoryPath],
        present: Iterable[str],
    ) -> dict[MemoryPath, BlobId | None]:
        """See `Connector.edits`: of a managed file, a reader gets no version.

        Args:
            found: How the memory files differ from a commit.
            held: The memory files of that commit.
            present: All paths of the present commit.
        """
        folders = [path.rpartition("/")[0] for path in present if path.endswith(ATTRIBUTES_FILE)]
        if not self._rules.may_convert(folders):
            return dict(found)
        shown = {path: blob for path, blob in found.items() if not self.is_managed(path)}
        return shown | {path: None for path in held if self.is_managed(path)}

    def shown(self, entries: Iterable[Entry]) -> list[Entry]:
        """A listing as readers get it: a managed file has no blob."""
        return [
            replace(entry, sha=BlobId("")) if entry.sha and self.is_managed(entry.path) else entry
            for entry in entries
        ]

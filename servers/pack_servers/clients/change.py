"""What setting up a client changes in its file, and how that is taken back: planned, then done.

Taking back gives the bytes that were there before, if nobody has changed the file since. If
somebody has, only PACK's own entry is taken out of what they made of it, and the levels around it
that PACK added; an entry that PACK replaced is put back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from enum import StrEnum
from pathlib import Path

from pack.deferred import dataclass
from pack_servers.clients import texts
from pack_servers.clients.records import Record, Records, digest
from pack_servers.clients.settings_file import (
    SettingsFile,
    missing_folders,
    naming,
    remove_folders,
)
from pack_servers.clients.table import Syntax


class SettingsChangeKind(StrEnum):
    """What happens to the entry of a file."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a client's settings say something.

    Attributes:
        file: Where the client looks for the file.
        syntax: How it is written.
        path: The names that lead to what they say.
    """

    file: Path
    syntax: Syntax
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """A change of a settings file that is planned.

    Attributes:
        file: Where the client looks for it.
        kind: How it changes.
        found: The file as it is.
        after: The bytes that it will have; `None` if it will be deleted.
        record: What will be remembered; `None` to forget what was.
        folders: The folders that are to be removed with it, if they are empty.
    """

    file: Path
    kind: SettingsChangeKind
    found: SettingsFile
    after: bytes | None
    record: Record | None = None
    folders: Sequence[Path] = field(default_factory=tuple)

    def before_text(self) -> str:
        """What the file says."""
        return self.found.text()

    def after_text(self) -> str:
        """What it will say."""
        return self.found.text(self.after or b"")

    def make(self, records: Records) -> Path | None:
        """Do it, and return the copy of the file as it was; `None` if there is nothing to copy.

        Raises:
            PreconditionFailed: The file is no longer what the plan was made for.
            Unavailable: It cannot be read or written; it is as it was.
        """
        if self.kind is SettingsChangeKind.UNCHANGED:
            return None
        target, content = self.found.target, self.found.content
        copy = None if content is None else records.keep(target, content)
        if self.record is not None:
            records.store(target, self.record)
        self.found.replace(self.after)
        if self.record is None:
            records.forget(target)
        remove_folders(self.folders)
        return copy


def entry_at(spot: Spot) -> object:
    """What a file says at a spot; `None` if it says nothing, or is not there.

    Raises:
        InvalidConfig: It cannot be read as what it should be.
        Unavailable: It cannot be read at all.
    """
    found = SettingsFile.read(spot.file)
    with naming(spot.file):
        return texts.value_at(found.text(), spot.syntax, spot.path)


def plan_setting(values: Mapping[Spot, object], records: Records) -> SettingsChange:
    """What makes a file say something at each of some spots.

    Args:
        values: What it is to say; all spots are of one file.
        records: What was done to files before.

    Raises:
        InvalidConfig: The file cannot be edited.
        Unavailable: It cannot be read.
    """
    (file, syntax) = _place(values)
    found, kind = SettingsFile.read(file), SettingsChangeKind.UNCHANGED
    text = found.text()
    with naming(file):
        for spot, value in values.items():
            held = texts.value_at(text, syntax, spot.path)
            if held == value:
                continue
            is_new = held is None and kind is not SettingsChangeKind.UPDATED
            kind = SettingsChangeKind.ADDED if is_new else SettingsChangeKind.UPDATED
            text = texts.with_value(text, syntax, spot.path, value)
        if kind is SettingsChangeKind.UNCHANGED:
            return SettingsChange(file, kind, found, found.content)
        known = records.find(found.target)
        before = found.content if known is None else _before(found, syntax, known)
    entries = dict.fromkeys([*(known.entries if known else ()), *(each.path for each in values)])
    folders = known.folders if known else missing_folders(found.target)
    after = found.encoded(text)
    record = Record(before, digest(after), list(entries), folders)
    return SettingsChange(file, kind, found, after, record)


def plan_removal(spots: Sequence[Spot], records: Records) -> SettingsChange:
    """What takes back everything that was done at some spots of one file.

    Raises:
        InvalidConfig: The file cannot be edited.
        Unavailable: It cannot be read.
    """
    (file, syntax) = _place(spots)
    found = SettingsFile.read(file)
    known = records.find(found.target)
    with naming(file):
        text = found.text()
        there = [each.path for each in spots if _says(text, each)]
        if not there:
            return SettingsChange(file, SettingsChangeKind.UNCHANGED, found, found.content)
        mine = known.entries if known else ()
        for path in there:
            if path not in mine:
                text = texts.without(text, syntax, path)
        if known is None or not set(mine) & set(there):
            # The copy still has what goes now, so the file never goes back to that as a whole.
            kept = replace(known, after="") if known else None
            return SettingsChange(
                file, SettingsChangeKind.REMOVED, found, found.encoded(text), kept
            )
        before = _before(found, syntax, known)
        others = [path for path in mine if path not in there]
        after = _restored(found, syntax, known, there) if others else before
    record = Record(before, digest(after), others, known.folders) if others else None
    folders = known.folders if after is None else ()
    return SettingsChange(file, SettingsChangeKind.REMOVED, found, after, record, folders)


def _place(spots: Iterable[Spot]) -> tuple[Path, Syntax]:
    (place,) = {(each.file, each.syntax) for each in spots}
    return place


def _says(text: str, spot: Spot) -> bool:
    return texts.value_at(text, spot.syntax, spot.path) is not None


def _before(found: SettingsFile, syntax: Syntax, known: Record) -> bytes | None:
    """The file without anything that PACK did to it; `None` if there would be none."""
    if digest(found.content) == known.after:
        return known.before
    return _restored(found, syntax, known, known.entries)


def _restored(
    found: SettingsFile, syntax: Syntax, known: Record, entries: Sequence[tuple[str, ...]]
) -> bytes | None:
    """The file, which others have changed too, with some entries as they were before."""
    text, original = found.text(), found.text(known.before or b"")
    for path in entries:
        old = texts.value_at(original, syntax, path)
        if old is not None:
            text = texts.with_value(text, syntax, path, old)
            continue
        made = texts.missing_above(original, syntax, path)
        text = texts.without(text, syntax, path, made)
    if texts.says_nothing(text, syntax) and not original.strip():
        return known.before
    return found.encoded(text)

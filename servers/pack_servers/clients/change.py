"""What setting up a client changes in its file, and how that is taken back: planned, then done.

Taking back gives the bytes that were there before, if nobody has changed the file since. If
somebody has, only PACK's own entry is taken out of what they made of it, and the levels around it
that PACK added; an entry that PACK replaced is put back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TypeVar

from pack.deferred import dataclass
from pack_servers.clients import texts
from pack_servers.clients.records import Record, Records, digest
from pack_servers.clients.settings_file import (
    SettingsFile,
    missing_folders,
    remove_folders,
    unusable,
)
from pack_servers.clients.table import Syntax
from pack_servers.clients.unusable import Unusable

_T = TypeVar("_T")


class ChangeKind(StrEnum):
    """What happens to the entry of a file."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Spot:
    """One entry of a settings file.

    Attributes:
        file: Where the client looks for the file.
        syntax: How it is written.
        path: The names that lead to the entry.
    """

    file: Path
    syntax: Syntax
    path: Sequence[str]


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """A change of a settings file that is planned.

    Attributes:
        spot: What changes.
        kind: How.
        found: The file as it is.
        after: The bytes that it will have; `None` if it will be deleted.
        record: What will be remembered; `None` to forget what was.
        folders: The folders that are to be removed with it, if they are empty.
    """

    spot: Spot
    kind: ChangeKind
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
        if self.kind is ChangeKind.UNCHANGED:
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
    return _edited(spot, lambda: texts.value_at(found.text(), spot.syntax, spot.path))


def plan_setting(spot: Spot, value: object, records: Records) -> SettingsChange:
    """What makes a file say something at a spot.

    Raises:
        InvalidConfig: The file cannot be edited.
        Unavailable: It cannot be read.
    """
    found = SettingsFile.read(spot.file)
    text, where = found.text(), (spot.syntax, spot.path)
    held = _edited(spot, lambda: texts.value_at(text, *where))
    if held == value:
        return SettingsChange(spot, ChangeKind.UNCHANGED, found, found.content)
    after = found.encoded(_edited(spot, lambda: texts.with_value(text, *where, value)))
    known = records.find(found.target)
    before = found.content if known is None else _before(spot, found, known)
    entries = [*(known.entries if known else ()), tuple(spot.path)]
    folders = known.folders if known else missing_folders(found.target)
    record = Record(before, digest(after), list(dict.fromkeys(entries)), folders)
    kind = ChangeKind.ADDED if held is None else ChangeKind.UPDATED
    return SettingsChange(spot, kind, found, after, record)


def plan_removal(spot: Spot, records: Records) -> SettingsChange:
    """What takes back everything that was done at a spot.

    Raises:
        InvalidConfig: The file cannot be edited.
        Unavailable: It cannot be read.
    """
    found = SettingsFile.read(spot.file)
    held = _edited(spot, lambda: texts.value_at(found.text(), spot.syntax, spot.path))
    if held is None:
        return SettingsChange(spot, ChangeKind.UNCHANGED, found, found.content)
    known = records.find(found.target)
    if known is None or tuple(spot.path) not in known.entries:
        rest = _edited(spot, lambda: texts.without(found.text(), spot.syntax, spot.path))
        return SettingsChange(spot, ChangeKind.REMOVED, found, found.encoded(rest), known)
    before = _before(spot, found, known)
    others = [path for path in known.entries if path != tuple(spot.path)]
    if others:
        after = _restored(spot, found, known, [tuple(spot.path)])
        record = Record(before, digest(after), others, known.folders)
        return SettingsChange(spot, ChangeKind.REMOVED, found, after, record)
    folders = known.folders if before is None else ()
    return SettingsChange(spot, ChangeKind.REMOVED, found, before, None, folders)


def _before(spot: Spot, found: SettingsFile, known: Record) -> bytes | None:
    """The file without anything that PACK did to it; `None` if there would be none."""
    if digest(found.content) == known.after:
        return known.before
    return _restored(spot, found, known, known.entries)


def _restored(
    spot: Spot, found: SettingsFile, known: Record, entries: Sequence[Sequence[str]]
) -> bytes | None:
    """The file, which others have changed too, with some entries as they were before."""
    text, syntax = found.text(), spot.syntax
    original = found.text(known.before or b"")
    for path in entries:
        old = _edited(spot, partial(texts.value_at, original, syntax, path))
        if old is not None:
            text = _edited(spot, partial(texts.with_value, text, syntax, path, old))
            continue
        made = _edited(spot, partial(texts.missing_above, original, syntax, path))
        text = _edited(spot, partial(texts.without, text, syntax, path, made))
    is_empty = _edited(spot, partial(texts.says_nothing, text, syntax))
    return known.before if is_empty and not original.strip() else found.encoded(text)


def _edited(spot: Spot, edit: Callable[[], _T]) -> _T:
    """What an edit gives; what is wrong with the file is said with its name."""
    try:
        return edit()
    except Unusable as error:
        raise unusable(spot.file, str(error), error.line) from error

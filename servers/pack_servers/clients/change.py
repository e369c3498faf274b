"""What setting up a client changes in its file, and how that is taken back: planned, then done.

Taking back gives the bytes that were there before, if nobody has changed the file since. If
somebody has, only PACK's own entry is taken out of what they made of it, and the levels around it
that PACK added; an entry that PACK replaced is put back. What is remembered of an entry that
somebody has taken out themselves counts no longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from pack.deferred import dataclass
from pack_servers.clients.editing import texts
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.entries import is_switched_off
from pack_servers.clients.records import Record, Records, digest
from pack_servers.clients.settings_file import (
    SettingsFile,
    missing_folders,
    naming,
    remove_folders,
)

_NOTHING: Final = ("", "{}")
"""Settings without a word in them, not even in a comment."""


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
        spots: Where it says something new, or no longer.
        brings_back: Whether an entry that PACK had replaced is there again.
        is_foreign: Whether an entry stays because it is not PACK's.
        is_switched_off: Whether the client has been told not to use what it says.
    """

    file: Path
    kind: SettingsChangeKind
    found: SettingsFile
    after: bytes | None
    record: Record | None = None
    folders: Sequence[Path] = field(default_factory=tuple)
    spots: Sequence[Spot] = field(default_factory=tuple)
    brings_back: bool = False
    is_foreign: bool = False
    is_switched_off: bool = False

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


def _in_place_of(held: object, value: object) -> object:
    del held
    return value


def plan_setting(
    values: Mapping[Spot, object],
    records: Records,
    joined: Callable[[object, object], object] = _in_place_of,
) -> SettingsChange:
    """What makes a file say something at each of some spots.

    Args:
        values: What it is to say; all spots are of one file.
        records: What was done to files before.
        joined: What it says in the end, given what it says now and what it is to say.

    Raises:
        InvalidConfig: The file cannot be edited.
        Unavailable: It cannot be read.
    """
    (file, syntax) = _place(values)
    found, kind = SettingsFile.read(file), SettingsChangeKind.UNCHANGED
    text, spots, is_off = found.text(), tuple(values), False
    with naming(file):
        known = _still_there(records.find(found.target), text, syntax)
        for spot, value in values.items():
            held = texts.value_at(text, syntax, spot.path)
            wanted = joined(held, value)
            is_off = is_off or is_switched_off(wanted)
            if held == wanted:
                continue
            is_new = held is None and kind is not SettingsChangeKind.UPDATED
            kind = SettingsChangeKind.ADDED if is_new else SettingsChangeKind.UPDATED
            text = texts.with_value(text, syntax, spot.path, wanted)
        if kind is SettingsChangeKind.UNCHANGED:
            return SettingsChange(
                file, kind, found, found.content, spots=spots, is_switched_off=is_off
            )
        before = found.content if known is None else _before(found, syntax, known)
    entries = dict.fromkeys([*(known.entries if known else ()), *(each.path for each in values)])
    folders = known.folders if known else missing_folders(found.target)
    after = found.encoded(text)
    record = Record(before, digest(after), list(entries), folders)
    return SettingsChange(file, kind, found, after, record, spots=spots, is_switched_off=is_off)


def _always(entry: object) -> bool:
    del entry
    return True


def plan_removal(
    spots: Sequence[Spot], records: Records, is_ours: Callable[[object], bool] = _always
) -> SettingsChange:
    """What takes back everything that was done at some spots of one file.

    Args:
        spots: Where PACK's entries may be.
        records: What was done to files before.
        is_ours: Whether an entry is PACK's, if it is not just as PACK left it; others stay.

    Raises:
        InvalidConfig: The file cannot be edited.
        Unavailable: It cannot be read.
    """
    (file, syntax) = _place(spots)
    found = SettingsFile.read(file)
    with naming(file):
        text = found.text()
        known = _still_there(records.find(found.target), text, syntax)
        held = {each.path: texts.value_at(text, syntax, each.path) for each in spots}
        mine = known.entries if known else ()
        if known is not None and digest(found.content) != known.after:
            # Somebody may have put an entry of their own in the place of PACK's.
            mine = [path for path in mine if path not in held or is_ours(held[path])]
        said = [path for path, entry in held.items() if entry is not None]
        there = [path for path in said if path in mine or is_ours(held[path])]
        is_foreign = len(there) < len(said)
        if not there:
            kind = SettingsChangeKind.UNCHANGED
            return SettingsChange(
                file, kind, found, found.content, spots=spots, is_foreign=is_foreign
            )
        for path in there:
            if path not in mine:
                text = texts.without(text, syntax, path)
        if known is None or not set(mine) & set(there):
            # The copy still has what goes now, so the file never goes back to that as a whole.
            after: bytes | None = found.encoded(text)
            record = replace(known, after="") if known else None
            folders: Sequence[Path] = ()
        else:
            before = _before(found, syntax, known)
            others = [path for path in mine if path not in there]
            after = _restored(found, syntax, known, there) if others else before
            record = Record(before, digest(after), others, known.folders) if others else None
            folders = known.folders if after is None else ()
        now = found.text(after or b"")
        brings_back = any(texts.value_at(now, syntax, path) is not None for path in there)
    kind = SettingsChangeKind.REMOVED
    return SettingsChange(file, kind, found, after, record, folders, spots, brings_back, is_foreign)


def _place(spots: Iterable[Spot]) -> tuple[Path, Syntax]:
    (place,) = {(each.file, each.syntax) for each in spots}
    return place


def _still_there(known: Record | None, text: str, syntax: Syntax) -> Record | None:
    """What is remembered of the entries that a file still has; `None` if it has none of them.

    An entry that somebody has taken out is theirs to do without, also without what PACK had put it
    in place of.
    """
    if known is None:
        return None
    entries = [each for each in known.entries if texts.value_at(text, syntax, each) is not None]
    return replace(known, entries=entries) if entries else None


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
    if "".join(text.split()) in _NOTHING and not original.strip():
        return known.before
    return found.encoded(text)

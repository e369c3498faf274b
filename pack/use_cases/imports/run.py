"""One import while it is read, and the one commit that comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Final

from pack.catalog import imported
from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.core.decision import Decision
from pack.errors import IgnoredPath, InvalidContent, InvalidPath, LimitExceeded, ManagedPath
from pack.files.note import Note
from pack.imports.growing import grown
from pack.imports.ledger import FIRST, Ledger, key_of
from pack.imports.placing import ImportPlaces
from pack.imports.records import ImportedRecord, ImportKind, SkippedRecord
from pack.imports.rendering import dates_of, render, without_dates
from pack.imports.secrecy import shown, without_secret_title
from pack.imports.splitting import split
from pack.imports.starters import is_untouched
from pack.limits import MAX_FILE_BYTES
from pack.model import BlobId, Change, CommitId, MemoryPath, Put, StoredPut, blob_id
from pack.outgoing.secrets_scan import find_secrets
from pack.paths import is_memory_file
from pack.provenance import IMPORTED_FROM, WRITTEN_TOO_BY
from pack.use_cases.imports.bases import ImportBase
from pack.use_cases.imports.brought import Brought
from pack.use_cases.imports.comparing import YOURS_STAYS, Comparing, PlannedRecord, RecordOutcome
from pack.use_cases.imports.results import Imported
from pack.use_cases.imports.sources import Sources
from pack.v1.taxonomy import CONTEXT

_TWICE: Final = "the export has it twice"
_UNUSABLE: Final = "it cannot be a note: {}"
_APART: Final = "another source has something else of this name: this is a note of its own"
_RENAMED: Final = "its name cannot be used here, or is taken: it has another one here"
_MOST_NAMED: Final = 100
_NO_NOTE: Final = (InvalidContent, InvalidPath, IgnoredPath, ManagedPath, LimitExceeded)


@dataclass
class ImportRun:
    """One import while it is read, and what is to be written of it."""

    core: Core
    base: ImportBase
    kind: ImportKind
    starters: Mapping[str, str]
    sources: Sources
    dry_run: bool
    is_persons: bool
    found: Counter[str] = field(default_factory=Counter)
    skipped: list[SkippedRecord] = field(default_factory=list)
    records: dict[str, PlannedRecord] = field(default_factory=dict)
    secrets: dict[str, int] = field(default_factory=dict)
    writers: dict[str, frozenset[str]] = field(default_factory=dict)
    _number: int = FIRST
    _before: dict[MemoryPath, BlobId] = field(default_factory=dict)
    _outcomes: list[tuple[PlannedRecord, RecordOutcome]] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        """Where each record is, those of earlier imports included, and where sources were."""
        new = {one.key: one.path for one in self.records.values()}
        held_back = {one.key for one, out in self._outcomes if out.why == YOURS_STAYS}
        others = self.base.ledger.held_back.difference(new)
        places = self.sources.places(self._number)
        return Ledger({**self.base.paths, **new}, places, others | held_back)

    # --- reading -------------------------------------------------------------------------------

    def add(self, one: ImportedRecord | SkippedRecord) -> None:
        """Take a record, or note why not."""
        if isinstance(one, SkippedRecord):
            if one.kind is not None:
                self.found[one.kind] += one.count
            self.skipped.append(one)
            return
        self.found[one.kind] += one.count
        for part in split(one):
            self._plan(part)

    def _plan(self, record: ImportedRecord) -> None:
        if record.source_id in self.records:
            self.skipped.append(SkippedRecord(_called(record), _TWICE))
            return
        now = self.core.clock()
        self.base.rename(record.former_id, record.source_id)
        try:
            content = render(without_secret_title(record), self.kind, now)
            if len(content) > MAX_FILE_BYTES:
                raise LimitExceeded("it", MAX_FILE_BYTES)
            as_before = partial(self._as_before, record, content)
            known = self.sources.find(record.source_id, as_before, may_grow=record.grows)
            path = self.base.paths[known] if known is not None else self._new_path(record, content)
            before = self.base.blobs.get(path) or self._before.get(path)
            content = as_before(before) if before is not None else content
            if len(content) > MAX_FILE_BYTES:
                raise LimitExceeded("it, with what came before,", MAX_FILE_BYTES)
        except _NO_NOTE as error:
            self.skipped.append(SkippedRecord(_called(record), _UNUSABLE.format(error)))
            return
        _, changed = dates_of(record, now)
        blob = blob_id(content)
        here = self._here.get(path)
        may_merge = blob != before and here not in (blob, before)
        self.records[record.source_id] = PlannedRecord(
            source_id=record.source_id,
            key=known or record.source_id,
            path=path,
            blob=blob,
            before=before,
            changed=changed,
            is_verbatim=record.verbatim is not None,
            content=content if self.dry_run and may_merge else None,
            given=_given(record, path) if here is None and before is None else None,
        )
        if here != blob:
            labels = frozenset(part.writer.label for part in record.parts if part.writer)
            self.writers[record.source_id] = labels
            self.secrets[record.source_id] = _secrets_in(content)
        if not self.dry_run and self.base.blobs.get(path) != blob:
            self.base.add(path, content)

    def _as_before(self, record: ImportedRecord, content: bytes, before: BlobId) -> bytes:
        """A note, or the one before where only its dates differ: that is no news.

        One that grows has all that the one before had.
        """
        if record.verbatim is not None or blob_id(content) == before:
            return content
        known = self.base.read(before)
        if record.grows:
            content = grown(known, content)
        return known if without_dates(known) == without_dates(content) else content

    def _new_path(self, record: ImportedRecord, content: bytes) -> MemoryPath:
        """Where a record is, or is to be, of which nothing is kept beside the branch."""
        path = self._begun(record) or self._brought_to(record, content)
        path = path or self._places.place(record)
        self.core.reader.refuse_excluded(path)
        scope_of(self.core.connector).require().refuse_left_out(path)
        return path

    def _begun(self, record: ImportedRecord) -> MemoryPath | None:
        """The path of a file that a new memory begins with, if a record replaces it."""
        path = next(self._places.possible(record))
        if path not in self.starters or record.verbatim is None:
            return None
        if path in self.base.blobs or path in self._before:
            return None
        found = self.core.reader.find(path)
        if found is None or not is_untouched(found.content, self.starters[path]):
            return None
        self._before[path] = found.sha
        return path

    def _brought_to(self, record: ImportedRecord, content: bytes) -> MemoryPath | None:
        path = self._brought.find(record, content, blob_id(content))
        if path is not None and path in self._brought.blobs:
            self._before[path] = self._brought.blobs[path]
        return path

    @cached_property
    def _here(self) -> dict[MemoryPath, BlobId]:
        return {entry.path: entry.sha for entry in self.core.reader.tree() if entry.sha}

    @cached_property
    def _places(self) -> ImportPlaces:
        at_root = bool(scope_of(self.core.connector).root_notes)
        taken = [*(entry.path for entry in self.core.reader.tree()), *self.base.blobs]
        return ImportPlaces(self.kind, taken, at_root=at_root)

    @cached_property
    def _brought(self) -> Brought:
        return Brought(self.core, self.kind, self._here, self.base.blobs, self._places)

    def settle(self) -> None:
        """Have each record where it belongs, now that all of the export is known."""
        self._number, doubtful = self.sources.settle()
        for source_id, one in list(self.records.items()):
            if source_id in doubtful:
                self.records[source_id] = self._settled(one)
            elif one.key not in self.base.paths:
                key = key_of(source_id, self._number)
                self.records[source_id] = replace(one, key=key)
        if not self.dry_run:
            self.base.store()

    def _settled(self, one: PlannedRecord) -> PlannedRecord:
        """A record that has the id of an earlier one: that of its source, or a note of its own."""
        key = key_of(one.source_id, self._number)
        path = self.base.paths.get(key)
        if path is None:
            return replace(one, key=key, is_apart=True)
        if not self.dry_run:
            self.base.move(one.path, path, one.blob)
        before = self.base.blobs.get(path)
        return replace(one, key=key, path=path, before=before, given=None)

    # --- deciding ------------------------------------------------------------------------------

    def outcome(self) -> Imported:
        """What becomes of each record in the memory as it is now."""
        comparing = Comparing(self.core, self.base, self.kind, self._before)
        self._outcomes = [(one, comparing.of(one)) for one in self.records.values()]
        return self.result(None)

    def result(self, commit: CommitId | None) -> Imported:
        """The answer of the import."""
        written = [one for one in self._outcomes if one[1].is_written]
        kept_away = Counter((out.path, out.why) for _, out in self._outcomes if out.why is not None)
        skipped = [
            *self.skipped,
            *(SkippedRecord(path, why, count) for (path, why), count in kept_away.items()),
        ]
        skipped += [SkippedRecord(*said) for one in written if (said := _said(*one)) is not None]
        stays = sum(1 for _, out in self._outcomes if not out.is_written and out.why is None)
        return Imported(
            self.kind,
            {str(kind): count for kind, count in self.found.items() if count},
            len(written),
            stays,
            tuple(_joined(skipped)),
            sum(self.secrets.get(one.source_id, 0) for one, _ in written),
            tuple(out.path for _, out in written),
            commit,
        )

    def decision(self) -> Decision:
        """The one commit that brings it all."""
        puts = list(self._puts())
        changes: list[Change] = [*puts, *self._dates(puts)]
        ids = [one.source_id for one, out in self._outcomes if out.is_written]
        writers = set().union(*(self.writers.get(one, ()) for one in ids))
        first, more = puts[0].path, len(puts) - 1
        others = f" and {more:,} more" if more else ""
        return Decision(
            first,
            changes,
            f"{first}: import from {self.kind}{others}",
            names=[put.path for put in puts[1:_MOST_NAMED]],
            trailers=[
                (IMPORTED_FROM, str(self.kind)),
                *((WRITTEN_TOO_BY, label) for label in sorted(writers)),
            ],
        )

    def _puts(self) -> Iterator[Put]:
        for one, out in self._outcomes:
            if out.is_written:
                yield self._put(one, out)

    def _put(self, one: PlannedRecord, out: RecordOutcome) -> Put:
        """The change of one file; the bytes of many are not held until they are needed.

        A guard may change what others than the person write, so that is given as it is.
        """
        if out.merged is not None:
            return Put(out.path, out.merged, out.expect)
        if self.is_persons:
            return StoredPut(out.path, one.blob, out.expect, self.base.read)
        return Put(out.path, self.base.read(one.blob), out.expect)

    def _dates(self, puts: Sequence[Put]) -> list[Put]:
        """The record of when files were changed that are taken as they are and do not say it."""
        given = {
            out.path: one.changed
            for one, out in self._outcomes
            if one.is_verbatim and one.changed is not None and is_memory_file(out.path)
        }
        found: dict[BlobId, datetime] = {}
        for put in (put for put in puts if put.path in given):
            note = Note(put.path, put.content)
            if note.stated_date() is None:
                found[note.sha] = given[put.path]
        return imported.recorded(found, self.core.reader.find)


def _said(one: PlannedRecord, out: RecordOutcome) -> tuple[str, str] | None:
    """What has to be said of a note that is written: its name, and why it has another place."""
    if one.is_apart:
        return out.path, _APART
    return (f"{one.given}, as {out.path}", _RENAMED) if one.given is not None else None


def _given(record: ImportedRecord, path: MemoryPath) -> str | None:
    """The path that a source gives a record, if that is another; notes of the root are expected."""
    given = f"{record.folder}/{record.name}".lstrip("/")
    return given if record.name and path not in (given, f"{CONTEXT}/{given}") else None


def _called(record: ImportedRecord) -> str:
    return record.title or record.name or record.source_id


def _secrets_in(content: bytes) -> int:
    return len(find_secrets(content.decode("utf-8", "replace")))


def _joined(skipped: list[SkippedRecord]) -> Iterator[SkippedRecord]:
    """The same things for the same reason once, and of very many only some by name."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in skipped:
        counts[shown(one.what), shown(one.why)] += one.count
    named: Counter[str] = Counter()
    more: Counter[str] = Counter()
    for (what, why), count in counts.items():
        named[why] += 1
        if named[why] > _MOST_NAMED:
            more[why] += count
        else:
            yield SkippedRecord(what, why, count)
    for why, count in more.items():
        yield SkippedRecord("others", why, count)

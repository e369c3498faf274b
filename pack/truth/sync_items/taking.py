"""What becomes of one sync item: decided on what the memory holds, by the rules for two sides."""

from __future__ import annotations

from dataclasses import replace

from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.events import MemoryEvent, MemoryEventKind
from pack.core.requests import check_text
from pack.errors import InvalidPath, InvalidRequest, NotFound
from pack.files import frontmatter
from pack.files.note import Note
from pack.log import LogQuery
from pack.merge.file import Merged, merge_file
from pack.merge.two_sides import PERSON, Authority, TwoSides, deletion_stands
from pack.model import ABSENT, BlobId, Change, CommitId, Delete, MemoryPath, Mode, Put, blob_id
from pack.truth.acceptances import Span, acceptance_trailer
from pack.truth.authority import authority_by_time, later
from pack.truth.sync_items.accepted import spans_there
from pack.truth.sync_items.claims import Claimed, SyncCaller, chain_trailers
from pack.truth.sync_items.done import find_done, item_trailer
from pack.truth.sync_items.item import SyncItem
from pack.use_cases.write import Wording, find_target, store

_KEYS = ("truth_level", "origin_source", "accepted_by_user", "last_modified_by_level")


class NothingToDo(Exception):
    """The memory holds already what an item says."""


class NeedsChoice(Exception):
    """Both texts cannot be in place, and no rule says which."""


class TakenBefore(Exception):
    """An item was taken already.

    Attributes:
        commit: The commit that took it.
    """

    def __init__(self, commit: CommitId) -> None:
        super().__init__()
        self.commit = commit


class Taking:
    """One item on its way into the memory.

    Args:
        core: The memory.
        item: The item.
        caller: Who pushes it.
        claimed: Who counts as its writer.
    """

    def __init__(self, core: Core, item: SyncItem, caller: SyncCaller, claimed: Claimed) -> None:
        self._core = core
        self._item = item
        self._caller = caller
        self._claimed = claimed
        self._trailers = [
            item_trailer(item.id, caller),
            *chain_trailers(item, claimed),
            *(event.trailer() for event in claimed.events),
        ]
        self.is_merged = False

    def decide(self) -> Decision:
        """What to write.

        Raises:
            NothingToDo: Nothing.
            TakenBefore: Another push of the item was faster, or this is a repeated one.
            NeedsChoice: A person has to say which text stays.
            PackError: The item cannot be taken.
        """
        self.is_merged = False
        core, item = self._core, self._item
        target, current = find_target(core, item.moved_from or item.entity_id)
        is_as_seen = (current.sha if current is not None else None) == item.sha
        if (item.is_named or not is_as_seen) and (done := find_done(core, item.id, self._caller)):
            raise TakenBefore(done.id)
        if item.content is not None:
            check_text(frontmatter.read(item.content))
        if item.moved_from is not None:
            return self._move(target, current)
        if item.content is None:
            return self._delete(target, current)
        content = item.content.encode("utf-8")
        if current is not None and current.content == content:
            return self._as_it_is(target, current)
        if is_as_seen:
            return self._store(target, current, item.content)
        if current is None:
            return self._store_again(target, item.content)
        return self._merge(target, current, content)

    # --- as the sender saw it ------------------------------------------------------------------

    def _store(self, target: MemoryPath, current: Note | None, text: str) -> Decision:
        given = frontmatter.read(text)
        content = check_text(given)
        verb = "update" if current is not None else "add"
        decision = store(self._core, target, current, given, Wording(f"{verb} by sync", None))
        if self._is_dated(text, current, decision):
            put = Put(target, content, current.sha if current is not None else ABSENT)
            decision = replace(decision, changes=[put], notes=[Note(target, content)])
        return self._signed(decision, current)

    def _is_dated(self, text: str, current: Note | None, decision: Decision) -> bool:
        """Whether the sender has dated the text, as PACK does, so that it is kept as it is.

        So two memories that exchange items end up with the same bytes. What the text says of its
        own authority must be what this memory would say.
        """
        fields = frontmatter.read(text).fields
        before = current.head.fields.get("updated") if current is not None else None
        note = next(iter(decision.notes), None)
        if note is None or fields.get("updated") in (None, before) or "topic" not in fields:
            return False
        return all(note.head.fields.get(key) == fields.get(key) for key in _KEYS)

    def _signed(self, decision: Decision, current: Note | None) -> Decision:
        trailers = [*self._trailers]
        if current is not None and (spans := self._accepted(current)):  # what it had before, too
            trailers.append(acceptance_trailer(current.path, current.sha, spans))
        warnings = (*decision.warnings, *self._claimed.warnings)
        return replace(decision, trailers=[*decision.trailers, *trailers], warnings=warnings)

    def _accepted(self, current: Note) -> tuple[Span, ...]:
        """The lines that the person accepted as they are; what they have not seen is not in it."""
        item = self._item
        if not self._claimed.is_accepted or item.content is None:
            return ()
        return spans_there(item.accepted_lines, item.content, current.exact_text())

    def _as_it_is(self, target: MemoryPath, current: Note) -> Decision:
        truths = self._core.truths
        is_done = truths is None or truths.of(current).level == PERSON
        if is_done or not self._accepted(current):
            raise NothingToDo
        changes = [Put(target, current.content, current.sha)]
        with_index = self._core.reader.mode() is Mode.V2
        subject = f"{target}: accept by sync"
        decision = Decision(target, changes, subject, with_index=with_index, notes=[current])
        return self._signed(decision, current)

    def _move(self, source: MemoryPath, current: Note | None) -> Decision:
        item = self._item
        target, taken = find_target(self._core, item.entity_id)
        if current is None:
            if taken is not None and taken.exact_text() == item.content:
                raise NothingToDo
            raise NotFound(source)
        if taken is not None:
            raise InvalidPath(target, "there is a file already")
        if item.content is None:
            raise InvalidRequest("an item that moves a file needs payload.content")
        if current.sha != item.sha:
            raise NeedsChoice
        decision = self._store(target, None, item.content)
        if item.content == current.exact_text():
            put = Put(target, current.content, ABSENT)
            decision = replace(decision, changes=[put], notes=[])
        changes: list[Change] = [*decision.changes, Delete(source, current.sha)]
        subject = f"{target}: move from {source} by sync"
        moved: dict[str, str] = {source: target}
        return replace(decision, changes=changes, subject=subject, moved=moved)

    def _delete(self, target: MemoryPath, current: Note | None) -> Decision:
        if current is None:
            raise NothingToDo
        decision = Decision(
            target,
            [Delete(target, current.sha)],
            f"{target}: delete by sync",
            with_index=self._core.reader.mode() is Mode.V2,
            warnings=self._claimed.warnings,
            trailers=self._trailers,
        )
        if current.sha == self._item.sha:
            return decision
        if not deletion_stands(self._theirs(None), self._ours(target, current.sha)):
            raise NeedsChoice
        return self._telling(decision, MemoryEventKind.DISCARDED, "", current.sha)

    # --- after somebody else's change ----------------------------------------------------------

    def _store_again(self, target: MemoryPath, text: str) -> Decision:
        """Store a text whose file was deleted since."""
        blob = blob_id(text.encode("utf-8"))
        if deletion_stands(self._ours(target, None), self._theirs(blob)):
            raise NeedsChoice
        return self._telling(self._store(target, None, text), MemoryEventKind.DISCARDED, blob, "")

    def _merge(self, target: MemoryPath, current: Note, content: bytes) -> Decision:
        sides = TwoSides(self._ours(target, current.sha), self._theirs(blob_id(content)))
        base = self._base()
        merged = merge_file(base, current.content, content, sides)
        if merged.kept is not None and sides.theirs.level > sides.ours.level:
            # It is for the person to say: with these lines, it becomes a proposal.
            merged = replace(merge_file(base, content, current.content), kept=None)
        is_ours_gone = merged.kept_ours is not None
        if merged.kept is not None or (is_ours_gone and sides.ours.level == PERSON):
            raise NeedsChoice
        decision = self._merged(target, current, merged)
        if is_ours_gone:
            kept = blob_id(merged.content)
            decision = self._telling(decision, MemoryEventKind.DISCARDED, kept, current.sha)
        return decision

    def _merged(self, target: MemoryPath, current: Note, merged: Merged) -> Decision:
        if merged.content == current.content:
            raise NothingToDo
        self.is_merged = True
        decision = self._store(target, current, merged.content.decode("utf-8"))
        for clash in merged.clashes:
            decision = self._telling(
                decision, MemoryEventKind(clash.kind), clash.kept, clash.discarded
            )
        return decision

    def _telling(
        self, decision: Decision, kind: MemoryEventKind, kept: str, discarded: str
    ) -> Decision:
        event = MemoryEvent(kind, decision.path, kept, discarded)
        return replace(decision, trailers=[*decision.trailers, event.trailer()])

    def _base(self) -> bytes | None:
        """What the sender had; `None` if that is not known here."""
        if self._item.base is not None:
            return self._item.base.encode("utf-8", "surrogatepass")
        if self._item.sha is None:
            return None
        try:
            ((_, content),) = self._core.connector.read_blobs([self._item.sha])
        except NotFound:
            return None
        return content

    def _theirs(self, blob: BlobId | None) -> Authority:
        at = self._item.last_modified_at or self._core.clock()
        return Authority(self._claimed.origin.level, later(at, blob))

    def _ours(self, path: MemoryPath, blob: BlobId | None) -> Authority:
        head = self._core.connector.head()
        if head is None:
            return Authority(PERSON, later(self._core.clock(), None))
        committed = self._core.connector.get_committed(path)
        if blob is not None and committed != blob:  # an edit by hand
            return Authority(PERSON, later(self._core.clock(), blob))
        return authority_by_time(self._core, self._since(head, path), head, path, blob)

    def _since(self, head: CommitId, path: MemoryPath) -> CommitId | None:
        """The newest commit in which the file was what the sender had."""
        for commit in self._core.connector.log(LogQuery(head, path=path, with_files=True)):
            if any(file.sha == self._item.sha for file in commit.files or ()):
                return commit.id
        return None

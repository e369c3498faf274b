"""Two memories that share no git: one is here, the other is known by its sync items.

Each change there is taken here, in the name and with the level of whoever made it, and each change
here is given there. Both sides decide by the same rules (`taking`), so the person's text is as safe
as with a remote. Where somebody has to choose, nothing is lost: one text stays in place, here's or,
where the memory says `vault_mode: cloud_first`, the other's; and the other one becomes a conflict
copy, which both sides get.

A change is named by its commit, so a meeting that was broken off is simply held again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from pack.catalog.scope import VaultMode
from pack.errors import OtherTenant
from pack.merge.copies import conflict_copy_path, mark_copy
from pack.merge.two_sides import PERSON
from pack.model import BlobId, MemoryPath, blob_id
from pack.paths import fold
from pack.proposals.folding import says_the_same
from pack.provenance import Source
from pack.truth.sync_items.claims import SyncCaller
from pack.truth.sync_items.item import SyncItem
from pack.truth.sync_items.items import (
    Choice,
    ItemResult,
    PushStatus,
    SyncItems,
)
from pack.truth.sync_items.pulling import PAGE, Pulled

_BATCH: Final = 50
_HERE: Final = SyncCaller(Source.USER, "sync")
"""What comes counts as what it says, as over a remote: the other side has judged its clients."""


class OtherMemory(Protocol):
    """A memory that is known by its sync items."""

    def pull(self, since: int, cursor: str | None, limit: int, *, each: bool) -> Pulled:
        """A part of what changed after a version, oldest first: each change, or each file once.

        Raises:
            PackError: It did not answer as it should.
        """
        ...

    def push(self, items: Sequence[SyncItem]) -> Sequence[ItemResult]:
        """Have items taken; their results, in the same order.

        Raises:
            PackError: As above; some of the items may have been taken.
        """
        ...


@dataclass(frozen=True, slots=True)
class Agreed:
    """Two versions of a file that are taken for the same one.

    Attributes:
        here: The blob here; `None` if there is no file.
        there: The blob there.
        version: The version of the other memory that this was found with; what it had before on
            the way there is known.
    """

    here: str | None = None
    there: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class MeetingState:
    """How far two memories have met. A caller keeps it, as JSON say, between meetings.

    Attributes:
        tenant: The other memory.
        taken: The version of it that was taken last.
        given: The version of this one that was given last.
        files: What both have, by path.
        pending: Files whose text here has to be given once more.
    """

    tenant: str | None = None
    taken: int = 0
    given: int = 0
    files: Mapping[str, Agreed] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()


@dataclass(slots=True)
class MeetingReport:
    """What a meeting did.

    Attributes:
        taken: How many changes came.
        given: How many went.
        proposed: Files of which a change waits for the person, here or there.
        copies: Conflict copies that were made.
        refused: What one side did not take.
    """

    taken: int = 0
    given: int = 0
    proposed: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    refused: list[ItemResult] = field(default_factory=list)


_DONE: Final = (PushStatus.WRITTEN, PushStatus.UNCHANGED)


class Meeting:
    """One meeting of two memories.

    Args:
        here: The memory here.
        there: The other one.
        state: How far they have met.
        mode: Where the canonical copy is.
        save: Keeps the state after each step that is worth it.
    """

    def __init__(
        self,
        here: SyncItems,
        there: OtherMemory,
        state: MeetingState,
        mode: VaultMode,
        save: Callable[[MeetingState], object] = lambda _: None,
    ) -> None:
        self._here = here
        self._there = there
        self._state = state
        self._mode = mode
        self._save = save
        self._files = dict(state.files)
        self._pending = set(state.pending)
        self._last_there: dict[str, str | None] = {}
        self._ahead: dict[str, int] = {}
        self._levels: dict[str, int] = {}  # of whole texts that are not the same here
        self._seen: dict[str, SyncItem] = {}  # what was taken last of a file that is owed
        self.report = MeetingReport()

    def hold(self) -> MeetingState:
        """Take what is new there, give what is new here, and take what came of that.

        Raises:
            OtherTenant: The other memory is not the one that it was.
            PackError: The other memory, or the store of this one, did not answer as it should.
        """
        if not self._state.taken and not self._files:
            self._compare()
        self._take()
        self._give()
        self._take()
        return self._state

    def _compare(self) -> None:
        """Before the first meeting: of files that both have, only what they are now counts."""
        there = {item.entity_id: item for item in self._all(self._pull_there)}
        for item in self._all(self._pull_here):
            path, other = item.entity_id, there.get(item.entity_id)
            if other is None or other.deleted or item.deleted:
                continue
            self._last_there[path] = other.sha
            self._ahead[path] = _height(item)
            self._levels[path] = other.truth_level or PERSON
            if other.sha == item.sha:
                self._agree(path, item.sha, other.sha, _height(other))

    def _pull_there(self, cursor: str | None) -> Pulled:
        return self._there.pull(0, cursor, PAGE, each=False)

    def _pull_here(self, cursor: str | None) -> Pulled:
        return self._here.pull(cursor=cursor)

    @staticmethod
    def _all(pull: Callable[[str | None], Pulled]) -> Iterator[SyncItem]:
        page = pull(None)
        yield from page.items
        while page.next_cursor is not None:
            page = pull(page.next_cursor)
            yield from page.items

    # --- taking --------------------------------------------------------------------------------

    def _take(self) -> None:
        cursor, reached, tenant = None, self._state.taken, self._state.tenant
        while True:
            page = self._there.pull(self._state.taken, cursor, PAGE, each=True)
            if tenant is not None and page.tenant_id not in (None, tenant):
                raise OtherTenant(page.tenant_id or "")
            tenant = page.tenant_id or tenant
            for item in page.items:
                self._take_one(item)
            reached, cursor = page.version, page.next_cursor
            if cursor is None:
                break
        self._note(tenant=tenant, taken=reached)

    def _take_one(self, item: SyncItem) -> None:
        path = item.entity_id
        known = self._files.get(path, Agreed())
        if path in self._files and (known.there == item.sha or known.version >= _height(item)):
            return  # what was given, on its way back
        if self._last_there.get(path, item.sha) != item.sha:
            return  # an older version of a file that both had before they met
        mine = self._on_what_is_here(item, known)
        if item.moved_from is not None:
            mine = self._as_move(mine, item.moved_from)
        pushed = self._here.push([mine], _HERE)
        (result,) = pushed.results
        self.report.taken += 1
        self._ahead[path] = pushed.version  # what was here by now has been compared with it
        self._seen[path] = item
        if result.status in _DONE and self._is_here(item, result):
            self._agree(path, result.sha, item.sha, _height(item))
            self._left(mine.moved_from, _height(item))
        elif result.status in (*_DONE, PushStatus.MERGED):
            self._owe(item)
        elif result.status is PushStatus.PROPOSED:
            self.report.proposed.append(path)
            self._owe(item)  # what is here is stronger, and stays there too
        elif result.status is PushStatus.CONFLICT:
            self._settle(item, result)
        else:
            self.report.refused.append(result)

    def _on_what_is_here(self, item: SyncItem, known: Agreed) -> SyncItem:
        """The item as a change of the text here; its level is the text's if all of it is new."""
        path, before = item.entity_id, self._seen.get(item.entity_id)
        if known.here is None and before is not None and before.sha == item.base_sha is not None:
            return replace(item, tenant_id=None, sha=before.sha, base=before.content)
        mine = replace(item, tenant_id=None, sha=_blob(known.here))
        if path in self._files:
            return mine
        return _weakened(mine, self._levels.get(path, PERSON))

    def _is_here(self, item: SyncItem, result: ItemResult) -> bool:
        """Whether the text here is that of an item, and not more than that."""
        if result.sha == item.sha:
            return True
        here = self._here.current(item.entity_id)
        texts = (one.content if one is not None else None for one in (here, item))
        return says_the_same(*(None if one is None else one.encode() for one in texts))

    def _as_move(self, item: SyncItem, source: str) -> SyncItem:
        """The item as a move, if the file is still where it was."""
        before = self._files.get(source)
        if before is None or before.here is None or item.sha is not None:
            return replace(item, moved_from=None)
        return replace(item, sha=_blob(before.here))

    def _settle(self, item: SyncItem, result: ItemResult) -> None:
        """Keep both texts, one in place and the other in a copy."""
        path, here = item.entity_id, result.current
        if item.content is None or here is None or here.content is None:
            self._owe(item)  # what is here stays, or stays deleted
            return
        if self._mode is VaultMode.LOCAL_FIRST:
            if self._copy(_weakened(item, self._whole_level(item)), item.content):
                self._owe(item)
            return
        if not self._copy(here, here.content):
            return
        settled = self._here.resolve(path, Choice.THEIRS, here.sha, _HERE, item.content)
        self._ahead[path] = settled.version or self._ahead[path]
        if settled.sha == item.sha:
            self._agree(path, settled.sha, item.sha, _height(item))
        else:
            self._owe(item)

    def _whole_level(self, item: SyncItem) -> int:
        """The level of all of a text there, if that is what they still have; 1 otherwise."""
        found = (
            one.truth_level or PERSON
            for one in self._all(lambda cursor: self._there_since(_height(item) - 1, cursor))
            if one.entity_id == item.entity_id
        )
        return max(found, default=PERSON)

    def _there_since(self, version: int, cursor: str | None) -> Pulled:
        return self._there.pull(max(version, 0), cursor, PAGE, each=False)

    def _copy(self, item: SyncItem, text: str) -> bool:
        """Keep a text in a copy; whether that could be done."""
        path = MemoryPath(item.entity_id)
        taken = {fold(one.entity_id) for one in self._all(self._pull_here)}
        version = text.encode("utf-8")
        copy = conflict_copy_path(path, blob_id(version), taken)
        content = mark_copy(path, version).decode("utf-8")
        made = replace(
            item,
            id=f"copy:{item.id}"[:200],
            entity_id=copy,
            tenant_id=None,
            content=content,
            sha=None,
            moved_from=None,
            accepted_by_user=False,
        )
        (result,) = self._here.push([made], _HERE).results
        if result.status is not PushStatus.WRITTEN:
            self.report.refused.append(result)
            return False
        self.report.copies.append(copy)
        return True

    # --- giving --------------------------------------------------------------------------------

    def _give(self) -> None:
        owed = sorted(self._pending)
        reached = self._state.given
        for batch, version in self._batches(owed):
            sent = [self._outgoing(item) for item in batch]
            for item, result in zip(batch, self._there.push(sent), strict=True):
                if result.status is PushStatus.DEFERRED:
                    self._note()
                    return
                self._given(item, result)
            reached = version or reached
            self._note()
        self._note(given=reached)

    def _batches(self, owed: Sequence[str]) -> Iterator[tuple[list[SyncItem], int]]:
        """What is to be given, with the version that is reached; no path twice at a time."""
        due = [item for path in owed if (item := self._here.current(path)) is not None]
        ahead = {item.entity_id: _height(item) for item in due} | self._ahead
        if due:
            yield due, 0
        cursor = None
        while True:
            page = self._here.pull(str(self._state.given), cursor=cursor, each=True)
            yield from ((part, 0) for part in _apart(self._news(page.items, ahead)))
            if (cursor := page.next_cursor) is None:
                yield [], page.version
                return

    def _news(self, items: Iterable[SyncItem], ahead: Mapping[str, int]) -> Iterator[SyncItem]:
        """Changes that the other memory does not have: what came from it is left out.

        So are those before a version that was just given.
        """
        for item in items:
            known = self._files.get(item.entity_id)
            is_behind = _height(item) <= ahead.get(item.entity_id, 0)
            if not is_behind and (known is None or known.here != item.sha):
                yield item

    def _outgoing(self, item: SyncItem) -> SyncItem:
        known = self._files.get(item.entity_id, Agreed())
        base = known.there
        if item.moved_from is not None:
            before = self._files.get(item.moved_from, Agreed())
            is_move = known.there is None and before.there is not None
            base = before.there if is_move else base
            item = item if is_move else replace(item, moved_from=None)
        name = f"{item.id}:{(base or '')[:12]}"
        return replace(item, id=name, tenant_id=self._state.tenant, sha=_blob(base))

    def _given(self, item: SyncItem, result: ItemResult) -> None:
        path = item.entity_id
        self.report.given += 1
        self._pending.discard(path)
        known = self._files.get(path, Agreed())
        height = result.version or known.version
        if result.status in _DONE:
            self._left(item.moved_from, height)
        if result.status in _DONE and result.sha == item.sha:
            self._agree(path, item.sha, result.sha, height)
        elif result.status in (*_DONE, PushStatus.MERGED):  # it comes with the next taking
            self._files[path] = Agreed(item.sha, known.there, max(height - 1, known.version))
        elif result.status is PushStatus.PROPOSED:
            self.report.proposed.append(path)
            self._files[path] = replace(known, here=item.sha)
        elif result.status is PushStatus.CONFLICT:
            self._pending.add(path)  # somebody was faster; the next taking says with what
        else:
            self.report.refused.append(result)

    # --- what is known -------------------------------------------------------------------------

    def _agree(self, path: str, here: str | None, there: str | None, version: int) -> None:
        self._files[path] = Agreed(here, there, version)
        self._pending.discard(path)

    def _left(self, source: str | None, version: int) -> None:
        """Both sides have moved a file away."""
        if source is not None:
            self._agree(source, None, None, version)

    def _owe(self, item: SyncItem) -> None:
        """What is here goes there next, in place of the version that is there now."""
        self._files[item.entity_id] = Agreed(None, item.sha, _height(item))
        self._pending.add(item.entity_id)

    def _note(
        self, *, tenant: str | None = None, taken: int | None = None, given: int | None = None
    ) -> None:
        before = self._state
        self._state = MeetingState(
            tenant or before.tenant,
            before.taken if taken is None else taken,
            before.given if given is None else given,
            dict(self._files),
            frozenset(self._pending),
        )
        self._save(self._state)


def _apart(items: Iterable[SyncItem]) -> Iterator[list[SyncItem]]:
    """Items in parts in which no path occurs twice, as each is made on the one before."""
    part: list[SyncItem] = []
    used: set[str | None] = set()
    for item in items:
        if len(part) == _BATCH or not used.isdisjoint({item.entity_id, item.moved_from} - {None}):
            yield part
            part, used = [], set()
        part.append(item)
        used |= {item.entity_id, item.moved_from}
    if part:
        yield part


def _weakened(item: SyncItem, level: int) -> SyncItem:
    """The item, claiming no more than a level."""
    if level <= (item.truth_level or PERSON):
        return item
    return replace(item, truth_level=level, accepted_by_user=False)


def _height(item: SyncItem) -> int:
    return item.version or 0


def _blob(sha: str | None) -> BlobId | None:
    return BlobId(sha) if sha else None

"""The memory for clients without git: push, pull, settle a conflict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from pack.core.decision import Decision
from pack.core.events import MemoryEvent, MemoryEventKind
from pack.core.lookup import asked_path
from pack.core.session import Session
from pack.core.versions import expect
from pack.errors import ConnectorError, InvalidRequest, LimitExceeded, OtherTenant, PackError
from pack.files import frontmatter
from pack.log import LogQuery
from pack.model import BlobId, CommitId, MemoryPath, Mode, Put, blob_id
from pack.provenance import Origin
from pack.results import ProtectedLine, WriteStatus, Written
from pack.truth.sync_items.claims import SyncCaller, claimed_by
from pack.truth.sync_items.heights import Heights
from pack.truth.sync_items.item import NOTE, SyncItem
from pack.truth.sync_items.pulling import PAGE, Pulled, current_item, pull
from pack.truth.sync_items.taking import NeedsChoice, NothingToDo, TakenBefore, Taking
from pack.use_cases.write import Wording, find_existing, store

MOST_ITEMS: Final = 100
"""How many items one push may have."""
_WEAKEST: Final = 5


class PushStatus(StrEnum):
    """What has become of an item."""

    WRITTEN = "written"
    MERGED = "merged"
    """Written together with what others had changed meanwhile."""
    UNCHANGED = "unchanged"
    PROPOSED = "proposed"
    """It would change text of a stronger level; the person decides."""
    CONFLICT = "conflict"
    """Somebody has to choose; nothing was written."""
    REFUSED = "refused"
    DEFERRED = "deferred"
    """There was no time left for it; push it again."""


class Choice(StrEnum):
    """Which text settles a conflict."""

    OURS = "ours"
    """What this memory has."""
    THEIRS = "theirs"
    """What the client has."""
    MERGED = "merged"
    """What the client made of both."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What has become of one item.

    Attributes:
        id: The item.
        entity_id: The file.
        status: What has become of it.
        sha: The blob that the file has now; `None` if it is gone.
        version: The height of the commit that was made; `None` if none was.
        commit: That commit.
        proposal: Id of the proposal that it became.
        protected: What of the person it would have changed.
        diff: What the proposal changes.
        tell: What to tell the person.
        warnings: What the sender should know.
        error: Why it was refused.
        current: What the memory has, if somebody has to choose.
    """

    id: str
    entity_id: str
    status: PushStatus
    sha: BlobId | None = None
    version: int | None = None
    commit: CommitId | None = None
    proposal: str | None = None
    protected: tuple[ProtectedLine, ...] = ()
    diff: str = ""
    tell: str = ""
    warnings: tuple[str, ...] = ()
    error: PackError | None = None
    current: SyncItem | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What has become of the items of a push, in their order.

    Attributes:
        results: One for each.
        version: The height of the memory now.
        tenant_id: The memory.
    """

    results: tuple[ItemResult, ...]
    version: int
    tenant_id: str | None


class SyncItems:
    """Sync items of one memory. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def pull(
        self,
        since: str | None = None,
        *,
        cursor: str | None = None,
        limit: int = PAGE,
        each: bool = False,
        max_level: int = _WEAKEST,
    ) -> Pulled:
        """A part of what changed; see `pulling.pull`.

        Raises:
            InvalidRequest: `since`, the cursor or the limit is none.
            NotInitialised: There is no memory.
        """
        core = self._core
        with core.view():
            core.require_mode()
            return pull(core, since, cursor, limit, each=each, max_level=max_level)

    def current(self, path: str) -> SyncItem | None:
        """The file at a path as it is now; `None` if there never was one."""
        with self._core.view():
            return current_item(self._core, path)

    def push(
        self,
        items: Sequence[SyncItem],
        caller: SyncCaller,
        has_time: Callable[[], bool] = lambda: True,
    ) -> Pushed:
        """Take items in their order, each in one commit.

        Args:
            items: At most 100.
            caller: Who pushes.
            has_time: Whether there is time for one more; the first is always taken.

        Raises:
            LimitExceeded: There are too many.
            NotInitialised: There is no memory.
            ConnectorError: The store failed. Items before that are taken, and pushing all of them
                again does no harm.
        """
        if len(items) > MOST_ITEMS:
            raise LimitExceeded("a push", MOST_ITEMS, "items")
        with self._core.view():
            self._core.require_mode()
        results: list[ItemResult] = []
        for item in items:
            if results and not has_time():
                results.append(ItemResult(item.id, item.entity_id, PushStatus.DEFERRED))
            else:
                results.append(self._take(item, caller))
        return Pushed(tuple(results), *self._now())

    def resolve(
        self,
        path: str,
        choose: Choice,
        sha: str | None,
        caller: SyncCaller,
        content: str | None = None,
    ) -> ItemResult:
        """Settle a conflict by one commit that says so.

        Args:
            path: The file.
            choose: Which text stays.
            sha: The version of this memory that the client has seen.
            caller: Who decides.
            content: The client's text, or what it made of both; for `ours`, what it gives up.

        Raises:
            BlobChanged: The file is not that version any more.
            InvalidRequest: There is no text to store.
            PackError: As `Notes.update`.
        """
        core, origin = self._core, Origin(caller.role, caller.client)
        if content is None and choose is not Choice.OURS:
            raise InvalidRequest("content is missing")

        def decide() -> Decision:
            target, current = find_existing(core, path)
            expect(core, target, current, sha)
            given = (content or "").encode("utf-8", "surrogatepass")
            if choose is Choice.OURS:
                event = _event(target, current.sha, blob_id(given) if content is not None else "")
                return Decision(
                    target,
                    [Put(target, current.content, current.sha)],
                    f"{target}: settle a conflict",
                    with_index=core.reader.mode() is Mode.V2,
                    notes=[current],
                    trailers=[event.trailer()],
                )
            head = frontmatter.read(content or "")
            found = store(core, target, current, head, Wording("settle a conflict", None))
            (put,) = found.changes
            kept = blob_id(put.content) if isinstance(put, Put) else ""
            trailer = _event(target, kept, current.sha).trailer()
            return replace(found, trailers=[*found.trailers, trailer])

        written = core.writer.write(decide, origin)
        return self._result(SyncItem(f"resolve:{path}"[:200], path), written, is_merged=False)

    def _take(self, item: SyncItem, caller: SyncCaller) -> ItemResult:
        try:
            self._check(item)
            claimed = claimed_by(item, caller)
            taking = Taking(self._core, item, caller, claimed)
            written = self._core.writer.write(taking.decide, claimed.origin)
            return self._result(item, written, is_merged=taking.is_merged)
        except TakenBefore as before:
            return self._known(item, before.commit)
        except NothingToDo:
            return self._standing(item, PushStatus.UNCHANGED)
        except NeedsChoice:
            return self._standing(item, PushStatus.CONFLICT)
        except ConnectorError:
            raise
        except PackError as error:
            return ItemResult(item.id, item.entity_id, PushStatus.REFUSED, error=error)

    def _check(self, item: SyncItem) -> None:
        """Do nothing, unless the item is not for this memory.

        Raises:
            InvalidRequest: It is not.
        """
        if item.entity_type != NOTE:
            raise InvalidRequest(
                f"entities of the type {item.entity_type[:80]!r} are not kept here"
            )
        tenant = self._now()[1]
        if item.tenant_id is not None and tenant is not None and item.tenant_id != tenant:
            raise OtherTenant(item.tenant_id)

    def _known(self, item: SyncItem, done: CommitId) -> ItemResult:
        """The result of an item that a commit took before."""
        (facts,) = self._core.connector.log(LogQuery(done, with_files=True, limit=1))
        shas = {file.path: file.sha for file in facts.files or ()}
        sha = shas.get(asked_path(self._core, item.entity_id))
        head = self._core.connector.head()
        height = Heights.of(self._core, head).height(done) if head else None
        return ItemResult(item.id, item.entity_id, PushStatus.WRITTEN, sha, height, done)

    def _standing(self, item: SyncItem, status: PushStatus) -> ItemResult:
        """The result of an item of which nothing was written."""
        current = current_item(self._core, item.entity_id)
        sha = current.sha if current is not None else None
        shown = current if status is PushStatus.CONFLICT else None
        return ItemResult(item.id, item.entity_id, status, sha, current=shown)

    def _result(self, item: SyncItem, written: Written, *, is_merged: bool) -> ItemResult:
        status = PushStatus.MERGED if is_merged else PushStatus.WRITTEN
        if written.status is not WriteStatus.WRITTEN:
            status = PushStatus(written.status)
        height = None
        if written.commit is not None:
            height = Heights.of(self._core, written.commit).highest
        return ItemResult(
            item.id,
            item.entity_id,
            status,
            written.sha,
            height,
            written.commit,
            written.proposal,
            written.protected,
            written.diff,
            written.tell,
            written.warnings,
        )

    def _now(self) -> tuple[int, str | None]:
        """The height of the memory, and which one it is."""
        head = self._core.connector.head()
        if head is None:
            return 0, None
        heights = Heights.of(self._core, head)
        return heights.highest, heights.first


def _event(path: MemoryPath, kept: str, discarded: str) -> MemoryEvent:
    return MemoryEvent(MemoryEventKind.CONFLICT, path, kept, discarded)

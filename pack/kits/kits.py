"""Kits of a memory: install, update, go back, remove, and see how they stand (C15)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from pack.core.decision import Decision
from pack.core.session import Session
from pack.deferred import dataclass
from pack.errors import (
    InvalidRequest,
    NotFound,
    PackError,
    RefusedForSafety,
    reason_of,
)
from pack.files.note import Note
from pack.history.differences.file_diff import FileDiff
from pack.history.differences.patch import patch_of
from pack.kits.bases import KitBases
from pack.kits.fitness import (
    OtherKit,
    others_of,
    refuse_needed,
    refuse_other_name,
    refuse_other_source,
    refuse_overlap,
    refuse_unfit,
)
from pack.kits.foreign import find_manifest
from pack.kits.indexes.listing import KitIndexes
from pack.kits.kit_files import KitContents, noted_in, shipped, with_uncommitted
from pack.kits.lock import LOCK, Lock, LockedKit, write_lock
from pack.kits.manifest import Manifest
from pack.kits.persons_word import refuse_machine
from pack.kits.preview import preview_of
from pack.kits.results import KitStatus, Preview, Updated
from pack.kits.sharing.offers import KitOffers, OfferState
from pack.kits.shipment import (
    REGULAR,
    Kit,
    Shipment,
    ShippedContents,
    ShippedFile,
    UnreadFile,
    checked_folder,
    refuse_all_kits,
)
from pack.kits.states import Files, states_of, worst
from pack.kits.trust import Distrust, Doubt, doubts, refuse_doubtful
from pack.kits.updating import UpdateMode
from pack.kits.upstream import Upstream
from pack.kits.work import Work, Works, kept_own, likeness
from pack.log import ChangeKind
from pack.model import ABSENT, BlobId, CommitId, MemoryPath, Put
from pack.provenance import Origin, Source

FindNewest = Callable[[LockedKit], Kit | None]
"""The newest version of an installed kit; `None` where nobody can or shall look."""
_ASKED_BY: Final = "Pack-Asked-By"
_MOST_NAMED: Final = 100
_PERSON: Final = 1
"""The level of the person."""


class Kits:
    """The kits of a memory, for one writer. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core
        self._bases = KitBases(session.core.connector)
        self._works = Works(session.core, self._bases)
        self._manifests: dict[str, Manifest] = {}

    @property
    def upstream(self) -> Upstream:
        """What goes back to those who keep the kits."""
        return Upstream(self._session)

    @property
    def indexes(self) -> KitIndexes:
        """Where kits are looked for by name."""
        return KitIndexes(self._session)

    def offers(self, state: OfferState, by: str) -> KitOffers:
        """What is given to other peers.

        Args:
            state: Where that is kept, at this machine.
            by: Who writes, for people.
        """
        return KitOffers(state, self._session.origin, by, self._core.clock)

    def refuse_sharing_by_machine(self) -> None:
        """Do nothing, unless an agent would put a private kit where others read it.

        Raises:
            RefusedForSafety: It would.
        """
        refuse_machine(self._session.origin, "who else gets a private kit")

    # --- looking -------------------------------------------------------------------------------

    def lock(self) -> Lock:
        """What is installed.

        Raises:
            InvalidConfig: The lock cannot be used.
        """
        return self._works.lock()

    def get(self, name: str) -> LockedKit:
        """An installed kit.

        Raises:
            NotFound: It is not installed.
        """
        return self._works.get(name)

    def installed(self, names: Sequence[str] = ()) -> list[LockedKit]:
        """Installed kits: those of these names, or all of them by name.

        Raises:
            NotFound: One is not installed.
        """
        with self._core.reader.reading_once():
            return [self.get(name) for name in names or sorted(self.lock().kits)]

    def manifest(self, kit: LockedKit) -> Manifest:
        """What an installed kit says of itself, in the version that is installed.

        Where that version is not kept, it is what the files here say.

        Raises:
            NotFound: They say nothing.
        """
        if kit.tree not in self._manifests:
            try:
                base = self._bases.find(kit)
            except NotFound:
                return find_manifest(self._works.contents(kit), kit.name)[1]
            self._manifests[kit.tree] = self._bases.manifest(base, kit.name)[1]
        return self._manifests[kit.tree]

    def as_installed(self) -> FindNewest:
        """What gives an installed kit as its source shipped it then, if that is kept here now."""
        return partial(self._as_installed, self._bases.tips())

    def _as_installed(self, tips: Mapping[str, CommitId], kit: LockedKit) -> Kit | None:
        try:
            base = self._bases.find(kit, tips)
        except NotFound:
            return None
        modes = {path: one.mode for path, one in kit.files.items()}
        files: dict[MemoryPath, ShippedFile] = {
            path: UnreadFile(blob, self._bases.read, modes.get(path, REGULAR))
            for path, blob in base.files.items()
        }
        contents = ShippedContents(files)
        name, manifest = find_manifest(contents, kit.name)
        shipment = Shipment(kit.source, kit.ref, kit.commit, {}, kit.name, base.signer)
        digest = hashlib.sha256(contents[MemoryPath(name)]).hexdigest()
        return Kit(manifest, digest, shipment, files, ())

    def regain(self, name: str, find_again: FindNewest) -> None:
        """Have the version that is installed kept here, too, if it came from another machine.

        Args:
            name: The kit.
            find_again: Finds what its source has of that version.

        Raises:
            NotFound: It is not installed; or its source does not have that version any more.
        """
        with self._reading_once():
            kit = self.get(name)
            try:
                self._bases.find(kit)
            except NotFound:
                again = find_again(kit)
                if again is None or again.tree != kit.tree:
                    raise
                self._bases.add(replace(again, shipment=replace(again.shipment, ref=kit.ref)))

    def preview(self, kit: Kit) -> Preview:
        """What a person should see before a kit is installed."""
        return preview_of(kit, self.lock().kits, self._doubts(kit))

    def status(self, names: Sequence[str], find_newest: FindNewest) -> list[KitStatus]:
        """How kits stand, by name.

        Args:
            names: Which; all if there is none.
            find_newest: Finds what upstream has.

        Raises:
            NotFound: One is not installed.
        """
        with self._reading_once():
            kits = self.installed(names)
            files = noted_in(self._core, [kit.installed_to for kit in kits])
            tips = self._bases.tips()
            return [
                self._status(kit, files[kit.installed_to], find_newest, tips)
                for kit in sorted(kits, key=lambda kit: kit.name)
            ]

    def _status(
        self,
        kit: LockedKit,
        present: Files,
        find_newest: FindNewest,
        tips: Mapping[str, CommitId],
    ) -> KitStatus:
        newest, problem = None, None
        try:
            newest = find_newest(kit)
            if newest is not None:
                refuse_other_name(kit, newest)
        except PackError as error:
            newest, problem = None, reason_of(error)
        base = self._works.told_base(kit, present, newest, tips)
        waiting = self._works.waiting(kit, newest, tips)
        new = shipped(newest, kit.installed_to) if newest else {**base, **waiting}
        here = with_uncommitted(self._core, present, {*base, *new})
        left_out = self._works.left_out(base, here, waiting)
        new = {path: blob for path, blob in new.items() if path not in left_out}
        states = states_of(kept_own(kit, base, new), here, new)
        latest = str(newest.manifest.version) if newest else None
        if newest is not None and newest.tree != kit.tree:
            problem = self._refusal(newest)
        return KitStatus(kit, latest, worst(states.values()), states, problem, left_out)

    def _refusal(self, kit: Kit) -> str | None:
        """Why a version would not be taken as it comes; `None` if it would."""
        try:
            self.refuse_doubtful(kit, ())
            refuse_unfit(kit.manifest, self._others(kit.name))
        except (InvalidRequest, RefusedForSafety) as error:
            return reason_of(error)
        return None

    def _others(self, name: str, coming: Iterable[Kit] = ()) -> dict[str, OtherKit]:
        """The kits that one is beside: as they are installed, or as they are about to be."""
        return others_of(name, self.lock().kits.values(), self._known_manifest, coming)

    def _known_manifest(self, kit: LockedKit) -> Manifest | None:
        try:
            return self.manifest(kit)
        except InvalidRequest:
            return None

    def diffs(self, name: str) -> Iterator[tuple[MemoryPath, str]]:
        """What was changed here in each file of a kit, as a patch of git.

        What is not text is left out, and so is what was only added here.

        Raises:
            NotFound: The kit is not installed.
        """
        kit = self.get(name)
        present, base = self._works.present(kit.installed_to), self._works.base(kit)
        read = KitContents(self._core, present).read
        for path, before in sorted(base.items()):
            after = present.get(path)
            if after != before and (text := _diff(path, before, after, read)):
                yield path, text

    def changed(self, name: str) -> list[MemoryPath]:
        """The files of a kit that were changed or removed here, text or not.

        Raises:
            NotFound: The kit is not installed, or what was installed is not kept here.
        """
        kit = self.get(name)
        present, base = self._works.present(kit.installed_to), self._works.base(kit)
        return [path for path, blob in sorted(base.items()) if present.get(path) != blob]

    # --- changing ------------------------------------------------------------------------------

    def install(
        self,
        kit: Kit,
        choice: UpdateMode = UpdateMode.MERGE,
        *,
        accepted: Collection[Distrust] = (),
        dry_run: bool = False,
    ) -> Updated:
        """Have a kit in the memory, as one commit; files that are there are never taken.

        Args:
            kit: The kit. If another version of it is installed, it is updated.
            choice: What becomes of files that both sides changed since.
            accepted: What may be odd about it.
            dry_run: Only say what would be done.

        Raises:
            AlreadyExists: There are files where it would go.
            InvalidRequest: Something else has its name; or it cannot be here, or not without
                another one.
            RefusedForSafety: It may not be from its publisher.
        """
        known = self.lock().kits.get(kit.name)
        if known is not None:
            refuse_other_source(known, kit)
            return self.update(kit, choice, accepted=accepted, dry_run=dry_run)
        self.refuse_doubtful(kit, accepted)
        refuse_unfit(kit.manifest, self._others(kit.name))
        refuse_overlap(kit.name, kit.folder, self.lock().kits.values())
        self._keep(kit, dry_run=dry_run)
        return self._write(kit.name, lambda: self._works.install(kit), dry_run=dry_run)

    def update(
        self,
        kit: Kit,
        choice: UpdateMode = UpdateMode.MERGE,
        *,
        accepted: Collection[Distrust] = (),
        beside: Iterable[Kit] = (),
        find_again: FindNewest | None = None,
        dry_run: bool = False,
    ) -> Updated:
        """Bring an installed kit to another version, as one commit; edits stay.

        Args:
            kit: The version.
            choice: What becomes of files that both sides changed since.
            accepted: What may be odd about it.
            beside: Versions to which other installed kits are brought with it, so that two that
                need each other's can both be updated.
            find_again: Finds what its source has of the version that is installed, if that is not
                kept here; see `regain`.
            dry_run: Only say what would be done.

        Raises:
            NotFound: It is not installed, or what was installed is not kept here.
            InvalidRequest: It cannot be here, or not without another one.
            RefusedForSafety: It may not be from its publisher.
        """
        with self._reading_once():
            if find_again is not None:
                self.regain(kit.name, find_again)
            known = self.get(kit.name)
            self.refuse_doubtful(kit, accepted)
            if kit.tree != known.tree:
                refuse_unfit(kit.manifest, self._others(kit.name, beside))
            self._keep(kit, dry_run=dry_run)
            return self._write(kit.name, lambda: self._works.update(kit, choice), dry_run=dry_run)

    def rollback(
        self,
        name: str,
        version: str | None = None,
        choice: UpdateMode = UpdateMode.MERGE,
        *,
        dry_run: bool = False,
    ) -> Updated:
        """Go back to a version that was installed before; edits stay. Nothing is fetched.

        Args:
            name: The kit.
            version: Which; `None` for the one before.
            choice: What becomes of files that both sides changed.
            dry_run: Only say what would be done.

        Raises:
            NotFound: It is not installed, or such a version never was.
            InvalidRequest: That version cannot be here beside the other kits.
        """
        refuse_unfit(self._works.earlier_manifest(name, version), self._others(name))

        def work() -> Work:
            return self._works.go_back(name, version, choice)

        return self._write(name, work, dry_run=dry_run)

    def uninstall(self, name: str, *, purge: bool = False, dry_run: bool = False) -> Updated:
        """Remove a kit, as one commit; files that were changed or added here stay.

        Args:
            name: The kit.
            purge: Whether changed files go as well.
            dry_run: Only say what would be done.

        Raises:
            NotFound: It is not installed.
            InvalidRequest: Another kit does not work without it.
        """
        self.get(name)
        refuse_needed(name, self.lock().kits.values(), self.manifest)
        return self._write(name, lambda: self._works.remove(name, purge=purge), dry_run=dry_run)

    def adopt(
        self,
        folder: str,
        kits: Iterable[Kit],
        *,
        accepted: Collection[Distrust] = (),
        dry_run: bool = False,
    ) -> Updated:
        """Have a folder that somebody copied here count as installed; no file is changed.

        Args:
            folder: The folder.
            kits: The versions that it may come from, the newest first.
            accepted: What may be odd about the version.
            dry_run: Only say what would be done.

        Raises:
            NotFound: It is like none of them.
            InvalidPath: No kit may have this folder.
            InvalidRequest: A kit of this name is installed, or one has this folder; or it cannot
                be here, or not without another one.
            RefusedForSafety: It may not be from its publisher.
        """
        folder = checked_folder(folder)
        present = self._works.present(folder)
        best = max(kits, key=lambda kit: likeness(kit, folder, present), default=None)
        if best is None or not likeness(best, folder, present)[0]:
            raise NotFound(f"a version that {folder} could come from", "Install the kit instead.")
        if best.name in self.lock().kits:
            raise InvalidRequest(f"a kit called {best.name} is installed already")
        self.refuse_doubtful(best, accepted)
        refuse_unfit(best.manifest, self._others(best.name))
        refuse_overlap(best.name, folder, self.lock().kits.values())
        refuse_all_kits(folder)
        self._keep(best, dry_run=dry_run)
        return self._write(best.name, lambda: self._works.adopt(best, folder), dry_run=dry_run)

    def refuse_doubtful(self, kit: Kit, accepted: Collection[Distrust]) -> None:
        """Do nothing, unless a version may not be from its publisher.

        Raises:
            RefusedForSafety: It may not, and the person has not accepted that.
        """
        refuse_doubtful(kit.name, self._doubts(kit), accepted)

    def _doubts(self, kit: Kit) -> list[Doubt]:
        """What is odd about a version; nothing about the very files that are installed."""
        known = self.lock().kits.get(kit.name)
        if known is not None and known.tree == kit.tree:
            return []
        return doubts(kit, self._bases.chain(kit.name), known)

    def _keep(self, kit: Kit, *, dry_run: bool) -> None:
        """Keep what a kit ships, before anything of it is in the memory."""
        if not dry_run:
            self._bases.add(kit)

    @contextmanager
    def _reading_once(self) -> Iterator[None]:
        """Ask for lock, refs and files once, however many steps look at them."""
        with self._core.connector.view(), self._core.reader.reading_once():
            yield

    # --- writing -------------------------------------------------------------------------------

    def _write(self, name: str, work: Callable[[], Work], *, dry_run: bool) -> Updated:
        """Make one commit of the work; none where everything is so already."""
        head = self._core.connector.head()
        with self._reading_once():
            before = self.lock().kits.get(name)
            planned = self._planned(work)
        if not planned.decision.changes:
            return _updated(name, before, planned.work, None)
        waiting, done = [planned], [planned]

        def decide() -> Decision:
            was = waiting.pop() if waiting else None
            is_present = was is not None and self._core.connector.head() == head
            done[:] = [was if was is not None and is_present else self._planned(work)]
            return done[0].decision

        origin = self._origin(name, planned.work)
        written = self._core.writer.write(decide, origin, dry_run=dry_run)
        waits = written.proposal if written.commit is None and not dry_run else None
        return _updated(name, before, done[0].work, written.commit, waits)

    def _planned(self, work: Callable[[], Work]) -> _Planned:
        """Decide now. The decision holds as long as the lock and the files are as they are."""
        known = self._core.reader.find(LOCK)
        found = work()
        return _Planned(found, self._decision(found, known))

    def _decision(self, work: Work, known: Note | None) -> Decision:
        content = write_lock(work.lock)
        is_new = known is None or known.content != content
        lock = [Put(LOCK, content, known.sha if known else ABSENT)] if is_new else []
        changes = [*work.changes, *lock]
        return Decision(
            path=LOCK,
            changes=changes,
            subject=work.subject,
            names=[change.path for change in changes][:_MOST_NAMED],
            trailers=[(_ASKED_BY, self._session.origin.label)],
            is_wanted=self._session.origin.level == _PERSON,
        )

    def _origin(self, name: str, work: Work) -> Origin:
        """Whose text it is that comes: the kit's, and nobody's authority is lent to it."""
        found = work.lock.kits.get(name)
        return Origin(Source.KIT, f"{name}@{found.version}") if found else self._session.origin


@dataclass(frozen=True, slots=True)
class _Planned:
    """Work, and what is to be written for it."""

    work: Work
    decision: Decision


def _updated(
    name: str,
    before: LockedKit | None,
    work: Work,
    commit: CommitId | None,
    waits: str | None = None,
) -> Updated:
    after = work.lock.kits.get(name)
    return Updated(
        name,
        before.version if before else None,
        after.version if after else None,
        commit,
        work.files,
        waits,
    )


def _diff(
    path: MemoryPath, before: BlobId, after: BlobId | None, read: Callable[[BlobId], bytes]
) -> str:
    """The change of one file as a patch; empty if one side is not text."""
    kind = ChangeKind.EDITED if after else ChangeKind.DELETED
    try:
        old = read(before).decode("utf-8")
        new = read(after).decode("utf-8") if after else ""
    except UnicodeDecodeError:
        return ""
    return patch_of(FileDiff(path, kind, None, old, new))

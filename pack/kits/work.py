"""What one commit about a kit does, decided on the memory as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pack.actions import Action
from pack.core.core import Core
from pack.core.reader import excluded
from pack.deferred import dataclass
from pack.errors import AlreadyExists, InvalidPath, NotFound
from pack.kits.bases import KitBase, KitBases
from pack.kits.foreign import find_manifest
from pack.kits.kit_files import KitContents, base_of, below, files_in, shipped
from pack.kits.lock import LOCK, Lock, LockedFile, LockedKit, locked, read_lock
from pack.kits.manifest import Manifest
from pack.kits.met_versions import former_texts
from pack.kits.shipment import Kit, find_twins, sha256s
from pack.kits.states import Files, KitState, states_of
from pack.kits.updating import FileAction, FileUpdate, UpdateMode, UpdatePlan, plan_update
from pack.merge.moves import find_moves
from pack.model import ABSENT, BlobId, Change, CommitId, Delete, MemoryPath, Put


@dataclass(frozen=True, slots=True)
class Work:
    """What one commit about a kit does.

    Attributes:
        subject: What is done, in the words of the log.
        changes: To the kit's files.
        lock: What is installed then.
        files: What happens to each file.
    """

    subject: str
    changes: Sequence[Change]
    lock: Lock
    files: Sequence[FileUpdate]


@dataclass(frozen=True, slots=True)
class _Now:
    """The files of an installed kit.

    Attributes:
        base: As they were installed.
        present: As they are here.
    """

    base: Files
    present: Files

    def noted(self, kit: LockedKit) -> LockedKit:
        """A kit with a note at each file that upstream has now and that was here before it."""
        moved = find_moves(self.base, self.present).values()
        return _noting_own(kit, self.present.keys() - self.base.keys() - set(moved))

    def leaving_out(self, kit: LockedKit, plan: UpdatePlan) -> LockedKit:
        """A kit with a note at each file that does not come; one that was removed here has none."""
        left_out = {one.path for one in plan.files if one.action is FileAction.LEFT_OUT}
        return _noting_left_out(kit, left_out - self.base.keys() - self.present.keys())


class Works:
    """Decides what is done to the kits of one memory."""

    def __init__(self, core: Core, bases: KitBases) -> None:
        self._core = core
        self._bases = bases

    def lock(self) -> Lock:
        """What is installed.

        Raises:
            InvalidConfig: The lock cannot be used.
        """
        found = self._core.reader.find(LOCK)
        return read_lock(found.content if found else None)

    def get(self, name: str) -> LockedKit:
        """An installed kit.

        Raises:
            NotFound: It is not installed.
        """
        found = self.lock().kits.get(name)
        if found is None:
            raise NotFound(f"a kit called {name[:64]!r}", f"{Action.LIST_KITS}.")
        return found

    def present(self, folder: str) -> dict[MemoryPath, BlobId]:
        """The files of a folder as they are."""
        return files_in(self._core, folder)

    def contents(self, kit: LockedKit) -> dict[MemoryPath, bytes]:
        """The files in a kit's folder as they are, by path below it."""
        read = self._core.connector.get_contents
        return {
            MemoryPath(path.removeprefix(kit.installed_to)): read(path).content
            for path in self.present(kit.installed_to)
        }

    def base(
        self, kit: LockedKit, tips: Mapping[str, CommitId] | None = None
    ) -> dict[MemoryPath, BlobId]:
        """The files of a kit as they were installed; for `tips`, see `KitBases.find`.

        Those that were left out are not among them.

        Raises:
            NotFound: They are not kept here.
        """
        whole = self._bases.find(kit, tips).files
        return below(kit.installed_to, whole, without=left_out_files(kit))

    def told_base(
        self,
        kit: LockedKit,
        here: Files,
        newest: Kit | None = None,
        tips: Mapping[str, CommitId] | None = None,
    ) -> dict[MemoryPath, BlobId]:
        """The same for whoever needs no contents; where they are not kept, by the lock."""
        try:
            return self.base(kit, tips)
        except NotFound:
            return base_of(self._core, kit, here, newest)

    def install(self, kit: Kit) -> Work:
        """Have a kit where nothing else is.

        Raises:
            AlreadyExists: There are other files.
            InvalidPath: Some file systems confuse one of its paths with one that is in use.
        """
        folder = kit.folder
        present, whole = self.present(folder), shipped(kit, folder)
        left_out = self.left_out({}, present, whole)
        new = {path: blob for path, blob in whole.items() if path not in left_out}
        taken = next((path for path, blob in present.items() if new.get(path) != blob), None)
        if taken is not None:
            error = AlreadyExists(taken, None, present[taken], None)
            error.args = (f"{taken} is there, and is not as the kit has it; nothing was written",)
            error.remedy = (
                f"Move what is in {folder} elsewhere; or, if it is this kit, copied here by hand: "
                f"{Action.ADOPT_KIT}."
            )
            raise error
        there = (entry.path for entry in self._core.reader.tree())
        if twins := find_twins(there, new):
            raise InvalidPath(twins[0], f"some file systems confuse it with {twins[1]}")
        contents = {MemoryPath(f"{folder}{path}"): text for path, text in kit.files.items()}
        puts = [Put(p, contents[p], ABSENT) for p in new if p not in present]
        files = [
            _installed(path, is_here=path in present, reason=left_out.get(path))
            for path in sorted(whole)
        ]
        subject = f"{folder}: install the kit {kit.name} {kit.manifest.version}"
        entry = _noting_left_out(_noting_own(locked(kit), present), left_out)
        return Work(subject, puts, self.lock().with_kit(entry), files)

    def update(self, kit: Kit, choice: UpdateMode) -> Work:
        """Bring an installed kit to another version."""
        known = self.get(kit.name)
        now = self._now(known)
        plan = self._plan(known, now, shipped(kit, known.installed_to), kit, choice)
        subject = f"{known.installed_to}: update {kit.name} to {kit.manifest.version}"
        entry = known if kit.tree == known.tree else now.noted(locked(kit, known))
        entry = now.leaving_out(entry, plan)
        return Work(subject, plan.changes, self.lock().with_kit(entry), plan.files)

    def go_back(self, name: str, version: str | None, choice: UpdateMode) -> Work:
        """Bring an installed kit to a version that was installed before.

        Raises:
            NotFound: There is none.
        """
        kit = self.get(name)
        base, now = self._earlier(kit, version), self._now(kit)
        plan = self._plan(kit, now, below(kit.installed_to, base.files), None, choice)
        entry = now.noted(_locked_again(kit, base, self._bases.contents(base)))
        entry = now.leaving_out(entry, plan)
        subject = f"{kit.installed_to}: go back to {name} {base.version}"
        return Work(subject, plan.changes, self.lock().with_kit(entry), plan.files)

    def remove(self, name: str, *, purge: bool) -> Work:
        """Remove a kit; what was changed or added here stays."""
        kit = self.get(name)
        present = self.present(kit.installed_to)
        base, own = self.told_base(kit, present), own_files(kit)
        files = tuple(_removals(base, present, own, purge=purge))
        gone = [one.path for one in files if one.action is FileAction.REMOVED]
        subject = f"{kit.installed_to}: remove the kit {name} {kit.version}"
        changes = [Delete(path, present[path]) for path in gone]
        return Work(subject, changes, self.lock().without(name), files)

    def adopt(self, kit: Kit, folder: str) -> Work:
        """Have a folder count as installed; nothing of it changes."""
        new = shipped(kit, folder)
        states = states_of(new, self.present(folder), new)
        files = [FileUpdate(path, state, FileAction.NONE) for path, state in states.items()]
        entry = replace(locked(kit), installed_to=folder)
        subject = f"{folder}: take it as {kit.name} {kit.manifest.version}"
        return Work(subject, (), self.lock().with_kit(entry), files)

    def _now(self, kit: LockedKit) -> _Now:
        """A kit as it was installed and as it is here.

        Raises:
            NotFound: What was installed is not kept here.
        """
        return _Now(self.base(kit), self.present(kit.installed_to))

    def _plan(
        self, kit: LockedKit, now: _Now, new: Files, source: Kit | None, choice: UpdateMode
    ) -> UpdatePlan:
        present = now.present
        read = KitContents(self._core, present, source).read
        base = kept_own(kit, now.base, new)
        earlier = (
            below(kit.installed_to, one.files)
            for one in self._bases.chain(kit.name)
            if one.source == kit.source
        )
        base |= former_texts(base, present, earlier, read)
        left_out = self.left_out(base, present, new)
        return plan_update(base, present, new, read, choice, left_out)

    def waiting(
        self, kit: LockedKit, newest: Kit | None, tips: Mapping[str, CommitId] | None = None
    ) -> dict[MemoryPath, BlobId]:
        """The files that were left out of a kit, as its newest version has them, if that is known.

        Where nothing is known of them, there are none.
        """
        marked = left_out_files(kit)
        if not marked:
            return {}
        try:
            whole = newest.blobs if newest else self._bases.find(kit, tips).files
        except NotFound:
            return {}
        return below(
            kit.installed_to, {path: whole[path] for path in sorted(marked & whole.keys())}
        )

    def left_out(self, base: Files, present: Files, new: Files) -> dict[MemoryPath, str]:
        """The files of a version that cannot be here, and why. All others still come."""
        stays = {path for path, blob in present.items() if path in new or base.get(path) != blob}
        folders = {folder for path in stays for folder in _folders(path)}
        found = dict[MemoryPath, str]()
        for path, blob in new.items():
            if present.get(path) == blob:
                continue
            rule = self._core.reader.exclusion(path)
            file = next((folder for folder in _folders(path) if folder in stays), None)
            if rule is not None:
                found[path] = str(excluded(path, rule))
            elif path in folders:
                found[path] = "a folder has its path here"
            elif file is not None:
                found[path] = f"{file} is a file here"
        return found

    def earlier_manifest(self, name: str, version: str | None) -> Manifest:
        """What an installed kit said of itself in a version that was installed before.

        Raises:
            NotFound: There is none.
        """
        return self._bases.manifest(self._earlier(self.get(name), version), name)[1]

    def _earlier(self, kit: LockedKit, version: str | None) -> KitBase:
        """The version of the same publisher; another's of this name is another kit."""
        chain = [base for base in self._bases.chain(kit.name) if base.source == kit.source]
        at = next((n for n, base in enumerate(chain) if base.tree == kit.tree), len(chain))
        if version is None:
            found = chain[at + 1 :]
        else:
            found = [base for base in chain if base.version == version.removeprefix("v")]
        if not found:
            which = f"version {version}" if version else f"a version before {kit.version}"
            remedy = "Only versions that were installed here are kept."
            raise NotFound(f"{which} of {kit.name}", remedy)
        return found[0]


def _folders(path: str) -> Iterator[MemoryPath]:
    """The folders that a path leads through."""
    return (MemoryPath(path.rsplit("/", end)[0]) for end in range(1, path.count("/") + 1))


def _installed(path: MemoryPath, *, is_here: bool, reason: str | None) -> FileUpdate:
    if reason is not None:
        return FileUpdate(path, KitState.OUTDATED, FileAction.LEFT_OUT, reason=reason)
    return FileUpdate(path, KitState.PRISTINE, FileAction.NONE if is_here else FileAction.ADDED)


def _locked_again(kit: LockedKit, base: KitBase, contents: Mapping[MemoryPath, bytes]) -> LockedKit:
    """What the lock says of a version that was installed before.

    Args:
        kit: What it says now.
        base: The version.
        contents: Its files.
    """
    manifest, _ = find_manifest(contents, kit.name)
    files = {
        path: replace(kit.files.get(path, LockedFile("")), sha256=digest)
        for path, digest in sha256s(contents)
    }
    return replace(
        kit,
        ref=base.ref,
        commit=base.commit,
        tree=base.tree,
        version=base.version,
        manifest_sha256=files[MemoryPath(manifest)].sha256,
        files=files,
    )


def own_files(kit: LockedKit) -> set[MemoryPath]:
    """The files at a kit's paths that were here before the kit had them."""
    return {
        MemoryPath(f"{kit.installed_to}{path}") for path, one in kit.files.items() if one.is_own
    }


def kept_own(kit: LockedKit, base: Files, new: Files) -> dict[MemoryPath, BlobId]:
    """What was installed, without the user's own files that upstream does not ship any more."""
    own = own_files(kit) - new.keys()
    return {path: blob for path, blob in base.items() if path not in own}


def _noting_own(kit: LockedKit, there: Collection[MemoryPath]) -> LockedKit:
    """A kit with a note at each file that was there before."""
    files = {
        path: replace(one, is_own=one.is_own or f"{kit.installed_to}{path}" in there)
        for path, one in kit.files.items()
    }
    return replace(kit, files=files)


def left_out_files(kit: LockedKit) -> set[MemoryPath]:
    """The files of a kit that never came, by path below its folder."""
    return {path for path, one in kit.files.items() if one.is_left_out}


def _noting_left_out(kit: LockedKit, left_out: Collection[MemoryPath]) -> LockedKit:
    """A kit with a note at each file that did not come, and at no other one."""
    now = {path for path in kit.files if f"{kit.installed_to}{path}" in left_out}
    if now == left_out_files(kit):
        return kit
    files = {path: replace(one, is_left_out=path in now) for path, one in kit.files.items()}
    return replace(kit, files=files)


def _removals(
    base: Files, present: Files, own: Collection[MemoryPath], *, purge: bool
) -> Iterator[FileUpdate]:
    for path, state in states_of(base, present, base).items():
        if path not in present:
            continue
        is_kits = state is KitState.PRISTINE or (purge and state is KitState.MODIFIED)
        goes = is_kits and path not in own
        yield FileUpdate(path, state, FileAction.REMOVED if goes else FileAction.KEPT)


def likeness(kit: Kit, folder: str, present: Files) -> tuple[int, int]:
    """How much of a folder is as a kit ships it: equal files, and fewer others the better."""
    new = shipped(kit, folder)
    equal = sum(present.get(path) == blob for path, blob in new.items())
    return equal, equal - len(new.keys() | present.keys())

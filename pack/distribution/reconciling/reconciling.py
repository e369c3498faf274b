"""What a sync does to the files of a downstream.

For each file there are three versions: what the last release made, what is there now, and what the
new release makes. Only upstream has changed: its text is taken. Only the downstream has: its text
stays. Both have: they are merged, and lines that both changed stay as they are there, listed with
both texts.

- An override, `.pack-overrides/PATH` with the path below the rule's folder, is the downstream's
  version of a file, and is never written. What comes of the merge lies at the file's own path.
  Later releases are merged into that, so that an override that stays as it is does not take back
  what came since.
- What was removed there stays removed. What upstream removes goes only if nobody has changed it.
- What upstream renames takes along what was changed there, and its override.
- Nothing is written through a link, over a folder, or beside a name that some systems take for the
  same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pack.distribution.content.making import TRANSFORMS, Made
from pack.distribution.content.placing import OVERRIDES_DIR
from pack.distribution.ports import DownstreamEntry
from pack.distribution.reconciling.ground import Ground, ReadBlobs
from pack.distribution.reconciling.local_texts import LocalText, LocalTexts, override_path
from pack.distribution.reconciling.renames import find_renames
from pack.distribution.reconciling.sync_state import OverrideBase, SyncState, digest
from pack.distribution.reconciling.synced import Synced
from pack.distribution.reconciling.three_way import is_same_text, merge_three
from pack.distribution.values import DownstreamConflict, Release, Rule, StaleOverride
from pack.errors import RefusedForSafety


@dataclass(frozen=True, slots=True)
class SyncInput:
    """What a release brings to a downstream.

    Attributes:
        rule: The rule.
        source: The memory's name.
        release: The release.
        made: Its files.
        versions: The versions of all releases, the newest first.
    """

    rule: Rule
    source: str
    release: Release
    made: Made
    versions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a sync does to a downstream.

    Attributes:
        writes: New bytes by path, without the state's file.
        removes: Paths that go.
        added: The files that come, as people count them.
        modified: Those that change.
        removed: Those that go.
        conflicts: Where a person has to choose.
        stale: Overrides that were made on an older text.
        state: What the downstream has afterwards.
        notes: What else people should know, in words.
    """

    writes: Mapping[str, bytes]
    removes: Sequence[str]
    added: Sequence[str]
    modified: Sequence[str]
    removed: Sequence[str]
    conflicts: Sequence[DownstreamConflict]
    stale: Sequence[StaleOverride]
    state: SyncState
    notes: Sequence[str] = ()

    @property
    def changes_files(self) -> bool:
        """Whether anything changes beside the state."""
        return bool(self.writes or self.removes)


def reconcile(
    incoming: SyncInput,
    synced: Synced | None,
    entries: Mapping[str, DownstreamEntry],
    read: ReadBlobs,
) -> Reconciled:
    """What a sync does; the same arguments give the same answer.

    Args:
        incoming: What comes.
        synced: What the downstream was given last; `None` if nothing is known of it.
        entries: All that is in the downstream.
        read: Returns the bytes of its blobs.

    Raises:
        RefusedForSafety: Nothing meets the rule any more, and all files would go.
    """
    known = synced.state.files if synced is not None else {}
    if known and not incoming.made.files:
        raise RefusedForSafety(
            f"no file of {incoming.release.version} meets the rule {incoming.rule.id}, so all "
            f"{len(known)} files of the downstream would go",
            "Correct the rule's source and filters, or remove the downstream.",
        )
    return _Reconciliation(incoming, synced, entries, read).run()


@dataclass(slots=True)
class _Reconciliation:
    incoming: SyncInput
    synced: Synced | None
    entries: Mapping[str, DownstreamEntry]
    read: ReadBlobs
    ground: Ground = field(init=False)
    local: LocalTexts = field(init=False)
    new: dict[str, bytes] = field(init=False)
    base: Mapping[str, bytes] = field(init=False)
    known: Mapping[str, str] = field(init=False)
    writes: dict[str, bytes] = field(default_factory=dict)
    removes: list[str] = field(default_factory=list)
    conflicts: list[DownstreamConflict] = field(default_factory=list)
    stale: list[StaleOverride] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    placed: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, OverrideBase] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.new = self.incoming.made.contents()
        self.base = self.synced.base if self.synced is not None else {}
        self.known = self.synced.state.files if self.synced is not None else {}
        rules = [self.incoming.rule, *([self.synced.state.rule] if self.synced else [])]
        override_of = partial(override_path, rules)
        paths = {*self.new, *self.known}
        self.ground = Ground(self.entries, self.read, {*paths, *map(override_of, paths)})
        self.local = LocalTexts(self.ground, self.synced, override_of)

    def run(self) -> Reconciled:
        renames = self._renames()
        for path in sorted(self.known.keys() - self.new.keys() - renames.keys()):
            self._go(path)
        for path in renames:
            self.ground.leave(path)
        origins = {new: old for old, new in renames.items()}
        for path in sorted(self.new):
            self._come(path, origins.get(path, path))
        return self._result()

    def _result(self) -> Reconciled:
        incoming, known = self.incoming, self.synced.notes if self.synced is not None else ()
        own = {path for path in self.writes if not path.startswith(OVERRIDES_DIR)}
        there = {path for path in own if self.ground.is_file(path)}
        state = SyncState(
            rule=incoming.rule,
            source=incoming.source,
            version=incoming.release.version,
            commit=incoming.release.commit,
            files=self.files,
            placed=self.placed,
            overrides=self.overrides,
            variables=incoming.made.variables,
            transforms=TRANSFORMS,
        )
        return Reconciled(
            writes=dict(sorted(self.writes.items())),
            removes=sorted(self.removes),
            added=sorted(own - there),
            modified=sorted(there),
            removed=sorted(p for p in self.removes if not p.startswith(OVERRIDES_DIR)),
            conflicts=sorted(self.conflicts, key=lambda one: one.path),
            stale=self.stale,
            state=state,
            notes=(*known, *self.notes),
        )

    # --- which file is which ---------------------------------------------------------------------

    def _renames(self) -> dict[str, str]:
        """What upstream has renamed, and can be renamed here."""
        old = {path: text for path, text in self.base.items() if path in self.known}
        changed = [path for path in old if path not in self.new and self._is_changed(path)]
        return {
            before: after
            for before, after in find_renames(old, self.new, changed).items()
            if self.ground.is_file(before) and after not in self.entries
        }

    def _is_changed(self, path: str) -> bool:
        """Whether a file is not as upstream made it, or has an override."""
        text = self.ground.content(path)
        has_override = self.ground.content(self.local.override_of(path)) is not None
        return text is not None and (has_override or not self.local.is_base(path, text))

    # --- what upstream does not have any more ----------------------------------------------------

    def _go(self, path: str) -> None:
        text = self.ground.content(path)
        if text is None:
            return
        if self._is_changed(path):
            what = "upstream removed it, and it was changed here, so it stays"
            self.conflicts.append(DownstreamConflict(path, what))
            return
        self.removes.append(path)
        self.ground.leave(path)

    # --- what upstream has -----------------------------------------------------------------------

    def _come(self, path: str, old: str) -> None:
        theirs = self.new[path]
        obstacle = self.ground.obstacle(path)
        if obstacle is not None:
            what = f"it cannot be put there: {obstacle}"
            self.conflicts.append(DownstreamConflict(path, what, is_text=False))
            return
        self.files[path] = digest(theirs)
        here = self.local.here(old, self.incoming.release)
        if here.clash is not None:
            self.conflicts.append(DownstreamConflict(path, here.clash))
            if here.text is not None and path != old:
                self.writes[path] = here.text
        elif here.text is None:
            self._add(path, old, theirs)
        else:
            self._merge(path, here, theirs)
        if path != old:
            self._move_along(path, old)
        if here.override is not None:
            self.overrides[path] = here.override
            self._note_age(path, here.override, theirs)

    def _add(self, path: str, old: str, theirs: bytes) -> None:
        if old not in self.known:
            self.writes[path] = theirs
            return
        self.notes.append(f"{path} was removed here, and stays removed")

    def _merge(self, path: str, here: LocalText, theirs: bytes) -> None:
        merged = merge_three(path, here.base, here.text or b"", theirs)
        if merged.is_conflict:
            what = "both sides changed the same lines" if here.base is not None else "both have it"
            self.conflicts.append(DownstreamConflict(path, what, merged.regions))
        if merged.content != self.ground.content(path):
            self.writes[path] = merged.content
        is_ours = here.override is not None or is_same_text(merged.content, theirs)
        if merged.content != theirs and is_ours:
            self.placed[path] = digest(merged.content)  # all else that differs is drift

    def _move_along(self, path: str, old: str) -> None:
        self.removes.append(old)
        override = self.ground.content(self.local.override_of(old))
        if override is not None and self.local.override_of(path) not in self.entries:
            self.writes[self.local.override_of(path)] = override
            self.removes.append(self.local.override_of(old))

    def _note_age(self, path: str, override: OverrideBase, theirs: bytes) -> None:
        """Note an override that was made on another text than upstream has now."""
        versions, new = list(self.incoming.versions), self.incoming.release.version
        if self.synced is None or not {override.version, new} <= set(versions):
            return
        lag = versions.index(override.version) - versions.index(new)
        if lag > 0 and self.synced.older(override).get(path) != theirs:
            self.stale.append(StaleOverride(self.local.override_of(path), lag))

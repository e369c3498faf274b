"""An upstream and a downstream in memory, for what is decided about their files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from pack.distribution.content.rule import read_rule
from pack.distribution.ports import DownstreamCommit, DownstreamEntry
from pack.distribution.reconciling.reconciling import Reconciled, SyncInput, reconcile
from pack.distribution.reconciling.recovery import find_synced
from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.reconciling.sync_state import state_path
from pack.distribution.values import Release, Rule
from pack.errors import NotFound
from pack.model import BlobId, CommitId, Identity, MemoryPath, blob_id, object_id

WHO = Identity("Sync", "sync@example.org")
DAY_ONE = datetime(2026, 1, 1, tzinfo=UTC)


def rule_text(**changes: object) -> str:
    """A rule's file in YAML, as JSON for each value."""
    fields = {
        "id": "guides",
        "source": "guides/**/*.md",
        "target_repo": "org/webapp",
        "target_path": "docs/",
        "strategy": "copy",
        "frequency": "on_release",
        **changes,
    }
    lines = [f"  {key}: {json.dumps(value)}" for key, value in fields.items() if value is not None]
    return "\n".join(["sync_rule:", *lines, ""])


def rule_of(**changes: object) -> Rule:
    return read_rule(rule_text(**changes).encode(), "rule.yaml")


class Trees:
    """Commits of files by path, each made on the one before."""

    def __init__(self) -> None:
        self.blobs: dict[BlobId, bytes] = {}
        self.trees: dict[CommitId, dict[str, DownstreamEntry]] = {}
        self.commits: list[DownstreamCommit] = []

    @property
    def head(self) -> CommitId | None:
        return self.commits[-1].id if self.commits else None

    def commit(self, files: Mapping[str, bytes | DownstreamEntry], message: str = "x") -> CommitId:
        entries = {path: self._entry(one) for path, one in files.items()}
        parents = [self.commits[-1].id] if self.commits else []
        at = DAY_ONE + timedelta(days=len(self.commits))
        tree = repr(sorted(entries.items())).encode()
        name = CommitId(object_id("commit", b"%d %s" % (len(self.commits), tree)))
        self.trees[name] = entries
        self.commits.append(DownstreamCommit(name, parents, "", message, WHO, WHO, at))
        return name

    def _entry(self, one: bytes | DownstreamEntry) -> DownstreamEntry:
        if isinstance(one, DownstreamEntry):
            return one
        self.blobs[blob_id(one)] = one
        return DownstreamEntry("100644", blob_id(one))

    def read_blobs(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        return ((blob, self.blobs[blob]) for blob in blobs)


class MemoryUpstream(Trees):
    """A memory with releases."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, CommitId] = {}

    def release(self, version: str, files: Mapping[str, bytes]) -> Release:
        self.tags[version] = self.commit(files)
        return self.at(version)

    def releases(self) -> list[Release]:
        return [self.at(version) for version in reversed(self.tags)]

    def at(self, ref: str) -> Release:
        name = self.tags.get(ref, self.head if ref == "HEAD" else CommitId(ref))
        for one in self.commits:
            if name is not None and one.id.startswith(name):
                is_tag = ref in self.tags
                return Release(ref if is_tag else one.id[:12], one.id, one.at, is_tag=is_tag)
        raise NotFound(ref)

    def changes(self, commit: CommitId, folder: str) -> Iterator[CommitId]:
        names = [one.id for one in self.commits]
        below: dict[str, DownstreamEntry] = {}
        found: list[CommitId] = []
        for name in names[: names.index(commit) + 1]:
            here = {path: one for path, one in self.trees[name].items() if path.startswith(folder)}
            found += [name] if here != below else []
            below = here
        return reversed(found)

    def files(self, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
        if commit not in self.trees:
            raise NotFound(commit)
        return {MemoryPath(path): one.blob for path, one in self.trees[commit].items()}

    def permalink(self, release: Release, path: MemoryPath) -> str:
        return f"handbook@{release.version}:{path}"


class MemoryDownstream(Trees):
    """A repository that gets files, as far as its contents are concerned."""

    def files(self, commit: CommitId) -> Mapping[str, DownstreamEntry]:
        return self.trees[commit]

    def log(self, head: CommitId, until: CommitId | None = None) -> Iterator[DownstreamCommit]:
        names = [one.id for one in self.commits]
        return reversed(self.commits[: names.index(head) + 1])

    def now(self) -> dict[str, bytes]:
        """The files as they are."""
        tree = self.trees[self.head] if self.head else {}
        return {path: self.blobs[one.blob] for path, one in tree.items() if one.blob in self.blobs}


class World:
    """A memory, a downstream, and a rule between them."""

    def __init__(self, **rule: object) -> None:
        self.rule = rule_of(**rule)
        self.upstream = MemoryUpstream()
        self.downstream = MemoryDownstream()
        self.variables: dict[str, str] = {}

    def plan(self, version: str) -> Reconciled:
        """What the sync of a version does."""
        remaker, downstream = Remaker(self.upstream), self.downstream
        release = self.upstream.at(version)
        made = remaker.make(self.rule, release, self.variables)
        versions = [one.version for one in self.upstream.releases()]
        incoming = SyncInput(self.rule, "handbook", release, made, versions)
        synced = find_synced(self.rule.id, downstream, downstream.head, remaker)
        entries = downstream.files(downstream.head) if downstream.head else {}
        return reconcile(incoming, synced, entries, downstream.read_blobs)

    def sync(self, version: str, message: str = "") -> Reconciled:
        """Carry it out, and merge it."""
        plan = self.plan(version)
        tree = dict(self.downstream.trees[self.downstream.head]) if self.downstream.head else {}
        after = {path: one for path, one in tree.items() if path not in plan.removes}
        state = {state_path(self.rule.id): plan.state.to_bytes()}
        text = message or f"Sync\n\nPack-Sync-Rule: {self.rule.id}"
        self.downstream.commit({**after, **plan.writes, **state}, text)
        return plan

    def change(self, changes: Mapping[str, bytes | DownstreamEntry | None]) -> None:
        """Have people change the downstream."""
        tree = dict(self.downstream.trees[self.downstream.head]) if self.downstream.head else {}
        after = {**tree, **changes}
        self.downstream.commit({path: one for path, one in after.items() if one is not None})

"""A downstream in memory with branches and people who merge, and an engine that serves it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pack.distribution.checks.checking import Checker
from pack.distribution.checks.verifier import Verifier
from pack.distribution.content.rule import RuleSet, StoredRule
from pack.distribution.ports import (
    Downstream,
    DownstreamCommit,
    DownstreamEntry,
    PullRequests,
    WantedCommit,
)
from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.registry import Registry
from pack.distribution.running.context import RunContext
from pack.distribution.running.ends import Ends
from pack.distribution.running.remembered import RememberedUpstream
from pack.distribution.running.results import RepositoryResult, RolledBack
from pack.distribution.running.run import Run, RunRequest, recorded
from pack.distribution.running.take_back import RollbackRequest, TakeBack
from pack.distribution.running.trees import tree_after, tree_id
from pack.errors import StaleBase
from pack.model import BlobId, CommitId, Identity, MemoryPath, blob_id, object_id
from tests.distribution_support import DAY_ONE, MemoryUpstream, rule_of

HUMAN = Identity("Human", "human@example.org")
Files = Mapping[str, DownstreamEntry]


class MemoryRepository:
    """A repository with branches; see `Downstream`. Counts what is written."""

    address = "org/webapp"
    pull_requests: PullRequests | None = None

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.blobs: dict[BlobId, bytes] = {}
        self.trees: dict[CommitId, Files] = {}
        self.commits: dict[CommitId, DownstreamCommit] = {}
        self.heads: dict[str, CommitId] = {}
        self.pushes: list[str] = []
        self._days = itertools.count()
        self.heads["main"] = self.store(None, files, (), "begin", HUMAN)

    # --- as the engine sees it -----------------------------------------------------------------

    def default_branch(self) -> tuple[str, CommitId | None]:
        return "main", self.heads["main"]

    def branches(self, prefix: str) -> Mapping[str, CommitId]:
        return {name: head for name, head in self.heads.items() if name.startswith(prefix)}

    def files(self, commit: CommitId) -> Files:
        return self.trees[commit]

    def read_blobs(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        return ((blob, self.blobs[blob]) for blob in blobs)

    def log(self, head: CommitId, until: CommitId | None = None) -> Iterator[DownstreamCommit]:
        left_out = set(self._before(until)) if until else set()
        found = [self.commits[one] for one in self._before(head) if one not in left_out]
        return iter(sorted(found, key=lambda one: (one.at, one.id), reverse=True))

    def commit(self, wanted: WantedCommit) -> CommitId:
        parents = (wanted.parent,) if wanted.parent else ()
        changes = (wanted.writes, wanted.removes, wanted.message, wanted.identity)
        return self.store(wanted.parent, *changes, at=wanted.at, parents=parents)

    def move_branch(self, name: str, commit: CommitId, expected: CommitId | None) -> None:
        if self.heads.get(name) != expected:
            raise StaleBase(expected, self.heads.get(name))
        self.pushes.append(name)
        self.heads[name] = commit

    def delete_branch(self, name: str, expected: CommitId) -> None:
        if self.heads.get(name) != expected:
            raise StaleBase(expected, self.heads.get(name))
        self.pushes.append(name)
        del self.heads[name]

    # --- as people use it ----------------------------------------------------------------------

    def now(self, branch: str = "main") -> dict[str, bytes]:
        return self.at(self.heads[branch])

    def at(self, commit: CommitId) -> dict[str, bytes]:
        return {path: self.blobs[one.blob] for path, one in self.trees[commit].items()}

    def change(self, files: Mapping[str, bytes | None], branch: str = "main") -> CommitId:
        """Somebody's commit."""
        writes = {path: text for path, text in files.items() if text is not None}
        removes = [path for path, text in files.items() if text is None]
        self.heads[branch] = self.store(self.heads[branch], writes, removes, "x", HUMAN)
        return self.heads[branch]

    def merge(self, branch: str, how: str) -> None:
        """Take a branch into main, as hosts do, and remove it."""
        main, head = self.heads["main"], self.heads.pop(branch)
        known, mine = set(self._before(main)), [head]
        while (parent := self.commits[mine[0]].parents[0]) not in known:
            mine.insert(0, parent)  # clocks differ, so dates do not tell the order
        first = self.commits[mine[0]].parents
        writes, removes = self._changes(first[0] if first else None, head)
        if how == "ff" and first == (main,):
            self.heads["main"] = head
        elif how == "rebase":
            for one in mine:
                parent = self.commits[one].parents[0]
                part = self._changes(parent, one)
                main = self.store(main, *part, self.commits[one].message, HUMAN)
            self.heads["main"] = main
        else:
            parents = (main,) if how == "squash" else (main, head)
            said = f"Take it (#{len(self.commits)})"
            self.heads["main"] = self.store(main, writes, removes, said, HUMAN, parents=parents)

    def store(
        self,
        base: CommitId | None,
        writes: Mapping[str, bytes],
        removes: Iterable[str],
        message: str,
        who: Identity,
        *,
        at: datetime | None = None,
        parents: tuple[CommitId, ...] | None = None,
    ) -> CommitId:
        files = tree_after(self.trees[base] if base else {}, writes, removes)
        self.blobs.update((blob_id(text), text) for text in writes.values())
        when = at or DAY_ONE + timedelta(days=next(self._days))
        above = parents if parents is not None else (base,) if base else ()
        tree = tree_id(files)
        name = CommitId(object_id("commit", repr((tree, above, message, who, when)).encode()))
        self.trees[name] = files
        self.commits[name] = DownstreamCommit(name, above, tree, message, who, who, when)
        return name

    def _before(self, head: CommitId) -> Iterator[CommitId]:
        seen, waiting = {head}, [head]
        while waiting:
            yield (one := waiting.pop())
            new = [parent for parent in self.commits[one].parents if parent not in seen]
            seen.update(new)
            waiting.extend(new)

    def _changes(
        self, before: CommitId | None, after: CommitId
    ) -> tuple[dict[str, bytes], list[str]]:
        old, new = self.trees[before] if before else {}, self.trees[after]
        writes = {p: self.blobs[one.blob] for p, one in new.items() if old.get(p) != one}
        return writes, [path for path in old if path not in new]


class _OneRepository:
    def __init__(self, repository: Downstream) -> None:
        self._repository = repository

    def open(self, repo: str) -> Downstream:
        return self._repository

    def place(self, repo: str) -> str:
        return repo

    def host(self, repo: str) -> str:
        return repo

    def is_upstream(self, repo: str, named_in: str | None = None) -> bool:
        return repo == "org/memory"


class MemoryEngine:
    """A memory with one rule, and what it has recorded."""

    def __init__(self, files: Mapping[str, bytes] | None = None, **rule: object) -> None:
        self.rule = rule_of(**rule)
        self.upstream = MemoryUpstream()
        self.downstream = MemoryRepository(files or {"README.md": b"# Down\n"})
        self.registry = Registry()

    def context(self) -> RunContext:
        upstream = RememberedUpstream(self.upstream)
        return RunContext(
            ends=Ends(self.upstream, _OneRepository(self.downstream), "notes"),
            name="notes",
            upstream=upstream,
            remaker=Remaker(upstream),
            checker=Checker(),
            verifier=Verifier(upstream),
            registry=self.registry,
            subjects=lambda *_: (),
        )

    def run(self, tag: str | None = None, *, dry_run: bool = False) -> RepositoryResult:
        results: list[RepositoryResult] = []
        rules = RuleSet([StoredRule(MemoryPath("rules/guides.yaml"), self.rule)])
        request = RunRequest(tag=tag, dry_run=dry_run)
        context = replace(self.context(), is_asked=tag is not None)
        Run(context, request, rules).carry(rules, results.append)
        if not dry_run:
            self.registry = recorded(self.registry, {self.rule.id: self.rule}, results, DAY_ONE)
        (found,) = results
        return found

    def take_back(self) -> RolledBack:
        done = TakeBack(self.context(), self.rule, RollbackRequest("why"), "user:x", DAY_ONE).run()
        pinned = (*self.rule.pinned_out, done.version)
        self.rule = replace(self.rule, pinned_out=pinned)
        return done

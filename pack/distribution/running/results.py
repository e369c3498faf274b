"""What became of a rule in one repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pack.distribution.values import CheckResult, PullRequestText
from pack.errors import PackError
from pack.model import CommitId


class RunStatus(StrEnum):
    """How it ended."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    BLOCKED = "blocked"
    CONFLICT = "conflict"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ConflictLines:
    """A file that both sides changed, and where.

    Attributes:
        path: The file.
        lines: First and last line of each place, in the file as it stands downstream; empty where
            something else is in its way.
        what: What happened, in words.
    """

    path: str
    lines: Sequence[tuple[int, int]]
    what: str = ""


@dataclass(frozen=True, slots=True)
class RepositoryResult:
    """What became of a rule in its repository.

    Attributes:
        rule: The rule.
        repo: The repository, as the rule names it.
        version: The version that was to be brought; `None` where there is none.
        status: How it ended.
        branch: The branch that it is offered on; `None` for none.
        commit: Where that branch is; `None` for none, and for a plan.
        pull_request: What people are asked; `None` where nothing is offered.
        url: Where that is on a host.
        checks: What the five checks say; empty where it did not come to them.
        added: Files that come.
        modified: Files that change.
        removed: Files that go.
        conflicts: Files that both sides changed.
        notes: What people should know.
        message: Why nothing was done, or what failed; empty otherwise.
        remedy: What to do about it.
        delivered: The version that the repository has or is offered; `None` where that is not
            known.
        source: The commit that the version leads to; `None` where there is none.
        landed: The version that its default branch has; `None` for none.
        has_written: Whether anything was written there.
    """

    rule: str
    repo: str
    version: str | None
    status: RunStatus
    branch: str | None = None
    commit: CommitId | None = None
    pull_request: PullRequestText | None = None
    url: str | None = None
    checks: Sequence[CheckResult] = ()
    added: Sequence[str] = ()
    modified: Sequence[str] = ()
    removed: Sequence[str] = ()
    conflicts: Sequence[ConflictLines] = ()
    notes: Sequence[str] = ()
    message: str = ""
    remedy: str = ""
    delivered: str | None = None
    source: CommitId | None = None
    landed: str | None = None
    has_written: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether it did not come to what was wanted."""
        return self.status in (RunStatus.BLOCKED, RunStatus.FAILED)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to.

    Attributes:
        results: What became of each rule.
        unrecorded: Why the memory does not say so; `None` if it does.
    """

    results: Sequence[RepositoryResult]
    unrecorded: PackError | None = None


@dataclass(frozen=True, slots=True)
class DownstreamStatus:
    """How a downstream stands.

    Attributes:
        rule: The rule.
        repo: The repository, as the rule names it.
        version: What it has; `None` for nothing yet.
        latest: What it could have; `None` where there is no release.
        status: `Current`, `Behind` or `Stale`.
        days: How long ago it got that; `None` where it never did.
        missed: How many releases that change its files it does not have.
        failures: How many runs failed since the last that did not.
        drift: Files that were changed there outside the overrides.
        error: Why nothing more is known; empty otherwise.
    """

    rule: str
    repo: str
    version: str | None
    latest: str | None
    status: str
    days: int | None
    missed: int
    failures: int
    drift: Sequence[str] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What taking a sync back came to.

    Attributes:
        rule: The rule.
        repo: The repository.
        version: The version that is taken back.
        reverted: The commit that brought it to the default branch.
        restored_to: The version that was there before; `None` for none.
        branch: The branch with the way back.
        commit: The commit on it; `None` for a plan.
        pull_request: What people are asked.
        url: Where that is on a host.
        checks: What the five checks say of it.
        conflicts: Files that people changed since, in the same places.
        issue: Title and text for upstream.
        notes: What people should know.
    """

    rule: str
    repo: str
    version: str
    reverted: CommitId
    restored_to: str | None
    branch: str
    commit: CommitId | None
    pull_request: PullRequestText
    url: str | None
    checks: Sequence[CheckResult]
    conflicts: Sequence[ConflictLines] = ()
    issue: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

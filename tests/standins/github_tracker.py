"""Issues and pull requests of a repository, with labels and comments, as the service keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.standins.github_state import Repository

LABEL_COLOUR = "ededed"


@dataclass(slots=True)
class Comment:
    """What somebody said below an issue."""

    id: int
    login: str
    body: str
    at: datetime


@dataclass(slots=True)
class Issue:
    """An issue, or what a pull request has in common with one."""

    number: int
    id: int
    login: str
    title: str
    body: str | None
    created_at: datetime
    state: str = "open"
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    locked: bool = False
    closed_at: datetime | None = None
    closed_by: str | None = None
    updated_at: datetime | None = None

    def set_state(self, state: str, login: str, now: datetime) -> None:
        if state != self.state:
            is_closed = state == "closed"
            self.closed_at, self.closed_by = (now, login) if is_closed else (None, None)
            self.state = state
        self.updated_at = now


@dataclass(slots=True)
class Pull:
    """A pull request; the rest of it is in `issue`.

    Attributes:
        head_repository: Where its branch is: the repository itself, or a fork.
        head: The commit that it offers, or offered last.
        auto_merge: The method, if it is to be merged as soon as the rules are met.
    """

    issue: Issue
    head_repository: Repository
    head_branch: str
    base_branch: str
    head: str
    merged_at: datetime | None = None
    merged_by: str | None = None
    merge_commit: str | None = None
    reviewers: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    auto_merge: str | None = None
    auto_merge_by: str | None = None


@dataclass(slots=True)
class Tracker:
    """All of them in one repository; numbers are shared."""

    issues: dict[int, Issue] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    """Colour by name."""
    last_comment: int = 0

    def next_number(self) -> int:
        return len(self.issues) + 1

    def add_labels(self, issue: Issue, names: list[str]) -> None:
        """Labels on an issue; one that is new comes into being."""
        for name in names:
            known = next((one for one in self.labels if one.lower() == name.lower()), None)
            self.labels.setdefault(known or name, LABEL_COLOUR)
            if (known or name) not in issue.labels:
                issue.labels.append(known or name)

    def comment(self, issue: Issue, login: str, body: str, now: datetime) -> Comment:
        self.last_comment += 1
        made = Comment(issue.number * 1000 + self.last_comment, login, body, now)
        issue.comments.append(made)
        issue.updated_at = now
        return made

    def open_pulls(self) -> Iterator[Pull]:
        return (one for one in self.pulls.values() if one.issue.state == "open")

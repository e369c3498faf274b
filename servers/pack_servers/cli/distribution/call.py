"""What was typed after `pack distribute`, for whichever module answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pack.distribution.distribution import Distribution
from pack.distribution.running.ends import Ends
from pack.errors import InvalidRequest
from pack.memory import Memory
from pack_servers.config.settings import Settings


@dataclass(frozen=True, slots=True)
class TypedRule:
    """What a rule to be added says.

    Attributes:
        repo: `--repo`.
        source: `--source`.
        path: `--path`.
        strategy: `--strategy`.
        frequency: `--frequency`.
        include: `--include`.
        exclude: `--exclude`.
    """

    repo: str | None
    source: str | None
    path: str
    strategy: str
    frequency: str
    include: Sequence[str]
    exclude: Sequence[str]


@dataclass(frozen=True, slots=True)
class DistributeCall:
    """What was typed.

    Attributes:
        memory: The memory.
        settings: Those in force.
        ends: Where files come from and go to.
        rules: The rules that were named.
        tag: `--tag`.
        reopen: `--reopen`.
        reason: `--reason`.
        new: What a rule to be added says.
        is_filed: Whether branches become files, by `--bundle` or `--patch`.
        output: `--output`.
        alert: `--alert`.
        once: `--once`.
        every: `--every`.
        dry_run: `--dry-run`.
        is_json: Whether the answer is for programs.
    """

    memory: Memory
    settings: Settings
    ends: Ends
    rules: Sequence[str]
    tag: str | None
    reopen: bool
    reason: str
    new: TypedRule
    is_filed: bool
    output: Path | None
    alert: bool
    once: bool
    every: int
    dry_run: bool
    is_json: bool

    @property
    def distribution(self) -> Distribution:
        """The distribution of the memory."""
        return self.memory.distribution

    def one_rule(self) -> str:
        """The rule that was named.

        Raises:
            InvalidRequest: None was, or several.
        """
        if len(self.rules) != 1:
            raise InvalidRequest("this needs one rule, by its id")
        return self.rules[0]

"""A run over all rules: each repository gets a result, even if another one fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pack.distribution.content.rule import BrokenRule, RuleSet
from pack.distribution.registry import Offered, Registry, RegistryEntry
from pack.distribution.running.clashes import PathClaim, find_clashes
from pack.distribution.running.context import RunContext
from pack.distribution.running.one_rule import OneRule
from pack.distribution.running.results import RepositoryResult, RunStatus
from pack.distribution.running.wanted import find_wanted, is_all_pinned_out
from pack.distribution.staleness import SyncStanding
from pack.distribution.values import Frequency, Release, Rule
from pack.errors import InternalError, PackError, RateLimited

_PINNED_OUT = "all that there is so far is pinned out"
Tell = Callable[[RepositoryResult], None]
_DELIVERED = (RunStatus.OPENED, RunStatus.UPDATED, RunStatus.CONFLICT)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is asked for.

    Attributes:
        rules: The rules, by id; empty for all that run by themselves.
        tag: The version; `None` for the newest.
        reopens: Whether what people closed comes back.
        dry_run: Whether nothing is written anywhere.
        begins: Whether the downstream is to have all folders of a distribution.
        is_filed: Whether branches only become files, so that nothing is offered to anybody yet.
    """

    rules: Sequence[str] = ()
    tag: str | None = None
    reopens: bool = False
    dry_run: bool = False
    begins: bool = False
    is_filed: bool = False


class Run:
    """One run. What is downstream decides what there is to do, so a run goes on where one ended."""

    def __init__(self, context: RunContext, request: RunRequest, every: RuleSet) -> None:
        self._context = context
        self._request = request
        self._every = every
        self._limits: dict[str, RateLimited] = {}

    def carry(self, wanted: RuleSet, tell: Tell) -> None:
        """Carry each rule to its downstream.

        Args:
            wanted: The rules.
            tell: Told of each result as soon as it is there.
        """
        rules = [one.rule for one in wanted.rules if self._is_due(one.rule)]
        clashes = self._clashes(rules)
        for broken in wanted.broken:
            tell(_unreadable(broken))
        for rule in rules:
            tell(self._one(rule, clashes.get(rule.id)))

    def _is_due(self, rule: Rule) -> bool:
        return bool(self._request.rules) or rule.frequency is not Frequency.MANUAL

    def _clashes(self, rules: Sequence[Rule]) -> Mapping[str, str]:
        """The rules that would write what another one writes, of all that there are."""
        place = self._context.ends.downstreams.place
        places = {place(rule.target_repo) for rule in rules}
        every = [one.rule for one in self._every.rules]
        near = [rule for rule in every if place(rule.target_repo) in places]
        alone = {place(r.target_repo) for r in near}
        counts = {one: sum(place(r.target_repo) == one for r in near) for one in alone}
        shared = [rule for rule in near if counts[place(rule.target_repo)] > 1]
        claims = [claim for rule in shared if (claim := self._claim(rule)) is not None]
        return find_clashes(claims)

    def _claim(self, rule: Rule) -> PathClaim | None:
        try:
            paths = self._context.remaker.places(rule, self._release(rule))
        except PackError:
            return None  # it runs nowhere, and says why itself
        return PathClaim(rule.id, self._context.ends.downstreams.place(rule.target_repo), paths)

    def _release(self, rule: Rule) -> Release:
        return find_wanted(rule, self._context.upstream, self._request.tag)

    def _one(self, rule: Rule, clash: str | None) -> RepositoryResult:
        if clash is not None:
            return _bad(rule, RunStatus.BLOCKED, clash, "Take the file out of one of the two.")
        host = self._context.ends.downstreams.host(rule.target_repo)
        version = self._request.tag
        try:
            if host in self._limits:
                raise self._limits[host]
            if self._request.tag is None and is_all_pinned_out(rule, self._context.upstream):
                return _bad(rule, RunStatus.UNCHANGED, _PINNED_OUT, "")
            release = self._release(rule)
            version = release.version
            return OneRule(self._context, rule, release).run(dry_run=self._request.dry_run)
        except RateLimited as error:
            self._limits[host] = error
            return _bad(rule, RunStatus.FAILED, str(error), error.remedy, version)
        except PackError as error:
            return _bad(rule, RunStatus.FAILED, str(error), error.remedy, version)
        except Exception as error:  # noqa: BLE001 - the others must get theirs
            bug = InternalError(type(error).__name__)
            return _bad(rule, RunStatus.FAILED, str(bug), bug.remedy, version)


def _bad(
    rule: Rule, status: RunStatus, message: str, remedy: str, version: str | None = None
) -> RepositoryResult:
    return RepositoryResult(
        rule.id, rule.target_repo, version, status, message=message, remedy=remedy
    )


def _unreadable(broken: BrokenRule) -> RepositoryResult:
    name = broken.path.rpartition("/")[2].rpartition(".")[0]
    error = broken.error
    return RepositoryResult(
        name, "", None, RunStatus.FAILED, message=str(error), remedy="Correct the rule."
    )


def recorded(
    registry: Registry,
    rules: Mapping[str, Rule],
    results: Sequence[RepositoryResult],
    now: datetime,
) -> Registry:
    """The registry after a run.

    Args:
        registry: Before.
        rules: The rules that ran, by id.
        results: What became of them.
        now: When.
    """
    for result in results:
        if result.rule in rules:
            known, entry = (
                registry.find(result.rule),
                _entry(registry, rules[result.rule], result, now),
            )
            # That people merged something is no reason to write.
            is_same = known is not None and replace(entry, landed=known.landed) == known
            registry = registry if is_same else registry.with_entry(entry)
    return registry


def _entry(
    registry: Registry,
    rule: Rule,
    result: RepositoryResult,
    now: datetime,
) -> RegistryEntry:
    known = registry.find_for(rule)
    is_new = result.status in _DELIVERED and result.has_written
    delivered = result.delivered or (known.version if known else None)
    last_sync = f"{now:%Y-%m-%d}" if is_new else (known.last_sync if known else None)
    is_current = delivered is not None and delivered == result.version and not result.is_bad
    return RegistryEntry(
        repo=rule.target_repo,
        rule=rule.id,
        strategy=rule.strategy,
        frequency=rule.frequency,
        last_sync=last_sync,
        version=delivered,
        status=SyncStanding.CURRENT if is_current else SyncStanding.BEHIND,
        failures=(known.failures if known else 0) + 1 if result.is_bad else 0,
        commit=result.source if delivered == result.version else (known.commit if known else None),
        landed=(known.landed if known else None) if result.is_bad else result.landed,
        offered=_offered(known, result),
    )


def _offered(known: RegistryEntry | None, result: RepositoryResult) -> Offered | None:
    if result.branch is not None and result.version is not None and result.commit is not None:
        return Offered(result.branch, result.version, result.commit)
    if result.has_written:
        return None  # it was taken back
    return known.offered if known is not None else None

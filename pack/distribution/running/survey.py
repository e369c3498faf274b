"""How the downstreams of a memory stand: what each has, what it missed, what was changed there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pack.distribution.content.rule import BrokenRule
from pack.distribution.notices.alerts import SyncAlert
from pack.distribution.reconciling.drift import find_drift
from pack.distribution.reconciling.sync_state import SyncState
from pack.distribution.running.context import RunContext
from pack.distribution.running.looking import find_last
from pack.distribution.running.results import DownstreamStatus
from pack.distribution.running.view import DownstreamView
from pack.distribution.running.wanted import find_wanted, is_all_pinned_out
from pack.distribution.staleness import (
    DownstreamState,
    SyncStanding,
    alerts_of,
    days_between,
    standing_of,
)
from pack.distribution.values import Release, Rule
from pack.errors import NotFound, PackError
from pack.versions import KitVersion


def survey(context: RunContext, rule: Rule, now: datetime) -> DownstreamStatus:
    """How the downstream of a rule stands; nothing is written.

    What is wrong with one is told in its status, as it does not concern the others.
    """
    latest: Release | None = None
    try:
        latest = _latest(context, rule)
        return _surveyed(context, rule, now, latest)
    except PackError as error:
        entry = context.registry.find_for(rule)
        version = entry.version if entry is not None else None
        failures = entry.failures if entry is not None else 0
        facts = (rule.id, rule.target_repo, version, latest.version if latest else None)
        return DownstreamStatus(*facts, SyncStanding.BEHIND, None, 0, failures, (), str(error))


def _surveyed(
    context: RunContext, rule: Rule, now: datetime, latest: Release | None
) -> DownstreamStatus:
    entry = context.registry.find_for(rule)
    failures = entry.failures if entry is not None else 0
    state, base = _read(context, rule)
    days = _days(entry.last_sync if entry is not None else None, now)
    missed = _missed(context, rule, state, latest)
    drift = _drift(context, rule, state, base) if state is not None else []
    facts_now = DownstreamState(
        rule.id, rule.target_repo, rule.frequency, days, missed, failures, drift
    )
    return DownstreamStatus(
        rule=rule.id,
        repo=rule.target_repo,
        version=state.version if state is not None else None,
        latest=latest.version if latest is not None else None,
        status=standing_of(facts_now),
        days=days,
        missed=missed,
        failures=failures,
        drift=drift,
    )


def _latest(context: RunContext, rule: Rule) -> Release | None:
    if is_all_pinned_out(rule, context.upstream):
        return None
    try:
        return find_wanted(rule, context.upstream, None)
    except NotFound:
        return None


def _read(context: RunContext, rule: Rule) -> tuple[SyncState | None, DownstreamView]:
    downstream = context.ends.downstreams.open(rule.target_repo)
    _, head = downstream.default_branch()
    base = DownstreamView(downstream, head)
    synced = find_last(context, rule, downstream, base)
    return (synced.state if synced is not None else None), base


def _days(last_sync: str | None, now: datetime) -> int | None:
    try:
        then = datetime.fromisoformat(last_sync) if last_sync is not None else None
    except ValueError:
        return None  # somebody edited the registry
    return days_between(then.replace(tzinfo=now.tzinfo) if then else None, now)


def _missed(
    context: RunContext, rule: Rule, state: SyncState | None, latest: Release | None
) -> int:
    """How many releases that change the rule's files the downstream does not have."""
    if latest is None:
        return 0
    if state is None:
        return max(1, sum(1 for _ in _since(context, rule, None)))
    if not context.upstream.has(state.commit):  # the memory's history was rewritten since
        return max(1, len(_since(context, rule, state.version)))
    if not latest.is_tag:
        sources = [context.upstream.sources(rule, one) for one in (latest.commit, state.commit)]
        return int(sources[0] != sources[1])
    before = context.upstream.sources(rule, state.commit)
    count = 0
    for release in _since(context, rule, state.version):
        after = context.upstream.sources(rule, release.commit)
        count += after != before
        before = after
    return count


def _since(context: RunContext, rule: Rule, version: str | None) -> Sequence[Release]:
    """The releases after a version, the oldest first, without those that do not go there."""
    versions = context.upstream.versions
    start = versions.index(version) if version in versions else len(versions)
    newer = [one for one in context.upstream.releases()[:start] if not rule.pins_out(one.version)]
    return [one for one in reversed(newer) if not KitVersion.parse(one.version).before]


def _drift(
    context: RunContext, rule: Rule, state: SyncState, base: DownstreamView
) -> Sequence[str]:
    downstream = context.ends.downstreams.open(rule.target_repo)
    return find_drift(state, base.files, downstream.read_blobs)


def alerts_for(one: DownstreamStatus, rule: Rule, now: datetime) -> list[SyncAlert]:
    """What somebody should hear of a downstream."""
    facts = (rule.id, rule.target_repo, rule.frequency, one.days, one.missed, one.failures)
    return alerts_of(DownstreamState(*facts, one.drift), now)


def unreadable(broken: BrokenRule) -> DownstreamStatus:
    """What is said of a file that holds no usable rule."""
    name = broken.path.rpartition("/")[2].rpartition(".")[0]
    facts = (name, "", None, None, SyncStanding.BEHIND, None, 0, 0)
    return DownstreamStatus(*facts, error=str(broken.error))

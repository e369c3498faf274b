"""How `pack distribute` answers."""

from __future__ import annotations

from collections.abc import Sequence

from pack.distribution.running.results import (
    ConflictLines,
    DownstreamStatus,
    RepositoryResult,
    RolledBack,
    RunStatus,
)
from pack.distribution.values import CheckResult, CheckStatus, PullRequestText
from pack_servers.cli.shell.output import counted, show
from pack_servers.cli.shell.streams import printable, say
from pack_servers.cli.shell.wording import worded


def result_fields(one: RepositoryResult) -> dict[str, object]:
    """What became of a rule in its repository."""
    return {
        "rule": one.rule,
        "repo": one.repo,
        "version": one.version,
        "status": one.status,
        "branch": one.branch,
        "commit": one.commit,
        "pull_request": _pull_fields(one.pull_request, one.url),
        "checks": _check_fields(one.checks),
        "added": list(one.added),
        "modified": list(one.modified),
        "removed": list(one.removed),
        "conflicts": _conflict_fields(one.conflicts),
        "notes": list(one.notes),
        "message": one.message,
        "remedy": one.remedy,
    }


def _pull_fields(text: PullRequestText | None, url: str | None) -> dict[str, object] | None:
    if text is None:
        return None
    return {
        "title": text.title,
        "body": text.body,
        "labels": list(text.labels),
        "reviewers": list(text.reviewers),
        "url": url,
    }


def _check_fields(checks: Sequence[CheckResult]) -> list[dict[str, object]]:
    return [
        {"name": check.name, "status": check.status, "details": check.details} for check in checks
    ]


def _conflict_fields(conflicts: Sequence[ConflictLines]) -> list[dict[str, object]]:
    return [
        {"path": one.path, "lines": [list(span) for span in one.lines], "what": one.what}
        for one in conflicts
    ]


def show_result(one: RepositoryResult, *, planned: bool) -> None:
    """Print what became of a rule, or would."""
    status = f"would be {one.status}" if planned and one.status in _CHANGES else str(one.status)
    show(f"{one.rule}  {one.repo}  {one.version or '-'}  {status}")
    where = one.url or (one.branch if one.pull_request else None)
    if where:
        show(f"  {'pull request' if one.url else 'branch'}  {where}")
    for word, paths in (("add", one.added), ("change", one.modified), ("remove", one.removed)):
        for path in paths:
            show(f"  {word:<7} {printable(path)}")
    for conflict in one.conflicts:
        spans = ", ".join(f"{first}-{last}" for first, last in conflict.lines)
        where = f", lines {spans}" if spans else ""
        show(f"  conflict  {printable(conflict.path)}{where}: {printable(conflict.what)}")
    for check in one.checks:
        if check.status is not CheckStatus.PASS:
            show(f"  {check.status}  {check.name}: {printable(check.details)}")
    for note in one.notes:
        say(f"  note: {worded(note)}")
    if one.message:
        say(f"  {'error' if one.is_bad else 'note'}: {worded(one.message)}")
    if one.remedy:
        say(f"  → {worded(one.remedy)}")


_CHANGES = (RunStatus.OPENED, RunStatus.UPDATED)


def show_end(results: Sequence[RepositoryResult], by_hand: Sequence[str]) -> None:
    """Print how many ended how, and which rules only run if they are named."""
    counts = {
        status: sum(one.status is status for one in results)
        for status in RunStatus
        if any(one.status is status for one in results)
    }
    said = ", ".join(f"{number} {status}" for status, number in counts.items())
    say(f"{counted(len(results), 'rule')}: {said}" if results else "no rule was due")
    if by_hand:
        say(f"by hand only: {', '.join(by_hand)}")
        say(f"  → pack distribute run --rule {by_hand[0]}")


def status_fields(one: DownstreamStatus) -> dict[str, object]:
    """How a downstream stands."""
    return {
        "rule": one.rule,
        "repo": one.repo,
        "version": one.version,
        "latest": one.latest,
        "status": one.status,
        "days": one.days,
        "missed": one.missed,
        "failures": one.failures,
        "drift": list(one.drift),
        "error": one.error,
    }


def show_status(one: DownstreamStatus) -> None:
    """Print how a downstream stands."""
    newer = f"  →  {one.latest}" if one.latest not in (None, one.version) else ""
    show(f"{one.rule}  {one.repo}  {one.version or '-'}{newer}  {one.status}")
    facts = [
        (one.missed, f"missed {counted(one.missed, 'release')}"),
        (one.failures, f"{counted(one.failures, 'run')} failed in a row"),
    ]
    said = [text for number, text in facts if number]
    said += [f"{counted(one.days, 'day')} since the last sync"] if one.days else []
    for text in said:
        show(f"  {text}")
    for path in one.drift:
        show(f"  changed there  {printable(path)}")
    if one.error:
        say(f"  error: {worded(one.error)}")


def rolled_back_fields(done: RolledBack) -> dict[str, object]:
    """What taking a sync back came to."""
    return {
        "rule": done.rule,
        "repo": done.repo,
        "version": done.version,
        "reverted": done.reverted,
        "restored_to": done.restored_to,
        "branch": done.branch,
        "commit": done.commit,
        "pull_request": _pull_fields(done.pull_request, done.url),
        "checks": _check_fields(done.checks),
        "conflicts": _conflict_fields(done.conflicts),
        "issue": dict(done.issue),
        "notes": list(done.notes),
    }


def show_rolled_back(done: RolledBack) -> None:
    """Print what taking a sync back came to."""
    to = done.restored_to or "what was there before the first sync"
    show(f"{done.rule}  {done.repo}  back from {done.version} to {to}")
    show(f"  {'pull request' if done.url else 'branch'}  {done.url or done.branch}")
    for conflict in done.conflicts:
        show(f"  changed since, and left as it is  {printable(conflict.path)}")
    for check in done.checks:
        if check.status is not CheckStatus.PASS:
            show(f"  {check.status}  {check.name}: {printable(check.details)}")
    for note in done.notes:
        say(f"  note: {worded(note)}")
    if done.issue:
        say("a draft of an issue for whoever keeps this memory:")
        show(f"# {done.issue['title']}\n\n{done.issue['body'].rstrip()}")

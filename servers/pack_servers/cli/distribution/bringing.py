"""`pack distribute plan`, `run` and `rollback`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import typer

from pack.distribution.checks.report import check_report
from pack.distribution.running.results import RepositoryResult, RunReport, RunStatus
from pack.distribution.running.run import RunRequest
from pack.distribution.running.take_back import RollbackRequest
from pack.distribution.values import CheckStatus, Frequency
from pack.errors import InvalidRequest
from pack_servers.cli.distribution.call import DistributeCall
from pack_servers.cli.distribution.distribution_text import (
    result_fields,
    rolled_back_fields,
    show_end,
    show_result,
    show_rolled_back,
)
from pack_servers.cli.shell.output import show_json
from pack_servers.cli.shell.streams import say
from pack_servers.cli.shell.wording import worded
from pack_servers.wiring.distribution import write_files

FAILED: Final = 1
CONFLICT: Final = 2


def plan(call: DistributeCall) -> None:
    """Show what a run would do; nothing is written."""
    run_rules(replace(call, dry_run=True))


def run_rules(call: DistributeCall) -> None:
    """Bring the files of rules to their repositories."""
    end(bring(call))


def bring(call: DistributeCall) -> RunReport:
    """Run, and answer."""
    request = RunRequest(call.rules, call.tag, call.reopen, call.dry_run, is_filed=call.is_filed)

    def tell(one: RepositoryResult) -> None:
        if not call.is_json:
            show_result(_with_file_note(call, one), planned=call.dry_run)

    report = call.distribution.run(call.ends, request, tell)
    if call.output is not None:
        write_files(call.output, _validations(call, report.results))
    if call.is_json:
        results = [_with_file_note(call, one) for one in report.results]
        show_json({"results": [result_fields(one) for one in results]})
    else:
        show_end(report.results, _by_hand(call))
    if report.unrecorded is not None:
        say(f"error: the registry does not say so: {report.unrecorded}")
        say(f"  → {worded(report.unrecorded.remedy)}")
    return report


def _with_file_note(call: DistributeCall, one: RepositoryResult) -> RepositoryResult:
    """Say why a run that was asked for files wrote none: the branch is offered already."""
    if not call.is_filed or call.dry_run or one.has_written or one.branch is None:
        return one
    note = f"{one.branch} is offered already, so no file was written"
    return replace(one, notes=(*one.notes, note))


def _validations(call: DistributeCall, results: Sequence[RepositoryResult]) -> Mapping[str, bytes]:
    """What the checks say of each rule, as a file."""
    now = call.memory.now()
    return {
        f"{one.rule}.yaml": check_report(one.rule, one.version, now, one.checks).encode("utf-8")
        for one in results
        if one.checks and one.version is not None
    }


def _by_hand(call: DistributeCall) -> list[str]:
    """The rules that only run if they are named."""
    rules = [stored.rule for stored in call.distribution.rules().rules]
    return [rule.id for rule in rules if rule.frequency is Frequency.MANUAL and not call.rules]


def end(report: RunReport) -> None:
    """Say by the exit status whether all is done."""
    if report.unrecorded is not None:
        raise typer.Exit(FAILED)
    end_of(report.results)


def end_of(results: Sequence[RepositoryResult]) -> None:
    """The same of some results."""
    if any(one.is_bad for one in results):
        raise typer.Exit(FAILED)
    if any(one.status is RunStatus.CONFLICT for one in results):
        raise typer.Exit(CONFLICT)


def rollback(call: DistributeCall) -> None:
    """Take the last sync of a rule back."""
    if call.tag is not None:
        error = InvalidRequest("a rollback takes back what came last, so that --tag names nothing")
        error.remedy = "Leave --tag out; the answer says which version is taken back."
        raise error
    request = RollbackRequest(call.reason, call.dry_run, call.is_filed)
    done = call.distribution.rollback(call.ends, call.one_rule(), request)
    if call.is_json:
        show_json(rolled_back_fields(done))
    else:
        show_rolled_back(done)
    if any(check.status is CheckStatus.FAIL for check in done.checks):
        raise typer.Exit(FAILED)
    if done.conflicts:
        raise typer.Exit(CONFLICT)

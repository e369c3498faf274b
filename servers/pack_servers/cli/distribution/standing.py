"""`pack distribute status` and `verify`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import typer

from pack.distribution.notices.alerts import SyncAlert, alert_text
from pack.distribution.running.verifying import VerifiedRule
from pack.distribution.values import CheckName, CheckResult, CheckStatus
from pack.errors import PackError
from pack_servers.cli.distribution.bringing import FAILED
from pack_servers.cli.distribution.call import DistributeCall
from pack_servers.cli.distribution.distribution_text import show_status, status_fields
from pack_servers.cli.shell.output import show, show_json
from pack_servers.cli.shell.streams import say
from pack_servers.wiring.distribution import send_alerts, write_files


def status(call: DistributeCall) -> None:
    """Show how the downstreams stand."""
    found = call.distribution.status(call.ends, call.rules)
    drafts = {one.rule: call.distribution.drift_draft(call.ends, one) for one in found}
    if call.is_json:
        fields = [
            {**status_fields(one), "issue": {"title": draft.title, "body": draft.body}}
            if (draft := drafts[one.rule]) is not None
            else status_fields(one)
            for one in found
        ]
        show_json({"downstreams": fields})
    else:
        for one in found:
            show_status(one)
            if (draft := drafts[one.rule]) is not None:
                say("  a draft of an issue for that repository:")
                show(f"# {draft.title}\n\n{draft.body.rstrip()}")
        if not found:
            show("there is no rule")
            say("  → pack distribute add ID --repo REPO --source GLOB")
    has_failed = call.alert and not send(call, call.distribution.alerts(found))
    if has_failed or any(one.error for one in found):
        raise typer.Exit(FAILED)


def send(call: DistributeCall, alerts: Sequence[SyncAlert]) -> bool:
    """Send alerts to the webhooks; whether all have them."""
    refusals = send_alerts(call.memory, call.settings, alerts)
    for said in refusals:
        say(f"error: an alert was not delivered: {said}")
    if alerts and not call.is_json:
        for alert in alerts:
            show(alert_text(alert).rstrip())
    return not refusals


def verify(call: DistributeCall) -> None:
    """Make the files of rules again, and compare them with what is downstream."""
    found = [*_all_verified(call)] if not call.rules else [*_named_verified(call)]
    if call.output is not None:
        for one in found:
            write_files(call.output, one.contents)
    if call.is_json:
        show_json({"verified": [_verified_fields(one) for one in found]})
    else:
        for one in found:
            show(f"{one.rule}  {one.repo}  {one.version}  {one.branch or '-'}  {one.check.status}")
            show(f"  {one.check.details}")
    accepted = (CheckStatus.PASS,) if call.output is None else (CheckStatus.PASS, CheckStatus.WARN)
    if any(one.check.status not in accepted for one in found):
        raise typer.Exit(FAILED)


def _named_verified(call: DistributeCall) -> Iterator[VerifiedRule]:
    for rule_id in call.rules:
        yield call.distribution.verify(call.ends, rule_id, call.tag)


def _all_verified(call: DistributeCall) -> Iterator[VerifiedRule]:
    """Each rule, also one that cannot be read or has nothing there: none hides the others."""
    every = call.distribution.rules()
    for stored in every.rules:
        try:
            yield call.distribution.verify(call.ends, stored.rule.id, call.tag)
        except PackError as error:
            yield _unverified(stored.rule.id, stored.rule.target_repo, error)
    for broken in every.broken:
        yield _unverified(broken.path.rpartition("/")[2].rpartition(".")[0], "", broken.error)


def _unverified(rule_id: str, repo: str, error: PackError) -> VerifiedRule:
    check = CheckResult(CheckName.CHECKSUM, CheckStatus.FAIL, str(error))
    return VerifiedRule(rule_id, repo, "-", None, check, {}, {})


def _verified_fields(one: VerifiedRule) -> dict[str, object]:
    return {
        "rule": one.rule,
        "repo": one.repo,
        "version": one.version,
        "branch": one.branch,
        "status": one.check.status,
        "details": one.check.details,
        "files": dict(one.files),
    }

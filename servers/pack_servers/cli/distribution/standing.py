"""`pack distribute status` and `verify`."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from pack.distribution.notices.alerts import SyncAlert, alert_text
from pack.distribution.running.verifying import VerifiedRule
from pack.distribution.values import CheckStatus
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
    ids = call.rules or [stored.rule.id for stored in call.distribution.rules().rules]
    found = [call.distribution.verify(call.ends, rule_id, call.tag) for rule_id in ids]
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

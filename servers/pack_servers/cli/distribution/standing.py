"""`pack distribute status` and `verify`."""

from __future__ import annotations

import typer

from pack_servers.cli.distribution.bringing import FAILED
from pack_servers.cli.distribution.call import DistributeCall
from pack_servers.cli.distribution.distribution_text import show_status, status_fields
from pack_servers.cli.shell.output import show, show_json
from pack_servers.cli.shell.streams import say


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
    if any(one.error for one in found):
        raise typer.Exit(FAILED)

"""`pack distribute watch`: run whenever something was released, and tell what is wrong."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from threading import Event
from time import monotonic
from typing import Final

import typer

from pack.distribution.running.results import RunReport
from pack_servers.cli.distribution.bringing import FAILED, bring, end
from pack_servers.cli.distribution.call import DistributeCall
from pack_servers.cli.distribution.standing import send
from pack_servers.cli.shell.streams import say
from pack_servers.wiring.distribution import open_ends

_AGAIN: Final = 3600.0
"""Seconds after which downstreams are looked at although nothing was released."""


def watch(call: DistributeCall) -> None:
    """Look once, or until Ctrl-C."""
    if call.once:
        report, is_told = _look(call)
        end(report)
        if not is_told:
            raise typer.Exit(FAILED)
        return
    known: Hashable = None
    last, pause = 0.0, Event()
    say(f"looking for releases every {call.every} seconds; Ctrl-C ends it")
    while True:
        found = _released(call)
        if found != known or monotonic() - last >= _AGAIN:
            # Reopened each time, because the downstream repositories change meanwhile.
            with open_ends(call.memory, call.settings, say) as ends:
                _look(replace(call, ends=ends))
            known, last = _released(call), monotonic()
        pause.wait(call.every)


def _look(call: DistributeCall) -> tuple[RunReport, bool]:
    """Run, and send alerts; what the run came to, and whether all have heard of it."""
    report = bring(call)
    found = call.distribution.status(call.ends, call.rules)
    return report, send(call, call.distribution.alerts(found))


def _released(call: DistributeCall) -> Hashable:
    """What changes with each release, and with each commit."""
    releases = call.ends.upstream.releases()
    return (*((one.version, one.commit) for one in releases), call.memory.connector.head())

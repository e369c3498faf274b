"""The state of a remote in words, for `pack status` and `pack remote`."""

from __future__ import annotations

from pack.remote.remote import RemoteStatus
from pack_servers.cli.shell.output import counted


def remote_words(status: RemoteStatus) -> str:
    """A remote on one line."""
    if status.branch is None:
        return f"unknown: {status.record.problem}"
    place = f"{status.branch.label} ({status.branch.url})"
    return f"{place}, {position_words(status)}; {health_words(status)}"


def position_words(status: RemoteStatus) -> str:
    """How far apart the two sides are, as far as is known."""
    parts = [
        f"{counted(number, 'commit')} {word}"
        for number, word in ((status.ahead, "ahead"), (status.behind, "behind"))
        if number
    ]
    return ", ".join(parts) or "nothing ahead or behind"


def health_words(status: RemoteStatus) -> str:
    """Whether exchanges succeed, and when both sides last agreed."""
    record = status.record
    last = f"last exchanged {record.exchanged_at}" if record.exchanged_at else "never exchanged"
    if record.stop is not None:
        return f"STOPPED: {record.stop.reason} ({last})"
    if record.is_waiting:
        return f"WAITING: {record.problem} ({last})"
    if record.problem is not None:
        return f"{last}; {counted(record.failures, 'failure')} since: {record.problem}"
    return last

"""The state of remotes in words and in JSON, for `pack status`, `pack remote` and `pack doctor`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from pack.actions import Action, in_words
from pack.remote.remote import RemoteBranch, RemoteStatus
from pack_servers.cli.shell.output import counted


def with_name(status: RemoteStatus) -> RemoteStatus:
    """The same; what a person is told to run names the remote, as several take part."""
    stop = status.record.stop
    if stop is None:
        return status
    command = f"run `pack remote --name {status.name}"
    words = {
        Action.ACCEPT_REMOTE_HISTORY: f"{command} --accept-remote-history`",
        Action.ALLOW_UNRELATED: f"{command} --allow-unrelated`",
    }
    named = replace(stop, remedy=in_words(stop.remedy, words))
    return replace(status, record=replace(status.record, stop=named))


def remote_fields(statuses: Sequence[RemoteStatus]) -> Mapping[str, object]:
    """For JSON: `remote`, the first one; and `remotes`, all, where there are several."""
    if not statuses:
        return {"remote": None}
    first = _fields(statuses[0])
    del first["name"]  # `branch` has it
    if len(statuses) == 1:
        return {"remote": first}
    return {"remote": first, "remotes": [_fields(with_name(status)) for status in statuses]}


def _fields(status: RemoteStatus) -> dict[str, object]:
    found = asdict(status)
    if status.branch is not None:
        del found["branch"]["configured"]
        local = found["branch"].pop("local")
        if local != status.branch.branch:
            found["local_branch"] = local
    return found


def remote_words(status: RemoteStatus) -> str:
    """A remote on one line."""
    if status.branch is None:
        return f"unknown: {status.record.problem}"
    place = f"{branch_words(status.branch)} ({status.branch.url})"
    return f"{place}, {position_words(status)}; {health_words(status)}"


def branch_words(branch: RemoteBranch) -> str:
    """The branch there, and the one here where they are called differently."""
    if branch.local == branch.branch:
        return branch.label
    return f"{branch.label}, which is {branch.local} here"


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

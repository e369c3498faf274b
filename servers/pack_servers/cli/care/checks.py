"""What `pack doctor` checks. It changes nothing and shows no secrets."""

from __future__ import annotations

import os
import platform
import shlex
import socket
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pack_servers
from pack._version import __version__
from pack.errors import PackError
from pack.memory import Memory
from pack.model import Mode
from pack.remote.branches import named
from pack.remote.remote import RemoteBranch, RemoteStatus
from pack.results import Status
from pack.sync.results import TargetStatus
from pack_servers.cli.shell.remote_text import branch_words, position_words, with_name
from pack_servers.cli.shell.streams import say
from pack_servers.cli.shell.sync_text import status_words
from pack_servers.config.extras import Extra, wanted_extras
from pack_servers.config.settings import (
    ENV_FILE,
    env_file,
    load_settings,
    settings_in_force,
)
from pack_servers.config.unread import unread_settings
from pack_servers.wiring import memory as wiring
from pack_servers.wiring.checks import Check, State
from pack_servers.wiring.local import is_peer
from pack_servers.wiring.local_checks import of_git
from pack_servers.wiring.place import Place
from pack_servers.wiring.places import choose_place

_REMOTE_SECONDS: Final = 20.0
_SHOWN: Final = 5
_REMOTE_REMEDY: Final = (
    "Make sure that `git fetch` works in the memory's folder without a prompt. If you are offline, "
    "there is nothing to do: PACK exchanges what is new later."
)


def of_program() -> Iterator[Check]:
    """PACK, Python and git themselves."""
    yield Check("pack", State.OK, f"{__version__} ({Path(pack_servers.__file__).parent})")
    yield Check("python", State.OK, f"{platform.python_version()} ({sys.executable})")
    yield of_git()


def of_settings() -> Iterator[Check]:
    """Which settings there are, and where they come from."""
    faults = load_settings().faults
    sources = settings_in_force()
    found = ", ".join(f"{name} ({source})" for name, source in sources.items())
    yield Check(
        "settings", State.OK, found or f"none; set them in {ENV_FILE} or in the environment"
    )
    for name, reason in faults.items():
        remedy = f"Correct it in {sources.get(name, ENV_FILE)}."
        yield Check("settings", State.PROBLEM, f"{name}: {reason}", remedy)
    for each in unread_settings():
        yield Check("settings", State.NOTE, each.found, each.remedy)
    file = env_file()
    if os.name == "posix" and file.is_file() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        others = f"other users of this machine can read {ENV_FILE}"
        yield Check("settings file", State.NOTE, others, f"Run `chmod 600 {ENV_FILE}`.")


def of_extras() -> Iterator[Check]:
    """The packages that only some settings need."""
    yield from (_extra(extra, setting) for extra, setting in wanted_extras(load_settings()))


def _extra(extra: Extra, setting: str) -> Check:
    """Whether the packages that a setting needs are installed."""
    missing = extra.missing()
    if not missing:
        return Check(f"extra {extra.name}", State.OK, f"installed, for {setting}")
    found = f"{setting} needs what is not installed: {', '.join(missing)}"
    return Check(f"extra {extra.name}", State.PROBLEM, found, f"Run `{extra.command}`.")


def of_memory(local: Path | None, github: str | None) -> Iterator[Check]:
    """The place, its repository, and the memory in it."""
    settings = load_settings()
    place = choose_place(settings, local, github, say)
    for check in place.checks(settings, say):
        yield check
        if check.name == "memory" and check.state is State.PROBLEM:
            return
    limit = _TimeLimit(_REMOTE_SECONDS)
    with wiring.open_memory(settings, place, say, is_leaving=limit.is_over) as memory:
        status = memory.care.status()
        yield from _contents(status, place)
        yield from _proposals(memory)
        yield from _peers(memory)
        for remote in status.remotes:
            limit.restart()
            yield from _remote(memory, remote, is_one=len(status.remotes) == 1)
        yield from map(_target, status.targets)


def _target(status: TargetStatus) -> Check:
    """The state of a sync target, without asking it."""
    words = f"{status.name}: {status_words(status)}"
    if status.parked is not None:
        again = f"Then run `pack sync --target {status.name}`."
        return Check("target", State.PROBLEM, words, f"{status.parked.remedy} {again}")
    return Check("target", State.NOTE if status.problem else State.OK, words)


def _peers(memory: Memory) -> Iterator[Check]:
    """How it stands with other peers, where the memory has any."""
    if is_peer(memory.connector):
        # Here, as few memories have peers.
        from pack_servers.wiring import mesh  # noqa: PLC0415

        yield from mesh.checks(load_settings(), memory)


def _proposals(memory: Memory) -> Iterator[Check]:
    """What is kept where proposals are, and is none."""
    names = memory.proposals.unreadable()
    if names:
        shown = ", ".join(f"pack/{ascii(name)[1:-1]}" for name in names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        found = f"not made by PACK, and left out: {shown}{more}"
        remedy = "`git update-ref -d refs/NAME` removes one; on GitHub, delete the branch NAME."
        yield Check("proposals", State.NOTE, found, remedy)


def _contents(status: Status, place: Place) -> Iterator[Check]:
    if status.mode is Mode.EMPTY:
        begin = shlex.join(["pack", "init", *place.arguments])
        yield Check("contents", State.PROBLEM, "no index.md", f"Run `{begin}`.")
        return
    if status.mode is Mode.V1:
        remedy = "Run `pack migrate --dry-run` to see it as a v2 memory."
        yield Check("contents", State.NOTE, "a v1 memory, one file", remedy)
        return
    yield Check("contents", State.OK, f"{status.files:,} files, commit {status.commit}")
    for count, words, remedy in (
        (
            len(status.uncommitted),
            "changed by hand, not committed",
            "Run `pack commit` to record them.",
        ),
        (len(status.expired), "expired", "Run `pack prune` to delete them; it asks first."),
        (len(status.kept), "kept copies of edits", "Merge what you need, then delete them."),
        (len(status.conflict_copies), "kept by a merge", "Run `pack status` to see them."),
        (
            len(status.managed),
            "managed by a git filter, so PACK leaves them alone",
            "Run `pack status` to see them, and where the attribute is set.",
        ),
    ):
        if count:
            yield Check("files", State.NOTE, f"{count:,} {words}", remedy)


class _TimeLimit:
    """Says when to stop waiting for a remote."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.restart()

    def restart(self) -> None:
        """Wait for the next remote as long as for the one before."""
        self._end = time.monotonic() + self._seconds

    def is_over(self) -> bool:
        """Whether the remote had its time."""
        return time.monotonic() >= self._end


def _remote(memory: Memory, status: RemoteStatus, *, is_one: bool) -> Iterator[Check]:
    prefix = "" if is_one else f"{status.name}: "
    record = status.record
    if status.branch is None:
        yield Check("remote", State.PROBLEM, f"{prefix}{record.problem}", "Run `git remote -v`.")
        return
    try:
        heads = memory.remotes.probe(status.name)
    except PackError as error:
        yield Check("remote", State.PROBLEM, f"{prefix}{error}", _REMOTE_REMEDY)
    else:
        words = f"{prefix}{status.branch.url} answers, {position_words(status)}"
        yield Check("remote", State.OK, words)
        yield from _branches(status.branch, heads, prefix)
    stop = memory.remotes.stop_of(status.name)
    status = replace(status, record=replace(record, stop=stop))
    stop = (status if is_one else with_name(status)).record.stop
    if stop is not None:
        yield Check("remote state", State.PROBLEM, stop.reason, stop.remedy)
    elif record.is_waiting:
        yield Check(
            "remote state",
            State.NOTE,
            f"{prefix}{record.problem}",
            "Run `git status` to see what is in the way.",
        )


def _branches(branch: RemoteBranch, heads: Sequence[str], prefix: str) -> Iterator[Check]:
    """Whether both sides follow the same branch, and what other machines may follow."""
    if branch.local != branch.branch:
        yield Check("branches", State.NOTE, f"{prefix}{branch_words(branch)}")
    others = [name for name in heads if name != branch.branch]
    if heads and branch.branch not in heads:
        found = f"{prefix}{branch.name} has no branch {branch.branch}; it has {named(others)}"
        remedy = "Run `pack remote --sync`: it follows the right one, or says what to do."
        yield Check("branches", State.NOTE, found, remedy)
    elif others:
        found = f"{prefix}{branch.name} also has {named(others)}"
        remedy = "A machine that follows another branch exchanges nothing with this one."
        yield Check("branches", State.NOTE, found, remedy)


def of_http() -> Iterator[Check]:
    """What `pack serve --http` would use."""
    settings = load_settings()
    token = "a token is set" if settings.pack_http_token else "no token, so this machine only"
    port = settings.mcp_sse_port
    yield Check("http", State.OK, f"127.0.0.1:{port}, {token}")
    if port and _is_taken(port):
        other = (
            "`pack serve --http` may be running already; if not, choose another port with --port."
        )
        yield Check("http port", State.NOTE, f"{port} is in use", other)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""The git remotes of a memory: how each is, when it is due, and exchanging with one of them.

Remotes share nothing but the memory. Each has its own record, so one that fails, waits or has
stopped changes nothing about when another is exchanged. What comes from one is news for the rest:
the next exchange with each of them passes it on.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pack.actions import Action
from pack.core.core import Core
from pack.core.session import Session
from pack.errors import NotFound, PackError, RefusedForSafety, SeveralRemotes
from pack.remote import schedule
from pack.remote.decision import NOTHING_ALLOWED, Permission
from pack.remote.remote import Exchange, Outcome, Remote, RemoteStatus, Report, Stop
from pack.use_cases.exchange import Exchanger, refuse_outgoing

_ADD_REMOTE: Final = (
    f"{Action.SEE_REMOTE} to see what there is. A remote that only git knows takes part after "
    "`git config remote.{name}.pack true`."
)


class Remotes:
    """The git remotes of a memory, and exchanging with them. Callable from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def sync(
        self,
        name: str | None = None,
        allowed: Permission = NOTHING_ALLOWED,
        report: Report = lambda _: None,
    ) -> Exchange:
        """Bring this memory and a remote together: fetch, take in, push.

        What both sides changed is merged file by file, in one commit. Nothing is rewritten, here
        or there, and nothing that is not committed is touched.

        Args:
            name: The remote; may be left out where there is only one.
            allowed: What a person has decided after an earlier exchange had stopped.
            report: Told what takes its time.

        Raises:
            NotFound: There is no such remote.
            SeveralRemotes: None was named.
            RepositoryBusy: Another process is exchanging now, or both sides move too fast.
            InvalidConfig: The remote cannot be used as it is set up.
            ConnectorError: The remote does not answer, or refuses. Next time goes on from there.
        """
        core = self._core
        remote = self._only() if name is None else self._named(name)
        if remote is None:
            return Exchange(Outcome.NO_REMOTE)
        with remote.exclusive():
            before = remote.record()
            try:
                done = Exchanger(core, remote, remote.branch(), allowed, report).run()
            except PackError as error:
                if not remote.is_given_up():  # else it says nothing of the remote
                    jitter = random.random()  # noqa: S311 - jitter
                    remote.save(schedule.after_failure(before, core.clock(), error, jitter))
                raise
            remote.save(schedule.after_exchange(before, core.clock(), done))
            return done

    def receive_first(self, *, dry_run: bool = False) -> Exchange | None:
        """Take in what a remote holds before a memory is begun here that would be another one.

        Costs nothing where there are commits here, or no remote.

        Args:
            dry_run: Change nothing.

        Returns:
            The exchange that brought commits; `None` if none did.

        Raises:
            RefusedForSafety: A person must decide first; or it is a dry run, and there is something
                to take in.
            PackError: The remote cannot be asked, though something was fetched from it before.
        """
        connector = self._core.connector
        for remote in self._core.remotes() if connector.head() is None else ():
            if connector.head() is None and _holds_branches(remote):
                if dry_run:
                    raise RefusedForSafety(
                        f"the remote {remote.name} holds commits, which are taken in first",
                        "Try again without a dry run.",
                    )
                done = self.sync(remote.name)
                if done.stop is not None:
                    raise RefusedForSafety(done.stop.reason, done.stop.remedy)
                if done.outcome is Outcome.WAITING:
                    raise RefusedForSafety(done.reason, done.remedy)
                if done.received:
                    return done
        return None

    def probe(self, name: str) -> Sequence[str]:
        """The branches of a remote, if it can be reached; nothing is changed, here or there.

        Raises:
            NotFound: There is no such remote.
            InvalidConfig: It cannot be used as it is set up.
            Unavailable: It does not answer.
        """
        return sorted(self._named(name).heads())

    def stop_of(self, name: str) -> Stop | None:
        """Why nothing is exchanged with a remote, or would not be; nobody is asked.

        Raises:
            NotFound: There is no such remote.
            InvalidConfig: It cannot be used as it is set up.
            ConnectorError: The store cannot be read.
        """
        remote, connector = self._named(name), self._core.connector
        head = connector.head()
        known = remote.record().stop
        if known is not None or head is None:
            return known
        label = remote.branch().label
        return refuse_outgoing(connector, remote, head, remote.fetched(), label)

    def due(self, interval: float) -> Sequence[str]:
        """The remotes for which it is time for `sync`; cheap enough to be asked every second.

        Args:
            interval: Seconds after which a remote is asked again where nothing is new here.

        Raises:
            ConnectorError: The store cannot be read.
        """
        core = self._core
        remotes = core.remotes()
        if not remotes:
            return ()
        records = {remote.name: remote.record() for remote in remotes}
        return schedule.due(records, core.connector.head(), core.clock(), interval)

    def statuses(self, name: str | None = None) -> Sequence[RemoteStatus]:
        """The remotes as they are known without asking them, the default one first.

        Args:
            name: Only this one.

        Raises:
            NotFound: There is no such remote.
        """
        if name is None:
            return remote_statuses(self._core)
        return [_status(self._core, self._named(name))]

    def _named(self, name: str) -> Remote:
        for remote in self._core.remotes():
            if remote.name == name:
                return remote
        raise NotFound(f"the remote {name} of this memory", _ADD_REMOTE.format(name=name))

    def _only(self) -> Remote | None:
        remotes = self._core.remotes()
        if len(remotes) > 1:
            raise SeveralRemotes([remote.name for remote in remotes])
        return remotes[0] if remotes else None


def _holds_branches(remote: Remote) -> bool:
    """Whether a remote holds anything, as far as that can be known.

    Raises:
        PackError: It cannot be asked, and held something before.
    """
    try:
        return bool(remote.heads())
    except PackError:
        if remote.was_fetched():
            raise
        return False  # offline; if it does hold something, the first exchange stops


def remote_statuses(core: Core) -> Sequence[RemoteStatus]:
    """See `Remotes.statuses`."""
    return [_status(core, remote) for remote in core.remotes()]


def _status(core: Core, remote: Remote) -> RemoteStatus:
    record = remote.record()
    try:
        branch = remote.branch()
        ours, theirs = core.connector.head(), remote.fetched()
        ahead = remote.count(ours, theirs) if ours else 0
        behind = remote.count(theirs, ours) if theirs else 0
    except PackError as error:
        return RemoteStatus(remote.name, None, 0, 0, replace(record, problem=str(error)))
    return RemoteStatus(remote.name, branch, ahead, behind, record)

"""Peers that call each other as servers do: heartbeats, news, pauses after failures; virtual time.

What a peer does once a second is what `pack_servers.background.mesh` does with real threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations, count

from pack.errors import PackError, Unavailable
from pack.mesh.exchange import PeerExchange
from pack.mesh.members.keys import PeerId
from pack.model import CommitId
from tests.mesh_machines import DirectLine
from tests.sim.machine import Machine
from tests.sim.simulation import Simulation
from tests.sim.world import at

BEAT, SPREAD = 30, 6


class Caller:
    """One peer and those that it calls."""

    def __init__(self, run: Simulation, machine: Machine, find_line: Callable) -> None:
        self.machine, self._run = machine, run
        self._next: dict[PeerId, int] = {}
        self._seen: CommitId | None = None
        self._files = count()
        self._exchange = PeerExchange(
            machine.mesh, find_line, self._file, lambda: at(machine.seconds())
        )

    @contextmanager
    def _file(self) -> Iterator[str]:
        name = f"{self.machine.name} call {next(self._files)}"
        yield name
        self._run.files.pop(name, None)

    def look(self, now: int) -> None:
        """Call whom it is time for; everybody that may be called if there is news."""
        if self.machine.disk.head != self._seen:
            self._seen = self.machine.disk.head
            self._next.clear()
        for peer in self._exchange.due():
            if now >= self._next.get(peer, 0):
                self._next[peer] = now + self._run.random.randint(BEAT - SPREAD, BEAT + SPREAD)
                try:
                    self._exchange.meet(peer)
                except PackError:
                    self._next.pop(peer)


class Heartbeats:
    """All peers of a run that was begun, each with the addresses of all others."""

    def __init__(self, run: Simulation) -> None:
        self.run, self.now = run, 0
        self.cut: set[frozenset[str]] = set()
        self.callers = [Caller(run, one, self._ways_of(one)) for one in run.machines]
        for one in run.machines:
            for other in run.machines:
                if one is not other:
                    run.hand_over(run.machines[0], one)  # who knows all of them
                    one.mesh.place(other.id, f"http://{other.name}:3005")

    def _ways_of(self, machine: Machine) -> Callable:
        def find(endpoint: str, *, by_person: bool = False) -> DirectLine:
            del by_person
            other = next(one for one in self.run.machines if f"//{one.name}:" in endpoint)
            line = DirectLine(other)
            if frozenset((machine.name, other.name)) in self.cut:
                line.fails = Unavailable("nobody answers")
            return line

        return find

    def part(self, *parts: list[str]) -> None:
        """Have nobody reach anybody in another part."""
        for one, other in combinations(parts, 2):
            self.cut |= {frozenset((a, b)) for a in one for b in other}

    def heal(self) -> None:
        self.cut.clear()

    def second(self) -> None:
        """What happens in a second, in any order."""
        self.now += 1
        for machine in self.run.machines:
            machine.now = self.now
        for caller in self.run.random.sample(self.callers, len(self.callers)):
            caller.look(self.now)

    def seconds_to_agree(self, most: int) -> int:
        """After how many seconds all are at one commit, and say so; `most` if they are not."""
        for passed in range(most):
            if len({one.disk.head for one in self.run.machines}) == 1:
                return passed
            self.second()
        return most

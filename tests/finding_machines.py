"""Machines in memory that meet each other directly, to see how they find each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

from pack.errors import PackError, Unavailable
from pack.mesh.exchange import PeerExchange
from pack.mesh.members.group import Role
from pack.mesh.members.keys import PeerId
from pack.mesh.resolving.policy import FindingPolicy
from pack.mesh.state import PeerRecord
from pack.model import MemoryPath
from tests.mesh_machines import DirectLine
from tests.sim.machine import Bundle, Machine
from tests.sim.world import MERGE, World
from tests.support import START


class Wire(DirectLine):
    """The way to a machine that may be off."""

    def __init__(self, machine: Machine, net: Net) -> None:
        super().__init__(machine)
        self._net = net

    def _ask(self, what: str) -> None:
        super()._ask(what)
        if self.machine.name in self._net.off:
            raise Unavailable(f"{self.machine.name} does not answer")


class Net:
    """Machines, their addresses, and which of them are off."""

    def __init__(self, *names: str) -> None:
        self.world, self.files = World(), dict[str, Bundle]()
        self.off: set[str] = set()
        self.lines: dict[str, Wire] = {}
        self.exchanges: dict[str, PeerExchange] = {}
        self._names = count()
        self.machines = {name: self._machine(name) for name in names}
        first, *others = self.machines.values()
        tree = {MemoryPath("a.md"): self.world.blob(b"# A\n")}
        first.disk.head = self.world.commit([], tree, "begun", MERGE, first.seconds())
        first.disk.has = self.world.mask[first.disk.head]
        first.mesh.begin(first.name, "home", at(first.name))
        for other in others:
            self.admit(first, other)

    def _machine(self, name: str) -> Machine:
        made = Machine(self.world, self.files, name, name)
        made.skew = int(START.timestamp())
        self.lines[at(name)] = Wire(made, self)
        self.exchanges[name] = self._exchange(made)
        return made

    def _exchange(self, machine: Machine) -> PeerExchange:
        @contextmanager
        def make_file() -> Iterator[str]:
            yield f"file {next(self._names)}"

        def find_line(endpoint: str, *, by_person: bool = False) -> Wire:
            del by_person
            return self.lines[endpoint]

        return PeerExchange(machine.mesh, find_line, make_file, machine.mesh.book._ports.clock)

    def admit(self, owner: Machine, newcomer: Machine) -> None:
        """Have a machine join by files, so that nobody else hears of it yet."""
        invitation = owner.mesh.admission.invite()
        request = newcomer.mesh.admission.ask(invitation, newcomer.name, at(newcomer.name))
        owner.mesh.admission.admit(request)
        file = f"for {newcomer.name}"
        owner.mesh.outbox.export(file)
        newcomer.mesh.inbox.join(
            replace(invitation, endpoints=()), file, newcomer.name, at(newcomer.name)
        )

    def only_members(self) -> None:
        """Have all know who belongs to the group, and nobody where anybody is."""
        first = next(iter(self.machines.values()))
        for machine in self.machines.values():
            if machine is not first:
                first.mesh.outbox.export("members")
                machine.mesh.inbox.take("members")
        for machine in self.machines.values():
            mine = f"peers/{machine.id}"
            refs = machine.disk.refs
            machine.disk.refs = {
                ref: commit for ref, commit in refs.items() if ref == mine or "peers/" not in ref
            }
            machine.disk.records = {}

    def policy(self, name: str, **fields: object) -> None:
        """Start a machine again with other settings."""
        machine = self.machines[name]
        machine.finding = replace(FindingPolicy(), **fields)  # type: ignore[arg-type]
        machine.mesh = machine.opened()
        self.exchanges[name] = self._exchange(machine)

    def make_hub(self, name: str) -> None:
        """Give a machine the role, by a new version of the group that its owner makes."""
        owner, peer = next(iter(self.machines.values())), self.machines[name].id
        owner.mesh.roster.change(
            lambda one: (
                one.group.admitting(
                    replace(one.group.peer(peer), roles=one.group.peer(peer).roles | {Role.HUB})
                ),
                one.revoked,
            )
        )

    def add(self, name: str, other: str) -> None:
        """Say by hand where a machine is."""
        self.machines[name].mesh.place(self.id(other), at(other))

    def move(self, name: str, endpoint: str) -> None:
        """Have a machine be reached at another address."""
        self.machines[name].mesh.place(self.id(name), endpoint)

    def id(self, name: str) -> PeerId:
        return self.machines[name].id

    def record(self, name: str, other: str) -> PeerRecord:
        return self.machines[name].mesh.book.records()[self.id(other)]

    def known(self, name: str) -> set[str]:
        """The machines whose address one knows."""
        return {
            other for other in self.machines if other != name and self.record(name, other).endpoint
        }

    def tell(self, name: str, other: str) -> None:
        """A heartbeat and nothing else: no bundle is exchanged."""
        one, its = self.machines[name], self.machines[other]
        told = replace(one.mesh.outbox.heard(), announced={})
        told = replace(told, known_peers=tuple(one.mesh.gossip.told_to(its.id, {})))
        answer = its.mesh.hear(one.id, told)
        one.mesh.gossip.take(answer.known_peers, its.id)

    def meet(self, name: str, other: str) -> bool:
        """One meeting; whether it came about."""
        if name in self.off:
            return False
        try:
            self.exchanges[name].meet(self.id(other))
        except PackError:
            return False
        return True

    def beat(self, seconds: int = 30) -> None:
        """A heartbeat of every machine that is on, with everybody that it knows."""
        for machine in self.machines.values():
            machine.now += seconds
        for name in self.machines:
            names = {one.id: other for other, one in self.machines.items()}
            for peer in self.exchanges[name].due() if name not in self.off else ():
                self.meet(name, names[peer])


def at(name: str) -> str:
    return f"http://{name}:3005"

"""One run: what happens follows from the seed alone.

The scheduler draws what machines, people, networks, disks and one liar do, in virtual time. At the
end everything heals, everybody exchanges with everybody, and the auditor looks at what is left.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise, permutations
from random import Random
from typing import Final

from pack_connectors.peers.chains import SignedChains

from pack.errors import (
    AdmissionPending,
    InvalidRequest,
    NotFound,
    PackError,
    RefusedForSafety,
    Unavailable,
)
from pack.mesh.members.group import Group, Role
from pack.mesh.members.keys import PeerId
from pack.mesh.rekeying import Rekeyed
from pack.model import CommitId, MemoryPath
from pack.provenance import MERGER, Origin, Source, commit_message
from tests.mesh_support import private_key
from tests.sim.machine import Bundle, Crash, Disk, Machine, Side
from tests.sim.world import MERGE, World
from tests.support import START

HAND: Final = Origin(Source.USER, "cli")
CLOUD: Final = Origin(Source.AI_CLOUD, "agent")
TEN_YEARS: Final = 10 * 365 * 24 * 3600
STEPS: Final = (30, 70)
ROUNDS: Final = 8
NOTES: Final = ("a/one.md", "a/two.md", "b/three.md")
TEXT: Final = "# {}\n\n- first of {}\n- second of {}\n"
LIAR_LEVELS: Final = frozenset({3, 4, 5})


class Simulation:
    """See the module.

    Args:
        seed: What everything follows from.
        limits_two: Whether an honest peer may not write at every level either.
    """

    def __init__(self, seed: int, *, limits_two: bool = False) -> None:
        self.seed = seed
        self.limits_two = limits_two
        self.random = Random(seed)
        self.world = World()
        self.files: dict[str, Bundle] = {}
        self.machines: list[Machine] = []
        self.log: list[str] = []
        self.tokens: dict[str, tuple[CommitId, str]] = {}
        self.forbidden: set[str] = set()
        self.lost: set[str] = set()
        self.doubles: set[str] = set()
        self.removed: set[PeerId] = set()
        self.untold: list[str] = []
        self._now = 0
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._blocked: set[tuple[str, str]] = set()
        self._backups: dict[str, tuple[Disk, list[str]]] = {}
        self.liar = ""
        self.limited: set[str] = set()
        self.is_at_rest = False

    # --- the course of a run ---------------------------------------------------------------------

    def run(self) -> None:
        self._begin()
        steps = self.random.randint(*STEPS)
        for _ in range(steps):
            self._later(self.random.randrange(1000), self._step)
        while self._events:
            self._now, _, event = heapq.heappop(self._events)
            event()
        self._heal()

    def say(self, what: str) -> None:
        self.log.append(f"{self._now:5d}  {what}")

    def _later(self, delay: int, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self._now + delay, self._count, event))

    def _machine(self, name: str, key_name: str = "") -> Machine:
        made = Machine(self.world, self.files, name, key_name or name)
        made.skew = int(START.timestamp()) + self.random.choice(
            (0, 0, self.random.randint(-TEN_YEARS, TEN_YEARS))
        )
        self.machines.append(made)
        return made

    def _begin(self) -> None:
        count = self.random.randint(2, 6)
        self.found(count)
        if self.random.random() < 0.4:
            self._second_owner()
        if self.random.random() < 0.5 and count > 2:
            self.liar = f"p{count - 1}"
            self._liar_levels()
        if self.random.random() < 0.2:  # what it merges counts as its own, at any level
            newer = self.random.choice([one for one in self.machines if one.name != self.liar])
            newer.merge_version = 2
            self.say(f"{newer.name} merges in a version that nobody else knows")
        if self.limits_two:
            self._limit_another()

    def found(self, count: int) -> None:
        """Have so many machines be a group."""
        first = self._machine("p0")
        tree = {}
        for note in NOTES:
            tree[MemoryPath(note)] = self.world.blob(TEXT.format(note, note, note).encode())
        made = self.world.commit([], tree, "begun by hand", MERGE, first.seconds())
        first.disk.head, first.disk.has = made, self.world.mask[made]
        self._stubbornly(first, lambda: first.mesh.begin("p0", "home"))
        for number in range(1, count):
            self._admit(f"p{number}")

    def _second_owner(self) -> None:
        self.say("p1 becomes an owner")
        roles, second = frozenset({Role.OWNER, Role.MEMBER}), self.machines[1].id

        def change(group: Group) -> Group:
            peer = replace(group.peers[second], roles=roles)
            return replace(group.admitting(peer), succession=(second,))

        self._regroup(change)

    def _liar_levels(self) -> None:
        liar = next(one for one in self.machines if one.name == self.liar)
        self.limit(liar, LIAR_LEVELS)

    def _limit_another(self) -> None:
        """Have one more peer write as a machine alone; it is no owner, and merges as all do."""
        owners = self.machines[0].mesh.roster.version().group.owners
        for one in self.machines:
            is_free = one.id not in owners and one.name != self.liar and one.merge_version == 1
            if is_free:
                self.limit(one, LIAR_LEVELS)
                return

    def _regroup(self, change: Callable[[Group], Group]) -> None:
        """A version that the commands of PACK cannot make, and everybody knows."""
        first = self.machines[0]
        version = first.mesh.roster.version()
        chains = SignedChains(Side(first), first.key)
        chains.store_group(version.id, change(version.group), version.revoked)
        for other in self.machines[1:]:
            self.hand_over(first, other)

    # --- at peace --------------------------------------------------------------------------------

    def limit(self, machine: Machine, levels: frozenset[int]) -> None:
        """Have a machine claim these levels and no others, as everybody knows."""
        self.say(f"{machine.name} may claim levels {sorted(levels)} alone")
        self.limited.add(machine.key_name)
        self._regroup(
            lambda group: group.admitting(replace(group.peers[machine.id], levels=levels))
        )

    def hand_over(self, sender: Machine, machine: Machine) -> None:
        """Have a machine hear of all that another one knows."""
        self._deliver(sender, machine, self._export(sender, machine, full=True))

    def pull_at_once(self) -> None:
        """Everybody hears from one other at the same moment, so nobody hears of a merge of it."""
        files = []
        for machine in self.machines:
            other = self.random.choice([one for one in self.machines if one is not machine])
            files.append((other, machine, self._export(other, machine, full=True)))
        for other, machine, file in files:
            self._deliver(other, machine, file)

    def write(self, machine: Machine) -> None:
        """Have a person write on a machine."""
        self._write(machine)

    def beat(self, machine: Machine, other: Machine, seconds: int) -> bool:
        """Whether a heartbeat at some time finds that one has what the other lacks."""
        machine.now = other.now = seconds
        theirs = other.mesh.outbox.heard()
        return machine.mesh.outbox.lacks(theirs) or machine.mesh.outbox.has_more(theirs)

    # --- people ----------------------------------------------------------------------------------

    def _stubbornly(self, machine: Machine, work: Callable[[], object]) -> object:
        """What a person does who repeats a command after a crash."""
        if self.random.random() < 0.2:
            kind = self.random.choice((Crash, lambda: Unavailable("no space is left")))
            machine.fault = (self.random.randrange(12), kind)
        for _ in range(3):
            try:
                done = work()
            except Crash:
                self.say(f"{machine.name} crashes")
                machine.mesh = machine.opened()
            except Unavailable as error:
                self.say(f"{machine.name}: {error}")
            except InvalidRequest as error:
                if "already" not in str(error):
                    raise
                machine.fault = None
                return None  # it was done before the crash
            else:
                machine.fault = None
                return done
        raise AssertionError(f"{machine.name} could not do it")

    def _admit(self, name: str) -> None:
        owner = self.machines[0]
        newcomer = self._machine(name)
        self.say(f"{owner.name} lets {name} in")
        invitation = self._stubbornly(owner, owner.mesh.admission.invite)
        request = newcomer.mesh.admission.ask(invitation, name)
        self._stubbornly(owner, lambda: owner.mesh.admission.admit(request))
        file = f"{owner.name} lets {name} in"
        self._stubbornly(owner, lambda: owner.mesh.outbox.export(file))

        def join() -> None:
            newcomer.mesh.inbox.join(invitation, file, name, "")

        self._stubbornly(newcomer, join)
        assert newcomer.mesh.roster.version().group.peers[newcomer.id].name == name

    def _step(self) -> None:
        kinds: dict[Callable[[Machine], None], int] = {
            self._write: 30,
            self._send: 40,
            self._partition: 3,
            self._mend: 3,
            self._fault: 6,
            self._edit: 3,
            self._back_up: 3,
            self._restore: 1,
            self._clone: 1,
            self._newcomer: 1,
            self._remove: 1,
            self._two_owners: 1,
            self._rekey: 2,
            self._lie: 5 if self.liar else 0,
            self._replay: 3,
        }
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        kind(self.random.choice(self.machines))

    def _write(self, machine: Machine) -> None:
        head = machine.disk.head
        if head is None:
            return
        tree = dict(self.world.trees[head])
        token = f"t{len(self.tokens)}."
        kind = self.random.choice(("append", "append", "same", "same", "move", "delete", "new"))
        notes = sorted(tree)
        if not notes or kind == "new":
            kind, path = "new", MemoryPath(f"a/new-{machine.name}-{len(self.tokens)}.md")
            text = TEXT.format(path, path, token)
        else:
            path = self.random.choice(notes)
            text = self.world.blobs[tree[path]].decode()
            if kind == "append":
                text += f"- {token}\n"
            elif kind == "same":
                lines = text.splitlines(keepends=True)
                lines[min(2, len(lines) - 1)] = f"- {token}\n"
                text = "".join(lines)
        if kind in ("delete", "move"):
            blob = tree.pop(path)
            if kind == "move":
                target = MemoryPath(f"b/moved-{self.random.randrange(4)}.md")
                tree[target] = blob
        else:
            tree[path] = self.world.blob(text.encode())
        made = self._commit(machine, tree)
        self.say(f"{machine.name} {kind} {path} {token} -> {made[:8]}")
        if kind not in ("delete", "move"):
            self.tokens[token] = made, machine.name
        machine.disk.has |= self.world.bit(made)
        machine.disk.head = made

    def _commit(self, machine: Machine, tree: dict) -> CommitId:
        is_limited = machine.key_name in self.limited
        origin = CLOUD if is_limited or self.random.random() < 0.3 else HAND
        head = machine.disk.head
        assert head is not None
        if origin is HAND and self.random.random() < 0.3:
            author = replace(MERGE, name="Ann", email="ann@example.org")
            return self.world.commit([head], tree, "by hand", author, machine.seconds())
        message = commit_message("a.md: x", origin, f"r{len(self.world.by_number)}")
        author = origin.author or replace(MERGE, name="Ann", email="ann@example.org")
        return self.world.commit([head], tree, message, author, machine.seconds(), machine.key)

    def _edit(self, machine: Machine) -> None:
        self.say(f"{machine.name} has an open edit")
        machine.busy = True

        def done() -> None:
            machine.busy = False

        self._later(self.random.randrange(300), done)

    # --- the network -----------------------------------------------------------------------------

    def _send(self, machine: Machine) -> None:
        other = self.random.choice(self.machines)
        if other is machine:
            return
        file = self._export(machine, other, full=self.random.random() < 0.3)
        if not file:
            return
        if self.random.random() < 0.15:
            self.say(f"{file} is lost")
            return
        for _ in range(1 + (self.random.random() < 0.15)):
            delay = self.random.choice((1, 5, self.random.randrange(200)))
            self._later(delay, lambda: self._deliver(machine, other, file))

    def _export(self, machine: Machine, other: Machine, *, full: bool) -> str:
        machine.now = self._now
        file = f"{machine.name}>{other.name} {len(self.files)}"
        without: Sequence[CommitId] = ()
        try:
            if not full:
                known = machine.mesh.outbox.heads().get(other.id)
                without = [known.id] if known else []
            return file if machine.mesh.outbox.export(file, without) else ""
        except Crash:
            self.say(f"{machine.name} crashes")
            machine.mesh = machine.opened()
        except PackError as error:
            self._told(machine, error)
        return ""

    def _told(self, machine: Machine, error: PackError) -> None:
        self.say(f"{machine.name}: {error}")
        if not str(error).strip():
            self.untold.append(machine.name)

    def _deliver(self, sender: Machine, machine: Machine, file: str) -> bool:
        """Whether nothing was refused."""
        if not file or (sender.name, machine.name) in self._blocked:
            self.say(f"{file} does not get through")
            return False
        machine.now = self._now
        knew = machine.mesh.roster.version().revoked if machine.disk.refs else frozenset()
        before = dict(machine.disk.refs)
        try:
            taken = machine.mesh.inbox.take(file)
        except Crash:
            self.say(f"{machine.name} crashes over {file}")
            machine.mesh = machine.opened()
            return False
        except PackError as error:
            self._told(machine, error)
            return False
        after = machine.mesh.roster.version()
        knew &= after.revoked  # less what a removed owner had removed
        # A key with a successor may have counted again in between, by another owner's word.
        for key in sorted(
            {key.peer for key in knew} - set(machine.ids) - after.group.former.keys()
        ):
            assert machine.disk.refs.get(f"peers/{key}") == before.get(f"peers/{key}"), "removed"
        head = (taken.head or "")[:8]
        told = [one.reason for one in taken.quarantined]
        self.say(
            f"{machine.name} takes {file}: {taken.received} at {head}"
            f"{' refused ' + '; '.join(told) if told else ''}"
            f"{' pending' if taken.pending else ''}{' waiting' if taken.waiting else ''}"
        )
        if not all(told) or not all(taken.waiting):
            self.untold.append(machine.name)
        return not told and not taken.pending

    def _partition(self, machine: Machine) -> None:
        del machine
        names = [one.name for one in self.machines]
        part = set(self.random.sample(names, self.random.randint(1, len(names))))
        both = self.random.random() < 0.6
        self.say(f"{sorted(part)} are cut off{'' if both else ' one way'}")
        for one in names:
            for other in names:
                if (one in part) != (other in part) and (both or one in part):
                    self._blocked.add((one, other))

    def _mend(self, machine: Machine) -> None:
        del machine
        self.say("all links work")
        self._blocked.clear()

    def _replay(self, machine: Machine) -> None:
        if self.files:
            file = self.random.choice(sorted(self.files))
            self.say(f"an old bundle comes to {machine.name} again")
            self._deliver(self.random.choice(self.machines), machine, file)

    # --- machines that fail ----------------------------------------------------------------------

    def _fault(self, machine: Machine) -> None:
        kind = self.random.choice((Crash, lambda: Unavailable("no space is left")))
        machine.fault = (self.random.randrange(16), kind)

    def _back_up(self, machine: Machine) -> None:
        self._backups[machine.name] = machine.disk.copy(), list(machine.keys.names)

    def _restore(self, machine: Machine) -> None:
        backup = self._backups.get(machine.name)
        if backup is None:
            return
        self.say(f"{machine.name} is restored from a backup")
        kept = 0
        for other in self.machines:
            if other is not machine:
                kept |= self._believed(other)
        gone = self._believed(machine)
        disk, keys = backup
        machine.disk = disk.copy()
        if self.random.random() < 0.5:  # the keys are not in the folder of the memory
            machine.keys.names = list(keys)
        machine.mesh = machine.opened()
        self._lose(gone & ~kept & ~self._believed(machine))
        self.doubles.add(machine.key_name)

    def _believed(self, machine: Machine) -> int:
        """What a machine will merge, or has merged."""
        found = self.world.mask[machine.disk.head] if machine.disk.head else 0
        for name, commit in machine.disk.refs.items():
            if name.startswith("peers/"):
                found |= self.world.mask[commit]
        return found

    def _lose(self, commits: int) -> None:
        for token, (commit, _) in self.tokens.items():
            if commits & self.world.bit(commit):
                self.lost.add(token)

    def _clone(self, machine: Machine) -> None:
        if machine.disk.head is None or len(self.machines) > 7:
            return
        clone = self._machine(f"{machine.name}x{len(self.machines)}", machine.key_name)
        self.say(f"the key of {machine.name} is on {clone.name}, too")
        clone.copy_of(machine)
        self.doubles.add(machine.key_name)

    # --- the group -------------------------------------------------------------------------------

    def _newcomer(self, machine: Machine) -> None:
        owner = self.machines[0]
        is_owner = owner.id in owner.mesh.roster.version().group.owners  # or crashed over a key
        is_able = is_owner and owner.key_name not in self.doubles and not owner.fault
        if len(self.machines) < 7 and is_able:
            owner.now = self._now
            self._admit(f"n{len(self.machines)}")

    def _remove(self, machine: Machine) -> None:
        owner = self.machines[0]
        self._remove_by(owner, machine)

    def _remove_by(self, owner: Machine, machine: Machine) -> None:
        if machine.key_name in (owner.key_name, self.machines[0].key_name):
            return
        self.say(f"{owner.name} removes {machine.name}")
        try:
            peers = owner.mesh.roster.version().group.peers
            known = next((one for one in machine.ids if one in peers), machine.id)
            owner.mesh.roster.remove(known)
        except Crash:
            owner.mesh = owner.opened()
        except (InvalidRequest, NotFound, RefusedForSafety, Unavailable) as error:
            self._told(owner, error)
        else:
            self.removed |= {known} if owner is self.machines[0] else set()

    def _two_owners(self, machine: Machine) -> None:
        other = self.random.choice(self.machines)
        self._remove_by(self.machines[0], machine)
        self._remove_by(self.machines[1], other)

    def _rekey(self, machine: Machine) -> None:
        machine.now = self._now
        try:
            done = machine.mesh.rekeying.renew()
        except Crash:
            self.say(f"{machine.name} crashes over a new key")
            machine.mesh = machine.opened()
        except PackError as error:
            self._told(machine, error)
        else:
            self.say(f"{machine.name} gets a new key: {done}")
            if done is Rekeyed.STRANGER and machine.name != self.liar:
                self._later(self.random.randrange(200), lambda: self._let_back_in(machine))

    def _let_back_in(self, machine: Machine) -> None:
        """Have the owner, a person, let in a machine that asks by a key that nobody knows."""
        owner = self.machines[0]
        owner.now = self._now
        try:
            try:
                owner.mesh.admission.welcome(machine.mesh.admission.ask_again(owner.id))
            except AdmissionPending:
                owner.mesh.approval.approve(machine.id, f"{machine.name} {len(self.log)}")
        except Crash:
            owner.mesh = owner.opened()
        except PackError as error:
            self._told(owner, error)
        else:
            self.say(f"{owner.name} lets {machine.name} in again")

    # --- the liar --------------------------------------------------------------------------------

    def _lie(self, machine: Machine) -> None:
        liar = next(one for one in self.machines if one.name == self.liar)
        if liar is machine or liar.disk.head is None:
            return
        mouth = Machine(self.world, self.files, f"{liar.name}~", liar.key_name)
        mouth.copy_of(liar)
        mouth.skew, mouth.now = liar.skew, self._now
        kind = self.random.choice(sorted(LIES))
        token = f"lie{len(self.forbidden)}."
        made = LIES[kind](self, mouth, token)
        if made is None:
            return
        self.forbidden.add(token)
        self.say(f"{liar.name} lies: {kind} {made[:8]} {token}")
        mouth.disk.has |= self.world.mask[made]
        mouth.disk.head = made
        file = f"lie {len(self.files)}"
        try:
            if mouth.mesh.outbox.export(file):
                self._deliver(liar, machine, file)
        except PackError as error:
            self._told(liar, error)

    # --- the end ---------------------------------------------------------------------------------

    def _heal(self) -> None:
        self._now = 2000
        self.say("everything heals")
        self._blocked.clear()
        for machine in self.machines:
            machine.fault, machine.busy = None, False
        for hand_on in (self._pass_along, self.round):
            for _ in range(ROUNDS):
                before = self.state()
                hand_on()
                self.is_at_rest = self.state() == before
                if self.is_at_rest:
                    break

    def take_new_key(self, machine: Machine) -> None:
        """Have a person do what their machine tells them, and everybody hear of it."""
        machine.mesh.rekeying.renew()
        self._let_back_in(machine)
        self._heal()

    def _pass_along(self) -> None:
        """Everybody hands on to the next one, there and back: most of what `round` does, sooner."""
        line = self.random.sample(self.machines, len(self.machines))
        for way in (line, line[::-1]):
            for one, two in pairwise(way):
                self.hand_over(one, two)

    def round(self) -> None:
        """Everybody exchanges with everybody."""
        pairs = list(permutations(self.machines, 2))
        self.random.shuffle(pairs)
        for one, two in pairs:
            self.hand_over(one, two)

    def state(self) -> tuple[object, ...]:
        """What anybody holds; of what was refused, the last may change with who sent last."""
        return tuple(
            (one.name, one.disk.head, sorted(one.disk.kept), _refs(one)) for one in self.machines
        )


def _refs(machine: Machine) -> list[tuple[str, CommitId]]:
    refs = machine.disk.refs.items()
    return sorted((name, at) for name, at in refs if not name.startswith("quarantine/"))


# --- lies ----------------------------------------------------------------------------------------


def _tree(run: Simulation, mouth: Machine, token: str) -> dict[MemoryPath, str]:
    assert mouth.disk.head is not None
    blob = run.world.blob(f"- {token}\n".encode())
    return {**run.world.trees[mouth.disk.head], MemoryPath("a/lie.md"): blob}


def _forged_level(run: Simulation, mouth: Machine, token: str) -> CommitId | None:
    message = commit_message("a.md: x", HAND, token)
    author = replace(MERGE, name="Ann", email="ann@example.org")
    tree = _tree(run, mouth, token)
    return run.world.commit([mouth.disk.head], tree, message, author, 1, mouth.key)


def _unsigned(run: Simulation, mouth: Machine, token: str) -> CommitId | None:
    message = commit_message("a.md: x", HAND, token)
    author = replace(MERGE, name="Ann", email="ann@example.org")
    return run.world.commit([mouth.disk.head], _tree(run, mouth, token), message, author, 1)


def _strange_key(run: Simulation, mouth: Machine, token: str) -> CommitId | None:
    message = commit_message("a.md: x", CLOUD, token)
    key = private_key("stranger")
    tree = _tree(run, mouth, token)
    return run.world.commit([mouth.disk.head], tree, message, CLOUD.author or MERGE, 1, key)


def _merge_of(version: str, *, swapped: bool) -> Callable:
    def lie(run: Simulation, mouth: Machine, token: str) -> CommitId | None:
        head = mouth.disk.head
        assert head is not None
        others = run.world.parents[head]
        if not others:
            return None
        parents = sorted((head, others[0]), reverse=swapped)
        origin = MERGER if version == "1" else HAND
        message = commit_message("merge", origin, token, trailers=[("Pack-Merge", version)])
        return run.world.commit(parents, _tree(run, mouth, token), message, MERGE, 1)

    return lie


LIES: Final[dict[str, Callable[[Simulation, Machine, str], CommitId | None]]] = {
    "forged level": _forged_level,
    "forged level, unsigned": _unsigned,
    "strange key": _strange_key,
    "merge with more in it": _merge_of("1", swapped=False),
    "merge with parents swapped": _merge_of("1", swapped=True),
    "merge of a later version": _merge_of("99", swapped=False),
}

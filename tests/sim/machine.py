"""A machine: the real `Mesh` over stores in memory that can fail at any call.

What survives a crash is in its `Disk`; a backup is a copy of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pack_connectors.peers.chains import SignedChains
from pack_connectors.peers.join_requests import JoinSigner, public_of
from pack_connectors.peers.offered import OfferedBundle

from pack.errors import InvalidContent, NotFound, StaleBase
from pack.log import CommitFacts
from pack.mesh.bundles import REF_PREFIX, BundleHead, KeptBundle
from pack.mesh.intake import BundleOffer, CheckMerge
from pack.mesh.members.invitation import OpenInvitation
from pack.mesh.members.keys import PeerId
from pack.mesh.mesh import Mesh
from pack.mesh.ports import MeshPorts
from pack.mesh.resolving.policy import FindingPolicy
from pack.mesh.side_commits import StoredCommit
from pack.mesh.state import Applicant, Membership, MeshEvent, PeerRecord
from pack.model import CommitId, Identity, MemoryPath
from tests.mesh_support import KnownKeys, public_key
from tests.sim.world import World, at, tree_id


class Crash(BaseException):
    """The process is gone; no handler of the product may see it as an error."""


class Refs(dict[str, CommitId]):
    """Refs by their names, sorted; never changed."""

    def __init__(self, refs: Mapping[str, CommitId]) -> None:
        super().__init__(sorted(refs.items()))
        self._folders: dict[str, Mapping[str, CommitId]] = {}

    def moved(self, refs: Mapping[str, CommitId]) -> Refs:
        """These refs after some were moved."""
        return Refs({**self, **refs})

    def folder(self, folder: str) -> Mapping[str, CommitId]:
        """See `SideCommits.side_refs`."""
        found = self._folders.get(folder)
        if found is None:
            found = self._folders[folder] = {
                name.removeprefix(folder).removeprefix("/"): commit
                for name, commit in self.items()
                if name == folder or name.startswith(f"{folder}/")
            }
        return found


@dataclass
class Disk:
    """What a machine has stored. Refs are replaced, never changed, so that copies cost nothing."""

    has: int = 0
    head: CommitId | None = None
    refs: Refs = field(default_factory=lambda: Refs({}))
    membership: Membership | None = None
    invitations: list[OpenInvitation] = field(default_factory=list)
    applicants: list[Applicant] = field(default_factory=list)
    records: dict[PeerId, PeerRecord] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    events: list[MeshEvent] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def copy(self) -> Disk:
        return replace(
            self,
            invitations=list(self.invitations),
            applicants=list(self.applicants),
            records=dict(self.records),
            kept=list(self.kept),
        )


@dataclass(frozen=True)
class Bundle:
    """A file that holds refs and the commits that lead to them."""

    refs: Mapping[str, CommitId]
    needed: tuple[CommitId, ...]
    commits: int


class Machine:
    """One peer; `key_name` differs from its name where it is a copy of another machine."""

    def __init__(self, world: World, files: dict[str, Bundle], name: str, key_name: str) -> None:
        self.world, self.files, self.name, self.key_name = world, files, name, key_name
        self.disk = Disk()
        self.now = 0
        self.skew = 0
        self.busy = False
        self.merge_version = 1
        self.fault: tuple[int, Callable[[], BaseException]] | None = None
        self._secrets = 0
        self.finding = FindingPolicy()
        self.keys = KnownKeys(key_name, State(self), name)
        self.mesh = self.opened()

    @property
    def key(self) -> Ed25519PrivateKey:
        return self.keys.load()

    @property
    def id(self) -> PeerId:
        return public_key(self.keys.mine).peer

    @property
    def ids(self) -> list[PeerId]:
        """Of all its keys, that of the machine last."""
        return [public_key(name).peer for name in self.keys.names]

    def copy_of(self, other: Machine) -> None:
        """Have all that another one has."""
        self.disk, self.keys.names = other.disk.copy(), list(other.keys.names)
        self.merge_version = other.merge_version

    def seconds(self) -> int:
        return self.now + self.skew

    def gate(self) -> None:
        """Passed at each step of a port; where a fault is due, it happens here."""
        if self.fault is None:
            return
        left, make = self.fault
        if left <= 0:
            self.fault = None
            raise make()
        self.fault = (left - 1, make)

    def random(self) -> bytes:
        self._secrets += 1
        return f"{self.name} {self._secrets}".encode().ljust(32, b".")

    def opened(self) -> Mesh:
        """The mesh as it is opened over what is stored."""
        return Mesh(
            MeshPorts(
                memory=MemoryHead(self),
                chains=SignedChains(Side(self), self.keys.load),
                side_refs=Side(self).side_refs,
                bundles=Bundles(self),
                inspect=self._inspect,
                state=State(self),
                signer=JoinSigner(self.keys.of),
                keys=self.keys,
                new_secret=self.random,
                new_nonce=lambda: self.random().hex()[:40],
                public_of=public_of,
                exclusive=self._exclusive,
                clock=lambda: at(self.seconds()),
                finding=self.finding,
            )
        )

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        self.gate()
        yield

    @contextmanager
    def _inspect(self, arrived: Arrived) -> Iterator[tuple[BundleOffer, CheckMerge]]:
        yield OfferedBundle(arrived), self.world.is_merge

    def holds(self, commit: CommitId) -> bool:
        return commit in self.world.mask and bool(self.disk.has & self.world.bit(commit))


class MemoryHead:
    """See `pack.mesh.ports.MemoryHead`."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._world = machine, machine.world

    def head(self) -> CommitId | None:
        return self._machine.disk.head

    def height(self, commit: CommitId) -> int:
        return self._world.height([commit])

    def tree(self, commit: CommitId) -> str:
        return tree_id(self._world.trees[commit])

    def contains(self, ancestor: CommitId, commit: CommitId) -> bool:
        return self._world.leads_to(ancestor, commit)

    def count(self, commit: CommitId, without: CommitId) -> int:
        return (self._world.mask[commit] & ~self._world.mask[without]).bit_count()

    def own(self, head: CommitId, without: Sequence[CommitId]) -> Iterator[CommitFacts]:
        known = 0
        for one in without:
            known |= self._world.mask[one]
        for one, parents in self._world.parents.items():
            is_new = self._world.leads_to(one, head) and not self._world.bit(one) & known
            if is_new and len(parents) < 2:
                yield self._world.facts(one)

    def is_fresh(self) -> bool:
        return self._machine.disk.head is None

    def merged(self, one: CommitId, other: CommitId) -> CommitId:
        self._machine.gate()
        made = self._world.merge(one, other, self._machine.merge_version)
        self._machine.disk.has |= self._world.bit(made)
        return made

    def take_in(self, head: CommitId, label: str, *, unrelated: bool = False) -> str:
        del unrelated
        machine, world = self._machine, self._world
        machine.gate()
        assert world.mask[head] & ~machine.disk.has == 0, "not all of the head is here"
        if machine.busy:
            return f"{label}: the person is editing"
        ours = machine.disk.head
        if ours is None or world.leads_to(ours, head):
            self._propose(head)
            machine.disk.head = head
        elif not world.leads_to(head, ours):
            made = world.merge(ours, head, machine.merge_version)
            machine.disk.has |= world.bit(made)
            self._propose(made)
            machine.disk.head = made
        machine.gate()
        return ""

    def _propose(self, head: CommitId) -> None:
        """Keep what merges withheld, before the branch is there."""
        refs = self._machine.disk.refs
        for name, commit in self._world.waiting(head).items():
            self._machine.gate()
            refs[f"proposals/{name}"] = commit
        self._machine.gate()

    def refuse_outgoing(self, head: CommitId, without: CommitId | None) -> str:
        del head, without
        return ""


class Side:
    """See `SideCommits`."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._world = machine, machine.world

    def side_refs(self, folder: str) -> Mapping[str, CommitId]:
        return self._machine.disk.refs.folder(folder)

    def walk_aside(self, head: CommitId, names: Sequence[MemoryPath]) -> Iterator[StoredCommit]:
        return walk(self._world, self._machine.disk.has, head, names)

    def commit_files_aside(
        self,
        ref: str,
        expected: CommitId | None,
        parents: Sequence[CommitId],
        contents: Mapping[MemoryPath, bytes],
        message: str,
        *,
        author: Identity,
        sign: Callable[[bytes], bytes],
    ) -> CommitId:
        machine, world = self._machine, self._world
        machine.gate()
        for parent in parents:
            if not machine.holds(parent):
                raise NotFound(f"commit {parent}")
        tree = {path: world.blob(content) for path, content in contents.items()}
        seconds = machine.seconds()
        lines = [f"tree {tree_id(tree)}", *(f"parent {one}" for one in parents)]
        lines += [f"{who} {author.name} <{author.email}> {seconds} +0000" for who in WHO]
        content = sign(("\n".join(lines) + f"\n\n{message}\n").encode())
        made = world.store(content, parents, tree, seconds)
        machine.disk.has |= world.bit(made)
        machine.gate()
        if machine.disk.refs.get(ref) != expected:
            raise StaleBase(expected, machine.disk.refs.get(ref))
        machine.disk.refs = machine.disk.refs.moved({ref: made})
        machine.gate()
        return made


WHO = ("author", "committer")


def walk(
    world: World, has: int, head: CommitId, names: Sequence[MemoryPath]
) -> Iterator[StoredCommit]:
    at: CommitId | None = head
    while at is not None:
        if at not in world.mask or not has & world.bit(at):
            raise NotFound(f"commit {at}")
        stored = world.stored(at, tuple(names))
        yield stored
        at = stored.parents[0] if stored.parents else None


class Bundles:
    """See `BundleStore`."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._world = machine, machine.world

    def write_bundle(self, file: str, refs: Iterable[str], without: Collection[CommitId]) -> bool:
        self._machine.gate()
        disk, world = self._machine.disk, self._world
        left_out = 0
        for commit in without:
            left_out |= world.mask[commit] if self._machine.holds(commit) else 0
        offered = {
            f"{REF_PREFIX}{ref}": disk.refs[ref]
            for ref in refs
            if not left_out & world.bit(disk.refs[ref])
        }
        if not offered:
            return False
        whole = 0
        for commit in offered.values():
            whole |= world.mask[commit]
        commits = whole & ~left_out
        needed = {
            parent
            for commit in (world.all_of(commits) if left_out else ())
            for parent in world.parents[commit]
            if left_out & world.bit(parent)
        }
        self._machine.files[file] = Bundle(offered, tuple(sorted(needed)), commits)
        return True

    def read_head(self, file: str) -> BundleHead:
        self._machine.gate()
        bundle = self._machine.files[file]
        return BundleHead(bundle.refs, bundle.needed)

    def missing(self, commits: Iterable[CommitId]) -> list[CommitId]:
        return [one for one in dict.fromkeys(commits) if not self._machine.holds(one)]

    def keep(self, file: str) -> Sequence[KeptBundle]:
        self._machine.gate()
        if file not in self._machine.disk.kept:
            self._machine.disk.kept.append(file)
        self._machine.gate()
        return ()

    def kept(self) -> Sequence[KeptBundle]:
        return [KeptBundle(file, datetime(2026, 1, 1, tzinfo=UTC)) for file in self._kept()]

    def _kept(self) -> list[str]:
        return list(self._machine.disk.kept)

    def drop(self, kept: KeptBundle) -> None:
        self._machine.gate()
        self._machine.disk.kept.remove(kept.file)
        self._machine.gate()

    @contextmanager
    def arrival(self, file: str) -> Iterator[Arrived]:
        self._machine.gate()
        yield Arrived(self._machine, self._machine.files[file])


class Arrived:
    """See `pack.mesh.bundles.Arrived`."""

    def __init__(self, machine: Machine, bundle: Bundle) -> None:
        self._machine, self._world, self._bundle = machine, machine.world, bundle
        self._has = machine.disk.has | bundle.commits
        for commit in bundle.refs.values():
            if self._world.mask[commit] & ~self._has:
                raise InvalidContent("the bundle lacks something that it leads to")

    @property
    def head(self) -> BundleHead:
        return BundleHead(self._bundle.refs, self._bundle.needed)

    def walk(self, head: CommitId, names: Sequence[MemoryPath]) -> Iterator[StoredCommit]:
        return walk(self._world, self._has, head, names)

    def new_commits(
        self, head: CommitId, known: Collection[CommitId]
    ) -> Iterator[tuple[CommitFacts, bytes]]:
        left_out = 0
        for commit in known:
            left_out |= self._world.mask.get(commit, 0)
        for commit in self._world.all_of(self._world.mask[head] & ~left_out):
            yield self._world.facts(commit), self._world.content[commit]

    def accept(self, refs: Mapping[str, tuple[CommitId | None, CommitId]]) -> None:
        machine = self._machine
        machine.gate()
        machine.disk.has |= self._bundle.commits
        machine.gate()
        for name, (old, _) in refs.items():
            if machine.disk.refs.get(name) != old:
                raise StaleBase(old, machine.disk.refs.get(name))
        machine.disk.refs = machine.disk.refs.moved({name: new for name, (_, new) in refs.items()})
        machine.gate()


class State:
    """See `MeshState`."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def membership(self) -> Membership | None:
        return self._machine.disk.membership

    def set_membership(self, membership: Membership | None) -> None:
        self._machine.gate()
        self._machine.disk.membership = membership
        self._machine.gate()

    def invitations(self) -> Sequence[OpenInvitation]:
        return self._machine.disk.invitations

    def set_invitations(self, invitations: Sequence[OpenInvitation]) -> None:
        self._machine.gate()
        self._machine.disk.invitations = list(invitations)
        self._machine.gate()

    def applicants(self) -> Sequence[Applicant]:
        return self._machine.disk.applicants

    def set_applicants(self, applicants: Sequence[Applicant]) -> None:
        self._machine.gate()
        self._machine.disk.applicants = list(applicants)
        self._machine.gate()

    def records(self) -> Mapping[PeerId, PeerRecord]:
        return self._machine.disk.records

    def set_records(self, records: Mapping[PeerId, PeerRecord]) -> None:
        self._machine.gate()
        self._machine.disk.records = dict(records)
        self._machine.gate()

    def events(self) -> Sequence[MeshEvent]:
        return self._machine.disk.events

    def set_events(self, events: Sequence[MeshEvent]) -> None:
        self._machine.disk.events = list(events)

    def notices(self) -> Sequence[str]:
        return self._machine.disk.notices

    def set_notices(self, notices: Sequence[str]) -> None:
        self._machine.disk.notices = list(notices)

"""A memory in a folder as a peer of a group."""

from __future__ import annotations

import platform
import secrets
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Final

from pack_connectors.local_git.beside.bundles import ArrivedBundle, Bundles
from pack_connectors.local_git.beside.upload_pack import UploadPack
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.remote.peer_head import PeerHead
from pack_connectors.peers.certificate import tls_context
from pack_connectors.peers.chains import SignedChains
from pack_connectors.peers.commit_signer import CommitSigner
from pack_connectors.peers.http_line import HttpLine, PeerWays
from pack_connectors.peers.join_requests import JoinSigner, public_of
from pack_connectors.peers.key_file import KeyFile
from pack_connectors.peers.machine_keys import MachineKeys
from pack_connectors.peers.networks import SafeNetworks, is_loopback
from pack_connectors.peers.offered import OfferedBundle
from pack_connectors.peers.state_files import MeshFiles
from pack_connectors.system.process_lock import ProcessLock

from pack.actions import Action
from pack.errors import InvalidConfig, NotFound, reason_of
from pack.kits.peer_bases import PeerBases
from pack.log import CommitFacts
from pack.memory import Memory
from pack.mesh.bundles import Arrived
from pack.mesh.challenges import SentRequest
from pack.mesh.exchange import FindLine, PeerExchange
from pack.mesh.intake import BundleOffer, CheckMerge
from pack.mesh.members.endpoints import Endpoint, pin_of
from pack.mesh.members.invitation import SECRET_BYTES
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.mesh import Mesh
from pack.mesh.ports import MeshPorts
from pack.mesh.resolving.policy import FindingPolicy
from pack.mesh.state import MeshEvent
from pack.mesh.troubles import GRAVE, TroubleKind
from pack.mesh.views import PeerView
from pack_servers.config.settings import MeshTls, Settings, split_list
from pack_servers.wiring.bundle_files import bundle_file, sweep_bundle_files
from pack_servers.wiring.checks import Check, State
from pack_servers.wiring.clock import clock
from pack_servers.wiring.local import MESH_FOLDER
from pack_servers.wiring.memory import note, open_memory
from pack_servers.wiring.place import Announce, Place

_LOCK_SECONDS: Final = 60.0
_NONCE_BYTES: Final = 16
_AREAS: Final = {
    TroubleKind.REFUSED: "quarantine",
    TroubleKind.UNHEARD: "unheard",
    TroubleKind.BUNDLES: "bundles",
    TroubleKind.MERGING: "merging",
}


@cache
def commit_signer(key: Path, state: Path) -> CommitSigner:
    """What signs the commits of a memory; one for each process.

    Args:
        key: The machine's key.
        state: The folder of what the memory remembers.
    """
    return CommitSigner(memory_keys(key, state / MESH_FOLDER))


def memory_keys(key: Path, folder: Path) -> MachineKeys:
    """The keys of this machine, of which a memory goes by one.

    Args:
        key: The machine's key.
        folder: What `mesh_folder` returns.
    """
    state = MeshFiles(folder)

    def chosen() -> PeerId | None:
        membership = state.membership()
        return membership.peer if membership is not None else None

    return MachineKeys(KeyFile(key), chosen, platform.node())


def mesh_folder(memory: Memory) -> Path:
    """Where a memory's state as a peer is; nothing of it comes from another machine.

    Raises:
        InvalidConfig: The memory is not in a folder on this machine.
    """
    local = memory.connector
    if not isinstance(local, LocalGit):
        raise InvalidConfig("the mesh", "the memory is not in a folder on this machine")
    return local.repository.state_dir / MESH_FOLDER


@contextmanager
def open_mesh(
    settings: Settings, place: Place, announce: Announce = note, *, make_key: bool = False
) -> Iterator[Mesh]:
    """The memory at a place as a peer, closed at the end.

    Args:
        settings: Those in force.
        place: Where it is.
        announce: As for `open_memory`.
        make_key: Whether this machine gets a key if it has none.

    Raises:
        PackError: As `open_memory` and `mesh_of`.
    """
    with (
        open_memory(settings, place, announce) as memory,
        mesh_of(settings, memory, make_key=make_key) as mesh,
    ):
        yield mesh


@contextmanager
def mesh_of(settings: Settings, memory: Memory, *, make_key: bool = False) -> Iterator[Mesh]:
    """An open memory as a peer.

    Args:
        settings: Those in force.
        memory: The memory.
        make_key: Whether this machine gets a key if it has none.

    Raises:
        InvalidConfig: The memory is not in a folder on this machine.
        NotFound: There is no key.
        PackError: The key cannot be used.
    """
    folder, file = mesh_folder(memory), KeyFile(settings.pack_mesh_key)
    local = memory.connector
    assert isinstance(local, LocalGit)  # noqa: S101 - as `mesh_folder` has found
    state = MeshFiles(folder)
    if make_key:
        file.load_or_make(platform.node())
    elif not file.exists():
        if state.membership() is None:
            raise NotFound("a group of this memory", f"{Action.BEGIN_GROUP}.")
        raise NotFound("the key of this machine", f"{Action.REKEY}.")
    keys = memory_keys(settings.pack_mesh_key, folder)
    keys.load()
    with closing(ProcessLock(folder.with_name("mesh.lock"), _LOCK_SECONDS)) as lock:
        yield Mesh(
            MeshPorts(
                memory=memory.as_peer(local, lambda head, label: PeerHead(local, head, label)),
                chains=SignedChains(local, keys.load),
                side_refs=local.side_refs,
                bundles=Bundles(
                    local.repository, GitRunner(local.repository), holds=local.holds_commit
                ),
                inspect=partial(_inspected, memory, local),
                state=state,
                signer=JoinSigner(keys.of),
                keys=keys,
                new_secret=lambda: secrets.token_bytes(SECRET_BYTES),
                new_nonce=lambda: secrets.token_urlsafe(_NONCE_BYTES),
                public_of=public_of,
                exclusive=lambda: lock,
                clock=clock,
                peer_timeout=timedelta(seconds=settings.pack_mesh_peer_timeout),
                finding=_finding(settings),
                serves_tls=settings.pack_mesh_tls is MeshTls.OWN,
                kits=PeerBases(local),
            )
        )


def _finding(settings: Settings) -> FindingPolicy:
    return FindingPolicy(
        discovery=settings.pack_mesh_discovery,
        gossip=settings.pack_mesh_gossip,
        ttl=settings.pack_mesh_gossip_ttl,
        hub_ttl=settings.pack_mesh_hub_ttl,
        every=settings.pack_mesh_gossip_every,
        most=settings.pack_mesh_gossip_peers,
        failures=settings.pack_mesh_gossip_failures,
        mdns=settings.pack_mesh_mdns,
    )


def mesh_events(memory: Memory) -> Sequence[MeshEvent]:
    """What happened among the peers of a memory in a folder, the newest first."""
    local = memory.connector
    assert isinstance(local, LocalGit)  # noqa: S101 - no other one is a peer
    return MeshFiles(local.repository.state_dir / MESH_FOLDER).events()[::-1]


def checks(settings: Settings, memory: Memory) -> Iterator[Check]:
    """How it stands with the group of an open memory, for `pack doctor`; nobody is asked."""
    local = memory.connector
    assert isinstance(local, LocalGit)  # noqa: S101 - no other one is a peer
    signer = commit_signer(settings.pack_mesh_key, local.repository.state_dir)
    signer(b"")
    if signer.problem is not None:
        text = f"commits are not signed: {reason_of(signer.problem)}"
        remedy = (
            f"{signer.problem.remedy} Until then, other peers get nothing that is written here."
        )
        yield Check("mesh", State.PROBLEM, text, remedy)
        return
    with mesh_of(settings, memory) as mesh:
        yield from mesh_checks(mesh)
        if settings.pack_mesh_mdns:
            yield _of_network(mesh)


def mesh_checks(mesh: Mesh) -> Iterator[Check]:
    """How it stands with a group; nobody is asked."""
    problems = mesh.overview.verify().problems
    for problem in problems:
        what, _, remedy = problem.partition(". ")
        yield Check("mesh", State.PROBLEM, what, remedy or "Ask whoever runs that machine.")
    others = mesh.overview.peers()
    if not problems:
        yield Check("mesh", State.OK, f"{mesh.roster.name_of(mesh.me)} and {len(others)} more")
    for one in mesh.troubles.found():
        if one.kind not in GRAVE and one.kind is not TroubleKind.PEER:
            yield Check(_AREAS[one.kind], State.NOTE, one.text, one.remedy)
    yield from filter(None, map(_of_peer, others))


def _of_network(mesh: Mesh) -> Check:
    names = [one.name for one in mesh.overview.peers() if one.record.sighted]
    seen = ", ".join(names) or "no peer, while no server runs here at least"
    return Check("mdns", State.OK, f"on the local network: {seen}")


def _of_peer(peer: PeerView) -> Check | None:
    if not peer.record.last_error:
        return None
    return Check("peer", State.NOTE, f"{peer.name}: {peer.record.last_error}")


def find_line(settings: Settings, endpoint: str = "") -> FindLine:
    """The ways to other peers, over HTTP.

    Args:
        settings: Those in force.
        endpoint: Where this machine itself is reached.

    Raises:
        InvalidConfig: A network that is named as safe is none.
    """
    # Here and below, as commands that write need the rest of this module, and sign no request.
    from pack_connectors.peers.message_signatures import MessageSigner  # noqa: PLC0415

    keys = MachineKeys(KeyFile(settings.pack_mesh_key), lambda: None)
    ways = PeerWays(
        networks=safe_networks(settings),
        check_welcome=JoinSigner(keys.of).check_welcome,
        sign_as=lambda peer: MessageSigner(keys.of_peer(peer)).sign,
        clock=clock,
        is_here=is_loopback(Endpoint.parse(endpoint).host) if endpoint else False,
    )

    def find(endpoint: str, *, by_person: bool = False) -> HttpLine:
        return HttpLine(endpoint, ways, by_person=by_person)

    return find


def exchange_of(settings: Settings, mesh: Mesh) -> PeerExchange:
    """What exchanges a memory with its peers; what killed processes left is removed before.

    Raises:
        NotFound: The memory belongs to no group.
        InvalidConfig: As `find_line`.
    """
    sweep_bundle_files()
    ways = find_line(settings, mesh.roster.membership().endpoint)
    return PeerExchange(mesh, ways, bundle_file, clock)


def safe_networks(settings: Settings) -> SafeNetworks:
    """Where a token may be sent without TLS.

    Raises:
        InvalidConfig: A network that is named is none.
    """
    return SafeNetworks(split_list(settings.pack_mesh_plain_http))


def check_signature(sent: SentRequest, key: PublicKey) -> str:
    """See `pack_connectors.peers.message_signatures.check_signature`."""
    from pack_connectors.peers import message_signatures  # noqa: PLC0415

    return message_signatures.check_signature(sent, key)


def own_tls(settings: Settings, mesh: Mesh) -> tuple[Endpoint, ssl.SSLContext] | None:
    """Where this peer serves TLS, and with what; `None` where it does not.

    Raises:
        PackError: The key cannot be used.
    """
    endpoint = mesh.roster.membership().endpoint
    found = Endpoint.parse(endpoint) if endpoint else None
    if found is None or found.pin != pin_of(mesh.roster.key):
        return None
    keys = MachineKeys(KeyFile(settings.pack_mesh_key), lambda: mesh.me)
    return found, tls_context(keys.load(), found.host)


def upload_pack(memory: Memory) -> UploadPack:
    """Git's own answers to a clone of the memory.

    Raises:
        InvalidConfig: The memory is not in a folder.
    """
    local = memory.connector
    if not isinstance(local, LocalGit):
        raise InvalidConfig("the mesh", "the memory is not in a folder on this machine")
    return UploadPack(local.repository, GitRunner(local.repository))


@contextmanager
def _inspected(
    memory: Memory, local: LocalGit, arrived: Arrived
) -> Iterator[tuple[BundleOffer, CheckMerge]]:
    """What a bundle in quarantine offers, seen through a store that has the memory as well."""
    assert isinstance(arrived, ArrivedBundle)  # noqa: S101 - the bundles are ours
    folder = local.repository.work_tree
    with ExitStack() as stack:

        @cache
        def opened() -> CheckMerge:  # few bundles bring a merge
            store = closing(LocalGit(folder, clock, objects=arrived.objects))
            return memory.merge_check(stack.enter_context(store))

        def check_merge(facts: CommitFacts) -> bool:
            return opened()(facts)

        yield OfferedBundle(arrived), check_merge

"""What peers agree on that know several chains of one group: a function of the versions alone.

Owners may change a group at once, may fall out with each other, and one of them may be a thief:

1. The removal of an owner ends everything that this owner signed without knowing of it. So nobody
   undoes a removal by going on from the version before it.
2. Of owners who remove each other, the one who comes earlier in the succession prevails. What the
   other one removed or admitted there does not count.
3. Of the chains that are left, everybody follows the same one. Whom the others removed is removed,
   whom they admitted is admitted, and whose key they replaced has the new one. Whoever was removed
   in one of them is so by any key that it got in another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from pack.errors import UnusableInput
from pack.mesh.members.group import MOST_PEERS, FormerKey, Group, Peer
from pack.mesh.members.group_chain import GroupChain, GroupVersion, succession
from pack.mesh.members.keys import PeerId, PublicKey
from pack.model import CommitId


@dataclass(frozen=True, slots=True)
class AgreedGroup:
    """What peers that know the same chains agree on.

    Attributes:
        chain: The one that everybody follows.
        version: Its last version, with what the others that count say of peers.
        counted: All chains that count, as far as they do.
    """

    chain: GroupChain
    version: GroupVersion
    counted: tuple[GroupChain, ...]


def agreed(chains: Iterable[GroupChain]) -> AgreedGroup:
    """Which of several chains of one group counts; the order in which they are given does not.

    Args:
        chains: Checked; at least one.

    Raises:
        InvalidContent: They are of different groups.
    """
    known = list(chains)
    if len({chain[0].id for chain in known}) != 1:
        raise UnusableInput("these are versions of different groups")
    removals = _removals_of_owners(known)
    standing = _standing(removals)
    void = {one.id for one in removals} - {one.id for one in standing}
    counted = [_counted(chain, standing, void) for chain in known]
    best = _followed(counted)
    others = sorted(counted, key=lambda chain: (-len(chain), chain[-1].id))
    version = _joined(best[-1], [best, *others])
    late = _late_removals(version.group, zip(known, counted, strict=True))
    gone = {key for key in _keys_since(late, others) if key.peer not in version.group.owners}
    return AgreedGroup(best, _without(version, gone), tuple(others))


# --- owners that remove each other -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Removal:
    """A version after which somebody is an owner no more.

    Attributes:
        path: All versions that lead to it, itself included.
        owners: Who is meant.
    """

    path: GroupChain
    owners: frozenset[PeerId]

    @property
    def id(self) -> CommitId:
        return self.path[-1].id


def _removals_of_owners(chains: Sequence[GroupChain]) -> list[_Removal]:
    """Those that not all chains know of."""
    found: dict[CommitId, _Removal] = {}
    for chain in chains:
        shared = min(_shared(chain, other) for other in chains)
        for at in range(shared, len(chain)):
            gone = {*chain[at - 1].group.owners} - {*chain[at].group.owners}
            if gone:
                found[chain[at].id] = _Removal(chain[: at + 1], frozenset(gone))
    return list(found.values())


def _shared(one: GroupChain, other: GroupChain) -> int:
    """How many versions two chains have in common."""
    pairs = zip(one, other, strict=False)
    different = (at for at, (a, b) in enumerate(pairs) if a.id != b.id)
    return next(different, min(len(one), len(other)))


def _end(removal: _Removal, chain: GroupChain) -> int:
    """How many versions of a chain outlast a removal."""
    shared = _shared(removal.path, chain)
    if shared == len(removal.path):
        return len(chain)  # it knows of the removal
    by_removed = (
        at
        for at in range(shared, len(chain))
        if chain[at].signer in removal.owners and not _is_same_key(removal, chain, at)
    )
    return next(by_removed, len(chain))


def _is_same_key(removal: _Removal, chain: GroupChain, at: int) -> bool:
    """Whether a version does nothing but replace its signer's key by the one that it got here."""
    before, version, signer = chain[at - 1], chain[at], chain[at].signer
    got = removal.path[-1].group.former.get(signer)
    if got is None or signer not in before.group.peers:
        return False
    key = version.group.peers.get(got.successor)
    if key is None or key.id in before.group.peers or key.key in before.revoked:
        return False
    return (version.group, version.revoked) == succession(before, signer, key.key)


def _counted(
    chain: GroupChain, standing: Sequence[_Removal], void: Collection[CommitId]
) -> GroupChain:
    """What is left of a chain after the removals that stand, and before one that is void."""
    ends = [_end(one, chain) for one in standing]
    ends += [at for at, version in enumerate(chain) if version.id in void]
    return chain[: min(ends, default=None)]


def _standing(removals: Sequence[_Removal]) -> list[_Removal]:
    """Those that no other one ends that stands itself; in a circle, the first owner's stands."""
    ends = {
        one.id: {other.id for other in removals if _end(one, other.path) < len(other.path)}
        for one in removals
    }
    left, found = list(removals), []
    while left:
        reach = {one.id: _reached(one.id, ends, {other.id for other in left}) for one in left}
        first = [
            one
            for one in left
            if all(other.id in reach[one.id] for other in left if one.id in reach[other.id])
        ]
        stands = min(first, key=partial(_precedence, among=left))
        found.append(stands)
        left = [
            one
            for one in left
            if one.id not in ends[stands.id] | {stands.id} and stands.id not in ends[one.id]
        ]
    return found


def _reached(
    start: CommitId, ends: Mapping[CommitId, set[CommitId]], left: set[CommitId]
) -> set[CommitId]:
    """What a removal ends, what that would have ended, and so on."""
    found: set[CommitId] = set()
    to_do = [start]
    while to_do:
        new = (ends[to_do.pop()] & left) - found
        found |= new
        to_do += new
    return found


def _precedence(removal: _Removal, among: Sequence[_Removal]) -> tuple[int, CommitId]:
    """The place of whoever signed it, in the last version that all of them go back to."""
    shared = min(_shared(removal.path, other.path) for other in among)
    owners = removal.path[shared - 1].group.owners
    signer = removal.path[-1].signer
    return owners.index(signer) if signer in owners else len(owners), removal.id


# --- the chain that is followed ----------------------------------------------------------------


def _followed(chains: Sequence[GroupChain]) -> GroupChain:
    """The chain that counts: at each version from which several go on, the better way.

    That is the one by the more important owner, then the longer one, then that of the smaller id.
    It follows from the versions that are known and from nothing else, so a chain that is a part of
    another one changes nothing.
    """
    way, at = list(chains), 1
    while longer := [chain for chain in way if len(chain) > at]:
        ways: dict[CommitId, list[GroupChain]] = {}
        for chain in longer:
            ways.setdefault(chain[at].id, []).append(chain)
        way = min(ways.values(), key=partial(_rank, at=at))
        at += 1
    return way[0]


def _rank(way: Sequence[GroupChain], at: int) -> tuple[int, int, CommitId]:
    owners = way[0][at - 1].group.owners
    longest = max(len(chain) for chain in way)
    return owners.index(way[0][at].signer), -longest, way[0][at].id


# --- what the other chains say of peers --------------------------------------------------------


def _joined(version: GroupVersion, chains: Sequence[GroupChain]) -> GroupVersion:
    """A version without whom any chain removed, and with whom any admitted.

    A last owner stays one, even alone and removed: nobody else could be told whom to trust.
    """
    revoked = frozenset[PublicKey]().union(*(chain[-1].revoked for chain in chains))
    revoked |= _keys_since(_removed(chains), chains)
    former: dict[PeerId, FormerKey] = {}
    peers = {p: one for p, one in version.group.peers.items() if one.key not in revoked}
    for chain in chains:
        former = {**chain[-1].group.former, **former}
        for peer, one in sorted(chain[-1].group.peers.items()):
            if peer not in peers and one.key not in revoked and len(peers) < MOST_PEERS:
                peers[peer] = _renamed(one.owning(is_owner=False), peers)
    owners = list(dict.fromkeys(_latest(owner, former) for owner in version.group.owners))
    owners = [owner for owner in owners if owner in peers] or [version.group.owner]
    for owner in owners:
        if owner in peers:
            peers[owner] = peers[owner].owning(is_owner=True)
    group = replace(version.group, peers=peers, former=former)
    group = replace(group, owner=owners[0], succession=tuple(owners[1:]))
    return replace(version, group=group, revoked=revoked)


def _removed(chains: Iterable[GroupChain]) -> set[PublicKey]:
    """The keys of whom a chain removed, and not those that it replaced."""
    found: set[PublicKey] = set()
    for version in {version.id: version for chain in chains for version in chain}.values():
        found |= version.revoked - version.group.former_keys
    return found


def _keys_since(keys: Iterable[PublicKey], chains: Iterable[GroupChain]) -> frozenset[PublicKey]:
    """Some keys, and whatever any chain says took their place."""
    groups = [chain[-1].group for chain in chains]
    found, to_do = frozenset[PublicKey](), set(keys)
    while to_do:
        found |= to_do
        later = {
            group.signers.get(group.former[key.peer].successor)
            for key in to_do
            for group in groups
            if key.peer in group.former
        }
        to_do = {key for key in later if key is not None} - found
    return found


def _renamed(peer: Peer, others: Mapping[PeerId, Peer]) -> Peer:
    """A peer by a name that no other one has."""
    taken = {one.name for one in others.values()}
    if peer.name not in taken:
        return peer
    names = (f"{peer.name[:56]} ({number})" for number in count(2))
    return replace(peer, name=next(name for name in names if name not in taken))


def _latest(peer: PeerId, former: Mapping[PeerId, FormerKey]) -> PeerId:
    """The peer that one has become by new keys."""
    seen = set[PeerId]()
    while peer in former and peer not in seen:
        seen.add(peer)
        peer = former[peer].successor
    return peer


def _late_removals(
    group: Group, chains: Iterable[tuple[GroupChain, GroupChain]]
) -> Iterator[PublicKey]:
    """Whom an owner removed who stays one, in a version that builds on what does not count.

    That owner had only not heard yet that the one before was removed.

    Args:
        group: The group as it is without these.
        chains: Each whole, and as far as it counts.
    """
    for whole, counted in chains:
        before = {*counted[-1].group.owners} & {*group.owners}
        for at in range(len(counted), len(whole)):
            if whole[at].signer in before:
                now, renewed = whole[at].group.peers, whole[at].group.former
                before_it = whole[at - 1].group.peers.values()
                gone = (one for one in before_it if one.id not in now and one.id not in renewed)
                yield from (one.key for one in gone if one.id not in group.owners)


def _without(version: GroupVersion, keys: Iterable[PublicKey]) -> GroupVersion:
    """A version without some peers, none of them an owner."""
    revoked = frozenset(keys)
    left = {p: one for p, one in version.group.peers.items() if one.key not in revoked}
    group = replace(version.group, peers=left)
    return replace(version, group=group, revoked=version.revoked | revoked)

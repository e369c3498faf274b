"""The chain of a group's versions: who was trusted when, and by whose word.

Each version is a commit whose only parent is the version before, and is signed by an owner of that
one. So whoever knows the first commit, whose id is the group's, can check every later version
without asking anybody.

Two owners may change the group at once. Then everybody follows the same one of the two chains, and
what either of them removed stays removed: a removal is final, whatever else is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from pack.errors import BadSignature, UnusableInput
from pack.mesh.members.group import Group, parse_group
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.members.signers import allowed_signers, parse_revoked
from pack.model import CommitId

MOST_VERSIONS: Final = 10_000


@dataclass(frozen=True, slots=True)
class GroupCommit:
    """One version, as it is stored.

    Attributes:
        id: Its commit.
        parents: The version before; none for the first.
        signer: The key whose valid signature it has; `None` without one.
        group: The text of `group.yaml`.
        signers: The text of `allowed_signers`.
        revoked: The text of `revoked`.
    """

    id: CommitId
    parents: tuple[CommitId, ...]
    signer: PublicKey | None
    group: str
    signers: str
    revoked: str


@dataclass(frozen=True, slots=True)
class GroupVersion:
    """A version that was checked.

    Attributes:
        id: Its commit.
        group: Who belongs to it.
        revoked: The keys that never belong to it again.
        signer: Who signed it.
    """

    id: CommitId
    group: Group
    revoked: frozenset[PublicKey]
    signer: PeerId

    def may_sign(self, key: PublicKey) -> bool:
        """Whether a key is one of a peer's, and was not revoked."""
        return key.peer in self.group.peers and key not in self.revoked


GroupChain = tuple[GroupVersion, ...]
"""All versions, the first one first; never empty."""


def checked_chain(commits: Sequence[GroupCommit]) -> GroupChain:
    """The versions of a chain, each checked against the one before.

    Args:
        commits: The whole chain, the first version first.

    Raises:
        BadSignature: A version was signed by nobody who may.
        InvalidContent: A version contradicts itself or the one before it.
    """
    if not 0 < len(commits) <= MOST_VERSIONS:
        raise UnusableInput("the group has no versions, or too many")
    versions: list[GroupVersion] = []
    for commit in commits:
        versions.append(_checked(commit, versions[-1] if versions else None))
    return tuple(versions)


def _checked(commit: GroupCommit, before: GroupVersion | None) -> GroupVersion:
    if commit.parents != ((before.id,) if before else ()):
        raise UnusableInput("a version of the group does not follow the one before")
    group, revoked = parse_group(commit.group), parse_revoked(commit.revoked)
    if commit.signer is None:
        raise BadSignature("a version of the group is not signed")
    version = GroupVersion(commit.id, group, revoked, commit.signer.peer)
    _check_signer(commit.signer, before or version)
    check_removals(group, revoked, before)
    if commit.signers != allowed_signers({peer: one.key for peer, one in group.peers.items()}):
        raise UnusableInput("allowed_signers does not name the peers of the group")
    return version


def _check_signer(signer: PublicKey, known: GroupVersion) -> None:
    if signer.peer not in known.group.owners or signer in known.revoked:
        raise BadSignature("a version of the group is not signed by an owner")


def check_removals(
    group: Group, revoked: frozenset[PublicKey], before: GroupVersion | None
) -> None:
    """Do nothing, unless a version lets in who was removed, or forgets a removal.

    Args:
        group: Who belongs to the version.
        revoked: The keys that it says are revoked.
        before: The version before; `None` for the first.

    Raises:
        InvalidContent: It does.
    """
    if any(peer.key in revoked for peer in group.peers.values()):
        raise UnusableInput("a peer of the group was removed from it for good")
    if before is None:
        return
    gone = {one.key for peer, one in before.group.peers.items() if peer not in group.peers}
    if not (gone | before.revoked) <= revoked:
        raise UnusableInput("a removal from the group is missing")


def removal(version: GroupVersion, peer: PeerId) -> tuple[Group, frozenset[PublicKey]]:
    """The group without a peer, and the keys that are then revoked.

    Raises:
        NotFound: It is none of the group.
        InvalidRequest: It is the only owner.
    """
    key = version.group.peer(peer).key
    return version.group.removing(peer), version.revoked | {key}


# --- several chains ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgreedGroup:
    """What peers that know the same chains agree on.

    Attributes:
        chain: The one that everybody follows.
        version: Its last version, without peers that any of the chains removed.
    """

    chain: GroupChain
    version: GroupVersion


def agreed(chains: Iterable[GroupChain]) -> AgreedGroup:
    """Which of several chains of one group counts; the order in which they are given does not.

    Where two part, the version by the more important owner counts, then the longer chain, then the
    smaller id.

    Args:
        chains: Checked; at least one.

    Raises:
        InvalidContent: They are of different groups.
    """
    known = list(chains)
    if len({chain[0].id for chain in known}) != 1:
        raise UnusableInput("these are versions of different groups")
    best = _followed(known)
    revoked = frozenset[PublicKey]().union(*(chain[-1].revoked for chain in known))
    return AgreedGroup(best, _without(best[-1], revoked))


def _followed(chains: Sequence[GroupChain]) -> GroupChain:
    """The chain that counts: at each version from which several go on, the better way.

    It follows from the versions that are known and from nothing else, so a chain that is a part of
    another one changes nothing.
    """
    way, at = list(chains), 1
    while len(way) > 1 and (longer := [chain for chain in way if len(chain) > at]):
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


def _without(version: GroupVersion, revoked: frozenset[PublicKey]) -> GroupVersion:
    """A version from which everything revoked is gone, also an owner; a last owner stays alone."""
    if revoked <= version.revoked:
        return version  # none of those is in it
    group = version.group
    gone = [peer for peer, one in group.peers.items() if one.key in revoked]
    peers = {peer: one for peer, one in group.peers.items() if peer not in gone}
    owners = [owner for owner in group.owners if owner not in gone]
    if owners:
        group = replace(group, peers=peers, owner=owners[0], succession=tuple(owners[1:]))
    else:
        group = replace(group, peers=peers)
    return replace(version, group=group, revoked=version.revoked | revoked)

"""The chain of a group's versions: who was trusted when, and by whose word.

Each version is a commit whose only parent is the version before, and is signed by an owner of that
one. So whoever knows the first commit, whose id is the group's, can check every later version
without asking anybody.

What becomes of two versions that follow the same one is decided in `agreement`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pack.errors import BadSignature, InvalidRequest, UnusableInput
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
        revoked: The keys that never belong to it again, those of former peers among them.
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
    group = parse_group(commit.group)
    revoked = parse_revoked(commit.revoked) | group.former_keys
    if commit.signer is None:
        raise BadSignature("a version of the group is not signed")
    version = GroupVersion(commit.id, group, revoked, commit.signer.peer)
    _check_signer(commit.signer, before or version)
    check_removals(group, revoked, before)
    if commit.signers != allowed_signers(group.signers):
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
    if not before.group.former.items() <= group.former.items():
        raise UnusableInput("the group forgets whose key followed which")


def removal(version: GroupVersion, peer: PeerId) -> tuple[Group, frozenset[PublicKey]]:
    """The group without a peer, and the keys that are then revoked.

    Raises:
        NotFound: It is none of the group.
        InvalidRequest: It is the only owner.
    """
    key = version.group.peer(peer).key
    return version.group.removing(peer), version.revoked | {key}


def succession(
    version: GroupVersion, peer: PeerId, key: PublicKey
) -> tuple[Group, frozenset[PublicKey]]:
    """The group in which a peer has another key, and the keys that are then revoked.

    Raises:
        NotFound: It is none of the group.
        InvalidRequest: The other key was revoked, or is another peer's.
    """
    if key in version.revoked:
        raise InvalidRequest("this key was revoked")
    return version.group.rekeying(peer, key), version.revoked | {version.group.peer(peer).key}

"""Peers for tests: keys that are the same in each run, and groups of them."""

from __future__ import annotations

import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pack.errors import NotFound
from pack.mesh.members.group import Group, Peer, Role, write_group
from pack.mesh.members.group_chain import GroupCommit
from pack.mesh.members.keys import PublicKey
from pack.mesh.members.signers import allowed_signers, revoked_keys
from pack.mesh.state import MeshState
from pack.model import CommitId

NOBODY = frozenset[PublicKey]()


@cache
def private_key(name: str) -> Ed25519PrivateKey:
    """The key of a peer that only tests know."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


@cache
def public_key(name: str) -> PublicKey:
    return PublicKey(private_key(name).public_key().public_bytes_raw())


def peer(name: str, *roles: Role) -> Peer:
    return Peer(name, public_key(name), frozenset(roles or {Role.MEMBER}))


def group_of(owner: str, *members: str, name: str = "home") -> Group:
    group = Group.of_one(name, peer(owner))
    for member in members:
        group = group.admitting(peer(member))
    return group


def commit_id(text: str) -> CommitId:
    return CommitId(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def version(
    group: Group,
    signer: str,
    before: GroupCommit | None = None,
    revoked: frozenset[PublicKey] = NOBODY,
) -> GroupCommit:
    """A version of a group as it is stored."""
    parents = (before.id,) if before else ()
    text = f"{write_group(group)}{sorted(k.line for k in revoked)}{signer}{parents}"
    return GroupCommit(
        commit_id(text),
        parents,
        public_key(signer),
        write_group(group),
        allowed_signers(group.signers),
        revoked_keys(revoked - group.former_keys),
    )


class KnownKeys:
    """The keys of a machine, which are the same in each run: `name`, `name 2`, and so on.

    Attributes:
        label: What new ones are called after.
        names: Those that it has, the last one being the machine's.
        made: How many it ever had.
    """

    def __init__(self, name: str, state: MeshState, label: str = "") -> None:
        self.label, self.state, self.names, self.made = label or name, state, [name], 1

    def load(self) -> Ed25519PrivateKey:
        return private_key(self.mine)

    @property
    def mine(self) -> str:
        """The name of the one that the memory goes by."""
        membership = self.state.membership()
        mine = membership.peer if membership else None
        found = [name for name in self.names if public_key(name).peer == mine]
        return (found or self.names[:1])[0]

    def of(self, key: PublicKey) -> Ed25519PrivateKey:
        for name in self.names:
            if public_key(name) == key:
                return private_key(name)
        raise NotFound("this key on this machine")

    def machine_key(self) -> PublicKey:
        return public_key(self.names[-1])

    def next_key(self) -> PublicKey:
        if self.names[-1] == self.mine:
            self.made += 1
            self.names.append(f"{self.label} {self.made}")
        return self.machine_key()

"""The group of a memory as this peer knows it: who belongs to it, and how an owner changes that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pack.actions import Action
from pack.errors import InvalidRequest, NotFound, RefusedForSafety
from pack.mesh.journal import MeshJournal
from pack.mesh.members.agreement import AgreedGroup, agreed
from pack.mesh.members.endpoints import check_endpoint, own_endpoint
from pack.mesh.members.group import Group, Peer, Role, check_name
from pack.mesh.members.group_chain import (
    GroupChain,
    GroupVersion,
    check_removals,
    checked_chain,
    removal,
)
from pack.mesh.members.keys import PeerId, PublicKey, shown
from pack.mesh.ports import MeshPorts
from pack.mesh.state import Membership
from pack.mesh.store import FORKS, GROUP_REF
from pack.model import CommitId


class Roster:
    """The group. May be used from any thread or process."""

    def __init__(self, ports: MeshPorts, journal: MeshJournal) -> None:
        self._ports = ports
        self._journal = journal
        self._chains = ports.chains
        self._state = ports.state
        self._checked: dict[CommitId, GroupChain] = {}
        self._agreed: tuple[frozenset[CommitId], AgreedGroup] | None = None

    @property
    def me(self) -> PeerId:
        """This peer."""
        return self.key.peer

    @property
    def key(self) -> PublicKey:
        """The key of this peer."""
        return self._chains.key

    def begin(self, name: str, group: str, endpoint: str = "") -> None:
        """Begin a group, of which this peer is the owner.

        Raises:
            InvalidRequest: The memory belongs to a group already, or a name cannot be used.
            ConnectorError: It cannot be stored.
        """
        with self._ports.exclusive():
            self.refuse_member()
            endpoint = self.own_address(endpoint)
            first = self._begun(group)
            if first is None:
                made = Group.of_one(group, Peer(name, self._chains.key))
                first = self._chains.store_group(None, made, frozenset())
            self._state.set_membership(Membership(first, name, endpoint, self.me))

    def refuse_member(self) -> None:
        """Do nothing, unless the memory belongs to a group; half a join is nothing."""
        if self._state.membership() is not None and self._chains.group_heads():
            raise InvalidRequest("this memory already belongs to a group")

    def _begun(self, name: str) -> CommitId | None:
        """The group of this name that this peer owns and left, or did not get to the end of."""
        found = self.agreed()
        if found is None:
            return None
        if found.version.group.owner != self.me or found.version.group.name != name:
            raise InvalidRequest("the repository of this memory already holds another group")
        return found.chain[0].id

    def refuse_other_group(self, group: CommitId) -> None:
        """Do nothing, unless the repository of the memory knows another group."""
        if any(chain[0].id != group for chain in self.known_chains().values()):
            raise InvalidRequest("the repository of this memory already holds another group")

    def membership(self) -> Membership:
        """The group of this memory.

        Raises:
            NotFound: It belongs to none.
        """
        found = self._state.membership()
        if found is None:
            raise NotFound("a group of this memory", f"{Action.BEGIN_GROUP}.")
        return replace(found, endpoint=self.reached_at(found.endpoint))

    def reached_at(self, endpoint: str) -> str:
        """This peer's own address as others are told: with the hash of its key, if it serves TLS.

        It follows from the key, so that with another key it is another one.
        """
        return own_endpoint(endpoint, self._chains.key) if self._ports.serves_tls else endpoint

    def own_address(self, text: str) -> str:
        """An address that a person gives as this peer's; empty for none.

        Raises:
            InvalidContent: It is no address, or none that others can be told.
        """
        found = check_endpoint(text) if text else ""
        self.reached_at(found)
        return found

    def move(self, endpoint: str) -> None:
        """Remember where others reach this peer.

        Raises:
            NotFound: The memory belongs to no group.
            InvalidContent: It is no address.
        """
        endpoint = self.own_address(endpoint)
        with self._ports.exclusive():
            self._state.set_membership(replace(self.membership(), endpoint=endpoint))

    def version(self) -> GroupVersion:
        """Who belongs to the group now.

        Raises:
            NotFound: The memory belongs to none, or has not heard of its members yet.
        """
        self.membership()
        found = self.agreed()
        if found is None:
            raise NotFound("a version of the group", "Import what the owner of the group sent.")
        return found.version

    def agreed(self) -> AgreedGroup | None:
        """What all agree on who know the same versions; `None` if none is known."""
        chains = self.known_chains()
        tips = frozenset(chain[-1].id for chain in chains.values())
        if chains and (self._agreed is None or self._agreed[0] != tips):
            self._agreed = tips, agreed(chains.values())
        return self._agreed[1] if chains and self._agreed else None

    def known_chains(self) -> dict[str, GroupChain]:
        """Every chain of the group that is known, forks included, checked, by its ref."""
        forks = self._ports.side_refs(FORKS).items()
        refs = {name or GROUP_REF: at for name, at in self._ports.side_refs(GROUP_REF).items()}
        refs |= {f"{FORKS}/{name}": at for name, at in forks}
        known = self._checked  # a commit and all before it never change
        chains = {
            at: known.get(at) or checked_chain(self._chains.group_commits(at))
            for at in refs.values()
        }
        self._checked = chains
        return {ref: chains[at] for ref, at in refs.items()}

    def change(self, make: Callable[[GroupVersion], tuple[Group, frozenset[PublicKey]]]) -> None:
        """Sign a new version of the group, as one of its owners.

        Where only another chain than the one that counts says that this key is an owner's, it
        goes on from there: nobody would believe it elsewhere. See `adopt_owners`.
        """
        version = self.version()
        if self.me not in version.group.owners or not version.may_sign(self._chains.key):
            raise RefusedForSafety(
                "only an owner of the group may do that", "Ask an owner of the group."
            )
        group, revoked = make(version)
        before = next(chain[-1] for chain in self._ways() if self.me in chain[-1].group.owners)
        check_removals(group, revoked, before)
        is_fork = before.id != version.id
        self._chains.store_group(before.id, group, revoked, is_fork=is_fork)
        self._journal.group_changed(version.group, group)

    def _ways(self) -> Sequence[GroupChain]:
        """The chain that counts most, then all others that count."""
        found = self.agreed()
        return (found.chain, *found.counted) if found is not None else ()

    def adopt_owners(self) -> None:
        """As an owner, sign the new keys of others that another chain says are owners'.

        Until somebody does, those can change the group only beside the chain that counts. For
        whoever keeps other processes from it.
        """
        for chain in self._ways()[:1]:
            signed, now = chain[-1].group.owners, self.version().group.owners
            if self.me in signed and self.me in now and not {*now} <= {*signed}:
                self.change(lambda one: (one.group, one.revoked))

    def grant(
        self, peer: PeerId, roles: frozenset[Role] | None, levels: frozenset[int] | None
    ) -> Peer:
        """Say what a peer may do; a new owner comes last in the succession.

        Args:
            peer: Who.
            roles: Its roles from now on; `None` for those that it has.
            levels: The levels that it may claim from now on; `None` for those that it may.

        Raises:
            NotFound: It is none of the group.
            InvalidRequest: Nobody would be an owner.
            RefusedForSafety: This peer is no owner.
        """

        def granted(version: GroupVersion) -> tuple[Group, frozenset[PublicKey]]:
            group, before = version.group, version.group.peer(peer)
            changed = replace(
                before,
                roles=before.roles if roles is None else roles,
                levels=before.levels if levels is None else levels,
            )
            owners = [one for one in group.owners if one != peer or Role.OWNER in changed.roles]
            if Role.OWNER in changed.roles and peer not in owners:
                owners.append(peer)
            return group.admitting(changed).owned_by(owners), version.revoked

        with self._ports.exclusive():
            self.change(granted)
        return self.version().group.peer(peer)

    def rename(self, peer: PeerId, name: str) -> None:
        """Say what a peer is called.

        Raises:
            NotFound: It is none of the group.
            InvalidRequest: The name cannot be used, or is taken.
            RefusedForSafety: This peer is no owner.
        """
        check_name(name)

        def renamed(version: GroupVersion) -> tuple[Group, frozenset[PublicKey]]:
            group = version.group
            return group.admitting(replace(group.peer(peer), name=name)), version.revoked

        with self._ports.exclusive():
            self.change(renamed)

    def set_owners(self, owners: Sequence[PeerId]) -> None:
        """Say who may admit and remove, the most important first; nobody else may any more.

        Raises:
            NotFound: One is none of the group.
            InvalidRequest: There are none.
            RefusedForSafety: This peer is no owner.
        """
        with self._ports.exclusive():
            self.change(lambda one: (one.group.owned_by(owners), one.revoked))

    def remove(self, peer: PeerId) -> None:
        """Remove a peer from the group for good.

        Raises:
            NotFound: It is none of the group.
            InvalidRequest: It is the only owner.
            RefusedForSafety: This peer is no owner.
        """
        with self._ports.exclusive():
            self.change(lambda version: removal(version, peer))
            records = dict(self._state.records())
            if records.pop(peer, None) is not None:
                self._state.set_records(records)

    def leave(self) -> None:
        """Stop being a peer; the memory and its history stay as they are.

        Raises:
            NotFound: The memory belongs to no group.
        """
        self.membership()
        with self._ports.exclusive():
            self._state.set_membership(None)
            self._state.set_invitations([])
            self._state.set_records({})

    def name_of(self, peer: PeerId) -> str:
        """What people call a peer; its id if it is none of the group."""
        found = self.version().group.peers.get(peer)
        return found.name if found else shown(peer)

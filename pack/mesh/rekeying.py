"""A new key for a machine that stays: its key was lost, copied, or came back with a backup.

A machine with another key is another peer. It takes the place of the one before by an owner's word:

- An owner signs that itself, with its former key.
- A member says in its announcements, signed with the former key, which one is to follow. An owner
  that hears it takes it up, unless the former key is on two machines: then nobody can tell which of
  them is right, and a person must let the new one in. Until then all goes on with the former key.
- A machine that is no member, or lost its former key, asks like a newcomer.

The former key can do nothing from then on, and stays good for what it signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from pack.errors import InvalidRequest
from pack.mesh.intake import QUARANTINE
from pack.mesh.members.group_chain import GroupVersion, succession
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.outbox import Outbox
from pack.mesh.ports import MeshPorts
from pack.mesh.roster import Roster
from pack.mesh.state import Membership


class Rekeyed(StrEnum):
    """What came of a new key."""

    DONE = "done"
    """The machine goes by it."""
    ASKED = "asked"
    """It will, once an owner has heard of it."""
    STRANGER = "stranger"
    """It goes by it, and an owner must let it in."""


class Rekeying:
    """New keys. May be used from any thread or process."""

    def __init__(self, ports: MeshPorts, roster: Roster, outbox: Outbox) -> None:
        self._ports = ports
        self._roster = roster
        self._outbox = outbox
        self._state = ports.state
        self._memory = ports.memory

    def renew(self) -> Rekeyed:
        """Give this machine a new key, or this memory the one that the machine got since.

        Raises:
            NotFound: The memory belongs to no group.
            PackError: The key cannot be made, or its announcement not be stored.
        """
        membership = self._roster.membership()
        with self._ports.exclusive():
            version, me = self._roster.version(), self._roster.me
            key = self._ports.keys.next_key()
            if version.may_sign(key):  # as after a backup, or a crash right here
                self._outbox.announce_for(self._go_by(key, membership))
                return Rekeyed.DONE
            if not version.may_sign(self._ports.chains.key):
                self._go_by(key, membership)
                return Rekeyed.STRANGER
            asking = replace(membership, successor=key.line)
            self._state.set_membership(asking)
            if me in version.group.owners:
                self._roster.change(lambda one: succession(one, me, key))
                self._outbox.announce_for(self._go_by(key, membership))
                return Rekeyed.DONE
            self._outbox.announce_for(asking)
            return Rekeyed.ASKED

    def _go_by(self, key: PublicKey, membership: Membership) -> Membership:
        last, head = self._outbox.last(key.peer), self._memory.head()
        is_behind = last is not None and not (head and self._memory.contains(last.said.head, head))
        made = replace(membership, peer=key.peer, successor="", is_restored=is_behind)
        self._state.set_membership(made)
        return made

    def asked_for(self) -> PublicKey | None:
        """The key that this machine asked to go by, and does not yet."""
        line = self._roster.membership().successor
        return PublicKey.parse(line) if line else None

    def former_keys(self) -> Sequence[PublicKey]:
        """The keys that this machine had before, the last one first."""
        former, at, found = self._roster.version().group.former, self._roster.me, []
        before = {one.successor: one.key for one in former.values()}
        while at in before and before[at] not in found:
            found.append(before[at])
            at = before[at].peer
        return found

    def became(self, peer: PeerId, other: PeerId) -> bool:
        """Whether the group knows that a peer has become another one by a new key."""
        former = self._roster.version().group.former.get(peer)
        return former is not None and former.successor == other

    def take_up(self, key: PublicKey) -> None:
        """Go by a key from now on that was asked for: somebody knows it by now.

        Raises:
            NotFound: The memory belongs to no group.
        """
        with self._ports.exclusive():
            self._go_by(key, self._roster.membership())

    def settle(self) -> None:
        """Take up what was asked for: here, by whom the group knows; as an owner, by others.

        For whoever keeps other processes from it.
        """
        membership, asked = self._roster.membership(), self.asked_for()
        if asked is not None and self._is_owner(self._roster.version()):
            self._succeed(self._roster.me, asked)  # as after a crash, or where it became one since
        version = self._roster.version()
        if asked is not None and version.may_sign(asked):
            self._go_by(asked, membership)
        elif (since := self._key_since(version)) is not None:
            self._go_by(since, membership)
        if self._is_owner(version):
            for peer, key in self._successors(version):
                self._succeed(peer, key)
            self._roster.adopt_owners()
        self._move_records(self._roster.version())

    def _is_owner(self, version: GroupVersion) -> bool:
        return self._roster.me in version.group.owners and version.may_sign(self._ports.chains.key)

    def _key_since(self, version: GroupVersion) -> PublicKey | None:
        """The machine's key, where a backup has the former one and others know it by this one.

        What it said by it must have come back, or it would say something else by the same key.
        """
        if self._roster.me not in version.group.former:
            return None
        key = self._ports.keys.machine_key()
        is_known = version.may_sign(key) and self._outbox.last(key.peer) is not None
        return key if is_known else None

    def _successors(self, version: GroupVersion) -> Sequence[tuple[PeerId, PublicKey]]:
        """Members with a new key, as they say with the former one. Owners sign that themselves."""
        return [
            (peer, one.said.successor)
            for peer, one in sorted(self._outbox.heads().items())
            if one.said.successor is not None and peer not in version.group.owners
            if not self.is_on_two_machines(peer)
        ]

    def _succeed(self, peer: PeerId, key: PublicKey) -> None:
        try:
            self.succeed(peer, key)
        except InvalidRequest:
            return  # the key is another peer's, or was; whoever names it goes on with its own

    def succeed(self, peer: PeerId, key: PublicKey) -> None:
        """Have a key take the place of a peer's, as an owner.

        For whoever keeps other processes from it.

        Raises:
            InvalidRequest: The key is another peer's, or was.
            RefusedForSafety: This peer is no owner.
        """
        self._roster.change(lambda one: succession(one, peer, key))

    def doubtful(self) -> Sequence[tuple[PeerId, PublicKey]]:
        """Members with a new key, where the former one is on two machines."""
        found = []
        for name, commit in sorted(self._ports.side_refs(QUARANTINE).items()):
            peer = PeerId(name)
            if self.is_on_two_machines(peer):
                (one,) = self._ports.chains.announcements(commit, 1)
                if one.said.successor is not None and peer in self._roster.version().group.peers:
                    found.append((peer, one.said.successor))
        return found

    def is_on_two_machines(self, peer: PeerId) -> bool:
        """Whether a peer was heard to say what does not go with what it had said."""
        refused = self._ports.side_refs(QUARANTINE).get(peer)
        accepted = self._ports.chains.announced().get(peer)
        if refused is None or accepted is None:
            return False
        return not self._memory.contains(accepted, refused)

    def _move_records(self, version: GroupVersion) -> None:
        """What is remembered of a peer goes with it to its new key; tokens do not."""
        known = dict(self._state.records())
        for before, former in version.group.former.items():
            record = known.pop(before, None)
            if record is not None and former.successor not in known:
                known[former.successor] = replace(
                    record, peer=former.successor, token="", accepts="", not_before="", sent=None
                )
        if known.keys() != self._state.records().keys():
            self._state.set_records(known)

"""How a machine comes to belong to a group: an invitation, a request, and the answer to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NoReturn

from pack.errors import AdmissionPending, InvalidRequest, RefusedForSafety, RemovedFromGroup
from pack.mesh.approval import Approval
from pack.mesh.joining import JoinRequest
from pack.mesh.meeting import Welcome
from pack.mesh.members.group import Peer
from pack.mesh.members.invitation import Invitation, OpenInvitation, find_open
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.outbox import Outbox
from pack.mesh.peer_book import PeerBook
from pack.mesh.ports import MeshPorts
from pack.mesh.rekeying import Rekeying
from pack.mesh.roster import Roster

MOST_INVITATIONS: Final = 100
REMOVED: Final = "this machine was removed from the group"
NO_INVITATION: Final = "there is no such invitation"
ASK_INVITER: Final = "Ask whoever invited you for a new one."


class Admission:
    """Who is let in. May be used from any thread or process."""

    def __init__(
        self,
        ports: MeshPorts,
        roster: Roster,
        outbox: Outbox,
        book: PeerBook,
        approval: Approval,
        rekeying: Rekeying,
    ) -> None:
        self._ports = ports
        self._roster = roster
        self._outbox = outbox
        self._book = book
        self._approval = approval
        self._rekeying = rekeying
        self._chains = ports.chains
        self._state = ports.state

    def invite(self) -> Invitation:
        """An invitation for one machine, good for a day.

        Raises:
            RefusedForSafety: This peer is no owner.
            InvalidRequest: Too many are open.
        """
        membership = self._roster.membership()
        with self._ports.exclusive():
            if self._roster.me not in self._roster.version().group.owners:
                raise RefusedForSafety(
                    "only an owner of the group may invite", "Ask an owner of the group."
                )
            now = self._ports.clock()
            open_ones = [one for one in self._state.invitations() if not one.is_over(now)]
            if len(open_ones) >= MOST_INVITATIONS:
                raise InvalidRequest(f"{MOST_INVITATIONS} invitations are open already")
            secret = self._ports.new_secret()
            made = OpenInvitation(self._ports.public_of(secret), now)
            self._state.set_invitations([*open_ones, made])
        endpoints = (membership.endpoint,) if membership.endpoint else ()
        return Invitation(self._roster.me, endpoints, secret)

    def ask(self, invitation: Invitation, name: str, endpoint: str = "") -> bytes:
        """The request with which this peer asks to be let in.

        Raises:
            InvalidRequest: The memory belongs to a group already, or the address is none.
        """
        self._roster.refuse_member()
        endpoint = self._roster.reached_at(self._roster.own_address(endpoint))
        nonce = self._ports.new_nonce()
        request = JoinRequest(invitation.peer, self._chains.key, name, endpoint, nonce)
        return self._ports.signer.sign_request(request, invitation.secret)

    def ask_openly(self, name: str, endpoint: str = "", peer: PeerId | None = None) -> bytes:
        """The request with which this peer asks to be let in without an invitation.

        Args:
            name: What it wants to be called.
            endpoint: Where it can be reached; empty if nowhere.
            peer: Whom it asks; `None` where that is not known yet. Such a request is good for
                nothing but to hear who answers, so nobody can pass it on as one to somebody else.

        Raises:
            InvalidRequest: The memory belongs to a group already, or the address is none.
        """
        self._roster.refuse_member()
        endpoint = self._roster.own_address(endpoint)
        key, nonce = self._chains.key, self._ports.new_nonce()
        request = JoinRequest(peer or key.peer, key, name, endpoint, nonce)
        return self._ports.signer.sign_request(request, None)

    def ask_again(self, peer: PeerId, key: PublicKey | None = None) -> bytes:
        """The request with which this peer, a member, asks another one for a token.

        Args:
            peer: Whom.
            key: Another key of this machine by which to ask; `None` for the one that it goes by.

        Raises:
            NotFound: The memory belongs to no group.
        """
        mine, nonce = self._roster.membership(), self._ports.new_nonce()
        request = JoinRequest(peer, key or self._chains.key, mine.name, mine.endpoint, nonce)
        return self._ports.signer.sign_request(request, None)

    def asker(self, content: bytes) -> PublicKey:
        """The key of whoever asks in a handshake; it signed the request, some time.

        Raises:
            NotFound: The memory belongs to no group.
            InvalidContent: It is no request, or not signed as it should be.
        """
        self._roster.membership()
        return self._ports.signer.check_request(content).request.key

    def welcome(self, content: bytes) -> bytes:
        """The answer to a handshake: a token for a member, or for whoever an invitation lets in.

        Args:
            content: The request.

        Raises:
            InvalidContent: It is no request, or not signed as it should be.
            AdmissionPending: An owner must decide. Nothing is said about the group.
            RefusedForSafety: It is by no member, and with no invitation that counts. Nothing is
                said about the group.
            InvalidRequest: The name is taken, or the group is full.
        """
        membership, asked = self._roster.membership(), self._ports.signer.check_request(content)
        newcomer = asked.request.key
        if asked.invited == newcomer and asked.request.inviter == newcomer.peer:
            raise AdmissionPending(self._roster.me)  # it does not know yet whom it asks
        key = self._key_of(asked.request.inviter)
        if key is None or (asked.invited != newcomer and key != self._chains.key):
            raise RefusedForSafety(NO_INVITATION, ASK_INVITER)
        if asked.invited != newcomer:
            self.admit(content)
        elif not self._is_member(newcomer):
            self._put_off(asked.request)
        with self._ports.exclusive():
            self._book.learn(newcomer.peer, asked.request.endpoint)
        token, at = self._book.new_token(newcomer.peer), self._outbox.standpoint()
        nonce = asked.request.nonce
        made = Welcome(membership.group, key, at.head, at.height, token, nonce)
        return self._ports.signer.sign_welcome(made)

    def _key_of(self, peer: PeerId) -> PublicKey | None:
        """The key of this machine that a peer is asked by; maybe it has not heard of a new one."""
        keys = (self._chains.key, *self._rekeying.former_keys())
        return next((key for key in keys if key.peer == peer), None)

    def _put_off(self, request: JoinRequest) -> NoReturn:
        if request.key in self._roster.version().revoked:  # it has proven that it knows the group
            raise RemovedFromGroup(REMOVED, "Ask an owner of the group.")
        if self._approval.note(request):
            raise AdmissionPending(self._roster.me)
        raise RefusedForSafety(NO_INVITATION, ASK_INVITER)

    def _is_member(self, key: PublicKey) -> bool:
        return self._roster.version().may_sign(key)

    def is_welcome(self, welcome: Welcome, peer: PeerId, request: bytes) -> bool:
        """Whether an answer is by the peer that was asked, to this request and no other."""
        asked = self._ports.signer.check_request(request).request
        return welcome.key.peer == peer and welcome.nonce == asked.nonce

    def admit(self, content: bytes) -> Peer:
        """Let in whoever asks with an invitation of this peer; whoever asks again is in already.

        Args:
            content: The request.

        Raises:
            InvalidContent: It is no request, or not signed as it should be.
            RefusedForSafety: There is no such invitation, or it is over. Nothing is said about the
                group.
            InvalidRequest: The name is taken, or the group is full.
        """
        asked = self._ports.signer.check_request(content)
        request = asked.request
        with self._ports.exclusive():
            invitations = list(self._state.invitations())
            now, newcomer = self._ports.clock(), request.key.peer
            found = find_open(invitations, asked.invited, newcomer, now)
            if found is None or request.inviter != self._roster.me:
                raise RefusedForSafety(NO_INVITATION, ASK_INVITER)
            peer, used = Peer(request.name, request.key), replace(found, used_by=newcomer)
            self._state.set_invitations([used if one == found else one for one in invitations])
            if self._roster.version().group.peers.get(newcomer) is None:
                self._roster.change(lambda one: (one.group.admitting(peer), one.revoked))
            self._book.learn(newcomer, request.endpoint)
            return peer

"""Invitations: one line that lets one machine join a group, once, within a day.

    pack-invite:<peer id>@<endpoint>[,<endpoint>…]#<secret>

An endpoint may have a # of its own, before the hash of a key; the secret follows the last one.

The peer id says whose key the answer must be signed with, so nobody in between can pass for the
inviter. The secret is the seed of an Ed25519 key. The inviter keeps only its public half, and the
newcomer signs its request with it, so the secret is never sent and cannot be stolen from either.
Without it the inviter does not even say whether the group exists.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from pack.errors import UnusableInput
from pack.mesh.members.endpoints import check_endpoint
from pack.mesh.members.keys import PeerId, PublicKey, parse_peer_id

VALID_FOR: Final = timedelta(hours=24)
SECRET_BYTES: Final = 32
_LINE: Final = re.compile(r"pack-invite:(?P<peer>[^@]*)@(?P<endpoints>\S*)#(?P<secret>[^\s#]+)\Z")
_LONGEST: Final = 4000


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the line says.

    Attributes:
        peer: Who invites.
        endpoints: Where the inviter can be reached; none for an invitation that travels with a
            bundle.
        secret: The seed of the key that proves to have been invited.
    """

    peer: PeerId
    endpoints: tuple[str, ...]
    secret: bytes

    @classmethod
    def parse(cls, line: str) -> Self:
        """The invitation in a line.

        Raises:
            InvalidContent: It is none.
        """
        found = _LINE.match(line.strip()) if len(line) <= _LONGEST else None
        if found is None:
            raise UnusableInput("an invitation begins with pack-invite: and ends with its secret")
        try:
            secret = base64.urlsafe_b64decode(found["secret"] + "=" * (-len(found["secret"]) % 4))
        except (binascii.Error, ValueError) as error:
            raise UnusableInput("the secret of the invitation is damaged") from error
        if len(secret) != SECRET_BYTES:
            raise UnusableInput("the secret of the invitation is cut off")
        endpoints = tuple(filter(None, found["endpoints"].split(",")))
        for endpoint in endpoints:
            check_endpoint(endpoint)
        return cls(parse_peer_id(found["peer"]), endpoints, secret)

    @property
    def line(self) -> str:
        """The line to hand over."""
        secret = base64.urlsafe_b64encode(self.secret).decode().rstrip("=")
        return f"pack-invite:{self.peer}@{','.join(self.endpoints)}#{secret}"


# --- on the inviter's side ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that nobody has used yet, as the inviter keeps it.

    Attributes:
        key: The public half of the key that the secret is the seed of.
        made_at: When it was made, by the inviter's clock.
        used_by: The peer that it has let in; it may ask again, and nobody else.
    """

    key: PublicKey
    made_at: datetime
    used_by: PeerId | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it is too old, or comes from a day that has not begun."""
        return abs(now - self.made_at) > VALID_FOR


def find_open(
    invitations: Iterable[OpenInvitation], key: PublicKey, newcomer: PeerId, now: datetime
) -> OpenInvitation | None:
    """The invitation that lets a newcomer in; `None` if there is none.

    Args:
        invitations: Those that were made here.
        key: The key of an invitation, which the newcomer has proven to hold.
        newcomer: Who asks.
        now: The time.
    """
    for one in invitations:
        if one.key == key and one.used_by in (None, newcomer) and not one.is_over(now):
            return one
    return None

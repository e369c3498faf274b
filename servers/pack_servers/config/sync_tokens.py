"""Who may push and pull sync items: the table in `PACK_SYNC_TOKENS`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from pack.callers import token_digest
from pack.errors import InvalidConfig
from pack.provenance import Source
from pack_servers.config.settings import Settings, split_list

_SETTING: Final = "PACK_SYNC_TOKENS"
_ROLES: Final[Mapping[str, Source]] = {
    "user": Source.USER,
    "automation": Source.AUTOMATION,
    "ai": Source.AI_CLOUD,
}
_TOKEN: Final = re.compile(r"[\x21-\x7e]{8,}")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class SyncRole(NamedTuple):
    """What the holder of a token is.

    Attributes:
        role: The most that it can be.
        client: What it is called.
    """

    role: Source
    client: str


def sync_tokens(settings: Settings) -> dict[str, SyncRole]:
    """The roles by the digest of the token; none where nobody may sync items.

    Raises:
        InvalidConfig: The table cannot be used; the message shows no part of it.
    """
    secret = settings.pack_sync_tokens
    found: dict[str, SyncRole] = {}
    parts = split_list(secret.get_secret_value()) if secret is not None else ()
    for number, part in enumerate(parts, 1):
        who, colon, token = part.partition(":")
        role, slash, name = who.partition("/")
        if not colon or role not in _ROLES:
            raise _refusal(number, f"must be ROLE:TOKEN, where ROLE is {', '.join(_ROLES)}")
        if slash and not _NAME.fullmatch(name):
            raise _refusal(number, "has a name that is none, after the /")
        if not _TOKEN.fullmatch(token):
            raise _refusal(number, "needs a token of at least 8 printable characters")
        given = SyncRole(_ROLES[role], name or "sync")
        if found.setdefault(token_digest(token), given) != given:
            raise _refusal(number, "gives a token a second role")
    return found


def _refusal(number: int, reason: str) -> InvalidConfig:
    return InvalidConfig(_SETTING, f"entry {number} {reason}")

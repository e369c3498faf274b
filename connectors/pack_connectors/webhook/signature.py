"""Signing webhooks, as Standard Webhooks 1.0 describes.

Source: the Standard Webhooks specification, "Signature scheme": `whsec_` and base64 of 24 to 64
bytes; HMAC-SHA256 over `id.timestamp.body`; `v1,` and base64, several separated by a space.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from pack.errors import InvalidConfig

SETTING: Final = "PACK_WEBHOOK_SECRET"
_PREFIX: Final = "whsec_"
_BYTES: Final = range(24, 65)


def parse_secrets(text: str) -> tuple[bytes, ...]:
    """The keys of a setting, separated by spaces or commas: one, or two while one replaces another.

    Raises:
        InvalidConfig: One of them is not a key, or there are only separators. The message does not
            contain it.
    """
    keys = tuple(map(_key, re.findall(r"[^\s,]+", text)))
    if text and not keys:  # or everything would be sent unsigned, and nobody would notice
        raise InvalidConfig(SETTING, "it contains no secret")
    return keys


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidConfig(SETTING, "it must be whsec_ and base64") from error
    if len(key) not in _BYTES:
        raise InvalidConfig(SETTING, "it must be whsec_ and base64 of 24 to 64 bytes")
    return key


def signatures(keys: Sequence[bytes], key: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature for each key.

    Args:
        keys: From `parse_secrets`; at least one.
        key: The value of `webhook-id`.
        timestamp: The value of `webhook-timestamp`, in seconds.
        body: Exactly the bytes that are sent.
    """
    signed = f"{key}.{timestamp}.".encode() + body
    made = (hmac.digest(secret, signed, hashlib.sha256) for secret in keys)
    return " ".join(f"v1,{base64.b64encode(one).decode('ascii')}" for one in made)

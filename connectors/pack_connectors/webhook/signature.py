"""Signing webhooks, as Standard Webhooks 1.0 describes it; the known answer is in its tests.

Source: the Standard Webhooks specification, "Signature scheme": `whsec_` and base64 of 24 to 64
bytes; HMAC-SHA256 over `id.timestamp.body`; `v1,` and base64, several divided by a space.
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
    """The keys of a setting, divided by blanks or commas: one, or two while one replaces the other.

    Raises:
        InvalidConfig: One of them is none, or something stands there and no key. The message does
            not hold it.
    """
    keys = tuple(map(_key, re.findall(r"[^\s,]+", text)))
    if text and not keys:  # or all would be sent unsigned, and nobody told
        raise InvalidConfig(SETTING, "it holds no secret")
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
        timestamp: That of `webhook-timestamp`, in seconds.
        body: The very bytes that are sent.
    """
    signed = f"{key}.{timestamp}.".encode() + body
    made = (hmac.digest(secret, signed, hashlib.sha256) for secret in keys)
    return " ".join(f"v1,{base64.b64encode(one).decode('ascii')}" for one in made)

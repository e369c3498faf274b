"""Where peers can be reached, and by which certificate one is known there.

    https://laptop.example.com                      a certificate that an authority signed
    https://192.168.1.10:3006#sha256=jz3N…          one with this key, whoever signed it
    http://127.0.0.1:3005                           none

The hash is that of the key in the certificate (its SubjectPublicKeyInfo). It travels in invitations
and in announcements, both of which whoever is reached there has signed.

Why an https address with a port of its own is served by PACK: an authority's certificate needs a
server that is reached at port 443, such as a reverse proxy, and whoever has one writes no port.

Sources: RFC 8410, section 4 (the key of a certificate); RFC 7469, section 2.4 (its hash).
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pack.errors import UnusableInput
from pack.mesh.members.keys import PublicKey

LONGEST: Final = 400
"""With its hash; no longer one can be announced."""
_SCHEMES: Final = ("http", "https")
_SPKI_PREFIX: Final = bytes.fromhex("302a300506032b6570032100")
_PIN: Final = re.compile(r"sha256=([A-Za-z0-9_-]{43})\Z")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address at which a peer can be reached.

    Attributes:
        url: Scheme, host, port and path, without a slash at its end.
        pin: The hash of the key in the certificate; `None` where an authority vouches for it.
    """

    url: str
    pin: str | None = None

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """The address in a text.

        Raises:
            InvalidContent: It is none, or holds more than scheme, host, port, path and hash.
        """
        url, mark, fragment = text.partition("#")
        parts = _parts(url)
        if "@" in parts.netloc or parts.query or re.search(r"[\s,?\\]", url):
            raise UnusableInput("an endpoint must not have a user, a query or a fragment")
        pin = _PIN.match(fragment)
        if mark and (pin is None or parts.scheme != "https"):
            raise UnusableInput("after its # an endpoint has the sha256= of an https key only")
        return cls(url.rstrip("/"), pin[1] if pin else None)

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.url}#sha256={self.pin}" if self.pin else self.url

    @property
    def host(self) -> str:
        """The host, in lower case and without brackets."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int | None:
        """The port; `None` where none is written."""
        return urlsplit(self.url).port

    @property
    def is_tls(self) -> bool:
        """Whether it is https."""
        return urlsplit(self.url).scheme == "https"


def check_endpoint(text: str) -> str:
    """An address at which a peer can be reached, as it is written everywhere.

    Raises:
        InvalidContent: As `Endpoint.parse`, or it is too long.
    """
    return _told(Endpoint.parse(text))


def pin_of(key: PublicKey) -> str:
    """By what a certificate with this key is known: SHA-256 in base64url, without padding."""
    digest = hashlib.sha256(_SPKI_PREFIX + key.raw).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def own_endpoint(text: str, key: PublicKey) -> str:
    """A peer's own address as it tells others: with the hash of its key where PACK serves https.

    Args:
        text: The address that a person gave; empty for none.
        key: The peer's key.

    Raises:
        InvalidContent: As `check_endpoint`.
    """
    if not text:
        return ""
    found = Endpoint.parse(text)
    serves = found.is_tls and found.port is not None and found.pin is None
    return _told(Endpoint(found.url, pin_of(key))) if serves else text


def _told(found: Endpoint) -> str:
    text = str(found)
    if len(text) > LONGEST:
        raise UnusableInput(f"an endpoint has at most {LONGEST} characters, its hash included")
    return text


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_whole = False
    if not is_whole or parts.scheme not in _SCHEMES or not url.isascii():
        raise UnusableInput("an endpoint must be an address such as https://192.168.1.10:3006")
    return parts

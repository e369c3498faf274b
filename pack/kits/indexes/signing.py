"""What whoever keeps an index signs: a list of its files with their hashes, as of `sha256sum`.

    5891b5b5…  index.yaml
    e258d248…  kits/observer.yaml

The list is `index.sha256`, and its signature `index.sha256.sig`, as `ssh-keygen -Y sign` makes it
for the namespace `kit-index`. It names every entry and `index.yaml`, with the version and the last
day of the index, and nothing else. So nobody who serves the index can add an entry, leave one out,
or put one of another day beside the others (The Update Framework, "mix-and-match").

What is at the addresses in it is not in the list; an entry can name the key that signs that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from pack.deferred import dataclass, pattern
from pack.errors import BadSignature, RefusedForSafety
from pack.kits.indexes.entries import ABOUT, is_entry
from pack.kits.shipment import Shipment

LIST: Final = "index.sha256"
SIGNATURE: Final = f"{LIST}.sig"
NAMESPACE: Final = "kit-index"
_LINE: Final = pattern(r"(?P<sha256>[0-9a-f]{64}) [ *](?P<path>\S+)")
_ASK: Final = "Ask whoever keeps the index; a kit can still be installed by its address."

SignedBy = Callable[[bytes, bytes], str]
"""The fingerprint of the key that signed some bytes; raises `BadSignature`."""


@dataclass(frozen=True, slots=True)
class SignedList:
    """What was signed of an index.

    Attributes:
        signer: The fingerprint of the key.
        digest: SHA-256 of the list, so that of all that it covers.
    """

    signer: str
    digest: str


def write_list(files: Mapping[str, bytes]) -> bytes:
    """The list of an index, from the contents of its files."""
    covered = sorted(path for path in files if path == ABOUT or is_entry(path))
    lines = (f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in covered)
    return "".join(lines).encode()


def signed_list(shipment: Shipment, signed_by: SignedBy) -> SignedList | None:
    """What was signed of the index in a shipment; `None` if nothing was.

    Raises:
        RefusedForSafety: It is not as it was signed, or the signature is none.
    """
    contents = {path: one.content for path, one in shipment.files.items()}
    listed, signature = contents.get(LIST), contents.get(SIGNATURE)
    if listed is None and signature is None:
        return None
    if listed is None or signature is None:
        missing = LIST if listed is None else SIGNATURE
        raise RefusedForSafety(f"{missing} is missing, so it is not as it was signed", _ASK)
    try:
        signer = signed_by(listed, signature)
    except BadSignature as error:
        raise RefusedForSafety(f"{SIGNATURE}: {error}", _ASK) from error
    _refuse_other(_rows(write_list(contents)), _rows(listed))
    return SignedList(signer, hashlib.sha256(listed).hexdigest())


def _rows(listed: bytes) -> dict[str, str]:
    """The hash of each file in a list.

    Raises:
        RefusedForSafety: It is no such list.
    """
    found = dict[str, str]()
    for line in listed.decode("utf-8", "replace").splitlines():
        row = _LINE.fullmatch(line)
        if row is None or row["path"] in found:
            raise RefusedForSafety(f"{LIST} is no list of hashes", _ASK)
        found[row["path"]] = row["sha256"]
    return found


def _refuse_other(here: Mapping[str, str], signed: Mapping[str, str]) -> None:
    other = sorted(path for path in {*here, *signed} if here.get(path) != signed.get(path))
    if other:
        raise RefusedForSafety(f"{other[0][:80]} is not as it was signed", _ASK)

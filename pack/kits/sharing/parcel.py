"""A kit on its way from one peer to another: its files, and a signed statement of what they are.

    {"signature": "-----BEGIN SSH SIGNATURE-----…", "statement": "{…}"}
    the contents of the files, one after the other

The statement names each file with its size and SHA-256, the group, the peer that gives it, and a
word that whoever asked has chosen just then. So what comes is that peer's, whatever is in between,
and nobody can give out again what it sent earlier. Nothing of the history is in it, and no file
that the kit does not ship.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.deferred import dataclass
from pack.errors import LimitExceeded, RefusedForSafety, UnusableInput
from pack.kits.manifest import NAME
from pack.kits.shipment import MOST_BYTES, MOST_FILES, Kit, ShippedFile

NAMESPACE: Final = "pack-kit-parcel"
LONGEST_HEAD: Final = 4 * 1024 * 1024
LARGEST: Final = LONGEST_HEAD + MOST_BYTES
NONCE: Final = r"^[\w-]{16,64}$"
PARCEL_TYPE: Final = "application/x-pack-kit"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class _ParcelFile(_Strict):
    path: Annotated[str, Field(min_length=1, max_length=1024)]
    mode: Literal["100644", "100755"]
    size: Annotated[int, Field(ge=0, le=MOST_BYTES)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Statement(_Strict):
    v: Literal[1]
    group: Annotated[str, Field(max_length=64)]
    peer: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(pattern=NAME)]
    nonce: Annotated[str, Field(pattern=NONCE)]
    files: Annotated[list[_ParcelFile], Field(max_length=MOST_FILES)]


class _Head(_Strict):
    statement: str
    signature: Annotated[str, Field(max_length=4096)]


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)

    name: str
    nonce: Annotated[str, Field(pattern=NONCE)]


@dataclass(frozen=True, slots=True)
class KitRequest:
    """What is asked for, and of whom.

    Attributes:
        group: The group of both.
        peer: The peer that gives it.
        name: The kit.
        nonce: A word that was never used before.
    """

    group: str
    peer: str
    name: str
    nonce: str


def write_wanted(wanted: KitRequest) -> bytes:
    """The body of a request."""
    return json.dumps({"name": wanted.name, "nonce": wanted.nonce}).encode()


def parse_wanted(body: bytes, group: str, peer: str) -> KitRequest:
    """The request in a body; any text at all may be the name in it.

    Args:
        body: The body.
        group: The group that it was asked in.
        peer: Who was asked.

    Raises:
        InvalidContent: It is none.
    """
    try:
        found = _Wanted.model_validate_json(body)
    except ValidationError as error:
        raise UnusableInput("the body is no request for a kit") from error
    return KitRequest(group, peer, found.name, found.nonce)


def write_parcel(kit: Kit, wanted: KitRequest, sign: Callable[[bytes], str]) -> Iterator[bytes]:
    """The blocks of a parcel.

    Args:
        kit: What goes.
        wanted: What was asked for.
        sign: Signs a statement with the key of the peer that gives it.
    """
    paths = sorted(kit.files)
    statement = json.dumps(
        {
            "v": 1,
            "group": wanted.group,
            "peer": wanted.peer,
            "name": wanted.name,
            "nonce": wanted.nonce,
            "files": [
                {
                    "path": path,
                    "mode": kit.shipped[path].mode,
                    "size": len(kit.files[path]),
                    "sha256": hashlib.sha256(kit.files[path]).hexdigest(),
                }
                for path in paths
            ],
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,  # or long names in other scripts would not fit
    )
    head = {"statement": statement, "signature": sign(statement.encode())}
    yield json.dumps(head, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    yield from (kit.files[path] for path in paths)


def read_parcel(
    content: bytes, wanted: KitRequest, signed_by: Callable[[bytes, bytes], str]
) -> dict[str, ShippedFile]:
    """The files in a parcel, by path, as whoever gave it spells them.

    Args:
        content: The parcel.
        wanted: What was asked for.
        signed_by: The id of the peer that signed a statement; raises `BadSignature`.

    Raises:
        InvalidContent: It is no parcel, or damaged.
        BadSignature: Its signature is none.
        RefusedForSafety: It is not what was asked for, or not from whom.
        LimitExceeded: It is too large.
    """
    head, statement = _read_head(content)
    signer = signed_by(head.statement.encode(), head.signature.encode("utf-8", "replace"))
    given = KitRequest(statement.group, statement.peer, statement.name, statement.nonce)
    if given != wanted or signer != wanted.peer:
        raise RefusedForSafety(
            "what came is not what was asked for, or not signed by whom it was asked of",
            "Somebody may be in between. Ask whoever runs that machine.",
        )
    return _files(content[content.index(b"\n") + 1 :], statement)


def _read_head(content: bytes) -> tuple[_Head, _Statement]:
    end = content.find(b"\n", 0, LONGEST_HEAD)
    if end < 0:
        raise UnusableInput("what came is no kit")
    try:
        head = _Head.model_validate_json(content[:end])
        return head, _Statement.model_validate_json(head.statement)
    except ValidationError as error:
        raise UnusableInput("what came is no kit") from error


def _files(contents: bytes, statement: _Statement) -> dict[str, ShippedFile]:
    if sum(one.size for one in statement.files) > MOST_BYTES:
        raise LimitExceeded("the kit", MOST_BYTES)
    found, start = dict[str, ShippedFile](), 0
    for one in statement.files:
        content = contents[start : start + one.size]
        if hashlib.sha256(content).hexdigest() != one.sha256 or one.path in found:
            raise UnusableInput("what came of the kit is damaged, or cut off")
        found[one.path] = ShippedFile(content, one.mode)
        start += one.size
    if start != len(contents):
        raise UnusableInput("something follows the kit")
    return found

"""Git objects as bytes: reading trees and commits, and packing new objects for git to store.

Ids are computed here and again by git when it stores the pack, so they are true by construction.

Source: gitformat-pack(5), git-cat-file(1), git-mktree(1).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
TREE_MODE = "40000"
_PACK_TYPES = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_KINDS = {TREE_MODE: "tree", "160000": "commit"}


@dataclass(frozen=True, slots=True)
class GitObject:
    """An object and its id.

    Attributes:
        kind: `blob`, `tree`, `commit` or `tag`.
        data: The body, without git's header.
    """

    kind: str
    data: bytes

    @property
    def oid(self) -> str:
        header = f"{self.kind} {len(self.data)}\0".encode()
        return hashlib.sha1(header + self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class TreeItem:
    """One entry of a tree: git's mode without leading zero, and the object."""

    mode: str
    oid: str

    @property
    def kind(self) -> str:
        return _KINDS.get(self.mode, "blob")


@dataclass(frozen=True, slots=True)
class Signature:
    """Who did something, and when."""

    name: str
    email: str
    when: datetime

    def encode(self) -> bytes:
        offset = self.when.strftime("%z")[:5]
        return f"{self.name} <{self.email}> {int(self.when.timestamp())} {offset}".encode()

    @classmethod
    def decode(cls, line: bytes) -> Signature:
        person, _, when = line.decode("utf-8", "replace").rpartition("> ")
        name, _, email = person.partition(" <")
        seconds, offset = when.split()
        minutes = int(offset[1:3]) * 60 + int(offset[3:5])
        zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
        return cls(name, email, datetime.fromtimestamp(int(seconds), zone))


@dataclass(frozen=True, slots=True)
class CommitData:
    """What a commit says."""

    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str
    signature: str | None = None

    def encode(self) -> bytes:
        lines = [f"tree {self.tree}".encode()]
        lines += [f"parent {parent}".encode() for parent in self.parents]
        lines += [b"author " + self.author.encode(), b"committer " + self.committer.encode()]
        if self.signature is not None:
            lines.append(b"gpgsig " + self.signature.replace("\n", "\n ").encode())
        return b"\n".join(lines) + b"\n\n" + self.message.encode()


def parse_commit(data: bytes) -> CommitData:
    """The commit that `data` is the body of."""
    head, _, message = data.partition(b"\n\n")
    fields: dict[str, list[bytes]] = {}
    for line in head.replace(b"\n ", b"\0").split(b"\n"):
        key, _, value = line.partition(b" ")
        fields.setdefault(key.decode(), []).append(value.replace(b"\0", b"\n"))
    signed = fields.get("gpgsig")
    return CommitData(
        tree=fields["tree"][0].decode(),
        parents=tuple(parent.decode() for parent in fields.get("parent", ())),
        author=Signature.decode(fields["author"][0]),
        committer=Signature.decode(fields["committer"][0]),
        message=message.decode("utf-8", "replace"),
        signature=signed[0].decode() if signed else None,
    )


def parse_tree(data: bytes) -> dict[str, TreeItem]:
    """Entries of a tree by name, in git's order."""
    items: dict[str, TreeItem] = {}
    at = 0
    while at < len(data):
        end = data.index(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        oid = data[end + 1 : end + 21].hex()
        items[name.decode("utf-8", "surrogateescape")] = TreeItem(mode.decode(), oid)
        at = end + 21
    return items


def encode_tree(items: Mapping[str, TreeItem]) -> GitObject:
    """The tree that holds `items`, sorted as git sorts them (a folder as if it ended in `/`)."""

    def order(entry: tuple[str, TreeItem]) -> bytes:
        name, item = entry
        suffix = "/" if item.mode == TREE_MODE else ""
        return (name + suffix).encode("utf-8", "surrogateescape")

    parts = [
        item.mode.encode() + b" " + name.encode("utf-8", "surrogateescape") + b"\0"
        + bytes.fromhex(item.oid)
        for name, item in sorted(items.items(), key=order)
    ]  # fmt: skip
    return GitObject("tree", b"".join(parts))


def encode_pack(objects: Iterable[GitObject]) -> bytes:
    """A pack of whole objects, as `git unpack-objects` and `git index-pack` take it."""
    unique = {made.oid: made for made in objects}
    parts = [b"PACK" + struct.pack(">II", 2, len(unique))]
    for made in unique.values():
        parts += [_pack_header(made), zlib.compress(made.data, 1)]
    body = b"".join(parts)
    return body + hashlib.sha1(body).digest()


def _pack_header(made: GitObject) -> bytes:
    size = len(made.data)
    header = bytearray()
    byte = (_PACK_TYPES[made.kind] << 4) | (size & 15)
    size >>= 4
    while size:
        header.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    header.append(byte)
    return bytes(header)


def utc_text(when: datetime) -> str:
    """A time as GitHub writes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

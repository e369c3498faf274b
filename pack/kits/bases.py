"""What upstream shipped, kept for ever: a chain of commits beside the branch for each kit.

`kits/NAME` leads to the newest version that was ever installed, and from there to those before.
The tree of each is exactly what upstream shipped, and nothing of the user's is ever in it. So the
base of a three-way merge is here even when upstream is gone; and it is found by the tree that the
lock names, whatever has been added to the chain since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from pack.connector import Capability, Connector
from pack.deferred import dataclass
from pack.errors import NotFound, StaleBase
from pack.kits.foreign import MANIFESTS, find_manifest
from pack.kits.lock import LockedKit
from pack.kits.manifest import Manifest
from pack.kits.shipment import Kit, tree_id
from pack.log import CommitFacts, LogQuery
from pack.model import (
    ABSENT,
    BlobId,
    Change,
    CommitId,
    Delete,
    EntryType,
    Identity,
    MemoryPath,
    Put,
)

BASES: Final = "kits"
_KEEPER: Final = Identity("PACK kits", "kits@pack.invalid")
_VERSION: Final = "Pack-Kit-Version"
_SOURCE: Final = "Pack-Kit-Source"
_REF: Final = "Pack-Kit-Ref"
_COMMIT: Final = "Pack-Kit-Commit"
_SIGNER: Final = "Pack-Kit-Signer"
_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class KitBase:
    """A version of a kit as upstream shipped it.

    Attributes:
        version: Its version.
        source: Where it came from.
        ref: What was asked for there.
        commit: The commit that it came from.
        files: Its blobs, by path below its folder.
        tree: The id of the git tree with exactly these files.
        signer: The fingerprint of the key that signed it; `None` if none did.
    """

    version: str
    source: str
    ref: str | None
    commit: CommitId | None
    files: Mapping[MemoryPath, BlobId]
    tree: str
    signer: str | None = None


class KitBases:
    """The chains of one memory. What a commit of theirs says is read once."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._known: dict[CommitId, tuple[KitBase, CommitId | None]] = {}

    def chain(self, name: str) -> Iterator[KitBase]:
        """The versions of a kit that were ever installed, the newest first."""
        return self.chain_from(self.tips().get(name))

    def chain_from(self, tip: CommitId | None) -> Iterator[KitBase]:
        """A version, and those that were installed before it, the newest first."""
        at = tip
        while at is not None:
            if at not in self._known:
                self._read_on(at)
            base, at = self._known[at]
            yield base

    def _read_on(self, at: CommitId) -> None:
        """Read what a commit says, or all before it too where each question is a request."""
        is_cheap = Capability.LOG in self._connector.capabilities
        query = LogQuery(at, limit=1) if is_cheap else LogQuery(at, first_parent=True)
        for facts in self._connector.log(query):
            if facts.id not in self._known:
                before = facts.parents[0] if facts.parents else None
                self._known[facts.id] = self._read(facts), before

    def tips(self) -> Mapping[str, CommitId]:
        """The newest version of each kit that was ever installed."""
        return self._connector.side_refs(BASES)

    def find(self, kit: LockedKit, tips: Mapping[str, CommitId] | None = None) -> KitBase:
        """The version that the lock names, as it was shipped.

        Args:
            kit: What the lock says.
            tips: What `tips` has said, for whoever asks about many kits.

        Raises:
            NotFound: It is not kept here.
        """
        for base in self.chain_from((self.tips() if tips is None else tips).get(kit.name)):
            if base.tree == kit.tree:
                return base
        raise NotFound(
            f"version {kit.version} of {kit.name} as it was installed",
            "It was installed on another machine, and its source does not have it any more: "
            "exchange with that machine, or have the source back.",
        )

    def read(self, blob: BlobId) -> bytes:
        """The bytes of one file of a version."""
        ((_, content),) = self._connector.read_blobs([blob])
        return content

    def contents(self, base: KitBase) -> dict[MemoryPath, bytes]:
        """The bytes of all files of a version, by path below its folder."""
        blobs = dict(self._connector.read_blobs(dict.fromkeys(base.files.values())))
        return {path: blobs[blob] for path, blob in base.files.items()}

    def manifest(self, base: KitBase, name: str) -> tuple[str, Manifest]:
        """What a version says of itself, and the file that says it; no other file is read.

        Args:
            base: The version.
            name: What the kit is called if it does not say so itself.

        Raises:
            NotFound: It says nothing.
        """
        saying = {path: blob for path, blob in base.files.items() if path in MANIFESTS}
        blobs = dict(self._connector.read_blobs(dict.fromkeys(saying.values())))
        return find_manifest({path: blobs[blob] for path, blob in saying.items()}, name)

    def add(self, kit: Kit) -> KitBase:
        """Keep what a kit ships, unless that is kept of its source already.

        Raises:
            ConnectorError: It cannot be stored.
        """
        return self.keep(kit.name, _shipped(kit), lambda: kit.files)

    def keep(
        self, name: str, version: KitBase, contents: Callable[[], Mapping[MemoryPath, bytes]]
    ) -> KitBase:
        """Keep a version of a kit as the newest, unless it is kept of its source already.

        Args:
            name: The kit.
            version: The version.
            contents: Returns its files, by path below its folder.

        Raises:
            ConnectorError: It cannot be stored.
        """
        ref = f"{BASES}/{name}"
        for attempt in range(_ATTEMPTS):
            tip = self.tips().get(name)
            chain = list(self.chain_from(tip))
            for base in chain:
                if (base.tree, base.source) == (version.tree, version.source):
                    return base
            before = chain[0].files if chain else {}
            changes = list(_changes(before, version, contents()))
            message = _message(name, version)
            try:
                made = self._connector.commit_aside(ref, tip, tip, changes, message, author=_KEEPER)
            except StaleBase:
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                self._known[made] = version, tip
                return version
        raise AssertionError("the last attempt returns or raises")

    def _read(self, facts: CommitFacts) -> KitBase:
        said, files = facts.trailers, self._files(facts.id)
        commit = said.get(_COMMIT)
        return KitBase(
            said.get(_VERSION, ""),
            said.get(_SOURCE, ""),
            said.get(_REF),
            CommitId(commit) if commit else None,
            files,
            tree_id(files),
            said.get(_SIGNER),
        )

    def _files(self, commit: CommitId) -> dict[MemoryPath, BlobId]:
        tree = self._connector.get_tree(commit)
        return {entry.path: entry.sha for entry in tree if entry.type is EntryType.FILE}


def _shipped(kit: Kit) -> KitBase:
    """A version as its source shipped it just now."""
    shipment = kit.shipment
    return KitBase(
        str(kit.manifest.version),
        _plain(shipment.source),
        _plain(shipment.ref) if shipment.ref else None,
        shipment.commit,
        kit.blobs,
        kit.tree,
        shipment.signer,
    )


def named_by(kit: LockedKit, base: KitBase) -> KitBase:
    """A version with what the lock says of it: a commit that came with it may say anything."""
    return replace(
        base,
        version=kit.version,
        source=_plain(kit.source),
        ref=_plain(kit.ref) if kit.ref else None,
        commit=kit.commit,
    )


def _changes(
    before: Mapping[MemoryPath, BlobId], version: KitBase, contents: Mapping[MemoryPath, bytes]
) -> Iterator[Change]:
    for path, blob in before.items():
        if path not in version.files:
            yield Delete(path, blob)
    for path, blob in version.files.items():
        if before.get(path) != blob:
            yield Put(path, contents[path], before.get(path, ABSENT))


def _message(name: str, version: KitBase) -> str:
    lines = [f"{_VERSION}: {version.version}", f"{_SOURCE}: {version.source}"]
    if version.ref:
        lines.append(f"{_REF}: {version.ref}")
    if version.commit:
        lines.append(f"{_COMMIT}: {version.commit}")
    if version.signer:
        lines.append(f"{_SIGNER}: {version.signer}")
    return f"{name} {version.version} as it was shipped\n\n" + "\n".join(lines)


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable())

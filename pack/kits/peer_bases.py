"""What upstream shipped, as it goes along to the other machines of a group and comes from them.

The lock comes to a machine with the memory, and what it names has to come as well: only with that
can the machine update, compare and go back when the source is gone. Anybody in the group could send
something else under the same name. So of what comes, only that is kept which the memory itself
names: a lock in its history has a version of the kit with just this tree. What is said of that
version is what the lock says; who signed it is believed of the group, as the memory is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Final

from pack.connector import Connector
from pack.errors import InvalidConfig, NotFound
from pack.kits.bases import BASES, KitBase, KitBases, named_by
from pack.kits.lock import LOCK, Lock, LockedKit, read_lock
from pack.kits.manifest import NAME
from pack.log import LogQuery
from pack.model import BlobId, CommitId

_MOST_VERSIONS: Final = 1000
_MOST_LOCKS: Final = 200
"""So many changes of the lock are looked through; what only older ones name is not kept."""
_Named = Mapping[tuple[str, str], LockedKit]
"""What locks say of versions, by the name of the kit and its tree."""


class PeerBases:
    """The bases of one memory on their way."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._bases = KitBases(connector)

    def new_since(self, head: CommitId, known: Iterable[CommitId]) -> list[str]:
        """The refs with what a machine lacks that gets to a head, by their names beside the branch.

        Args:
            head: The commit that it gets to.
            known: Commits that it has.

        Raises:
            ConnectorError: The store cannot be read.
        """
        tips = self._bases.tips()
        now = self._lock_at(head) if tips else None
        if now is None:
            return []
        there = [lock for commit in known if (lock := self._lock_at(commit)) is not None]
        has = {(kit.name, kit.tree) for lock in there for kit in lock.kits.values()}
        new = (kit.name for kit in now.kits.values() if (kit.name, kit.tree) not in has)
        return [f"{BASES}/{name}" for name in sorted(new) if name in tips]

    def take(self, refs: Mapping[str, CommitId], heads: Iterable[CommitId]) -> None:
        """Keep what came, as far as the memory names it.

        Args:
            refs: What came, by the names of its refs beside the branch.
            heads: Commits of the memory that are believed.

        Raises:
            ConnectorError: The store failed.
        """
        new = {name: self._new(name, tip) for name, tip in _of_kits(refs)}
        wanted = {(name, base.tree) for name, versions in new.items() for base in versions}
        named = self._named(heads, wanted) if wanted else {}
        for name, versions in new.items():
            for base in reversed(versions):
                kit = named.get((name, base.tree))
                if kit is not None:
                    contents = partial(self._bases.contents, base)
                    self._bases.keep(name, named_by(kit, base), contents)

    def _new(self, name: str, tip: CommitId) -> list[KitBase]:
        """What is not kept yet of a chain, the newest first; nothing of one that is no chain."""
        known = {base.tree for base in self._bases.chain(name)}
        with suppress(NotFound):  # of what nobody believes, not even the objects are here
            chain = islice(self._bases.chain_from(tip), _MOST_VERSIONS)
            return [base for base in chain if base.tree not in known]
        return []

    def _named(self, heads: Iterable[CommitId], wanted: Collection[tuple[str, str]]) -> _Named:
        """What locks in the history of heads say of versions."""
        found: dict[tuple[str, str], LockedKit] = {}
        for lock in self._locks(heads):
            for kit in lock.kits.values():
                if (kit.name, kit.tree) in wanted:
                    found.setdefault((kit.name, kit.tree), kit)
            if len(found) == len(wanted):
                break
        return found

    def _locks(self, heads: Iterable[CommitId]) -> Iterator[Lock]:
        """The locks that there were, from each head back; each once."""
        seen = set[BlobId]()
        for head in dict.fromkeys(heads):
            query = LogQuery(head, path=LOCK, with_files=True, only_path=True, limit=_MOST_LOCKS)
            for commit in self._connector.log(query):
                for change in commit.files or ():
                    if change.sha is not None and change.sha not in seen:
                        seen.add(change.sha)
                        if (lock := self._read(change.sha)) is not None:
                            yield lock

    def _lock_at(self, commit: CommitId) -> Lock | None:
        try:
            blob = self._connector.get_committed(LOCK, commit)
        except NotFound:  # somebody has it, and this machine has not
            return None
        return self._read(blob) if blob is not None else None

    def _read(self, blob: BlobId) -> Lock | None:
        """A lock; `None` for one that a person has to repair."""
        ((_, content),) = self._connector.read_blobs([blob])
        try:
            return read_lock(content)
        except InvalidConfig:
            return None


def _of_kits(refs: Mapping[str, CommitId]) -> Iterator[tuple[str, CommitId]]:
    for ref, tip in sorted(refs.items()):
        folder, _, name = ref.partition("/")
        if folder == BASES and re.fullmatch(NAME, name):
            yield name, tip

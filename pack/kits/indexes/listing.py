"""The indexes that the person looks for kits in: `.pack/kits.indexes.json`, in the memory.

It is committed, so that all machines of the person's find the same kits, and two machines that add
one each have both when they meet (`pack.merge.tree` merges it by key). What an index says is only
ever a name for an address, which is shown before anything comes from it.
"""

from __future__ import annotations

import json
from typing import Final

from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.session import Session
from pack.errors import InvalidConfig, NotFound
from pack.kits.persons_word import refuse_machine
from pack.limits import MAX_FILE_BYTES
from pack.merge.tree import KIT_INDEXES
from pack.model import ABSENT, CommitId, Put

_LONGEST: Final = 400


class KitIndexes:
    """The list, for one writer. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core: Core = session.core

    def list(self) -> list[str]:
        """Their addresses, sorted.

        Raises:
            InvalidConfig: The list cannot be read.
        """
        return sorted(self._read())

    def add(self, address: str, *, dry_run: bool = False) -> CommitId | None:
        """Have an index in the list; no commit if it is there.

        Raises:
            RefusedForSafety: An agent asks for it.
            InvalidConfig: The list cannot be read, or this is no address.
        """
        if len(address) > _LONGEST or not address.isprintable():
            raise InvalidConfig("the index", "it is no address")
        return self._write("add", address, dry_run=dry_run)

    def remove(self, address: str, *, dry_run: bool = False) -> CommitId | None:
        """Have an index in the list no more; what was installed from it stays.

        Raises:
            NotFound: It is not there.
            RefusedForSafety: An agent asks for it.
            InvalidConfig: The list cannot be read.
        """
        if address not in self._read():
            raise NotFound(f"the index {address[:80]}", "See which there are, and name one.")
        return self._write("remove", address, dry_run=dry_run)

    def _write(self, verb: str, address: str, *, dry_run: bool) -> CommitId | None:
        refuse_machine(self._session.origin, "where kits are looked for")

        def decide() -> Decision:
            known, before = self._core.reader.find(KIT_INDEXES), self._read()
            after = {one: word for one, word in before.items() if one != address}
            if verb == "add":
                after[address] = before.get(address, "")
            content = _written(after)
            put = Put(KIT_INDEXES, content, known.sha if known else ABSENT)
            subject = f"{KIT_INDEXES}: {verb} an index"
            return Decision(path=KIT_INDEXES, changes=[put], subject=subject, is_wanted=True)

        if (address in self._read()) == (verb == "add"):
            return None
        return self._core.writer.write(decide, self._session.origin, dry_run=dry_run).commit

    def _read(self) -> dict[str, str]:
        found = self._core.reader.find(KIT_INDEXES)
        if found is None:
            return {}
        try:
            if len(found.content) > MAX_FILE_BYTES:
                raise ValueError("it is too large")
            listed = json.loads(found.content)
        except (ValueError, RecursionError) as error:
            raise InvalidConfig(KIT_INDEXES, "it is not JSON") from error
        if not isinstance(listed, dict) or not all(isinstance(v, str) for v in listed.values()):
            raise InvalidConfig(KIT_INDEXES, "it does not map addresses to text")
        return listed


def _written(indexes: dict[str, str]) -> bytes:
    """As a merge writes it."""
    text = json.dumps(indexes, ensure_ascii=False, indent=2, sort_keys=True)
    return f"{text}\n".encode()

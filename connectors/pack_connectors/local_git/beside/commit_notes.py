"""Notes beside commits, in `refs/notes/pack-truth`: what was said of a commit after it was made.

They are notes as git has them: `git notes --ref pack-truth show COMMIT` prints one, and `git log
--notes=pack-truth` all of them. One `git fast-import` writes any number at once.

Source: git-notes(1); git-fast-import(1) "notemodify".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from pack.errors import NotFound, StaleBase, Unavailable
from pack.model import BlobId, CommitId, Identity
from pack_connectors.local_git.committed import lacks_ref, read_ref_file
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import GitRunner, check_id, is_id
from pack_connectors.local_git.repository import Repository, identity_line

REF: Final = "refs/notes/pack-truth"
_Stamp = tuple[int, int, int]


class CommitNotes:
    """The notes of one repository; whoever writes holds the process lock."""

    def __init__(
        self,
        repository: Repository,
        runner: GitRunner,
        clock: Callable[[], datetime],
        *,
        store: ObjectStore,
        user: Callable[[], Identity],
    ) -> None:
        # As text: they are looked at before each answer about levels.
        self._common_dir = str(repository.common_dir)
        self._loose = str(repository.common_dir / REF)
        self._packed = str(repository.common_dir / "packed-refs")
        self._reftable = str(repository.common_dir / "reftable")
        self._known: tuple[_Stamp, CommitId | None] | None = None
        self._runner = runner
        self._clock = clock
        self._store = store
        self._user = user

    def head(self) -> CommitId | None:
        """See `Connector.notes_head`; git is asked only where its files do not say it."""
        with suppress(OSError, ValueError):
            loose = read_ref_file(self._loose)
            return CommitId(loose) if is_id(loose) else self._asked()
        # In this order: git packs a ref before it removes the loose one.
        before, known = self._stamp(), self._known
        if known is not None and known[0] == before:
            return known[1]
        found = None if lacks_ref(self._common_dir, REF) else self._asked()
        if before is not None and self._stamp() == before:
            self._known = before, found
        return found

    def _asked(self) -> CommitId | None:
        found = self._store.find_id(REF, "commit")
        return CommitId(found) if found else None

    def _stamp(self) -> _Stamp | None:
        """By what git recognises the file of packed refs; `None` where refs are kept otherwise."""
        if os.path.lexists(self._reftable):
            return None
        try:
            status = os.stat(self._packed)  # noqa: PTH116 - as text, see above
        except FileNotFoundError:
            return 0, 0, 0
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def read(self, at: CommitId) -> dict[CommitId, str]:
        """See `Connector.read_notes`; git spreads many notes over folders by their first digits."""
        if not is_id(at) or self._store.find_id(at, "commit") is None:
            raise NotFound(f"notes {at[:60]}")
        blobs = {}
        for line in self._runner.run(["ls-tree", "-r", "-z", "--full-tree", at]).split(b"\0"):
            facts, _, path = line.partition(b"\t")
            name = path.replace(b"/", b"").decode("ascii", "replace")
            _, kind, blob = (*facts.split(), b"", b"", b"")[:3]
            if is_id(name) and kind == b"blob":
                blobs[CommitId(name)] = BlobId(blob.decode())
        texts = dict(self._store.read_blobs(list(dict.fromkeys(blobs.values()))))
        return {commit: texts[blob].decode("utf-8", "replace") for commit, blob in blobs.items()}

    def write(
        self, base: CommitId | None, notes: Mapping[CommitId, str | None], message: str
    ) -> CommitId:
        """See `Connector.write_notes`."""
        for commit in notes:
            if not is_id(commit) or self._store.find_id(commit, "commit") is None:
                raise NotFound(f"commit {commit[:60]}")
        if (actual := self.head()) != base:
            raise StaleBase(base, actual)
        stream = b"".join(self._stream(base, notes, message))
        try:
            self._runner.run(["fast-import", "--quiet", "--done"], stdin=stream)
        except Unavailable as error:  # git does not let go of notes that came meanwhile
            if (actual := self.head()) == base:
                raise
            raise StaleBase(base, actual) from error
        new = self.head()
        if new is None:
            raise Unavailable(f"git has not stored {REF}")
        return new

    def _stream(
        self, base: CommitId | None, notes: Mapping[CommitId, str | None], message: str
    ) -> Iterator[bytes]:
        now = max(0, int(self._clock().timestamp()))
        yield f"commit {REF}\ncommitter {identity_line(self._user(), now)}\n".encode()
        yield _data(f"{message.rstrip()}\n")
        if base is not None:
            yield f"from {check_id(base)}\n".encode()
        for commit, text in notes.items():
            if text is None:
                yield f"N {'0' * len(commit)} {commit}\n".encode()
            else:
                yield f"N inline {commit}\n".encode() + _data(text)
        yield b"done\n"


def _data(text: str) -> bytes:
    content = text.encode("utf-8", "replace")
    return b"data %d\n%b\n" % (len(content), content)

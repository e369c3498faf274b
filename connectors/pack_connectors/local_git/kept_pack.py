"""Objects that git's housekeeping cannot drop, whatever it took for reachable: a pack that is kept.

`git prune` deletes loose objects only, and `git repack` leaves a pack with a `.keep` file alone. So
the objects of a commit that is made beside a `git gc` are stored in such a pack as well, as a fetch
does it. Once no gc can be left from that time, the `.keep` file goes, and the pack is like others.

Sources: gitformat-pack(5); git-index-pack(1) "--keep"; git-repack(1) "-a".
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from pack.errors import Unavailable
from pack_connectors.local_git.process import GitRunner

_MARK: Final = "PACK: made while git gc was running"
_TYPES: Final = {"commit": 1, "tree": 2, "blob": 3}
_ATTEMPTS: Final = 4


def keep(runner: GitRunner, objects: Iterable[tuple[str, bytes]]) -> None:
    """Store objects, each a kind and its data, where housekeeping leaves them.

    Raises:
        Unavailable: Git could not store them.
    """
    pack = _pack(list(objects))
    for _ in range(_ATTEMPTS - 1):
        # `git prune` takes the temporary file of a pack for left over, too.
        with suppress(Unavailable):
            return _store(runner, pack)
    return _store(runner, pack)


def _store(runner: GitRunner, pack: bytes) -> None:
    runner.run(["index-pack", "--stdin", f"--keep={_MARK}"], stdin=pack)


def release(common_dir: Path) -> None:
    """Let git's housekeeping have the packs that were kept.

    Raises:
        OSError: A file cannot be read or removed.
    """
    for file in (common_dir / "objects/pack").glob("*.keep"):
        if file.read_text(encoding="utf-8", errors="replace").strip() == _MARK:
            file.unlink(missing_ok=True)


def _pack(objects: list[tuple[str, bytes]]) -> bytes:
    parts = [b"PACK", (2).to_bytes(4, "big"), len(objects).to_bytes(4, "big")]
    for kind, data in objects:
        parts += [_entry_head(_TYPES[kind], len(data)), zlib.compress(data, 1)]
    content = b"".join(parts)
    return content + hashlib.sha1(content, usedforsecurity=False).digest()


def _entry_head(kind: int, size: int) -> bytes:
    """The type and the size of an entry: 4 bits of it first, then 7 in each byte."""
    found, size = [kind << 4 | size & 0x0F], size >> 4
    while size:
        found[-1] |= 0x80
        found.append(size & 0x7F)
        size >>= 7
    return bytes(found)

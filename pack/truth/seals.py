"""What a commit of PACK brought, in a few digits, so that one made again can be believed.

Who rebases, cherry-picks or pulls with a rebase makes commits again; who amends or squashes them
puts something else inside and may keep the message. PACK's own commits say in a trailer which lines
they brought. Where that still is so, the rest of their message holds as well. This recognises what
git did to a commit, and proves nothing against somebody who wants to deceive.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from pack.catalog.row import is_catalogued
from pack.connector import Connector
from pack.core.decision import Decision
from pack.core.guard import Guard, Pending
from pack.deferred import pattern
from pack.errors import NotFound
from pack.files.line_keys import line_key
from pack.history.differences.line_owners import first_difference
from pack.index.format import may_be_generated
from pack.log import CommitFacts, FileChange
from pack.model import BlobId, MemoryPath, Put
from pack.paths import is_archived

SEAL: Final = "Pack-Lines"
_DIGITS: Final = 16
_SYSTEM: Final = pattern(
    r"(?:updated|created): ['\"]?[0-9][0-9TZ:.+-]{0,40}['\"]?"
    r"|(?:truth_level|last_modified_by_level): [1-5]"
    r"|accepted_by_user: (?:true|false)"
    r"|origin_source: [a-z-]{1,20}:[A-Za-z0-9._@-]{1,100}"
)
"""What PACK itself writes for `SYSTEM_KEYS`. It says nothing about what a commit brought; other
words after the same keys may be anywhere in a note, and anybody's."""
_Pairs = Iterable[tuple[bytes, bytes]]


def seal_of(pairs: _Pairs) -> str:
    """What tells the lines that files have and had not, wherever they are.

    Args:
        pairs: Each file as it was and as it is.
    """
    more: Counter[bytes] = Counter()
    for old, new in pairs:
        lines, former = new.split(b"\n"), old.split(b"\n")
        shorter = min(len(lines), len(former))  # mostly both ends are the same
        head = first_difference(former, lines, shorter)
        tail = first_difference(reversed(former), reversed(lines), shorter - head)
        more.update(lines[head : len(lines) - tail])
        more.subtract(former[head : len(former) - tail])
    brought: Counter[str] = Counter()
    for line, count in more.items():
        key = line_key(line.decode("utf-8", "replace")) if count else ""
        if key and not _SYSTEM.fullmatch(key):
            brought[key] += count
    digest = hashlib.sha256()
    for key in sorted(key for key, count in brought.items() if count > 0):
        digest.update(f"{brought[key]} {key}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:_DIGITS]


def sealing(connector: Connector) -> Guard:
    """The guard that makes each commit say which lines it brings; it belongs last."""

    def seal(pending: Pending) -> Decision:
        decision = pending.decision
        changes = [change for change in decision.changes if is_text(change.path)]
        if not changes:
            return decision
        former = [connector.get_committed(change.path) for change in changes]
        read = _read_all(connector, filter(None, former))
        pairs = [
            (read[blob] if blob else b"", change.content if isinstance(change, Put) else b"")
            for blob, change in zip(former, changes, strict=True)
        ]
        return replace(decision, trailers=(*decision.trailers, (SEAL, seal_of(pairs))))

    return seal


def is_sealed(commit: CommitFacts) -> bool:
    """Whether a commit says which lines it brought."""
    return SEAL in commit.trailers


def holds(commit: CommitFacts, read: Callable[[BlobId | None], bytes]) -> bool:
    """Whether a commit brought what it says.

    Args:
        commit: With its files.
        read: The bytes of a blob; none for `None`.
    """
    pairs = [(read(change.old_sha), read(change.sha)) for change in sealed_files(commit)]
    return seal_of(pairs) == commit.trailers.get(SEAL)


def sealed_files(commit: CommitFacts) -> list[FileChange]:
    """The changes of a commit whose lines a seal is about."""
    return [
        change
        for change in commit.files or ()
        if is_text(change.path) or (change.old_path and is_text(change.old_path))
    ]


def is_text(path: MemoryPath) -> bool:
    """Whether a file at a path is written by somebody, rather than generated.

    Imported conversations are left out: to hold all their lines takes more memory than there is.
    """
    return is_catalogued(path) and not may_be_generated(path) and not is_archived(path)


def _read_all(connector: Connector, blobs: Iterable[BlobId]) -> dict[BlobId, bytes]:
    """The bytes of blobs; none for one that is not here."""
    wanted, done = list(dict.fromkeys(blobs)), 0
    found: dict[BlobId, bytes] = dict.fromkeys(wanted, b"")
    while done < len(wanted):
        try:
            for blob, content in connector.read_blobs(wanted[done:]):
                found[blob] = content
                done += 1
        except NotFound:  # a clone that lacks it
            done += 1
    return found

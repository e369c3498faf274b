"""What is odd about an index, seen from how this machine saw it before.

Whoever takes over the place of an index, or stands between it and here, can serve an old one, one
of their own, or one without its signature. All of that shows against what was seen before: the key,
the highest version, and what that version consisted of. An index that is kept back shows by the
last day that it names itself (`entries`).

What was seen is kept by each machine for itself. The list of indexes is in the memory, so that all
machines find the same kits; a key beside it there would be the word of whoever wrote there last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, Protocol

from pack.actions import Action
from pack.deferred import dataclass
from pack.errors import RefusedForSafety
from pack.kits.trust import Distrust, Doubt


@dataclass(frozen=True, slots=True)
class SeenIndex:
    """How an index was when it was believed last.

    Attributes:
        signer: The fingerprint of the key that signed it; `None` if none did.
        version: Its version; 0 if it names none.
        digest: SHA-256 of what was signed; empty if nothing was.
    """

    signer: str | None = None
    version: int = 0
    digest: str = ""

    def follows(self, other: SeenIndex) -> bool:
        """Whether it is a newer version by the same key."""
        return self.signer == other.signer and self.version > other.version


UNSEEN: Final = SeenIndex()


class SeenIndexes(Protocol):
    """Where that is kept. Both raise `Unavailable` where it cannot be read or stored."""

    def find(self, address: str) -> SeenIndex | None:
        """How the index at an address was; `None` if it was never seen."""
        ...

    def put(self, address: str, seen: SeenIndex, before: SeenIndex | None) -> None:
        """Remember how it is, unless another process has since it was as `before`.

        So a slow one never makes a newer version forgotten; a newer one always counts.
        """
        ...


_ACCEPTS: Final = {
    Distrust.OLDER: Action.ACCEPT_OLDER_INDEX,
    Distrust.SIGNER: Action.ACCEPT_INDEX_SIGNER,
    Distrust.MOVED: Action.ACCEPT_MOVED_INDEX,
}


def index_doubts(now: SeenIndex, seen: SeenIndex | None) -> Iterator[Doubt]:
    """What is odd about an index.

    Args:
        now: How it is.
        seen: How it was when it was believed last; `None` if it never was.
    """
    if seen is None:
        return
    if seen.signer not in (None, now.signer):
        by = f"by another key, {now.signer}" if now.signer else "by nobody"
        yield Doubt(Distrust.SIGNER, f"it is signed {by}; before, it was signed by {seen.signer}")
    elif now.version < seen.version:
        said = f"it is version {now.version} now, and was version {seen.version} before"
        yield Doubt(Distrust.OLDER, said)
    elif now.version == seen.version and seen.digest and now.digest != seen.digest:
        yield Doubt(Distrust.MOVED, f"version {now.version} is not what it was before")


def refuse_doubtful_index(
    now: SeenIndex, seen: SeenIndex | None, accepted: Collection[Distrust]
) -> None:
    """Do nothing, unless something is odd about an index and the person has not accepted that.

    Raises:
        RefusedForSafety: It is; the message says what.
    """
    for doubt in index_doubts(now, seen):
        if doubt.kind not in accepted:
            remedy = f"If whoever keeps it says that this is right: {_ACCEPTS[doubt.kind]}."
            raise RefusedForSafety(f"it may not be from whoever keeps it: {doubt.said}", remedy)


def news_of(now: SeenIndex, seen: SeenIndex | None) -> str:
    """What a person should know of the key of an index that is believed; empty if nothing."""
    before = seen.signer if seen is not None else None
    if now.signer == before:
        return ""
    if now.signer is None:
        return "nobody signs it any more"
    return f"it is signed by {now.signer}, and by no other key from now on"

"""What is odd about a version, seen from those that its source shipped before.

Whoever takes over a source, or stands between it and here, can serve an old version as the newest,
or one of their own under the publisher's name. Both show against what was seen before: a version
that goes back, a tag that the publisher's key did not sign, a tag that was moved. What was seen is
kept with the bases, so it is there when the kit is removed and installed again.

Not noticed is a source that keeps silent about a newer version: nothing says how old an answer is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from enum import StrEnum
from typing import Final

from pack.actions import Action
from pack.deferred import dataclass, pattern
from pack.errors import InvalidContent, RefusedForSafety
from pack.kits.bases import KitBase
from pack.kits.lock import LockedKit
from pack.kits.shipment import Kit
from pack.versions import KitVersion

_COMMIT: Final = pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?|(?=.*[0-9])(?=.*[a-f])[0-9a-f]{7,39}")
"""A commit, whole or in short. A word such as `defaced` and a date such as `20260131` are none."""


class Distrust(StrEnum):
    """Why a version is not taken as it comes."""

    OLDER = "older"
    """It is older than what its source had before, and nobody asked for an old one."""
    SIGNER = "signer"
    """The key that signed the versions before did not sign it."""
    MOVED = "moved"
    """Its tag was that of other files before, and the key of those did not sign it."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that is odd about a version.

    Attributes:
        kind: What.
        said: The same in words.
    """

    kind: Distrust
    said: str


_ACCEPTS: Final = {
    Distrust.OLDER: Action.ACCEPT_OLDER_KIT,
    Distrust.SIGNER: Action.ACCEPT_KIT_SIGNER,
    Distrust.MOVED: Action.ACCEPT_MOVED_KIT,
}


def is_fixed(ref: str) -> bool:
    """Whether a ref is a version or a commit, which says the same for ever."""
    with suppress(InvalidContent):
        KitVersion.parse(ref)
        return True
    return _COMMIT.fullmatch(ref) is not None


def doubts(kit: Kit, seen: Iterable[KitBase], installed: LockedKit | None = None) -> list[Doubt]:
    """What is odd about a version.

    Args:
        kit: The version.
        seen: What is kept of the kit, the newest first.
        installed: What the lock says of it; `None` if it is not installed.
    """
    before = [base for base in seen if base.source == kit.shipment.source]
    if any(base.tree == kit.tree and base.signer == kit.shipment.signer for base in before[:1]):
        return []  # it is what was taken last
    found = (_older(kit, before), _signer(kit, before), _moved(kit, before, installed))
    return [doubt for doubt in found if doubt is not None]


def _older(kit: Kit, before: Iterable[KitBase]) -> Doubt | None:
    ref = kit.shipment.ref
    if ref is not None and is_fixed(ref):
        return None  # somebody asked for just this one
    versions = []
    for base in before:
        with suppress(InvalidContent):
            versions.append(KitVersion.parse(base.version))
    highest = max(versions, default=kit.manifest.version)
    if kit.manifest.version >= highest:
        return None
    said = f"its newest version is {kit.manifest.version} now, and was {highest} before"
    return Doubt(Distrust.OLDER, said)


def _signer(kit: Kit, before: list[KitBase]) -> Doubt | None:
    """The key counts that signed what was taken last; where that was not signed, none does."""
    known, now = before[0].signer if before else None, kit.shipment.signer
    if known is None or known == now:
        return None
    by = f"by another key, {now}" if now else "by nobody"
    return Doubt(Distrust.SIGNER, f"it is signed {by}; the version before was signed by {known}")


def _moved(kit: Kit, before: Iterable[KitBase], installed: LockedKit | None) -> Doubt | None:
    """A version that is asked for by its name is the same for ever, unless its publisher signs.

    What was kept is known by the name by which it came first; the lock has the one it came by last.
    """
    shipment, bases = kit.shipment, list(before)
    ref, place = shipment.ref, (shipment.source, shipment.ref)
    if ref is None or not is_fixed(ref):
        return None
    of_tree = {base.tree: base for base in reversed(bases)}
    known = next((base for base in bases if base.ref == ref), None)
    if installed is not None and (installed.source, installed.ref) == place:
        known = of_tree.get(installed.tree, known)
    if known is None or known.tree == kit.tree:
        return None
    if shipment.signer is not None and shipment.signer == known.signer:
        return None
    return Doubt(Distrust.MOVED, f"{ref} has other files now than it had before")


def refuse_other_signer(kit: Kit, signer: str | None, accepted: Collection[Distrust]) -> None:
    """Do nothing, unless a kit is not signed by the key that an index names for it.

    Raises:
        RefusedForSafety: It is not, and the person has not accepted that.
    """
    now = kit.shipment.signer
    if signer is None or now == signer:
        return
    by = f"by another key, {now}" if now else "by nobody"
    said = f"it is signed {by}; the index says that {signer} signs it"
    refuse_doubtful(kit.name, [Doubt(Distrust.SIGNER, said)], accepted)


def refuse_doubtful(name: str, found: Iterable[Doubt], accepted: Collection[Distrust]) -> None:
    """Do nothing, unless something is odd about a version and the person has not accepted that.

    Raises:
        RefusedForSafety: It is; the message says what.
    """
    left = [doubt for doubt in found if doubt.kind not in accepted]
    if left:
        said = " and ".join(doubt.said for doubt in left)
        remedies = [f"If its publisher says that this is right: {_ACCEPTS[left[0].kind]}."]
        remedies += [f"{_ACCEPTS[doubt.kind]}." for doubt in left[1:]]
        raise RefusedForSafety(f"{name} may not be from its publisher: {said}", " ".join(remedies))

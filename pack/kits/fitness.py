"""Whether a kit can be here beside what is installed, and whether one can go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pack._version import __version__
from pack.errors import InvalidRequest
from pack.kits.lock import LockedKit
from pack.kits.manifest import Manifest
from pack.kits.shipment import Kit
from pack.paths import fold
from pack.versions import KitVersion


def refuse_other_source(known: LockedKit, kit: Kit) -> None:
    """Do nothing, unless a kit comes from elsewhere than the one of its name that is installed.

    Raises:
        InvalidRequest: It does; both places are named.
    """
    if known.source != kit.shipment.source:
        raise InvalidRequest(
            f"a kit called {kit.name} is installed from {known.source}; this one is from "
            f"{kit.shipment.source}"
        )


def refuse_unfit(kit: Kit, installed: Mapping[str, LockedKit]) -> None:
    """Do nothing, unless a kit cannot be here beside what is installed.

    Raises:
        InvalidRequest: It cannot: it needs a newer PACK, or another kit, or clashes with one.
    """
    manifest = kit.manifest
    if manifest.min_pack is not None and KitVersion.parse(__version__) < manifest.min_pack:
        need = f"{kit.name} needs PACK {manifest.min_pack} or newer"
        raise InvalidRequest(f"{need}; this is {__version__}")
    if clash := next((n for n in manifest.conflicts if n in installed and n != kit.name), None):
        raise InvalidRequest(f"{kit.name} cannot be installed beside {clash}")
    for one in manifest.dependencies:
        has = installed.get(one.name)
        if not one.is_required or (has and one.version.holds(KitVersion.parse(has.version))):
            continue
        there = f"{has.version} is installed" if has else "which is not installed"
        raise InvalidRequest(f"{kit.name} needs the kit {one.name} {one.version.text}, {there}")


def refuse_overlap(name: str, folder: str, installed: Iterable[LockedKit]) -> None:
    """Do nothing, unless a kit would be in the folder of another one, or that one in its.

    Raises:
        InvalidRequest: It would; nobody could say then whose a file is.
    """
    for other in installed:
        mine, theirs = fold(folder), fold(other.installed_to)
        if other.name != name and (mine.startswith(theirs) or theirs.startswith(mine)):
            raise InvalidRequest(
                f"{folder}, where {name} would go, and {other.installed_to}, where {other.name} "
                "is, are one in the other"
            )


def refuse_needed(
    name: str, others: Iterable[LockedKit], manifest_of: Callable[[LockedKit], Manifest]
) -> None:
    """Do nothing, unless an installed kit does not work without another one.

    Raises:
        InvalidRequest: It does not.
    """
    for other in others:
        needed = manifest_of(other).dependencies if other.name != name else ()
        if any(one.is_required and one.name == name for one in needed):
            raise InvalidRequest(f"the kit {other.name} needs {name}")

"""Whether a kit can be here beside what is installed, and whether one can go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from pack._version import __version__
from pack.deferred import dataclass
from pack.errors import InvalidContent, InvalidRequest
from pack.kits.lock import LockedKit
from pack.kits.manifest import Dependency, Manifest
from pack.kits.shipment import Kit
from pack.paths import fold
from pack.versions import KitVersion


def refuse_other_source(known: LockedKit, kit: Kit) -> None:
    """Do nothing, unless a kit comes from elsewhere than the one of its name that is installed.

    Raises:
        InvalidRequest: It does; both places are named.
    """
    # Locks of earlier versions have a path as the address of a file.
    if known.source.removeprefix("file://") != kit.shipment.source.removeprefix("file://"):
        raise InvalidRequest(
            f"a kit called {kit.name} is installed from {known.source}; this one is from "
            f"{kit.shipment.source}"
        )


def refuse_other_name(known: LockedKit, kit: Kit) -> None:
    """Do nothing, unless the source of an installed kit holds another one now.

    Raises:
        InvalidRequest: It does.
    """
    if kit.name != known.name:
        raise InvalidRequest(f"{known.source} holds the kit {kit.name} now")


@dataclass(frozen=True, slots=True)
class OtherKit:
    """A kit that another one is beside.

    Attributes:
        name: Its name.
        version: Its version.
        manifest: What it says of itself; `None` where that is not known.
    """

    name: str
    version: KitVersion
    manifest: Manifest | None

    def needs(self, name: str) -> Iterator[Dependency]:
        """The versions of a kit without which it does not work."""
        for one in self.manifest.dependencies if self.manifest is not None else ():
            if one.is_required and one.name == name:
                yield one


def others_of(
    name: str,
    installed: Iterable[LockedKit],
    manifest_of: Callable[[LockedKit], Manifest | None],
    coming: Iterable[Kit] = (),
) -> dict[str, OtherKit]:
    """The kits that one is beside, by name: as they are installed, or as they are about to be.

    Args:
        name: The kit.
        installed: What is installed.
        manifest_of: What an installed kit says of itself; `None` where that is not known.
        coming: The versions to which some of them are brought with it.
    """
    newer = {kit.name: kit.manifest for kit in coming}
    found = dict[str, OtherKit]()
    for kit in installed:
        if kit.name != name:
            manifest = newer.get(kit.name) or manifest_of(kit)
            version = manifest.version if manifest is not None else _version(kit.version)
            found[kit.name] = OtherKit(kit.name, version, manifest)
    return found


def _version(text: str) -> KitVersion:
    """The version that a lock names; the lowest where it is none."""
    try:
        return KitVersion.parse(text)
    except InvalidContent:
        return KitVersion((0, 0, 0))


def refuse_unfit(manifest: Manifest, others: Mapping[str, OtherKit]) -> None:
    """Do nothing, unless a kit cannot be here beside the others, by what it or one of them says.

    Args:
        manifest: What the kit says of itself.
        others: The other kits, by name.

    Raises:
        InvalidRequest: It cannot: it needs a newer PACK, or another kit, or clashes with one; or
            one of the others needs another version of it.
    """
    name, version = manifest.name, manifest.version
    if manifest.min_pack is not None and KitVersion.parse(__version__) < manifest.min_pack:
        said = f"{name} needs PACK {manifest.min_pack} or newer"
        raise InvalidRequest(f"{said}; this is {__version__}")
    if clash := next((n for n in manifest.conflicts if n in others and n != name), None):
        raise InvalidRequest(f"{name} cannot be installed beside {clash}")
    for other in others.values():
        if other.manifest is not None and name in other.manifest.conflicts:
            raise InvalidRequest(f"{other.name} says that {name} cannot be installed beside it")
        for needed in other.needs(name):
            if not needed.version.holds(version):
                raise _demanded(f"{other.name} needs the kit {name} {needed.version.text}", version)
    for one in manifest.dependencies:
        has = others.get(one.name)
        if not one.is_required or (has and one.version.holds(has.version)):
            continue
        there = f"{has.version} is installed" if has else "which is not installed"
        demands = (
            f", and {other.name} needs {need.version.text}"
            for other in (others.values() if has else ())
            for need in other.needs(one.name)
        )
        also = "".join(demands)
        raise InvalidRequest(f"{name} needs the kit {one.name} {one.version.text}, {there}{also}")


def _demanded(said: str, version: KitVersion) -> InvalidRequest:
    error = InvalidRequest(f"{said}, and this is {version}")
    error.remedy = "Update the two together, or leave both as they are."
    return error


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

"""Where kits come from: folders, archives, git repositories, bundles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pack_connectors.kit_sources.agreed_sources import AgreedSources
from pack_connectors.kit_sources.archive import ArchiveSource, is_archive
from pack_connectors.kit_sources.folder import FolderSource
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.remote.kit_source import FetchedRepositories, GitKitSource
from pack_connectors.local_git.rules.person import STAND_IN

from pack.actions import Action
from pack.errors import InvalidRequest, NotFound, Unavailable
from pack.kits.address import KitAddress, parse_address
from pack.kits.consent import Ask, SourceConsent
from pack.kits.lock import LockedKit
from pack.kits.shipment import Kit, KitSource, Shipment, unpack
from pack.kits.trust import is_fixed
from pack.log import LogQuery
from pack.memory import Memory
from pack.model import Identity
from pack_servers.wiring.kits.own import OwnKitSource, is_own
from pack_servers.wiring.kits.signers import signer_of

PEER: Final = "peer:"
"""How the address of a kit of another peer begins."""
_AGREED: Final = Path("~/.pack/kits/sources.json")


FindOfPeer = Callable[[str], KitSource]
"""Finds kits of other peers, by `peer:NAME/KIT`; raises `InvalidRequest` for what is none."""


class KitSources:
    """Finds the sources of kits; a repository with several kits is fetched once.

    Args:
        of_peer: Finds kits of other peers; `None` where there are none.
        consent: To which sources of installed kits the person agreed; `None` for no kit at all.
    """

    def __init__(
        self, of_peer: FindOfPeer | None = None, consent: SourceConsent | None = None
    ) -> None:
        self._repositories = FetchedRepositories()
        self._of_peer = of_peer
        self._consent = consent

    def find(self, text: str) -> tuple[KitSource, str | None]:
        """The source that a text names, and the ref in it.

        Args:
            text: As it was typed.

        Raises:
            InvalidRequest: It names none.
            InvalidConfig: It is an address that is not used.
        """
        if text.startswith(PEER) and not is_there(text):
            if self._of_peer is None:
                raise InvalidRequest(f"{text[:80]} is a peer's: only `install` asks for it")
            return self._of_peer(text), None
        address = parse_address(_as_path(text), is_there)
        path = Path(address.place).expanduser()
        if is_own(address.place) and not path.exists():
            return OwnKitSource(address.text), address.ref
        is_near = path.exists() or address.place.startswith("file://")
        if path.is_dir() and not _is_repository(path):
            folder = path / address.folder
            place = KitAddress(str(path.resolve()), None, address.folder)
            return FolderSource(folder, place.text), address.ref
        if path.is_file() and is_archive(path):
            place = KitAddress(str(path.resolve()), None, address.folder)
            return ArchiveSource(path, place), address.ref
        place_text = str(path.resolve()) if path.exists() else address.place
        repository = self._repositories.of(place_text)
        place = KitAddress(place_text, address.ref, address.folder)
        near = self._repositories.near(place_text) if path.exists() else None
        return GitKitSource(repository, place, signer_of, near, is_near=is_near), address.ref

    def kit(self, text: str) -> Kit:
        """The kit that a text names.

        Raises:
            PackError: As `find`, `KitSource.ship` and `unpack`.
        """
        source, ref = self.find(text)
        return unpack(source.ship(ref))

    @property
    def consent(self) -> SourceConsent:
        """To which sources the person agreed.

        Raises:
            InvalidRequest: There is no memory.
        """
        if self._consent is None:
            raise InvalidRequest("no memory names a source here")
        return self._consent

    def agree(self, shipment: Shipment) -> None:
        """Remember that the person wants what is there, as they have typed its address."""
        self.consent.add(_place_and_branch(shipment.source, shipment.ref))

    def ask_about(self, kits: Iterable[LockedKit]) -> None:
        """Ask at once about all sources that the person has not been asked about."""
        self.consent.ask(_place_and_branch(kit.source, kit.ref) for kit in kits)

    def of_kit(self, kit: LockedKit) -> KitSource:
        """The source of an installed kit, which may be any place that somebody else wrote there.

        Raises:
            RefusedForSafety: The person does not agree to it.
            PackError: As `find`.
        """
        place = _place_and_branch(kit.source, kit.ref)
        self.consent.refuse_others(place, Action.INSTALL_KIT)
        return self.find(kit.source)[0]

    def newest(
        self, as_installed: Callable[[LockedKit], Kit | None], *, far: bool
    ) -> Callable[[LockedKit], Kit | None]:
        """What finds the newest version of an installed kit, or says why it cannot.

        Args:
            as_installed: Gives an installed kit as it was then, for a source with nothing newer.
            far: Whether sources that are not on this machine are asked, and the person about those
                that they have not agreed to.
        """

        def find(kit: LockedKit) -> Kit | None:
            if not far and not self.consent.holds(_place_and_branch(kit.source, kit.ref)):
                return None
            source = self.of_kit(kit)
            if not far and not source.is_near:
                return None
            ref = _moving(kit.ref)
            is_same = kit.commit is not None and source.at(ref) == kit.commit
            known = as_installed(kit) if is_same else None
            return known if known is not None else unpack(source.ship(ref))

        return find

    def again(self, kit: LockedKit) -> Kit | None:
        """What the source of an installed kit has of the version that is installed, or had then.

        Raises:
            RefusedForSafety: The person does not agree to that source.
        """
        for ref in dict.fromkeys((kit.commit, kit.ref, None)):
            with suppress(NotFound, InvalidRequest, Unavailable):
                found = unpack(self.of_kit(kit).ship(ref))
                if found.tree == kit.tree:
                    return found
        return None

    def close(self) -> None:
        """Remove what was fetched."""
        self._repositories.close()


def _as_path(text: str) -> str:
    """The path that a `file://` address names; any other text as it is. They are one place."""
    found = urlsplit(text) if text.startswith("file:///") else None
    if found is None or not found.path or found.query:
        return text
    path = url2pathname(found.path)
    return f"{path}#{found.fragment}" if found.fragment else path


def _moving(ref: str | None) -> str | None:
    """The ref to look at for news: a commit or a version never has any, so it is the newest."""
    return None if ref is None or is_fixed(ref) else ref


def _place_and_branch(source: str, ref: str | None) -> str:
    """What a person agrees to: another branch of a place may hold what is meant for few."""
    branch = _moving(ref)
    return source if branch is None else f"{source}@{branch}"


def is_there(text: str) -> bool:
    """Whether there is a file or a folder of this name."""
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError):
        return False


def _is_repository(folder: Path) -> bool:
    """Whether a folder is a git repository, with files or without."""
    return (folder / ".git").exists() or (
        (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    )


def source_consent(memory: str, ask: Ask, *, dry_run: bool) -> SourceConsent:
    """What the person at this machine agreed to for one memory; see `SourceConsent`."""
    agreed = AgreedSources(_AGREED.expanduser())
    return SourceConsent(memory, agreed, ask, is_own=is_own, dry_run=dry_run)


def author_of(memory: Memory) -> Identity:
    """Who a patch says it is from: the user of git here, or the last who wrote in the memory."""
    local, head = memory.connector, memory.connector.head()
    if isinstance(local, LocalGit):
        return local.user()
    facts = next(iter(local.log(LogQuery(head))), None) if head is not None else None
    return facts.author if facts is not None and facts.author is not None else STAND_IN


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        InvalidRequest: It is there.
        Unavailable: It cannot be written.
    """
    try:
        with file.expanduser().open("xb") as opened:
            opened.write(text.encode("utf-8"))
    except FileExistsError as error:
        raise InvalidRequest(f"{file} exists already") from error
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}") from error


@contextmanager
def kit_sources(
    of_peer: FindOfPeer | None = None, consent: SourceConsent | None = None
) -> Iterator[KitSources]:
    """The sources, closed at the end; the arguments are those of `KitSources`."""
    found = KitSources(of_peer, consent)
    try:
        yield found
    finally:
        found.close()

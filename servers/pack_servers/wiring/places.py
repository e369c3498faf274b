"""Which place a command or a server uses: the table of all kinds, and the choice among them.

To add a kind: a module with a class that is a `Place`, and a line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from pack.deferred import dataclass
from pack.errors import InvalidConfig
from pack_servers.config.settings import Settings, has_targets, settings_in_force
from pack_servers.wiring.here import HERE, memory_here
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.place import Announce, Place

_GITHUB: Final = "--github"
_LOCAL: Final = "--local"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options and the settings say about the place.

    Attributes:
        settings: Those in force.
        sources: What a person has set, and where: the name of each setting and its source.
        github: `--github`, as it was given.
        folder: `--local`, else PACK_DIR if that is set and no option is given, else the memory
            that the current directory is in, where that is looked for; absolute.
        folder_from: The option or setting that named the folder.
    """

    settings: Settings
    sources: Mapping[str, str]
    github: str | None
    folder: Path | None
    folder_from: str


def choose_place(
    settings: Settings, local: Path | None, github: str | None, announce: Announce | None = None
) -> Place:
    """The memory to use: an option's, PACK_DIR's, the one here, the repository's, the default.

    Args:
        settings: Those in force.
        local: `--local`, as it was given.
        github: `--github`, as it was given.
        announce: Told if it is the memory that the current directory is in, which nobody named;
            `None` to leave that one out.

    Raises:
        InvalidConfig: Both options are given, a name is not `OWNER/REPO`, or only one of the two
            settings for a repository is set.
    """
    if local is not None and github is not None:
        raise InvalidConfig(_GITHUB, "the memory is given twice; use --github or --local, not both")
    wanted = _wanted(settings, local, github)
    if announce is not None and wanted.folder is None and github is None:
        wanted = _or_here(wanted, announce)
    return next(filter(None, (kind(wanted) for kind in KINDS)))


def refuse_copies(settings: Settings, place: Place) -> None:
    """Return unless a memory that nobody named would be copied to the user's services.

    Raises:
        InvalidConfig: It would be.
    """
    if place.chosen_by == HERE and has_targets(settings):
        reason = f"the settings name services to copy a memory to, and {place} is named by none"
        error = InvalidConfig(_LOCAL, reason)
        error.remedy = f"If you mean that one, add {' '.join(place.arguments)}; else leave {HERE}."
        raise error


def _or_here(wanted: Wanted, announce: Announce) -> Wanted:
    folder = memory_here()
    is_default = folder == _absolute(wanted.settings.pack_dir) and not _names_repository(wanted)
    if folder is None or is_default:
        return wanted
    announce(f"using the memory in {folder}, which {HERE} is in")
    return replace(wanted, folder=folder, folder_from=HERE)


def _names_repository(wanted: Wanted) -> bool:
    return not {"GITHUB_OWNER", "GITHUB_REPO"}.isdisjoint(wanted.sources)


def _wanted(settings: Settings, local: Path | None, github: str | None) -> Wanted:
    sources = settings_in_force()
    if local is not None:
        return Wanted(settings, sources, github, _absolute(local), _LOCAL)
    if github is None and "PACK_DIR" in sources:
        folder = _absolute(settings.pack_dir)
        return Wanted(settings, sources, github, folder, f"PACK_DIR in {sources['PACK_DIR']}")
    return Wanted(settings, sources, github, None, "")


def _on_github(wanted: Wanted) -> Place | None:
    """A repository on GitHub, where one is named and no folder."""
    if wanted.folder is not None:
        return None
    if wanted.github is not None:
        owner, slash, repository = wanted.github.partition("/")
        if not (owner and slash and repository) or "/" in repository:
            raise InvalidConfig(_GITHUB, "write it as OWNER/REPO")
        return _github_place(owner, repository, _GITHUB)
    missing = [name for name in ("GITHUB_OWNER", "GITHUB_REPO") if name not in wanted.sources]
    if len(missing) == 1:
        raise InvalidConfig(missing[0], "it is not set, but the other half of the name is")
    if missing:
        return None
    settings = wanted.settings
    chosen_by = wanted.sources["GITHUB_REPO"]
    return _github_place(settings.github_owner, settings.github_repo, chosen_by)


def _github_place(owner: str, repository: str, chosen_by: str) -> Place:
    # Here, as it takes time to import and most memories are local.
    from pack_servers.wiring.github import GithubPlace  # noqa: PLC0415

    return GithubPlace(owner, repository, chosen_by)


def _in_a_folder(wanted: Wanted) -> Place:
    """The folder that is named, else the one that PACK uses where nothing is."""
    if wanted.folder is not None:
        return LocalPlace(wanted.folder, wanted.folder_from)
    return LocalPlace(_absolute(wanted.settings.pack_dir))


def _absolute(folder: Path) -> Path:
    return folder.expanduser().absolute()


KINDS: Final[tuple[Callable[[Wanted], Place | None], ...]] = (_on_github, _in_a_folder)
"""Each makes a place of its kind if that is what is wanted. The first that does wins."""

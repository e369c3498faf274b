"""Which memory to use: a folder on this machine, or a repository on GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pack.errors import InvalidConfig
from pack_servers.config.settings import Settings, settings_in_force

_OPTION: Final = "--github"


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """A folder.

    Attributes:
        folder: An absolute path.
        chosen_by: The option or setting that chose it.
    """

    folder: Path
    chosen_by: str = "the default"

    @property
    def arguments(self) -> list[str]:
        """The options that name it on a command line, in any current directory."""
        return ["--local", str(self.folder)]

    def __str__(self) -> str:
        return str(self.folder)


@dataclass(frozen=True, slots=True)
class GithubPlace:
    """A repository on the GitHub server of the settings.

    Attributes:
        owner: The user or organisation.
        repository: The name of the repository.
        chosen_by: The option or setting that chose it.
    """

    owner: str
    repository: str
    chosen_by: str

    @property
    def full_name(self) -> str:
        """`OWNER/REPO`."""
        return f"{self.owner}/{self.repository}"

    @property
    def arguments(self) -> list[str]:
        """As `LocalPlace.arguments`."""
        return [_OPTION, self.full_name]

    def __str__(self) -> str:
        return f"github:{self.full_name}"


Place = LocalPlace | GithubPlace


def choose_place(settings: Settings, local: Path | None, github: str | None) -> Place:
    """The memory to use: from an option, else PACK_DIR, else GITHUB_OWNER and GITHUB_REPO.

    Raises:
        InvalidConfig: Both options are given, a name is not `OWNER/REPO`, or only one of the two
            settings for a repository is set.
    """
    if local is not None and github is not None:
        raise InvalidConfig(_OPTION, "the memory is given twice; use --github or --local, not both")
    if github is not None:
        owner, slash, repository = github.partition("/")
        if not (owner and slash and repository) or "/" in repository:
            raise InvalidConfig(_OPTION, "write it as OWNER/REPO")
        return GithubPlace(owner, repository, _OPTION)
    if local is not None:
        return LocalPlace(_absolute(local), "--local")
    return _configured(settings)


def _configured(settings: Settings) -> Place:
    sources = settings_in_force()
    names = ("GITHUB_OWNER", "GITHUB_REPO")
    missing = [name for name in names if name not in sources]
    if "PACK_DIR" in sources or len(missing) == len(names):
        chosen_by = sources.get("PACK_DIR", "the default")
        return LocalPlace(_absolute(settings.pack_dir), chosen_by)
    if missing:
        raise InvalidConfig(missing[0], "it is not set, but the other half of the name is")
    return GithubPlace(settings.github_owner, settings.github_repo, sources["GITHUB_REPO"])


def _absolute(folder: Path) -> Path:
    return folder.expanduser().absolute()

"""The extension for Gemini CLI: a folder among its extensions, which is all that installs one.

Others may have put files of their own into it. So PACK remembers which files it wrote there, and
only those are replaced and deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from pack_connectors.system.durable_files import replace_durably
from pack_templates import plugin_files

from pack.deferred import dataclass
from pack.errors import InvalidRequest, Unavailable
from pack_servers.clients.entries import is_of_pack
from pack_servers.clients.machine import Machine
from pack_servers.clients.plugins import EXTENSION, NAME, made_here
from pack_servers.clients.records import Records
from pack_servers.clients.settings_file import remove_folders

_SOURCE: Final = "gemini"
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class ExtensionChange:
    """What changes in the folder of the extension.

    Attributes:
        folder: The folder.
        files: All files of the extension afterwards, by path; none to remove it.
        writes: Those that are new, or that say something else now.
        deletes: Those of an earlier version that go.
        is_there: Whether the extension is there now.
    """

    folder: Path
    files: Mapping[str, bytes]
    writes: Sequence[str]
    deletes: Sequence[str]
    is_there: bool

    def lines(self) -> Sequence[str]:
        """One line for each file that changes: `+` for a new one, `~` for another text, `-`."""
        signs = [("~" if (self.folder / each).exists() else "+", each) for each in self.writes]
        signs += [("-", each) for each in self.deletes]
        return [f"{sign} {self.folder / name}" for sign, name in signs]

    def make(self, records: Records) -> None:
        """Do it; folders in which nothing is left go too.

        Raises:
            Unavailable: Something cannot be read, written or deleted.
        """
        try:
            # Remembered first, so that nothing PACK wrote is ever taken for somebody else's.
            _remember(records, sorted({*self.files, *self.deletes}))
            for name in self.writes:
                file = self.folder / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(self.files[name])
            for name in self.deletes:
                (self.folder / name).unlink(missing_ok=True)
                parents = PurePosixPath(name).parents
                remove_folders([self.folder / each for each in parents])
            _remember(records, sorted(self.files))
        except OSError as error:
            raise Unavailable(f"{self.folder}: {error.strerror or type(error).__name__}") from error


def extension_folder(machine: Machine) -> Path:
    """Where Gemini CLI looks for the extension."""
    home = machine.named("GEMINI_CLI_HOME", machine.at_home())
    return Path(str(home / ".gemini" / "extensions" / NAME))


def extension_here(arguments: Sequence[str]) -> Mapping[str, bytes]:
    """The extension on this machine: its files by path.

    Args:
        arguments: The options that name the memory.
    """
    files = plugin_files(_SOURCE)
    return {path: made_here(path, content, arguments) for path, content in files.items()}


def plan_extension(folder: Path, files: Mapping[str, bytes], records: Records) -> ExtensionChange:
    """What makes a folder hold the extension, or not hold it any more.

    Args:
        folder: Where Gemini CLI looks for it.
        files: The extension; nothing to remove it.
        records: Where it is remembered what PACK wrote.

    Raises:
        InvalidRequest: The folder is an extension of somebody else, or somewhere else.
        Unavailable: It cannot be read.
    """
    known = {*plugin_files(_SOURCE), *_remembered(records)}
    _check_links(folder, known)
    if not _is_ours(folder):
        error = InvalidRequest(f"{folder} is an extension of somebody else")
        error.remedy = "Rename it, then try again."
        raise error
    try:
        writes = [name for name, content in files.items() if _content(folder / name) != content]
        deletes = [
            each for each in sorted(known - files.keys()) if _content(folder / each) is not None
        ]
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror or type(error).__name__}") from error
    return ExtensionChange(folder, files, writes, deletes, (folder / EXTENSION).exists())


def has_extension(folder: Path) -> bool:
    """Whether a folder holds the extension of PACK, of any version."""
    return (folder / EXTENSION).is_file() and _is_ours(folder)


def _check_links(folder: Path, names: set[str]) -> None:
    """See that all of it is in the folder itself: behind a link are files of somebody else."""
    inside = {each for name in names for each in (name, *map(str, PurePosixPath(name).parents))}
    for each in sorted(inside):
        place = folder / each
        if place.is_symlink():
            error = InvalidRequest(f"{place} is a link to {place.readlink()}")
            error.remedy = "Remove the link, then try again; what it leads to is left alone."
            raise error


def _is_ours(folder: Path) -> bool:
    """Whether a folder holds the extension of PACK, of any version, or nothing that is in its way.

    What was left in the folder when the extension was removed is not in its way.
    """
    own = json.loads(plugin_files(_SOURCE)[EXTENSION])
    try:
        found = json.loads((folder / EXTENSION).read_bytes())
    except FileNotFoundError:
        return not any((folder / name).exists() for name in plugin_files(_SOURCE))
    except (OSError, ValueError, RecursionError):
        return False
    if not isinstance(found, Mapping):
        return False
    servers = found.get("mcpServers")
    server = servers.get(NAME) if isinstance(servers, Mapping) else None
    return found.get("name") == own["name"] and is_of_pack(server)


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _place(records: Records) -> Path:
    return records.folder / "plugins" / "gemini-cli.json"


def _remembered(records: Records) -> Sequence[str]:
    """The files that PACK wrote, as far as it is known."""
    try:
        names = json.loads(_place(records).read_bytes())
    except (OSError, ValueError):
        return []
    paths = [PurePosixPath(each) for each in names if isinstance(each, str)]
    return [str(each) for each in paths if not each.is_absolute() and ".." not in each.parts]


def _remember(records: Records, names: Sequence[str]) -> None:
    file = _place(records)
    if not names:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_durably(file, json.dumps(names, indent=2).encode(), _PRIVATE)

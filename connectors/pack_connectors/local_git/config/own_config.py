"""The folder in which git finds a repository without its configuration.

A memory folder may come from anybody, and dozens of keys in `.git/config` name a program; each
version of git knows more of them. So git does not read that file when PACK runs it. `GIT_DIR` is
the repository's: HEAD, index, refs. `GIT_COMMON_DIR`, where git looks for `config`, is a folder of
ours, `.git/pack/git`: its `config` holds what PACK takes over (`_TAKEN_OVER`: the format, and
values that are no programs), and everything else in it is a link to what the repository has. There
are no hooks in it, and none of the remotes of the configuration.

Why links: git's own `git-new-workdir` shared a repository in that way for years. Refs are not found
through them (the files backend asks `GIT_DIR` where they are), but would be, should that change.

What is in such a folder of an unpacked archive is not trusted: links are compared, and our `config`
counts only if it names the inode and the times of the file that it was made from.

Sources: gitrepository-layout(5) "commondir"; git(1) "GIT_COMMON_DIR"; git-config(1) "Syntax".
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from pack.deferred import pattern
from pack.errors import InvalidConfig, Unavailable
from pack_connectors.local_git.config.config_file import Pair

_SHARED: Final = (
    "refs", "packed-refs", "reftable", "logs", "shallow", "info", "worktrees", "rr-cache",
)  # fmt: skip
"""What git looks for beside `config` and the objects, without hooks and files that name remotes."""
_PARTIAL: Final = "pack.partial"
"""In a `config` of ours: git left objects on a remote."""
_OF_HOUSEKEEPING: Final = "gc."
_TEMPORARY: Final = "tmp-"
_VERSION: Final = 1
"""Goes up with every change of what a `config` of ours holds."""

_EXTENSIONS: Final = frozenset(
    {"objectformat", "compatobjectformat", "refstorage", "preciousobjects", "relativeworktrees"}
)
# Another configuration file, a remote to fetch missing objects from, where submodules are.
_NOT_NEEDED: Final = frozenset(
    {"worktreeconfig", "partialclone", "noop", "noop-v1", "submodulepathconfig"}
)
_TAKEN_OVER: Final = pattern(
    r"""
      core\.(sharedrepository|logallrefupdates|filemode|ignorecase|precomposeunicode|symlinks
        |autocrlf|eol|safecrlf|excludesfile|compression|loosecompression|bigfilethreshold
        |splitindex)
    | index\.(version|threads) | splitindex\.(maxpercentchange|sharedindexexpire)
    | gc\.(auto|autopacklimit|bigpackthreshold|cruftpacks|logexpiry|maxcruftsize|packrefs
        |rerereresolved|rerereunresolved|worktreepruneexpire|writecommitgraph)
    | gc\.(.+\.)?reflogexpire(unreachable)?
    | maintenance\.(strategy|[^.]+\.(enabled|auto))
    | pack\.(packsizelimit|threads|window|depth|windowmemory|compression|indexversion)
    | repack\.(writebitmaps|packkeptobjects)
    | http\.(.+\.)?(proxy|postbuffer|version|lowspeedlimit|lowspeedtime) | protocol\.version
    | credential\.(.+\.)?(username|usehttppath)
    """,
    re.VERBOSE,
)


class OwnCommonDir:
    """What git is given as `GIT_COMMON_DIR` for one repository; may be shared by threads.

    Args:
        common_dir: The repository's.
        place: Where ours is to be, in a folder that may be missing.
        fallback: Where it is to be if that is impossible, or holds what is not ours.
        read: Gives the keys and values of a configuration file, in their order.
    """

    def __init__(
        self,
        common_dir: Path,
        place: Path,
        fallback: Callable[[], Path],
        read: Callable[[Path], Iterable[Pair]],
    ) -> None:
        self._common_dir = common_dir
        self._place = place
        self._fallback = fallback
        self._read = read
        self._made_for: str | None = None
        self._found = common_dir
        self._is_partial = False

    def find(self) -> Path:
        """Ours, made again if it is gone or their configuration has changed.

        It is `common_dir` itself where the system has no links.

        Raises:
            InvalidConfig: The repository has an extension that PACK does not know.
            Unavailable: The repository is gone, or its configuration cannot be read.
        """
        if not os.path.isdir(self._common_dir):  # noqa: PTH112 - asked with every command
            raise Unavailable(f"{self._common_dir} is gone")
        identity = _identity(f"{self._common_dir}/config")
        if identity != self._made_for or not os.path.exists(f"{self._found}/config"):  # noqa: PTH110
            self._found = (
                self._make_in(self._place) or self._make_in(self._fallback()) or self._common_dir
            )
            self._is_partial = self._found != self._common_dir and _says_partial(self._found)
            self._made_for = identity
        return self._found

    def is_partial(self) -> bool:
        """Whether git left objects on a remote, to be fetched when they are needed."""
        self.find()
        return self._is_partial

    def is_ours(self) -> bool:
        """Whether there is one; without, git reads the repository's configuration."""
        return self.find() != self._common_dir

    def is_kept(self) -> bool:
        """Whether ours outlives this process."""
        return self.find() == self._place

    def _make_in(self, folder: Path) -> Path | None:
        """A folder, once everything is in it; `None` where that is impossible or it is not ours."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not _is_ours(folder):
                return None
            _complete(folder, self._common_dir, self._read)
        except (OSError, NotImplementedError):
            return None
        return folder


def _says_partial(folder: Path) -> bool:
    return _line((_PARTIAL, "true")).encode() in (folder / "config").read_bytes()


def _is_ours(folder: Path) -> bool:
    """Whether there is nothing in a folder that we would not put there."""
    if folder.is_symlink():
        return False
    with os.scandir(folder) as found:
        return all(
            entry.is_symlink()
            if entry.name in _SHARED
            else entry.is_file(follow_symlinks=False)
            and (entry.name == "config" or entry.name.startswith((_OF_HOUSEKEEPING, _TEMPORARY)))
            for entry in found
        )


def _complete(folder: Path, common_dir: Path, read: Callable[[Path], Iterable[Pair]]) -> None:
    # Relative, so that a folder that is moved, or seen by two machines, needs no other ones.
    up = os.path.relpath(common_dir, folder.resolve())
    for name in _SHARED:
        _link(folder / name, os.path.join(up, name))  # noqa: PTH118 - a text, which may begin with ..
    with suppress(OSError):  # git does not make a folder through a link
        (common_dir / "logs").mkdir(exist_ok=True)
    file, theirs = folder / "config", common_dir / "config"
    identity = _identity(str(theirs))
    first = f"# {_VERSION} {identity}\n".encode()
    with suppress(FileNotFoundError), file.open("rb") as ours:
        if identity and ours.readline() == first:
            return
    found = read(theirs) if identity else ()
    _replace(file, lambda new: new.write_bytes(first + own_config(found)))


def _link(link: Path, target: str) -> None:
    with suppress(FileNotFoundError):
        if os.readlink(link) == target:  # noqa: PTH115 - as text
            return
    _replace(link, lambda new: new.symlink_to(target, target_is_directory=True))


def _replace(path: Path, make: Callable[[Path], object]) -> None:
    """Put something else in place of what other processes may be using."""
    new = path.with_name(f"{_TEMPORARY}{token_hex(16)}")
    try:
        make(new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _identity(file: str) -> str:
    """Differs for any two states of a file, and cannot be known by who packed an archive.

    It is empty where there is none, which git takes for an empty one.
    """
    try:
        status = os.stat(file)  # noqa: PTH116 - before each git that is started
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Unavailable(f"{file}: {error.strerror}") from error
    return f"{status.st_ino} {status.st_ctime_ns} {status.st_mtime_ns} {status.st_size}"


# --- its content ----------------------------------------------------------------------------------


def own_config(theirs: Iterable[Pair]) -> bytes:
    """A configuration that holds what PACK takes over of a repository's.

    Raises:
        InvalidConfig: The repository has an extension that PACK does not know.
    """
    found: list[Pair] = [("core.repositoryformatversion", "1"), ("core.bare", "false")]
    is_partial = False
    for key, value in theirs:
        section, _, name = key.partition(".")
        is_partial |= key == "extensions.partialclone" or key.endswith(".promisor")
        if section == "extensions" and name not in _EXTENSIONS | _NOT_NEEDED:
            reason = f"its configuration names the extension {name[:60]}, which PACK does not know"
            raise InvalidConfig("the memory folder", reason)
        if (section == "extensions" and name in _EXTENSIONS) or _TAKEN_OVER.fullmatch(key):
            found.append((key, value))
    if is_partial:
        # Without its remote, housekeeping would take what was never fetched for lost.
        found = [pair for pair in found if not pair[0].startswith("maintenance.")]
        found += [("gc.auto", "0"), (_PARTIAL, "true")]
    return "".join(map(_line, found)).encode("utf-8", "surrogateescape")


def _line(pair: Pair) -> str:
    key, value = pair
    section, _, rest = key.partition(".")
    subsection, dot, name = rest.rpartition(".")
    head = f'[{section} "{_escaped(subsection)}"]' if dot else f"[{section}]"
    return f"{head}\n\t{name}\n" if value is None else f'{head}\n\t{name} = "{_escaped(value)}"\n'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

"""Who the person is for their own git, and its rule files and settings outside of the working tree.

They are read as the person's git reads them, so here the configuration is asked for as it is:
`git config` runs nothing. The other commands of PACK do not see these settings (`process`).

Sources: gitignore(5), gitattributes(5), git-config(1) "core.excludesFile", "core.attributesFile",
"core.autocrlf", "core.eol", "core.ignoreCase", "user.name", "user.email".
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pack.deferred import dataclass
from pack.errors import Unavailable
from pack.model import Identity
from pack.rules.exclusion import OuterRules
from pack.rules.patterns import MAX_RULE_BYTES, RuleFile
from pack_connectors.local_git.process import find_git, scrubbed_environment
from pack_connectors.local_git.repository import Repository
from pack_connectors.system.regular_files import read_beginning

_KEYS: Final = r"^(core\.(excludesfile|attributesfile|autocrlf|eol|ignorecase)|user\.(name|email))$"
_KEPT: Final = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
_SYSTEM_CONFIG: Final = "/etc/gitconfig"
_SYSTEM_ATTRIBUTES: Final = "/etc/gitattributes"
_NATIVE: Final = "crlf" if sys.platform == "win32" else "lf"
STAND_IN: Final = Identity("PACK user", "user@localhost")
"""Whose commits a user makes whom git does not know."""
_USER_KEYS: Final = {"user.name": '"Your Name"', "user.email": "you@example.org"}
_TRUE: Final = ("true", "yes", "on", "1", "")

Stamp = tuple[object, ...]
"""What changes when one of some files does."""


@dataclass(frozen=True, slots=True)
class PersonalRules:
    """What the person's git knows besides the working tree.

    Attributes:
        outer: Their rule files.
        autocrlf: `true`, `input` or `false`.
        eol: `lf` or `crlf`.
        stamp: Changes when any of it does.
    """

    outer: OuterRules
    autocrlf: str
    eol: str
    stamp: Stamp


class PersonalSettings:
    """Reads them for one repository, again only when a file has changed."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._config_files = [str(file) for file in _config_files(repository)]
        self._config_stamp: Stamp | None = None
        self._config: Mapping[str, str] = {}
        self._files: Mapping[str, str] = {}
        self._known: PersonalRules | None = None

    def read(self) -> PersonalRules:
        """The rules now.

        Raises:
            Unavailable: Git cannot be asked for its configuration.
        """
        config_stamp = self._bring_up()
        stamp = (config_stamp, _stamp(self._files.values()))
        known = self._known
        if known is None or known.stamp != stamp:
            known = self._known = self._load(self._files, stamp)
        return known

    def user(self) -> Identity:
        """The person's name and address, or an obvious stand-in.

        Raises:
            Unavailable: Git cannot be asked for its configuration.
        """
        self._bring_up()
        return Identity(
            self._config.get("user.name") or STAND_IN.name,
            self._config.get("user.email") or STAND_IN.email,
        )

    def user_remedy(self) -> str:
        """How to tell git the person's name and address; empty if it knows both.

        Raises:
            Unavailable: Git cannot be asked for its configuration.
        """
        self._bring_up()
        missing = [
            f"`git config --global {key} {example}`"
            for key, example in _USER_KEYS.items()
            if not self._config.get(key)
        ]
        return f"Run {' and '.join(missing)}." if missing else ""

    def _bring_up(self) -> Stamp:
        """Ask git again if one of its files has changed; returns what tells their state."""
        stamp = _stamp(self._config_files)
        if stamp != self._config_stamp:
            self._config = self._ask()
            self._files = {name: str(file) for name, file in self._rule_files() if file}
            self._config_stamp, self._known = stamp, None
        return stamp

    def _load(self, files: Mapping[str, str], stamp: Stamp) -> PersonalRules:
        fold = self._config.get("core.ignorecase", "false").lower() in _TRUE
        found = {
            name: RuleFile(_shown(Path(place), self._repository), "", content, fold)
            for name, place in files.items()
            if (content := read_beginning(place, MAX_RULE_BYTES))
        }

        def those(*names: str) -> tuple[RuleFile, ...]:
            return tuple(found[name] for name in names if name in found)

        outer = OuterRules(
            ignores=those("exclude", "ignore"),
            stronger=those("info"),
            weaker=those("attributes", "system"),
            fold=fold,
        )
        autocrlf = self._config.get("core.autocrlf", "false").lower()
        if autocrlf != "input":
            autocrlf = "true" if autocrlf in _TRUE else "false"
        eol = self._config.get("core.eol", "native").lower()
        return PersonalRules(outer, autocrlf, eol if eol in ("lf", "crlf") else _NATIVE, stamp)

    def _ask(self) -> dict[str, str]:
        """The settings of interest, by key in lower case; the last one of each counts."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        places = {
            "GIT_DIR": str(self._repository.git_dir),
            "GIT_WORK_TREE": str(self._repository.work_tree),
        }
        try:
            asked = subprocess.run(  # noqa: S603 - a fixed command, no shell
                [find_git(), "config", "--null", "--get-regexp", _KEYS],
                env=scrubbed_environment(kept | places),
                cwd=self._repository.work_tree,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise Unavailable(f"git could not be started: {error.strerror}") from error
        if asked.returncode not in (0, 1):
            lines = asked.stderr.decode("utf-8", "replace").strip().splitlines()
            raise Unavailable(f"git config failed: {lines[0] if lines else 'no reason given'}")
        rows = (row.partition("\n") for row in os.fsdecode(asked.stdout).split("\0") if row)
        return {key.lower(): value if newline else "true" for key, newline, value in rows}

    def _rule_files(self) -> Iterator[tuple[str, Path | None]]:
        """Where each kind of rules is; `None` for a kind that is switched off."""
        info = self._repository.common_dir / "info"
        yield "exclude", info / "exclude"
        yield "ignore", self._named("core.excludesfile", _own_config() / "ignore")
        yield "info", info / "attributes"
        yield "attributes", self._named("core.attributesfile", _own_config() / "attributes")
        yield "system", None if "GIT_ATTR_NOSYSTEM" in os.environ else Path(_SYSTEM_ATTRIBUTES)

    def _named(self, key: str, default: Path) -> Path | None:
        text = self._config.get(key)
        if text is None:
            return default
        if not text:
            return None
        return self._repository.work_tree / os.path.expanduser(text)  # noqa: PTH111 - as git


def _config_files(repository: Repository) -> Iterator[Path]:
    """The files that git reads its configuration from, those that they include aside."""
    yield repository.common_dir / "config"
    yield repository.git_dir / "config.worktree"
    yield Path(os.environ.get("GIT_CONFIG_SYSTEM", _SYSTEM_CONFIG))
    if "GIT_CONFIG_GLOBAL" in os.environ:
        yield Path(os.environ["GIT_CONFIG_GLOBAL"])
    else:
        yield _home() / ".gitconfig"
        yield _own_config() / "config"


def _home() -> Path:
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - `Path.home` raises without one


def _own_config() -> Path:
    named = os.environ.get("XDG_CONFIG_HOME")
    return (Path(named) if named else _home() / ".config") / "git"


def _stamp(files: Iterable[str]) -> Stamp:
    return tuple(map(status_of, files))


def status_of(file: str) -> Stamp | None:
    """What tells one state of a file from another; `None` if there is none."""
    try:
        found = os.lstat(file)
        if stat.S_ISLNK(found.st_mode):  # people keep such files elsewhere
            found = os.stat(file)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _shown(place: Path, repository: Repository) -> str:
    """A file as people write it: from the working tree, or from their home."""
    for base, prefix in ((repository.work_tree, ""), (_home(), "~/")):
        if place.is_relative_to(base):
            return prefix + place.relative_to(base).as_posix()
    return str(place)

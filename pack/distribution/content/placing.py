"""Where a file of the memory lies downstream, and which names may go there.

The folder of the rule is always the beginning. Below it, a path is as its `rewrite_paths` makes it
(also if that names the folder itself), or else what follows the folder that the glob begins with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pack.distribution.content.globs import Glob
from pack.distribution.values import PathRewrite, Rule
from pack.errors import InvalidPath
from pack.paths import fold, parse_path

OVERRIDES_DIR: Final = ".pack-overrides/"
STATE_DIR: Final = ".pack-sync-state/"
VARIABLES: Final = ".pack-sync-vars.yaml"
DECISIONS: Final = "DECISIONS.md"
_OURS: Final = (OVERRIDES_DIR, STATE_DIR, VARIABLES, DECISIONS)


def check_path(path: str) -> None:
    """Do nothing, unless a path downstream could harm there, or means different things on machines.

    Raises:
        InvalidPath: It could.
        LimitExceeded: It is too long.
    """
    if any(f"{fold(path)}/".startswith(fold(one).rstrip("/") + "/") for one in _OURS):
        raise InvalidPath(path, "the distribution keeps its own files there")
    for part in path.split("/"):
        bare = fold(part).lstrip(".").rstrip(". ")
        if part.startswith(".") and (bare == "git" or not bare):
            raise InvalidPath(path, "it leads to git's own folder, or out of the repository")
        # A hidden name, such as .github, is as good as the same one without its dot.
        parse_path(part.removeprefix(".") if part.startswith(".") else part)


def checked_folder(text: str) -> str:
    """A folder downstream with a slash at its end; empty for the root.

    Raises:
        InvalidPath: There can be no such folder.
    """
    folder = text.removeprefix("./").removesuffix("/")
    if folder in ("", "."):
        if text == "/":
            raise InvalidPath(text, "it must be relative to the repository")
        return ""
    check_path(folder)
    return f"{folder}/"


def rewritten(path: str, rewrites: Sequence[PathRewrite]) -> str:
    """A path as the first rewrite that concerns it makes it."""
    for one in rewrites:
        rest = path[len(one.before) :]
        is_whole = one.before.endswith("/") or rest[:1] in ("", "/")
        if path.startswith(one.before) and is_whole:
            return one.after + rest
    return path


@dataclass(frozen=True, slots=True)
class Placing:
    """Where the files of a rule lie.

    Attributes:
        folder: The folder downstream.
        base: The folder of the memory that is this one.
        rewrites: How paths change.
    """

    folder: str
    base: str
    rewrites: Sequence[PathRewrite]

    @classmethod
    def of(cls, rule: Rule) -> Placing:
        """Where the files of a rule lie."""
        return cls(rule.target_path, Glob.parse(rule.source).base, rule.rewrites)

    def place(self, path: str) -> str:
        """Where a file lies, or would if it went."""
        changed = rewritten(path, self.rewrites)
        if changed == path:
            return f"{self.folder}{path.removeprefix(self.base)}"
        if changed.startswith(self.folder):
            return changed
        return f"{self.folder}{changed.lstrip('/')}"

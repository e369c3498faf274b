"""Which remotes git's configuration names, and which of them the memory is exchanged with.

One takes part by default: the remote of the current branch, or else `origin`. Any other one takes
part only if `remote.NAME.pack` is true; `false` keeps one out. So nothing is pushed to a remote
that nobody chose.

Sources: git-config(1) "branch.<name>.remote", "remote.<name>.url", "Values" (boolean).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from pack.errors import InvalidConfig, RefusedForSafety, Unavailable
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.remote.url import RemoteUrl, parse_url
from pack_connectors.local_git.repository import Repository, current_branch

HEADS: Final = "refs/heads/"
_DEFAULT_REMOTE: Final = "origin"
_PATTERN: Final = r"^(branch\..*\.(remote|merge)|remote\..*\.(url|pushurl|pack))$"
_TRUE: Final = ("true", "yes", "on", "1")
_FALSE: Final = ("false", "no", "off", "0", "")


class _Flag(Enum):
    """What `remote.NAME.pack` says."""

    UNSET = auto()
    TRUE = auto()
    FALSE = auto()
    INVALID = auto()


@dataclass(frozen=True, slots=True)
class ConfiguredBranch:
    """A branch of a remote.

    Attributes:
        name: Of the remote.
        branch: There.
        url: To fetch from.
        push_url: To push to.
        local: The branch here.
        configured: The branch there that is set up, if another one is taken in its place.
    """

    name: str
    branch: str
    url: RemoteUrl
    push_url: RemoteUrl
    local: str
    configured: str

    def ref(self, kind: str) -> str:
        """A ref of ours."""
        return f"refs/pack/{kind}/{self.name}/{self.branch}"

    @property
    def tracking(self) -> Sequence[str]:
        """Our ref of the remote's head, and the one that git shows people."""
        return self.ref("fetched"), f"refs/remotes/{self.name}/{self.branch}"


@dataclass(frozen=True, slots=True)
class RemoteConfig:
    """What git's configuration says about remotes.

    Attributes:
        values: All values of each key, the one that counts last.
        local: The current branch; why there is none where HEAD is detached.
    """

    values: Mapping[str, Sequence[str]]
    local: str | RefusedForSafety

    def default(self) -> str | None:
        """The remote that takes part unless its configuration says otherwise."""
        if isinstance(self.local, RefusedForSafety):
            has_some = any(key.endswith(".url") for key in self.values)
            return _DEFAULT_REMOTE if has_some else None
        name = self._last(f"branch.{self.local}.remote") or _DEFAULT_REMOTE
        return name if self.values.get(f"remote.{name}.url") else None

    def taking_part(self) -> Sequence[str]:
        """The remotes that the memory is exchanged with, the default one first.

        One with a value that is no boolean is among them: using it fails, and says why.
        """
        default = self.default()
        marked = [key[len("remote.") : -len(".pack")] for key in self.values if _is_flag(key)]
        names = dict.fromkeys([*([default] if default else []), *marked])
        return [name for name in names if self._flag(name) is not _Flag.FALSE]

    def branch(self, name: str) -> ConfiguredBranch:
        """Where a remote is.

        Raises:
            RefusedForSafety: HEAD is detached.
            InvalidConfig: The memory is not exchanged with it, or it cannot be used as it is
                set up.
        """
        if isinstance(self.local, RefusedForSafety):
            raise self.local
        urls = self.values.get(f"remote.{name}.url", [])
        if reason := self._objection(name, has_url=bool(urls)):
            raise InvalidConfig("the remote", reason)
        push_urls = [*urls[:1], *self.values.get(f"remote.{name}.pushurl", [])]
        there = self._branch_there(name, self.local)
        addresses = parse_url(urls[0]), parse_url(push_urls[-1])
        return ConfiguredBranch(name, there, *addresses, self.local, there)

    def taken(self, name: str, heads: Sequence[str]) -> Set[str]:
        """The branches of a remote that belong to another branch here than the current one.

        Args:
            name: Of the remote.
            heads: The branches here.
        """
        others = [head for head in heads if head != self.local]
        followed = (
            self._last(f"branch.{head}.merge").removeprefix(HEADS)
            for head in others
            if self._last(f"branch.{head}.remote") == name
        )
        return {*others, *followed}

    def _branch_there(self, name: str, local: str) -> str:
        merged = self._last(f"branch.{local}.merge")
        is_upstream = self._last(f"branch.{local}.remote") == name
        branch = merged.removeprefix(HEADS) if is_upstream and merged else local
        if branch.startswith("refs/"):
            raise InvalidConfig("the remote", f"branch.{local}.merge names no branch")
        return branch

    def _objection(self, name: str, *, has_url: bool) -> str:
        names = self.taking_part()
        if name not in names:
            return f"the memory is no longer exchanged with {name}"
        if self._flag(name) is _Flag.INVALID:
            return f"remote.{name}.pack must be true or false"
        if not has_url:
            return f"remote.{name}.pack is true, but {name} has no URL"
        for other in names[: names.index(name)]:  # their refs would be mixed up
            if f"{name}/".startswith(f"{other}/") or f"{other}/".startswith(f"{name}/"):
                return f"{name} cannot take part beside {other}; rename it with `git remote rename`"
        return ""

    def _flag(self, name: str) -> _Flag:
        values = self.values.get(f"remote.{name}.pack")
        if not values:
            return _Flag.UNSET
        text = values[-1].lower()
        if text in _TRUE:
            return _Flag.TRUE
        return _Flag.FALSE if text in _FALSE else _Flag.INVALID

    def _last(self, key: str) -> str:
        values = self.values.get(key)
        return values[-1] if values else ""


def read_config(repository: Repository, runner: GitRunner) -> RemoteConfig:
    """What git's configuration says about remotes now.

    Raises:
        Unavailable: It cannot be read.
    """
    out = runner.run(["config", "--null", "--get-regexp", _PATTERN], ok=(0, 1))
    values = defaultdict(list)
    for row in out.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        key, has_value, value = row.partition("\n")
        values[key].append(value if has_value else "true")  # a key alone is true, says git
    local: str | RefusedForSafety
    try:
        local = current_branch(repository, runner).removeprefix(HEADS)
    except RefusedForSafety as error:
        local = error
    return RemoteConfig(dict(values), local)


def check_name(runner: GitRunner, branch: ConfiguredBranch) -> None:
    """Do nothing, unless git cannot keep refs for a remote's branch.

    Raises:
        InvalidConfig: It cannot.
    """
    ref = branch.ref("seen")
    try:
        runner.run(["check-ref-format", ref])
        ref.encode("utf-8")
    except (Unavailable, UnicodeEncodeError) as error:
        reason = "git cannot use its name or the name of its branch"
        raise InvalidConfig("the remote", reason) from error


def _is_flag(key: str) -> bool:
    return key.startswith("remote.") and key.endswith(".pack") and len(key) > len("remote..pack")

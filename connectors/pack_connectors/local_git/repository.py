"""Finding, making and describing the repository that a memory lives in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pack.errors import InvalidConfig, RefusedForSafety, Unavailable
from pack.model import Identity
from pack_connectors.local_git.process import (
    GitRunner,
    config_options,
    find_git,
    scrubbed_environment,
)
from pack_connectors.local_git.remote.url import redacted

DEFAULT_BRANCH: Final = "main"
STAND_IN: Final = Identity("PACK user", "user@localhost")
"""Whose commits a user makes whom git does not know."""
_USER_KEYS: Final = {"user.name": '"Your Name"', "user.email": "you@example.org"}
# Loose objects in one of 256 folders at which git's own default (gc.auto 6700) asks for a gc.
_GC_FOLDER_COUNT: Final = 6700 // 256

_UNFINISHED: Final = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase or `git am`",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisect",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the parts of a repository are.

    Attributes:
        work_tree: Root of the working tree.
        git_dir: Its git directory (of its own in a linked worktree).
        common_dir: The git directory that holds objects and refs.
    """

    work_tree: Path
    git_dir: Path
    common_dir: Path

    @property
    def state_dir(self) -> Path:
        """PACK's folder: derived files, and the journal while a write is under way."""
        return self.git_dir / "pack"


_QUESTIONS: Final = (
    "--show-toplevel",
    "--absolute-git-dir",
    "--git-common-dir",
    "--show-object-format",
)


def open_repository(folder: Path) -> Repository:
    """The repository whose working tree is `folder`.

    Raises:
        InvalidConfig: There is none, or its format is one PACK cannot write.
    """
    folder = folder.resolve()
    if not (folder / ".git").exists():
        raise InvalidConfig("the memory folder", f"{folder} is not the root of a git repository")
    out = _git(folder, ["rev-parse", *_QUESTIONS])
    root, git_dir, common_dir, object_format = os.fsdecode(out).rstrip("\n").split("\n")
    if Path(root).resolve() != folder:
        raise InvalidConfig(
            "the memory folder", f"core.worktree in {git_dir} makes {root} its working tree"
        )
    if object_format != "sha1":
        raise InvalidConfig(
            "the memory folder", f"{folder} uses {object_format} object ids; PACK needs sha1"
        )
    return Repository(folder, Path(git_dir), (folder / common_dir).resolve())


def create_repository(folder: Path) -> None:
    """Make `folder` the root of a new, empty repository on branch `main`.

    Raises:
        Unavailable: Git could not make it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror}") from error
    _git(folder, ["init", "--quiet", "--template=", f"--initial-branch={DEFAULT_BRANCH}", "."])
    # The folder holds the committed bytes, on Windows too.
    _git(folder, ["config", "core.autocrlf", "false"])


def clone_repository(url: str, folder: Path) -> None:
    """Make `folder` a clone of `url`, with the user's own git set-up and credentials.

    Raises:
        InvalidConfig: The text is no address.
        Unavailable: Git could not clone it.
    """
    if url.startswith(("-", "ext::", "fd::")):
        raise InvalidConfig("the clone URL", "it is not an address")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    result = subprocess.run(  # noqa: S603 - no shell; `--` ends the options
        [
            *(find_git(), "-c", "protocol.ext.allow=never", "clone", "--quiet"),
            *("--config", "core.autocrlf=false", "--", url, str(folder)),
        ],
        env=environment | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if result.returncode != 0:
        lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = redacted(lines[-1]) if lines else "no reason given"
        raise Unavailable(f"git clone failed: {reason}")


def _git(folder: Path, args: list[str]) -> bytes:
    environment = scrubbed_environment({"GIT_CEILING_DIRECTORIES": str(folder.parent)})
    result = subprocess.run(  # noqa: S603 - fixed commands, no shell
        [find_git(), *config_options(), "-C", str(folder), *args],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if result.returncode != 0:
        lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Unavailable(f"git {args[0]} failed: {lines[0] if lines else 'no reason given'}")
    return result.stdout


def read_user(runner: GitRunner) -> Identity:
    """The user's name and address from git's configuration, or an obvious stand-in."""
    values = _user_values(runner)
    return Identity(
        values.get("user.name") or STAND_IN.name, values.get("user.email") or STAND_IN.email
    )


def user_remedy(runner: GitRunner) -> str:
    """How to tell git the user's name and address; empty if it knows both."""
    values = _user_values(runner)
    missing = [
        f"`git config --global {key} {example}`"
        for key, example in _USER_KEYS.items()
        if not values.get(key)
    ]
    return f"Run {' and '.join(missing)}." if missing else ""


def _user_values(runner: GitRunner) -> dict[str, str]:
    out = runner.run(["config", "--null", "--get-regexp", r"^user\.(name|email)$"], ok=(0, 1))
    return dict(
        row.decode("utf-8", "replace").split("\n", 1) for row in out.split(b"\0") if b"\n" in row
    )


def identity_line(identity: Identity, seconds: int) -> str:
    """An identity as a commit object has it, with a time in UTC.

    Source: git's ident.c (strbuf_addstr_without_crud): `<`, `>` and line ends are dropped.
    """
    name, email = (
        "".join(c for c in text if c.isprintable() and c not in "<>").strip()
        for text in (identity.name, identity.email)
    )
    return f"{name or 'unknown'} <{email}> {seconds} +0000"


def current_branch(repository: Repository, runner: GitRunner) -> str:
    """The ref that a commit moves.

    Raises:
        RefusedForSafety: HEAD is detached.
        Unavailable: HEAD cannot be read.
    """
    try:
        text = (repository.git_dir / "HEAD").read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        raise Unavailable(f"{repository.git_dir / 'HEAD'}: {error.strerror}") from error
    ref = text.removeprefix("ref: ")
    if ref == "refs/heads/.invalid":  # a reftable repository keeps the real one elsewhere
        ref = runner.run(["symbolic-ref", "--quiet", "HEAD"], ok=(0, 1)).decode().strip()
    if "\ufffd" in ref:
        raise RefusedForSafety(
            "the branch has a name that is not UTF-8",
            "Rename it with `git branch -m`, then try again.",
        )
    if not ref.startswith("refs/heads/"):
        raise RefusedForSafety(
            "HEAD is detached, so a commit would belong to no branch",
            "Run `git switch BRANCH` in the memory folder, then try again.",
        )
    return ref


def refuse_unfinished_operation(repository: Repository) -> None:
    """Do nothing, unless the user is in the middle of something.

    Raises:
        RefusedForSafety: It names the rebase, merge, or whatever it is.
    """
    for name, words in _UNFINISHED.items():
        if (repository.git_dir / name).exists():
            raise RefusedForSafety(
                f"{words} is in progress in {repository.work_tree}",
                f"Finish or abort {words} with git, then try again.",
            )


def maintenance_is_due(repository: Repository) -> bool:
    """Whether git's housekeeping is due by git's own rule; git does not notice plumbing writes."""
    try:
        return len(os.listdir(repository.common_dir / "objects" / "17")) > _GC_FOLDER_COUNT  # noqa: PTH208
    except FileNotFoundError:
        return False


def start_maintenance(
    repository: Repository, popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
) -> subprocess.Popen[bytes]:
    """Start `git maintenance run --auto`; it keeps everything younger than two weeks."""
    options = config_options(
        {
            "core.hooksPath": os.devnull,
            "core.fsmonitor": "false",
            # The command returns at once and the work goes on in the background.
            "gc.autoDetach": "true",
            "maintenance.autoDetach": "true",
            "gc.pruneExpire": "2.weeks.ago",
        }
    )
    return popen(
        [find_git(), *options, "maintenance", "run", "--auto", "--quiet"],
        env=scrubbed_environment({"GIT_DIR": str(repository.git_dir)}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

"""Finding, making and describing the repository that a memory lives in."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from pack.deferred import dataclass
from pack.errors import InvalidConfig, RefusedForSafety, Unavailable
from pack.model import CommitId, Identity
from pack_connectors.local_git.config.config_file import Pair, listed_pairs, read_usual
from pack_connectors.local_git.config.own_config import OwnCommonDir
from pack_connectors.local_git.config.usual import is_usual
from pack_connectors.local_git.process import (
    HARDENED_CONFIG,
    GitRunner,
    config_options,
    failure,
    find_git,
    isolated_environment,
    scrubbed_environment,
)

DEFAULT_BRANCH: Final = "main"
_SECONDS: Final = 60.0
_READ_AT_ONCE: Final = (
    *("HEAD", "config", "config.worktree", "commondir", "index", "packed-refs", "shallow"),
    *("objects/info/alternates", "objects/info/commit-graph"),
    "objects/info/commit-graphs/commit-graph-chain",
)
_PACKS: Final = "objects/pack"
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
        own: What git is given in place of `common_dir`.
    """

    work_tree: Path
    git_dir: Path
    common_dir: Path
    own: OwnCommonDir

    @property
    def state_dir(self) -> Path:
        """PACK's folder: derived files, and the journal while a write is under way."""
        return self.git_dir / "pack"


_LIST: Final = ("config", "--null", "--list", "--file")
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
    git_dir = folder / ".git"
    if (odd := find_odd_file(git_dir)) is not None:
        raise InvalidConfig("the memory folder", f"{odd} is not a file")
    if is_usual(folder):
        return _repository(folder, git_dir, git_dir)
    return _as_git_finds_it(folder)


def _as_git_finds_it(folder: Path) -> Repository:
    out = _git(folder, ["rev-parse", *_QUESTIONS])
    answers = os.fsdecode(out).rstrip("\n").split("\n")
    if len(answers) != len(_QUESTIONS):
        raise Unavailable(f"{find_git()} does not answer as git does; install git again")
    root, git_dir, common_dir, object_format = answers
    if Path(root).resolve() != folder:
        raise InvalidConfig(
            "the memory folder", f"core.worktree in {git_dir} makes {root} its working tree"
        )
    if object_format != "sha1":
        raise InvalidConfig(
            "the memory folder", f"{folder} uses {object_format} object ids; PACK needs sha1"
        )
    return _repository(folder, Path(git_dir), (folder / common_dir).resolve())


def _repository(work_tree: Path, git_dir: Path, common_dir: Path) -> Repository:
    place = git_dir / "pack" / "git"  # in its `state_dir`
    key = hashlib.sha256(os.fsencode(place)).hexdigest()[:32]

    def read(file: Path) -> Iterable[Pair]:
        found = read_usual(file)
        if found is None:
            found = list(listed_pairs(_git(work_tree, [*_LIST, str(file)])))
        return found

    own = OwnCommonDir(common_dir, place, lambda: _temporary_dir() / key, read)
    return Repository(work_tree, git_dir, common_dir, own)


def find_odd_file(git_dir: Path) -> Path | None:
    """A pipe or a device in git's folder, for whose writer git or PACK would wait for ever."""
    files = [git_dir / name for name in _READ_AT_ONCE]
    with suppress(OSError):
        files += (git_dir / _PACKS).iterdir()
    return next(filter(_is_odd, files), None)


def _is_odd(file: Path) -> bool:
    try:
        mode = file.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@cache
def _temporary_dir() -> Path:
    """A folder for as long as this process lives, for repositories that cannot be written."""
    folder = Path(tempfile.mkdtemp(prefix="pack-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def create_repository(folder: Path, template: Sequence[str] = ("--template=",)) -> None:
    """Make `folder` the root of a new, empty repository on branch `main`.

    Args:
        folder: Made if it is not there.
        template: What git's own folder begins with; empty for what the user's git gives it.

    Raises:
        Unavailable: Git could not make it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror}") from error
    form = [f"--initial-branch={DEFAULT_BRANCH}", "--object-format=sha1"]
    _git(folder, ["init", "--quiet", *template, *form, "."])
    # The folder holds the committed bytes, on Windows too.
    _git(folder, ["config", "core.autocrlf", "false"])


def _git(folder: Path, args: list[str]) -> bytes:
    environment = scrubbed_environment({"GIT_CEILING_DIRECTORIES": str(folder.parent)})
    try:
        result = subprocess.run(  # noqa: S603 - fixed commands, no shell
            [find_git(), *config_options(), "-C", str(folder), *args],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except OSError as error:
        raise Unavailable(f"git could not be started: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"git {args[0]} did not finish in {_SECONDS:.0f} s") from error
    if result.returncode != 0:
        raise failure(args[0], result.stderr.decode("utf-8", "replace"))
    return result.stdout


def identity_line(identity: Identity, seconds: int) -> str:
    """An identity as a commit object has it, with a time in UTC.

    Source: git's ident.c (strbuf_addstr_without_crud): `<`, `>` and line ends are dropped.
    """
    name, email = (
        "".join(c for c in text if c.isprintable() and c not in "<>").strip()
        for text in (identity.name, identity.email)
    )
    return f"{name or 'unknown'} <{email}> {seconds} +0000"


def is_bare(folder: Path) -> bool:
    """Whether a folder is a git repository without a working tree, or git's own folder of one.

    Source: git's setup.c, is_git_directory.
    """
    parts = ("objects", "refs")
    return (folder / "HEAD").is_file() and all((folder / name).is_dir() for name in parts)


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


def find_damage(runner: GitRunner, commit: CommitId) -> None:
    """Do nothing, unless something is gone that a commit leads to. It walks the whole history.

    Raises:
        Unavailable: It names what is gone first.
    """
    runner.run(["rev-list", "--objects", "--quiet", commit, "--"])


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
    """Whether git's housekeeping is due by git's own rule; git does not notice plumbing writes.

    It is git's matter alone where git cannot be kept from the repository's configuration.
    """
    if not repository.own.is_kept():
        return False
    try:
        return len(os.listdir(repository.common_dir / "objects" / "17")) > _GC_FOLDER_COUNT  # noqa: PTH208
    except FileNotFoundError:
        return False


def start_maintenance(
    repository: Repository, popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
) -> subprocess.Popen[bytes]:
    """Start `git maintenance run --auto`; it keeps everything younger than two weeks.

    How often is the user's choice: theirs, and what PACK takes over of the repository's.
    """
    theirs = {k: v for k, v in HARDENED_CONFIG.items() if k not in ("gc.auto", "maintenance.auto")}
    options = config_options(
        {
            **theirs,
            # The command returns at once and the work goes on in the background.
            "gc.autoDetach": "true",
            "maintenance.autoDetach": "true",
            "gc.pruneExpire": "2.weeks.ago",
        }
    )
    return popen(
        [find_git(), *options, "maintenance", "run", "--auto", "--quiet"],
        env=isolated_environment(repository),
        cwd=repository.git_dir,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

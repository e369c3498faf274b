"""Cloning a memory: everything the remote holds, and the branch with the memory checked out.

`git clone` takes the branch that the remote's HEAD names, and a name and a password in the address
become an argument and go into `.git/config`. Here the branches that are there decide
(`pack.remote.branches`), and git talks to the remote as in an exchange (`transport`), so that what
is secret in the address reaches git for these commands only and is stored nowhere.

Sources: git-clone(1); git-ls-remote(1) "--symref"; gitremote-helpers(7) for addresses.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pack.errors import Unavailable
from pack.remote.branches import HeldBranches, choose_to_clone
from pack_connectors.local_git.beside.side_refs import REFSPECS, is_side_branch, keep_branches
from pack_connectors.local_git.process import GitRunner, find_git
from pack_connectors.local_git.remote.config import HEADS
from pack_connectors.local_git.remote.transport import GitExchange
from pack_connectors.local_git.remote.url import CLONED_PROTOCOLS, RemoteUrl, parse_url, redacted
from pack_connectors.local_git.repository import (
    DEFAULT_BRANCH,
    create_repository,
    open_repository,
)

_NAME: Final = "origin"
_ASK_SECONDS: Final = 120.0
_CLONE_SECONDS: Final = 3600.0
_REMEDY: Final = (
    "Make sure that `git ls-remote ADDRESS` works without a prompt: with a credential helper for "
    "https, or a key for ssh."
)
_UPLOAD: Final = "--upload-pack=git-upload-pack"
_FETCH: Final = "--quiet --no-prune --no-write-fetch-head --no-auto-maintenance".split()
_REFS: Final = (
    f"+{HEADS}*:refs/remotes/{_NAME}/*",
    "+refs/tags/*:refs/tags/*",
    *REFSPECS,
)
# As `git clone` does: a history may be old, and hold what nobody would make today.
_UNCHECKED: Final[Mapping[str, str]] = {
    "transfer.fsckObjects": "false",
    "fetch.fsckObjects": "false",
}


def clone_repository(
    address: str,
    folder: Path,
    *,
    branch: str | None = None,
    marks: Collection[str] = (),
    is_cancelled: Callable[[], bool] = lambda: False,
) -> RemoteUrl:
    """Make `folder`, which is empty or not there, a clone, with the user's own git set-up.

    Args:
        address: Where to clone from.
        folder: Where to.
        branch: The branch to check out; `None` for the memory's.
        marks: Files at the root by which a memory is known.
        is_cancelled: Asked often; the clone is ended once the answer is yes.

    Returns:
        The address, and what was secret in it.

    Raises:
        InvalidConfig: The text is no address.
        NotFound: The remote has no such branch.
        SeveralBranches: A person must name one.
        Unavailable: Git could not clone it. What was begun is gone.
    """
    url = parse_url(_absolute(address), CLONED_PROTOCOLS)
    with _undone(folder):
        create_repository(folder, template=())
        cloning = _Cloning(folder, url, is_cancelled)
        cloning.configure()
        heads, default = cloning.ask()
        if heads:
            cloning.fetch()
            apart = cloning.apart_from(default, heads)
            chosen = choose_to_clone(
                HeldBranches(heads, default, cloning.with_any(heads, marks), apart), branch
            )
        else:
            chosen = choose_to_clone(HeldBranches((), default, ()), branch)
        cloning.check_out(chosen or DEFAULT_BRANCH, is_there=bool(heads))
    return url


def _absolute(address: str) -> str:
    """A path as it must be written into the clone; any other address as it is.

    Source: git's connect.c, url_is_local_not_ssh: a colon before any slash is a host.
    """
    before_slash = address.partition("/")[0]
    is_path = ":" not in before_slash or Path(address).is_absolute()
    is_local = address != "" and is_path and not address.startswith("-")
    return str(Path(address).resolve()) if is_local else address


@contextmanager
def _undone(folder: Path) -> Iterator[None]:
    """Leave a folder as empty as it was, or as absent, if what is done in it fails."""
    was_there = folder.exists()
    try:
        yield
    except BaseException:
        if folder.exists():
            for path in [*folder.iterdir()] if was_there else [folder]:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        raise


class _Cloning:
    """One clone; every step but `ask` and `fetch` is local."""

    def __init__(self, folder: Path, url: RemoteUrl, is_cancelled: Callable[[], bool]) -> None:
        repository = open_repository(folder)
        self._folder = folder
        self._url = url
        self._runner = GitRunner(repository)
        how = (is_cancelled, CLONED_PROTOCOLS, _UNCHECKED)
        self._asking = GitExchange(self._runner, _ASK_SECONDS, *how)
        self._fetching = GitExchange(self._runner, _CLONE_SECONDS, *how)

    def configure(self) -> None:
        """Have the remote in the configuration; nothing secret is in its address."""
        self._runner.run(["config", f"remote.{_NAME}.url", self._url.text])
        self._runner.run(["config", f"remote.{_NAME}.fetch", _REFS[0]])

    def ask(self) -> tuple[Sequence[str], str | None]:
        """The branches of the remote, and the one that its HEAD names."""
        options = ["--quiet", "--symref", _UPLOAD]
        answer = self._asking.run("ls-remote", options, self._url, "HEAD", f"{HEADS}*")
        if answer.status != 0:
            raise self._failed(answer.said)
        rows = [line.partition("\t")[::2] for line in answer.out.splitlines()]
        names = [name.removeprefix(HEADS) for _, name in rows if name.startswith(HEADS)]
        heads = [name for name in names if not is_side_branch(name)]
        target = next((row[5:] for row, name in rows if name == "HEAD" and row[:5] == "ref: "), "")
        return heads, target.removeprefix(HEADS) or None

    def fetch(self) -> None:
        """Have everything that the remote holds."""
        answer = self._fetching.run("fetch", [*_FETCH, _UPLOAD], self._url, *_REFS)
        if answer.status != 0:
            raise self._failed(answer.said)
        keep_branches(self._runner, f"refs/remotes/{_NAME}/")

    def _failed(self, said: str) -> Unavailable:
        error = Unavailable(f"git clone failed: {said} ({redacted(self._url.text)})")
        error.remedy = _REMEDY
        return error

    def with_any(self, heads: Sequence[str], files: Collection[str]) -> Collection[str]:
        """The branches that hold one of some files."""
        asked = [(head, file) for head in heads for file in files]
        lines = "".join(f"refs/remotes/{_NAME}/{head}:{file}\n" for head, file in asked)
        out = self._runner.run(["cat-file", "--batch-check"], stdin=os.fsencode(lines))
        answers = zip(asked, out.splitlines(), strict=True)
        return {head for (head, _), answer in answers if b" blob " in answer}

    def apart_from(self, default: str | None, heads: Sequence[str]) -> Collection[str]:
        """The branches that have no commit in common with one of them."""
        if default not in heads:
            return ()
        own = f"refs/remotes/{_NAME}/{default}"
        return [head for head in heads if not self._is_related(own, f"refs/remotes/{_NAME}/{head}")]

    def _is_related(self, one: str, other: str) -> bool:
        return bool(self._runner.run(["merge-base", one, other], ok=(0, 1)))

    def check_out(self, branch: str, *, is_there: bool) -> None:
        """Have a branch of the remote here, and its files in the folder."""
        self._runner.run(["symbolic-ref", "HEAD", HEADS + branch])
        self._runner.run(["config", f"branch.{branch}.remote", _NAME])
        self._runner.run(["config", f"branch.{branch}.merge", HEADS + branch])
        if is_there:
            self._runner.run(["update-ref", HEADS + branch, f"refs/remotes/{_NAME}/{branch}"])
            self._fill_folder()

    def _fill_folder(self) -> None:
        """Check out HEAD as the user's git does, with the filters that they have set up."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        try:
            done = subprocess.run(  # noqa: S603 - a fixed command, no shell
                [
                    *(find_git(), "-c", f"core.hooksPath={os.devnull}"),
                    *("-c", "protocol.ext.allow=never", "reset", "--quiet", "--hard"),
                ],
                cwd=self._folder,
                env=environment | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_CLONE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"the files cannot be checked out: {error}") from error
        if done.returncode != 0:
            said = redacted(done.stderr.decode("utf-8", "replace"))
            raise Unavailable(f"the files cannot be checked out: {said}")

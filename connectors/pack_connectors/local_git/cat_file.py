"""Reading git's object database through GitPython's persistent `git cat-file --batch`.

A child that died, or that was left in the middle of an answer, is replaced: an answer that cannot
be trusted must never pass for "there is no such object".

Why not GitPython's `Repo`: a shared one returns wrong bytes when two threads use it (measured:
497 of 800 reads), so the one reader here is behind a lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pack.errors import Unavailable
from pack_connectors.local_git.process import GitRunner, config_options, is_id, scrubbed_environment

if TYPE_CHECKING:
    from git.cmd import Git

T = TypeVar("T")


class Header(NamedTuple):
    """Id and kind of an object."""

    id: str
    kind: str


class StoredObject(NamedTuple):
    """Kind and data of an object."""

    kind: str
    data: bytes


class CatFile:
    """Reads the objects of one repository; may be shared by threads."""

    def __init__(self, runner: GitRunner, common_dir: Path) -> None:
        self._runner = runner
        self._common_dir = common_dir
        self._git: Git | None = None
        self._lock = threading.RLock()

    def header(self, revision: str) -> Header | None:
        """What a revision names; `None` where there is nothing.

        Raises:
            Unavailable: The object database cannot be read.
        """
        if not revision or "\n" in revision:  # it would be another request, or none
            return None

        def ask(git: Git) -> Header:
            name, kind, _ = git.get_object_header(revision)
            return Header(_text(name), _text(kind))

        return self._ask(ask)

    def contents(self, object_id: str) -> StoredObject | None:
        """The object with a full id; `None` where there is none.

        Raises:
            Unavailable: The object database cannot be read.
        """

        def ask(git: Git) -> StoredObject:
            name, kind, size, data = git.get_object_data(object_id)
            if is_id(object_id) and (_text(name) != object_id or len(data) != size):
                raise EOFError(f"the answer for {object_id} was cut off")
            return StoredObject(_text(kind), bytes(data))

        return self._ask(ask)

    def _ask(self, question: Callable[[Git], T]) -> T | None:
        # From the package: a module of it may be there before the package is set up, which another
        # thread may be doing at this moment.
        from git import GitError  # noqa: PLC0415 - see `_reader`

        problem: Exception
        with self._lock:
            for _ in range(2):
                try:
                    return question(self._reader())
                except ValueError as error:
                    if _says_missing(error):
                        return None
                    problem = error
                except (OSError, EOFError, GitError) as error:
                    problem = error  # the child died (a Ctrl-C reaches it too)
                except BaseException:
                    self.close()  # its answer is still to come, and nobody waits for it
                    raise
                self.close()
        reason = str(problem).strip().splitlines()[:1] or ["no reason given"]
        raise Unavailable(f"git cat-file failed: {reason[0]}") from problem

    def _reader(self) -> Git:
        if self._git is None:
            from git import Git  # noqa: PLC0415 - 60 ms that only a reader should pay

            git = Git(str(self._runner.git_dir))
            git.update_environment(
                **scrubbed_environment(
                    {
                        "GIT_DIR": str(self._runner.git_dir),
                        "GIT_COMMON_DIR": str(self._common_dir),
                        # GitPython starts from our own environment: what it inherits from a
                        # parent git process is overruled here.
                        "GIT_OBJECT_DIRECTORY": str(self._common_dir / "objects"),
                        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
                        "GIT_CONFIG_COUNT": "0",
                        "GIT_CONFIG_PARAMETERS": "",
                        "GIT_NAMESPACE": "",
                    }
                )
            )
            git.set_persistent_git_options(c=config_options()[1::2])
            self._git = git
        return self._git

    def close(self) -> None:
        """End the reading children; the next question starts new ones."""
        with self._lock:
            git, self._git = self._git, None
            if git is not None:
                git.clear_cache()


def _says_missing(error: ValueError) -> bool:
    # "SHA ... could not be resolved, git returned: b'<name> missing'": the one answer of git that
    # means absence. Anything else, an empty line of a dead child above all, does not. Where <name>
    # holds one space, GitPython takes the three words for a header, and quotes the line end too.
    # If the first of the three is as long as an id, it fails to read the last one as a number.
    return str(error).rstrip("\"'").removesuffix("\\n").endswith((" missing", "b'missing"))


def _text(name: str | bytes) -> str:
    # GitPython declares text and gives bytes.
    return name.decode("ascii") if isinstance(name, bytes) else name

"""Reading git's object database through GitPython's persistent `git cat-file` children.

A child that died, or that was left in the middle of an answer, is replaced: an answer that cannot
be trusted must never pass for "there is no such object".

Why not GitPython's `Repo`: a shared one returns wrong bytes when two threads use it (measured:
497 of 800 reads), so the one reader here is behind a lock. Why not its `get_object_data`: it asks
for one object at a time, and waiting for each answer makes reading many three times as slow.

Source: git-cat-file(1), "BATCH OUTPUT".
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from subprocess import PIPE
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeVar

from pack.errors import Unavailable
from pack_connectors.local_git.process import GitRunner, config_options

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

    def __init__(self, runner: GitRunner) -> None:
        self._runner = runner
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

    def contents(self, object_ids: Sequence[str]) -> dict[str, StoredObject]:
        """The objects that are stored among those with these full ids; all are held in memory.

        They are asked for in one go, so there may be no more of them than a pipe holds.

        Raises:
            Unavailable: The object database cannot be read.
        """

        def ask(git: Git) -> dict[str, StoredObject]:
            if git.cat_file_all is None:
                git.cat_file_all = git.cat_file(batch=True, istream=PIPE, as_process=True)
            child: Any = git.cat_file_all
            child.stdin.write("".join(f"{name}\n" for name in object_ids).encode("ascii"))
            child.stdin.flush()
            answers = {name: _answer(child.stdout, name) for name in object_ids}
            return {name: found for name, found in answers.items() if found is not None}

        return self._ask(ask) or {}

    def _ask(self, question: Callable[[Git], T]) -> T | None:
        # From the package: a module of it may be there before the package is set up, which another
        # thread may be doing at this moment.
        try:
            from git import GitError  # noqa: PLC0415 - see `_reader`
        except ImportError as error:  # it looks for git, and may open no more files
            raise Unavailable("git cannot be asked: it does not start") from error

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
                **self._runner.environment("cat-file"),
                # GitPython starts from our own environment: this overrules what we inherited from
                # a parent git process.
                GIT_ALTERNATE_OBJECT_DIRECTORIES="",
                GIT_CONFIG_COUNT="0",
                GIT_CONFIG_PARAMETERS="",
                GIT_NAMESPACE="",
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


def _answer(answers: IO[bytes], object_id: str) -> StoredObject | None:
    """The next object that git answers with; `None` if it says that it has none.

    Raises:
        EOFError: The answer was cut off, or is to another question.
    """
    name, *rest = answers.readline().decode("ascii").split() or [""]
    if name == object_id and rest == ["missing"]:
        return None
    if name == object_id and len(rest) == 2:
        kind, size = rest[0], int(rest[1])
        data = answers.read(size + 1)  # a line end follows
        if len(data) == size + 1:
            return StoredObject(kind, data[:size])
    raise EOFError(f"the answer for {object_id} was cut off")


def _says_missing(error: ValueError) -> bool:
    # "SHA ... could not be resolved, git returned: b'<name> missing'": the only answer of git that
    # means absence; an empty line from a dead child does not. If <name> holds one space, GitPython
    # takes the three words for a header and quotes the line end too. If the first of the three is
    # as long as an id, it fails to read the last one as a number.
    return str(error).rstrip("\"'").removesuffix("\\n").endswith((" missing", "b'missing"))


def _text(name: str | bytes) -> str:
    # GitPython declares text and gives bytes.
    return name.decode("ascii") if isinstance(name, bytes) else name

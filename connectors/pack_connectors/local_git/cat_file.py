"""Reading git's object database, a few times or many.

The first questions of a process are answered by a git each: that is all that most commands ask,
and GitPython takes longer to import than git to answer them. Then, and wherever something has
imported it already, a persistent `git cat-file` child answers; before git 2.36 there are two, as
one does not both describe objects and give them out. One that died, or that was left in the middle
of an answer, is replaced: an answer that cannot be trusted must never pass for "there is no such
object".

Why not GitPython's `Repo`: a shared one returns wrong bytes when two threads use it (measured:
497 of 800 reads), so the one reader here is behind a lock. Why not its `get_object_data`: it asks
for one object at a time, and waiting for each answer makes reading many three times as slow.

Sources: git-cat-file(1), "--batch-command", "BATCH OUTPUT"; git's parse-options.h
(PARSE_OPT_HELP), for the status.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from subprocess import PIPE, TimeoutExpired
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from pack.errors import Unavailable
from pack_connectors.local_git.process import GitRunner, config_options, is_id

if TYPE_CHECKING:
    from git.cmd import Git

T = TypeVar("T")
_Head = tuple[str, int]
_HEADS_AT_ONCE: Final = 400
"""Neither these questions nor their answers are more than a pipe holds."""
_NO_SUCH_OPTION: Final = 129
"""With this, git ends where it does not know an option."""
_ENDING_SECONDS: Final = 1.0
FEW: Final = 20
"""Questions until importing GitPython and starting its children takes less time than they do."""


class Header(NamedTuple):
    """Id and kind of an object."""

    id: str
    kind: str


class StoredObject(NamedTuple):
    """Kind and data of an object."""

    kind: str
    data: bytes


class CatFile:
    """Reads the objects of one repository; may be shared by threads.

    Args:
        runner: Of the repository.
        few: How many questions a git each answers; if not given, `FEW` until GitPython is imported.
    """

    def __init__(self, runner: GitRunner, few: int | None = None) -> None:
        self._runner = runner
        self._few = few
        self._git: Git | None = None
        self._asked = 0
        self._headers: dict[str, Header] = {}
        """What the first questions found by full ids, as a command asks the same several times."""
        self._lock = threading.RLock()
        self._is_one = True  # one child answers all; see `_note_refusal`

    @property
    def is_at_hand(self) -> bool:
        """Whether a question costs no new git."""
        return self._git is not None

    def header(self, revision: str) -> Header | None:
        """What a revision names; `None` where there is nothing.

        Raises:
            Unavailable: The object database cannot be read.
        """
        if not revision or "\n" in revision:  # it would be another request, or none
            return None
        if (known := self._headers.get(revision)) is not None:
            return known
        found = self._ask(
            f"{revision}\n", lambda answers: _header(answers, revision), only_header=True
        )
        if found is not None and found.id == revision and not self.is_at_hand:
            self._headers[revision] = found
        return found

    def contents(self, object_ids: Sequence[str]) -> dict[str, StoredObject]:
        """The objects that are stored among those with these full ids; all are held in memory.

        They are asked for in one go, so there may be no more of them than a pipe holds.

        Raises:
            Unavailable: The object database cannot be read.
        """

        def read(answers: IO[bytes]) -> dict[str, StoredObject]:
            found = {name: _answer(answers, name) for name in object_ids}
            return {name: one for name, one in found.items() if one is not None}

        return self._ask("".join(f"{name}\n" for name in object_ids), read) if object_ids else {}

    def heads(self, object_ids: Sequence[str]) -> dict[str, _Head]:
        """Kind and size of those that are stored among objects with these full ids.

        Raises:
            Unavailable: The object database cannot be read.
        """
        found: dict[str, _Head] = {}
        for start in range(0, len(object_ids), _HEADS_AT_ONCE):
            asked = object_ids[start : start + _HEADS_AT_ONCE]

            def read(answers: IO[bytes], asked: Sequence[str] = asked) -> dict[str, _Head | None]:
                return {name: _head(answers, name) for name in asked}

            question = "".join(f"{name}\n" for name in asked)
            answered = self._ask(question, read, only_header=True)
            found |= {name: head for name, head in answered.items() if head is not None}
        return found

    def named(self, revisions: Sequence[str]) -> list[tuple[str, StoredObject] | None]:
        """What each revision names, with its full id; `None` where there is nothing.

        Raises:
            Unavailable: The object database cannot be read.
        """
        question = "".join(f"{revision}\n" for revision in revisions)
        return self._ask(question, lambda answers: [_named(answers, one) for one in revisions])

    def _ask(
        self, question: str, read: Callable[[IO[bytes]], T], *, only_header: bool = False
    ) -> T:
        problem: Exception
        with self._lock:
            for _ in range(3):  # the second time perhaps as an older git has to be asked
                try:
                    asked = question.encode("utf-8", "surrogateescape")
                    return read(self._answers(asked, only_header=only_header))
                except (OSError, EOFError, ValueError) as error:
                    problem = error  # the child died (a Ctrl-C reaches it too)
                    self._note_refusal()
                except BaseException:
                    self.close()  # its answer is still to come, and nobody waits for it
                    raise
                self.close()
        reason = str(problem).strip().splitlines()[:1] or ["no reason given"]
        raise Unavailable(f"git cat-file failed: {reason[0]}") from problem

    def _answers(self, question: bytes, *, only_header: bool) -> IO[bytes]:
        if self._asked < self._few_questions():
            self._asked += 1
            form = "--batch-check" if only_header else "--batch"
            return io.BytesIO(self._runner.run(["cat-file", form], question))
        child = self._child(only_header=only_header)
        if self._is_one:
            word = b"info " if only_header else b"contents "
            question = word + question[:-1].replace(b"\n", b"\n" + word) + b"\n"
        child.stdin.write(question)
        child.stdin.flush()
        answers: IO[bytes] = child.stdout
        return answers

    def _few_questions(self) -> int:
        if self._few is not None:
            return self._few
        return 0 if "git" in sys.modules else FEW

    def _child(self, *, only_header: bool) -> Any:
        # From the package: a module of it may be there before the package is set up, which another
        # thread may be doing at this moment.
        try:
            from git import GitError  # noqa: PLC0415 - see `FEW`
        except ImportError as error:  # it looks for git, and may open no more files
            raise Unavailable("git cannot be asked: it does not start") from error

        git = self._reader()
        try:
            if self._is_one:
                git.cat_file_all = git.cat_file_all or self._started(batch_command=True)
            elif only_header:
                git.cat_file_header = git.cat_file_header or self._started(batch_check=True)
                return git.cat_file_header
            else:
                git.cat_file_all = git.cat_file_all or self._started(batch=True)
            return git.cat_file_all
        except GitError as error:
            raise Unavailable(f"git cat-file failed: {error}") from error

    def _started(self, **form: bool) -> Any:
        return self._reader().cat_file(istream=PIPE, as_process=True, **form)

    def _reader(self) -> Git:
        if self._git is None:
            from git import Git  # noqa: PLC0415 - see `FEW`

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
            self._headers.clear()  # from now on, to ask costs little, and objects come and go
        return self._git

    def _note_refusal(self) -> None:
        """Find out whether the child has ended because its git is too old for both questions."""
        child = self._git.cat_file_all if self._git is not None else None
        if child is not None and self._is_one:
            with suppress(TimeoutExpired):
                self._is_one = child.proc.wait(_ENDING_SECONDS) != _NO_SUCH_OPTION

    def close(self) -> None:
        """End the reading children; the next question starts new ones."""
        with self._lock:
            git, self._git = self._git, None
            if git is not None:
                git.clear_cache()


def _header(answers: IO[bytes], revision: str) -> Header | None:
    """What git says about a revision; `None` if it says that there is nothing.

    Raises:
        EOFError: The answer was cut off, or is none.
    """
    found = _first_line(answers, revision)
    return Header(found[0], found[1]) if found is not None else None


def _head(answers: IO[bytes], object_id: str) -> _Head | None:
    """Kind and size of the next object; `None` if git says that it has none.

    Raises:
        EOFError: The answer was cut off, or is to another question.
    """
    found = _first_line(answers, object_id)
    if found is not None and found[0] != object_id:
        raise EOFError(f"the answer for {object_id} was cut off")
    return found[1:] if found is not None else None


def _first_line(answers: IO[bytes], revision: str) -> tuple[str, str, int] | None:
    """Id, kind and size of what a revision names; `None` if git says that there is nothing.

    Raises:
        EOFError: The answer was cut off, or is none.
    """
    line = answers.readline().decode("utf-8", "surrogateescape")
    if line == f"{revision} missing\n":
        return None
    match line.split():
        case [name, kind, size] if is_id(name) and size.isdecimal() and line.endswith("\n"):
            return name, kind, int(size)
    raise EOFError(f"the answer for {revision[:60]} was cut off")


def _answer(answers: IO[bytes], object_id: str) -> StoredObject | None:
    """The next object that git answers with; `None` if it says that it has none.

    Raises:
        EOFError: The answer was cut off, or is to another question.
    """
    found = _named(answers, object_id)
    if found is not None and found[0] != object_id:
        raise EOFError(f"the answer for {object_id} was cut off")
    return found[1] if found is not None else None


def _named(answers: IO[bytes], revision: str) -> tuple[str, StoredObject] | None:
    """As `_answer`, for a name that git looks up, with the full id of what it names."""
    found = _first_line(answers, revision)
    if found is None:
        return None
    name, kind, size = found
    data = answers.read(size + 1)  # a line end follows
    if len(data) == size + 1:
        return name, StoredObject(kind, data[:-1])
    raise EOFError(f"the answer for {revision[:60]} was cut off")

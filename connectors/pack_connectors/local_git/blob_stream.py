"""Reading many blobs with one git process that is never waited for.

`cat-file --batch` answers one question after the other, and each costs a round trip; with
`--buffer` the questions are put by a thread of their own while the answers are read. It pays from
some fifty blobs on, as it starts a process.

Source: git-cat-file(1), "BATCH OUTPUT" and "--buffer".
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, Final

from pack.errors import NotFound, Unavailable
from pack.model import BlobId
from pack_connectors.local_git.process import GitRunner, check_id

if sys.platform == "linux":
    import fcntl

_QUESTIONS: Final = 2000
"""Asked with one write."""
_BUFFER: Final = 64 * 1024
"""As much as a pipe holds by default; what is read at once costs one system call."""
_PIPE_BYTES: Final = 1024 * 1024
"""As much as Linux lets anybody ask for (pipe(7)): git goes on while nobody reads."""


def stream_blobs(runner: GitRunner, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
    """Contents by id, in the order asked for; the process ends with the iterator.

    Args:
        runner: Of the repository that holds them.
        blobs: Read to the end before the first answer.

    Raises:
        NotFound: One of them is not stored, or is no blob.
        Unavailable: Git could not be started, or failed.
        ConnectorError: One of them is no object id.
    """
    wanted = [BlobId(check_id(blob)) for blob in blobs]
    if not wanted:
        return
    process = runner.start(["cat-file", "--batch", "--buffer"])
    assert process.stdin is not None  # noqa: S101 - pipes were asked for
    assert process.stdout is not None  # noqa: S101
    _widen(process.stdout)
    asking = threading.Thread(target=_ask, args=(process.stdin, wanted), daemon=True)
    asking.start()
    try:
        with open(process.stdout.fileno(), "rb", _BUFFER, closefd=False) as answers:
            for blob in wanted:
                yield blob, _answer(answers, blob)
    finally:
        _end(process, asking)


def _ask(questions: IO[bytes], wanted: list[BlobId]) -> None:
    with suppress(OSError, ValueError):  # it ended: whoever reads the answers sees that
        for start in range(0, len(wanted), _QUESTIONS):
            questions.write(("\n".join(wanted[start : start + _QUESTIONS]) + "\n").encode("ascii"))
        questions.close()


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold more, where the system can."""
    if sys.platform == "linux":
        with suppress(OSError):  # less is allowed here, or all pipes of the user hold too much
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _answer(answers: IO[bytes], blob: BlobId) -> bytes:
    header = answers.readline().split()
    if header[1:] == [b"missing"] or (len(header) == 3 and header[1] != b"blob"):
        raise NotFound(f"blob {blob}")
    if len(header) != 3 or header[0].decode("ascii") != blob:
        raise Unavailable("git cat-file ended before it had answered")
    size = int(header[2])
    content = answers.read(size + 1)
    if len(content) != size + 1:
        raise Unavailable("git cat-file ended before it had answered")
    return content[:size]


def _end(process: subprocess.Popen[bytes], asking: threading.Thread) -> None:
    process.kill()  # nothing it still has to say is wanted
    process.wait()
    asking.join()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):  # questions that were not sent
                pipe.close()

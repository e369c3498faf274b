"""Who wrote what, for all notes of a memory at once, as other programs want to have it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pack.core.core import Core
from pack.core.session import Session
from pack.core.truths import LineTruth, TruthMode, Truths
from pack.files.note import Note
from pack.history.differences.line_hunks import git_lines
from pack.history.origins import written_by
from pack.log import LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.truth.lines import LineTruths
from pack.use_cases.write import find_existing


@dataclass(frozen=True, slots=True)
class AttributedLines:
    """Lines of a file that were written together.

    Attributes:
        first: The first of them, from 1.
        last: The last.
        truth: Who wrote them, and how far that is trusted.
        model: The model behind it, as `provider/name`, if the commit says so.
        digest: SHA-256 of the lines, each without its line end, joined by line feeds.
    """

    first: int
    last: int
    truth: LineTruth
    model: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class AttributedNote:
    """A note and who wrote it.

    Attributes:
        path: Where it is.
        sha: Its blob.
        level: The level of what is trusted least in it.
        origin: Who wrote that.
        runs: All of its lines, in order.
    """

    path: MemoryPath
    sha: BlobId
    level: int
    origin: str
    runs: tuple[AttributedLines, ...]


class Attribution:
    """Who wrote what. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def revision(self) -> CommitId | None:
        """The commit that the answers are of, with the edits made by hand since."""
        return self._core.connector.head()

    def of(self, paths: Sequence[str] = ()) -> Iterator[AttributedNote]:
        """Notes, each with who wrote its lines.

        Args:
            paths: Which ones; all of the memory's if none is named.

        Raises:
            NotFound: There is no such file.
            InvalidContent: One is not UTF-8 text.
        """
        core = self._core
        truths = core.truths or LineTruths(core, TruthMode.OFF)
        with core.view():
            if paths:
                for path in paths:
                    yield _attributed(core, truths, find_existing(core, path)[1])
                return
            for row in core.rows():
                note = core.reader.find(row.path)
                if note is not None:
                    yield _attributed(core, truths, note)


def _attributed(core: Core, truths: Truths, note: Note) -> AttributedNote:
    found = truths.of(note)
    lines = [line.removesuffix("\n").removesuffix("\r") for line in git_lines(note.exact_text())]
    runs = []
    for truth, group in groupby(enumerate(found.lines, 1), key=lambda one: one[1]):
        numbers = [number for number, _ in group]
        first, last = numbers[0], numbers[-1]
        text = "\n".join(lines[first - 1 : last])
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        runs.append(AttributedLines(first, last, truth, _model(core, truth.commit), digest))
    return AttributedNote(note.path, note.sha, found.level, found.origin, tuple(runs))


def _model(core: Core, commit: CommitId | None) -> str | None:
    def look() -> str | None:
        found = core.connector.log(LogQuery(commit, limit=1)) if commit else ()
        return next((written_by(one).model for one in found), None)

    return core.memo.once((AttributedLines, commit), look)

"""What the use cases return. Plain values; how they look is up to the wrappers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pack.deferred import dataclass
from pack.model import BlobId, CommitId, MemoryPath, Mode
from pack.provenance import Source

if TYPE_CHECKING:
    from pack.remote.remote import RemoteStatus
    from pack.search.ranking import Explanation
    from pack.sync.results import TargetStatus


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Which lines of a file an answer holds.

    Attributes:
        first: The first of them, from 1.
        last: The last.
        total: How many the file has.
        tokens: About how many tokens the answer takes; `None` for a short file.
        until: The last line that was wanted, if the answer ends before it.
        is_cut: Whether the last line is not whole, because it alone is longer than was wanted.
    """

    first: int
    last: int
    total: int
    tokens: int | None = None
    until: int | None = None
    is_cut: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the answer holds the whole file."""
        return self.first <= 1 and self.last >= self.total and not self.is_cut


@dataclass(frozen=True, slots=True)
class Document:
    """A memory file as it is now.

    Attributes:
        path: Where it is.
        content: Its text.
        sha: Blob id of its bytes, which an update has to name.
        updated_at: Its `updated`, or when the bytes were changed; ISO, UTC.
        warnings: What a reader should know, such as that the frontmatter is broken.
        excerpt: Which part of the file `content` is.
        level: How far `content` is trusted, from 1 (the person) to 5: that of what is trusted
            least in it; `None` where nobody asks for levels.
        origin: Who wrote that.
        weaker: The lines that are not the person's, as in `12-20 5 ai-cloud:cursor`.
    """

    path: MemoryPath
    content: str
    sha: BlobId
    updated_at: str
    warnings: tuple[str, ...] = ()
    excerpt: Excerpt = Excerpt(1, 0, 0)
    level: int | None = None
    origin: str | None = None
    weaker: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WholeMemory:
    """All files as one text, in sync order; the result of a v1 `memory_get`.

    Attributes:
        content: The text, or one part of it.
        files: How many files the memory has.
        updated_at: The newest `updated`.
        sha: Blob id of the file, in a v1 memory.
        next_cursor: Where the next part begins; `None` at the end.
        notice: What a reader of this part must know: that it is one, and how to go on.
    """

    content: str
    files: int
    updated_at: str | None
    sha: str | None = None
    next_cursor: str | None = None
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class NoteSummary:
    """One file of a listing.

    Its level and origin, as in `Document`, are `None` also where it takes requests to find out.
    """

    path: MemoryPath
    topic: str
    tags: tuple[str, ...]
    created: str | None
    updated: str | None
    expired: bool
    sync: bool
    level: int | None = None
    origin: str | None = None

    @property
    def other_writer(self) -> str | None:
        """Who wrote what is trusted least in it; `None` if that is the person or not known."""
        return self.origin if self.origin != Source.USER else None


@dataclass(frozen=True, slots=True)
class FileListing:
    """One part of a listing.

    Attributes:
        files: Its rows.
        total: How many files there are in all parts.
        next_cursor: Where the next part begins; `None` at the end.
        notices: What users of the memory should know, such as that the exchange has stopped.
    """

    files: tuple[NoteSummary, ...]
    total: int
    next_cursor: str | None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A search result: a file, and the place in it that best answers the query.

    Attributes:
        path: The file.
        topic: Its topic.
        tags: Its tags.
        section: The headings above the match, outermost first; empty above the first one.
        snippet: The text around the match, on one line.
        line: Line of the match in the file, from 1.
        score: Higher is better; comparable only within one search.
        updated: Its `updated`.
        explanation: Why the result has its rank, if requested.
        level: How far the passage is trusted, from 1 (the person) to 5: that of what is trusted
            least in it; `None` where nobody asks for levels.
        origin: Who wrote that.
    """

    path: MemoryPath
    topic: str
    tags: tuple[str, ...]
    section: str
    snippet: str
    line: int
    score: float
    updated: str | None
    explanation: Explanation | None = None
    level: int | None = None
    origin: str | None = None

    def with_trust(self, level: int, origin: str) -> Match:
        """The same result, with how far its passage is trusted."""
        about = (self.path, self.topic, self.tags, self.section, self.snippet, self.line)
        return Match(*about, self.score, self.updated, self.explanation, level, origin)


@dataclass(frozen=True, slots=True)
class Matches:
    """One part of the results of a search.

    Attributes:
        matches: The results in this part, best first.
        total: How many results were found for all parts; there may be more (`is_total_exact`).
        next_cursor: Where the next part begins; `None` at the end.
        is_total_exact: Whether there are no more than `total`.
        notice: That only a part of the memory was searched, if so.
    """

    matches: tuple[Match, ...]
    total: int
    next_cursor: str | None
    is_total_exact: bool = True
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, numbered from 1."""

    path: MemoryPath
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class ProtectedLine:
    """A line, or all lines of a frontmatter key, that its writer alone may change.

    Attributes:
        line: Its number in the file as it is, from 1.
        text: What it says.
        path: The file, where it is another than that of the answer.
    """

    line: int
    text: str
    path: MemoryPath | None = None


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A file as it is and as it would be; `None` if there is none."""

    path: MemoryPath
    before: bytes | None
    after: bytes | None


class WriteStatus(StrEnum):
    """What has become of a write."""

    WRITTEN = "written"
    PROPOSED = "proposed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a write.

    Attributes:
        path: The file that was written.
        sha: Blob id of what is stored there now; `None` if it was removed.
        commit: The commit; `None` for a dry run.
        commit_url: Where a browser shows it.
        index_updated: Whether `index.md` matches the memory in that commit (not in v1).
        warnings: What the writer should know.
        changes: In a dry run, all files that would change.
        status: What has become of it: written, waiting for the person, or refused by them before.
        proposal: Id of the proposal that holds what was not written.
        protected: What of the person it would have changed.
        diff: What the proposal changes.
        tell: What to tell the person.
    """

    path: MemoryPath
    sha: BlobId | None
    commit: CommitId | None
    commit_url: str | None = None
    index_updated: bool = False
    warnings: tuple[str, ...] = ()
    changes: tuple[PlannedChange, ...] = ()
    status: WriteStatus = WriteStatus.WRITTEN
    proposal: str | None = None
    protected: tuple[ProtectedLine, ...] = ()
    diff: str = ""
    tell: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a memory since a commit.

    Attributes:
        head: The current commit.
        changed: Memory files that are new or different, and `index.md`.
        gone: Memory files that no longer exist.
        listing_changed: Whether the set of files may have changed.
    """

    head: CommitId | None
    changed: tuple[MemoryPath, ...]
    gone: tuple[MemoryPath, ...]
    listing_changed: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem that `validate` found.

    Attributes:
        code: The kind of problem, for programs.
        path: The file.
        line: Line in the file, from 1.
        column: Column, from 1, in characters.
        message: What is wrong.
        remedy: What to do.
    """

    code: str
    path: str
    line: int
    column: int
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Expired:
    """A file that has expired by its `ttl`."""

    path: MemoryPath
    sha: BlobId
    topic: str
    expires: str


@dataclass(frozen=True, slots=True)
class ManagedFile:
    """A file that a git filter manages, and that PACK leaves alone.

    Attributes:
        path: The file.
        place: Where the attribute is set, as `FILE:LINE`.
        rule: The attribute.
    """

    path: MemoryPath
    place: str
    rule: str


@dataclass(frozen=True, slots=True)
class Status:
    """The present state of a memory.

    Attributes:
        location: Where it is kept.
        mode: What is at its root.
        commit: The current commit.
        files: How many memory files readers see.
        folders: How many of them each folder holds.
        uncommitted: Memory files that were changed by hand and not committed.
        expired: Files that have expired by their `ttl`.
        kept: Copies of edits that could not stay in their files.
        updated_at: The newest `updated` of the memory.
        conflict_copies: Files in which a merge kept what it could not put into the original.
        remotes: What the memory is exchanged with, the default remote first.
        targets: The targets that get copies.
        managed: Files that a git filter manages; they are no memory.
        proposals: How many changes that others propose wait for the person.
    """

    location: str
    mode: Mode
    commit: CommitId | None
    files: int
    folders: tuple[tuple[str, int], ...]
    uncommitted: tuple[MemoryPath, ...]
    expired: tuple[MemoryPath, ...]
    kept: tuple[MemoryPath, ...]
    updated_at: str | None
    conflict_copies: tuple[MemoryPath, ...] = ()
    remotes: tuple[RemoteStatus, ...] = ()
    targets: tuple[TargetStatus, ...] = ()
    managed: tuple[ManagedFile, ...] = ()
    proposals: int = 0

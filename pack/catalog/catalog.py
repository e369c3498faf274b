"""The catalog: what index, listings and search need to know about every file.

It is derived from one commit, disposable and never committed (C6). An implementation may lose
everything at any time; the core then fills it again from the connector. On top of the files of the
commit, it holds the current versions of files that a person has edited since.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from pack.catalog.questions import EVERYTHING, Filter, Listing, Sort, SortKey, Totals
from pack.catalog.row import Row
from pack.index.format import FolderSummary, IndexLine
from pack.model import BlobId, CommitId, LastChange, MemoryPath
from pack.search.candidate import Candidate, PassageStart
from pack.search.query import Clause


class Catalog(Protocol):
    """The rows of all memory files of one commit, and the words in them.

    Safe to call from any thread. Everything up to `twins` is about the files of the commit;
    everything from `edits` on is about the files that a reader sees.
    """

    def commit(self) -> CommitId | None:
        """The commit the rows describe; `None` when there are none to rely on."""
        ...

    def replace(
        self, commit: CommitId, rows: Iterable[Row], unverified: Collection[str] = ()
    ) -> None:
        """Hold exactly these rows; their folders, and those named, are unverified.

        If another process was faster and the rows are of this commit already, nothing happens and
        no row is asked for. If the file that keeps them fails, there may be no rows afterwards.
        """
        ...

    def advance(
        self,
        old: CommitId,
        new: CommitId,
        rows: Sequence[Row],
        gone: Sequence[MemoryPath],
        unverified: Collection[str] = (),
    ) -> None:
        """Go from one commit to the next; nothing happens if the rows are not of `old`.

        This object answers accordingly at once; others that share its data may see the change a
        moment later.

        Args:
            old: The commit the rows describe.
            new: The commit they describe afterwards.
            rows: Files that are new or different.
            gone: Files that no longer exist.
            unverified: Folders whose index may be wrong, as somebody else changed them.
        """
        ...

    def unverified(self) -> set[str]:
        """Folders whose own index has not been compared with their files since they changed."""
        ...

    def verified(self, commit: CommitId) -> None:
        """Note that the indexes of all folders are right, if this is still the commit."""
        ...

    def rows(self, folder: str | None = None) -> list[Row]:
        """The rows of a folder without its subfolders, or all rows; sorted by path."""
        ...

    def lines(
        self,
        folder: str,
        first: MemoryPath | None = None,
        before: MemoryPath | None = None,
        limit: int | None = None,
    ) -> list[IndexLine]:
        """The index rows of the files in a folder, sorted by path.

        Args:
            folder: Which one.
            first: Path to begin with; `None` for the beginning.
            before: Path to stop before; `None` for the end.
            limit: How many at most.
        """
        ...

    def page_starts(self, folder: str) -> list[MemoryPath]:
        """The files of a folder that begin a page (`pack.index.format.starts_page`), sorted."""
        ...

    def newest(self, folder: str, besides: Collection[MemoryPath]) -> str | None:
        """The newest `updated` of a folder's files, ignoring some."""
        ...

    def folders(self) -> list[FolderSummary]:
        """All folders that hold memory files, sorted by path."""
        ...

    def find(self, path: MemoryPath) -> Row | None:
        """The row of a path."""
        ...

    def twins(self, folded: str) -> list[MemoryPath]:
        """Paths that some file systems take for the same one, by `pack.paths.fold`."""
        ...

    def scratch(self) -> Catalog:
        """An empty catalog of the same kind that vanishes when it is closed."""
        ...

    def copy(self, before: Callable[[], None]) -> Catalog:
        """Another catalog that begins with what this one holds, and vanishes when it is closed.

        It is made at its first question. It may hold nothing, and knows no last changes, since it
        is meant for another commit.

        Args:
            before: Called whenever the copy is about to be made.
        """
        ...

    def close(self) -> None:
        """Release its resources until the next question."""
        ...

    def clear(self) -> None:
        """Forget everything, so that it is filled again."""
        ...

    # --- when files changed --------------------------------------------------------------------

    def dated(self) -> CommitId | None:
        """The commit up to which `last_change` is known; `None` if it never was."""
        ...

    def lacks_dates(self) -> bool:
        """Whether any file has no `updated`, so that only `date` tells when it was changed."""
        ...

    def date(self, old: CommitId | None, new: CommitId, changes: Iterable[LastChange]) -> None:
        """Note the last change of each file between two commits; `None` is before the first.

        Nothing happens unless dates are known up to `old`. Only the first change of a file counts,
        so the newest must come first, as in `git log`. Files without `updated` are filtered and
        sorted by this date.
        """
        ...

    def last_change(self, path: MemoryPath) -> LastChange | None:
        """The last commit that changed a file, as far as known (see `dated`)."""
        ...

    # --- what was found out about the past -----------------------------------------------------

    def remembered(self, about: str) -> dict[str, str]:
        """What is remembered about a file, by key; what was noted last comes first.

        It does not depend on the commit that the rows describe. Any of it may be gone at any time,
        as while `replace` is at work, which nobody waits for here; and nobody vouches for it but
        whoever can write to the user's cache.

        Args:
            about: The path of the file; empty for what is about the memory as a whole.
        """
        ...

    def remember(self, about: str, key: str, value: str) -> None:
        """Keep what was costly to find out and stays true, for the next process.

        It may come to nothing, as when another process is writing. There is room for a few keys of
        each file only; `clear` forgets them all.

        Args:
            about: As for `remembered`.
            key: Says exactly what it is, and what it depends on.
            value: What was found out.
        """
        ...

    # --- what a reader sees --------------------------------------------------------------------

    def edits(self) -> dict[MemoryPath, BlobId | None]:
        """The files held as edited, with the blob that was read; `None` if the file is gone."""
        ...

    def edit(
        self,
        rows: Sequence[Row],
        gone: Mapping[MemoryPath, BlobId | None],
        dropped: Collection[MemoryPath],
    ) -> None:
        """Hold some files as a reader sees them, instead of as in the commit.

        Args:
            rows: Files that are new or different.
            gone: Files that a reader does not see, with the blob that is there (say an index).
            dropped: Files that are as in the commit again.
        """
        ...

    def list_rows(
        self,
        which: Filter = EVERYTHING,
        sort: Sort = Sort.PATH,
        after: SortKey | None = None,
        limit: int | None = None,
    ) -> Listing:
        """The first `limit` files after a place in an order, and how many there are altogether."""
        ...

    # --- search --------------------------------------------------------------------------------

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all questions inside see the same state, and cost less together.

        Nothing may be changed inside. If the state is lost meanwhile, it is empty.
        """
        ...

    def candidates(
        self,
        clauses: Sequence[Clause],
        excluded: Sequence[Clause] = (),
        which: Filter = EVERYTHING,
        limit: int = 200,
        known: Container[int] = (),
    ) -> list[Candidate]:
        """The passages that answer best by their words alone, best first.

        A passage answers if it meets any clause. If clauses are required, it must meet one of
        those, and the passages of its file must meet all of them together. If rarer clauses find
        enough, the commonest are ignored. If all are very common, only some passages are looked at:
        first those with the words in path, topic, tags or heading, then those indexed last.
        Ranking the answers takes all clauses into account.

        Args:
            clauses: What to look for, with its alternatives (`pack.search.forms.expand`).
            excluded: Leaves out every file with a passage that meets one of these.
            which: The files to search.
            limit: How many answers at most.
            known: Ids of passages that count as answers, but are left out.
        """
        ...

    def with_neighbours(self, found: Sequence[Candidate], reach: int) -> list[Candidate]:
        """Candidates with `previous` and `next` set, plus the passages up to `reach` steps away.

        Added passages have the score 0. A step leads to the passage before or after in the same
        file, or else to the file before or after in the same folder.
        """
        ...

    def called_alike(self, found: Collection[int]) -> dict[int, list[PassageStart]]:
        """The passages of the same files whose headings are, or end with, those of some passages.

        Args:
            found: The ids of those passages. The answer is by them, each in the order of its file;
                a passage without headings is left out.
        """
        ...

    def totals(self) -> Totals:
        """How much is indexed."""
        ...

    def frequencies(self, terms: Collection[str]) -> dict[str, int]:
        """The number of passages that hold each index term; terms that are in none are left out."""
        ...

    def with_stems(self, wanted: Sequence[Collection[str]], limit: int) -> list[Mapping[str, int]]:
        """See `pack.search.forms.Vocabulary.with_stems`."""
        ...

    def containing(self, part: str, limit: int, *, at_end: bool = False) -> list[str]:
        """Terms that contain `part`, or end with it; the most frequent first."""
        ...

"""The catalog: what index, listings and search need of every file, kept so that it is read once.

Derived from one commit, disposable, never committed (C6). An implementation may lose everything
at any time; the core fills it again from the connector. Over the files of the commit it holds
those that a reader sees differently, because a person edited them and committed nothing yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from pack.catalog.questions import EVERYTHING, Filter, Listing, Sort, SortKey, Totals
from pack.catalog.row import Row
from pack.index.format import FolderSummary, IndexLine
from pack.model import BlobId, CommitId, LastChange, MemoryPath
from pack.search.candidate import Candidate
from pack.search.query import Clause


class Catalog(Protocol):
    """Rows of all memory files of one commit, and what is found in them.

    Safe to call from any thread. Everything up to `twins` is about the files of the commit;
    everything from `edits` on about those that a reader sees.
    """

    def commit(self) -> CommitId | None:
        """The commit the rows describe; `None` when there are none to rely on."""
        ...

    def replace(
        self, commit: CommitId, rows: Iterable[Row], unverified: Collection[str] = ()
    ) -> None:
        """Hold exactly these rows; the folders of all of them, and those named, are unverified.

        Nothing happens, and no row is asked for, if the rows are of this commit already: another
        process was faster. If the file they were kept in fails, none may be held afterwards.
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

        Whatever is asked of this object afterwards is answered accordingly; others that share
        what it holds may learn of it a moment later.

        Args:
            old: The commit the rows describe.
            new: The commit they describe afterwards.
            rows: Files that are new or different.
            gone: Files that are no more.
            unverified: Folders that somebody else changed, so that their index may be wrong.
        """
        ...

    def unverified(self) -> set[str]:
        """Folders whose own index has not been compared with their files since they changed."""
        ...

    def verified(self, commit: CommitId) -> None:
        """Note that the indexes of all folders are right in a commit, if that is still held."""
        ...

    def rows(self, folder: str | None = None) -> list[Row]:
        """The rows of a folder, without those of folders in it, or all; sorted by path."""
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
        """The files of a folder at which `pack.index.format.starts_page`, sorted."""
        ...

    def newest(self, folder: str, besides: Collection[MemoryPath]) -> str | None:
        """The newest `updated` of a folder's files, some left out of account."""
        ...

    def folders(self) -> list[FolderSummary]:
        """All folders that hold memory files, sorted by path."""
        ...

    def find(self, path: MemoryPath) -> Row | None:
        """The row of a path."""
        ...

    def twins(self, folded: str) -> list[MemoryPath]:
        """Paths that some file systems take for the same, by `pack.paths.fold`."""
        ...

    def scratch(self) -> Catalog:
        """An empty catalog of the same kind that is gone when it is closed."""
        ...

    def close(self) -> None:
        """Give back what it uses; the next question takes it again."""
        ...

    def clear(self) -> None:
        """Forget everything, so that it is made anew."""
        ...

    # --- when files changed --------------------------------------------------------------------

    def dated(self) -> CommitId | None:
        """The commit up to which `last_change` is known; `None` if it never was."""
        ...

    def lacks_dates(self) -> bool:
        """Whether any file has no `updated`, so that only `date` can say when it was changed."""
        ...

    def date(self, old: CommitId | None, new: CommitId, changes: Iterable[LastChange]) -> None:
        """Note the last change of files between two commits, `None` being before the first.

        Nothing happens if what is known is not of `old`. Of several changes of a file the first
        one counts, so the newest must come first, as in `git log`. Files without `updated` are
        filtered and sorted by it.
        """
        ...

    def last_change(self, path: MemoryPath) -> LastChange | None:
        """The last commit that changed a file, as far as it is known (`dated`)."""
        ...

    # --- what a reader sees --------------------------------------------------------------------

    def edits(self) -> dict[MemoryPath, BlobId | None]:
        """The files that are held as edited: the blob that was read, `None` where none is left."""
        ...

    def edit(
        self,
        rows: Sequence[Row],
        gone: Mapping[MemoryPath, BlobId | None],
        dropped: Collection[MemoryPath],
    ) -> None:
        """Hold some files as a reader sees them, in place of those of the commit.

        Args:
            rows: Files that are new or different.
            gone: Files that a reader does not see, and the blob that is there (of an index, say).
            dropped: Files that are as the commit has them.
        """
        ...

    def list_rows(
        self,
        which: Filter = EVERYTHING,
        sort: Sort = Sort.PATH,
        after: SortKey | None = None,
        limit: int | None = None,
    ) -> Listing:
        """The first `limit` files after a place in an order, and how many there are in all."""
        ...

    # --- search --------------------------------------------------------------------------------

    def snapshot(self) -> AbstractContextManager[None]:
        """Let the questions inside see one state of the rows, and cost less together.

        Nothing may be changed inside. A state that is lost meanwhile holds nothing any more.
        """
        ...

    def candidates(
        self,
        clauses: Sequence[Clause],
        excluded: Sequence[Clause] = (),
        which: Filter = EVERYTHING,
        limit: int = 200,
    ) -> list[Candidate]:
        """The passages that answer best by their words alone, the best first.

        A passage that meets any clause answers; where clauses are required, only one that meets one
        of those, of a file whose passages together meet all of them. The commonest clauses are left
        out of account where rarer ones find enough, and where all are very common, not all passages
        are looked at: those with the words in path, topic, tags or heading come first, then those
        that were indexed last. Whoever ranks the answers knows all clauses.

        Args:
            clauses: What to look for, with its alternatives (`pack.search.forms.expand`).
            excluded: No file of which a passage meets one of these.
            which: Of which files.
            limit: Most answers.
        """
        ...

    def with_neighbours(self, found: Sequence[Candidate], reach: int) -> list[Candidate]:
        """Candidates with `previous` and `next` set, and the passages up to `reach` steps away.

        Those that are added have the score 0. A step goes to the passage before or after, in the
        same file, else in the file before or after it in the same folder.
        """
        ...

    def totals(self) -> Totals:
        """How much is indexed."""
        ...

    def frequencies(self, terms: Collection[str]) -> dict[str, int]:
        """In how many passages each of the index terms is, those left out that are in none."""
        ...

    def with_stem(self, key: str, limit: int) -> list[str]:
        """See `pack.search.forms.Vocabulary`, and for the next one too."""
        ...

    def containing(self, part: str, limit: int, *, at_end: bool = False) -> list[str]:
        """Terms that contain `part`, or end with it; the most frequent first."""
        ...

"""The notes of a memory: reads, lists and changes them. Each write is one commit (C9, C10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pack.catalog.questions import Sort
from pack.core.decision import Decision
from pack.core.requests import check_text, make_filter
from pack.core.session import Session
from pack.core.versions import expect
from pack.errors import AlreadyExists, MigrationNeeded
from pack.files import frontmatter
from pack.files.edits import Edit, apply_edits
from pack.model import ABSENT, Change, Delete, Put
from pack.results import Document, FileListing, Written
from pack.use_cases import read
from pack.use_cases.excerpt import Part
from pack.use_cases.trusted_files import wanted_trust
from pack.use_cases.write import (
    LinesShown,
    Wording,
    find_existing,
    find_target,
    is_v1_file,
    new_path,
    refuse_outside,
    refuse_twin,
    store,
    warned_of_loss,
)


class Notes:
    """The notes of a memory, for one writer. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core

    def get(
        self,
        path: str,
        *,
        section: str | None = None,
        lines: str | None = None,
        max_tokens: int | None = None,
    ) -> Document:
        """A file as it is now, uncommitted edits included; or a part of it.

        Args:
            path: The file.
            section: Only this section; see `pack.files.sections` for what it is called.
            lines: Only these lines, as in `10-40`, `10-` or `-40`.
            max_tokens: About how many tokens the text may take; the rest is left out.

        Raises:
            NotInitialised: There is no memory.
            InvalidPath: The path cannot be that of a memory file.
            NotFound: There is no such file or section.
            AmbiguousSection: Several sections are called so.
            InvalidRequest: There are no such lines.
            InvalidContent: It is not UTF-8.
            LimitExceeded: It is larger than 2 MiB.
        """
        part = Part(section, lines, max_tokens)
        with self._core.view():
            return read.get(self._core, path, part)

    def list(
        self,
        *,
        tag: str | None = None,
        topic: str | None = None,
        dir: str | None = None,  # noqa: A002 - the word of the tool and the command
        since: str | None = None,
        until: str | None = None,
        sort: Sort = Sort.PATH,
        limit: int | None = None,
        cursor: str | None = None,
        max_level: int | None = None,
        origin: str | None = None,
    ) -> FileListing:
        """The files that match all filters.

        Args:
            tag: A tag the file has, ignoring case.
            topic: Text its topic contains, ignoring case.
            dir: A folder it is in, at any depth.
            since: ISO date; only files updated on that day or later, by their `updated` or else by
                their last commit, if the log is available.
            until: ISO date; only files updated on that day or earlier.
            sort: By path, or newest or largest first.
            limit: How many to return at most; `None` for as many as fit into about 1,500 tokens.
            cursor: Where an earlier answer left off.
            max_level: Only files that are trusted at least this far, from 1 (the person) to 5. With
                this or `origin`, each file says its level and origin.
            origin: Only files of which this writer wrote what is trusted least: the beginning of an
                origin, such as `user`.

        Raises:
            NotInitialised: There is no memory.
            InvalidRequest: The cursor is not from an earlier answer, the limit is not positive, a
                date is not valid, or there is no such level.
        """
        which = make_filter(tag, topic, dir, since, until)
        trust = wanted_trust(max_level, origin)
        with self._core.view():
            return read.list_files(self._core, which, sort, limit, cursor, trust)

    def update(
        self,
        path: str,
        content: str,
        sha: str | None = None,
        message: str | None = None,
        *,
        dry_run: bool = False,
        lines_shown: LinesShown | None = None,
        apply_rest: bool = False,
    ) -> Written:
        """Create or replace a file, in one commit with the index.

        Sets `updated`, and `created` and `topic` if they are missing; no other byte changes.

        Args:
            path: The file.
            content: The whole text. If it has no frontmatter, the file keeps what it had.
            sha: Blob id of what the caller read; `None` to create a file.
            message: Words for the log.
            dry_run: Only say what would change.
            lines_shown: Which lines of a version of the file the caller was shown; `None` if that
                is unknown.
            apply_rest: If some of it needs the person's decision, whether to do the rest at once.

        Raises:
                NotInitialised: There is no memory.
                BlobChanged: The file is not what the caller read. The error holds its current
                    version.
                InvalidPath: No memory file can have this path, or some file systems confuse it with
                    another.
            InvalidContent: The content cannot be stored.
            LimitExceeded: It is too large.
            PartlyRead: Only a part of a long file was read, and the content leaves out most of the
                file, or some of the other part.
            PackError: The store refused; nothing was written.
        """
        given = frontmatter.read(content)
        check_text(given)

        def decide() -> Decision:
            target, current = find_target(self._core, path)
            expect(self._core, target, current, sha)
            wording = Wording("update" if current else "add", message)
            decision = store(self._core, target, current, given, wording)
            decision = replace(decision, apply_rest=apply_rest)
            return warned_of_loss(decision, current, given, lines_shown) if current else decision

        return self._session.write(decide, dry_run=dry_run)

    def edit(
        self,
        path: str,
        edits: Sequence[Edit],
        sha: str | None = None,
        message: str | None = None,
        *,
        dry_run: bool = False,
        apply_rest: bool = False,
    ) -> Written:
        """Change parts of a file, making all edits or none, in one commit with the index.

        Args:
            path: The file.
            edits: Applied in order, each to the result of the one before.
            sha: Blob id of what the caller read; `None` to edit the file as it is now.
            message: Words for the log.
            dry_run: Only say what would change.
            apply_rest: As in `update`.

        Raises:
            NotFound: There is no such file.
            EditFailed: An edit does not apply exactly once.
            PackError: As `update`.
        """

        def decide() -> Decision:
            target, current = find_existing(self._core, path)
            if sha is not None:
                expect(self._core, target, current, sha)
            given = frontmatter.read(apply_edits(current.exact_text(), edits))
            check_text(given)
            decision = store(self._core, target, current, given, Wording("edit", message))
            return replace(decision, apply_rest=apply_rest)

        return self._session.write(decide, dry_run=dry_run)

    def delete(
        self, path: str, sha: str, message: str | None = None, *, dry_run: bool = False
    ) -> Written:
        """Remove a file, in one commit with the index; its history stays.

        Raises:
            NotFound: There is no such file.
            BlobChanged: It is not what the caller read.
            PackError: As `update`.
        """

        def decide() -> Decision:
            target, current = find_existing(self._core, path)
            expect(self._core, target, current, sha)
            with_index = not is_v1_file(self._core, target)
            changes = [Delete(target, current.sha)]
            return Decision(target, changes, f"{target}: delete", message, with_index=with_index)

        return self._session.write(decide, dry_run=dry_run)

    def move(
        self,
        path: str,
        new_path: str,
        sha: str,
        message: str | None = None,
        *,
        dry_run: bool = False,
    ) -> Written:
        """Move a file, in one commit with the index; its bytes and history stay.

        Raises:
            NotFound: There is no such file.
            BlobChanged: It is not what the caller read.
            AlreadyExists: There is a file at the new path.
            PackError: As `update`.
        """
        return self._session.write(
            lambda: self._move(path, new_path, sha, message), dry_run=dry_run
        )

    def _move(self, path: str, wanted: str, sha: str, message: str | None) -> Decision:
        core = self._core
        source, current = find_existing(core, path)
        if is_v1_file(core, source):
            raise MigrationNeeded(source, wanted)
        expect(core, source, current, sha)
        target = new_path(wanted)
        refuse_outside(core, target)
        taken = core.reader.find(target)
        if taken is not None:
            raise AlreadyExists(target, None, taken.sha, taken.content)
        refuse_twin(core, target, leaving=source)
        changes: list[Change] = [
            Put(target, current.content, ABSENT),
            Delete(source, current.sha),
        ]
        subject = f"{target}: move from {source}"
        return Decision(target, changes, subject, message, moved={source: target})

"""One attempt to bring the pages in Notion to a commit: a page per file, an index, a full export.

`pack migrate-notion` starts it, and records in `.notion-pages.json` which page each file has. From
then on the sync maintains the pages: a new file gets one, the page of a deleted file goes to the
trash, that of a moved file gets its new title. Without the record, or before a migration is
complete, no page is created and the single page shows the whole memory (C11).

Each run saves the record in one commit, even if it fails. What a killed run created is in its
checkpoint (`pack.pages.checkpoint`), or is found by its title among the pages that PACK's
integration created, so nothing is created twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from pack.actions import Action
from pack.errors import (
    AuthFailed,
    ConnectorError,
    InvalidConfig,
    NotFound,
    OutcomeUnknown,
    PackError,
    RefusedForSafety,
)
from pack.model import BlobId
from pack.pages.cache import PagesCache
from pack.pages.contents import (
    EXPORT_TITLE,
    PageContent,
    changed_sections,
    digest,
    export_sections,
    export_text,
    find_moves,
    index_text,
    linked,
    mark,
)
from pack.pages.mapping import MAPPING, PageMap, bare
from pack.sync.target import Delivered, Page, PageId, Pages

Report = Callable[[str], None]
_GONE: Final = (
    f"Restore it in Notion; or remove its line from {MAPPING} and {Action.MIGRATE_NOTION}, which "
    "creates a new one."
)
_EMPTY: Final = (
    "the memory has no file left for Notion, but there are pages; none was moved to the trash"
)


@contextmanager
def _named(entry: str) -> Iterator[None]:
    """A page that is refused inside makes its entry of the record untrustworthy.

    Raises:
        InvalidConfig: In place of `RefusedForSafety`.
    """
    try:
        yield
    except RefusedForSafety as refused:
        error = InvalidConfig(MAPPING, f"{entry}: {refused.reason}; it was not touched")
        error.remedy = f"Remove its line from {MAPPING}. {refused.remedy}"
        raise error from refused


@dataclass(slots=True)
class PagesRun:
    """One attempt to bring the pages to a commit.

    Attributes:
        contents: What the page of each file should show, in order.
        now: The pages as they are; to be saved whatever happens.
        keep: Called with the pages whenever some were added or removed.
        warnings: What a person should know.
        changed: Whether anything was written.
        trashed: Files whose pages went to the trash.
    """

    pages: Pages
    contents: Mapping[str, PageContent]
    now: PageMap
    cache: PagesCache
    report: Report = lambda _: None
    keep: Callable[[PageMap], None] = lambda _: None
    warnings: list[str] = field(default_factory=list)
    changed: bool = False
    trashed: list[str] = field(default_factory=list)
    _lost: set[str] = field(default_factory=set)
    _listed: Sequence[Page] | None = None
    _refused: ConnectorError | None = None

    def bring(self, before: Mapping[str, BlobId], settled: Collection[str] = ()) -> None:
        """Make all pages show their files, the index and the export.

        Args:
            before: The files at the last delivery, to recognise those that were moved.
            settled: Files whose pages are to be left alone.

        Raises:
            PackError: A page could not be written; `now` says which pages there are.
        """
        if self.now.pages and not self.contents:
            self.warnings.append(_EMPTY)
            return
        self._follow_moves(before)
        self._create_missing()
        self._trash_lost()
        wanted = {path: self._mark(path) for path in self.contents if path not in settled}
        self.cache.shown &= set(wanted.values())
        for path, shown in wanted.items():
            if shown not in self.cache.shown and self._write(self.contents[path]):
                self.cache.shown.add(shown)
        self._write_export()
        self._write_index()
        if self._refused is not None:
            raise self._refused
        self.now = replace(self.now, is_complete=True)

    # --- pages that come and go ----------------------------------------------------------------

    def _follow_moves(self, before: Mapping[str, BlobId]) -> None:
        """Give the pages of moved files to the new paths; pages of files that are gone wait.

        A file that was both moved and edited is recognised later, by its title.
        """
        moves = find_moves(list(self.now.pages), self.contents, before)
        for old, new in moves.moved.items():
            self._have(self.now.without(old).with_page(new, self.now.pages[old]))
        self._lost = set(moves.gone)

    def _trash_lost(self) -> None:
        for path in sorted(self._lost):
            self.report(f"moving the page of {path} to the trash")
            page = self.now.pages[path]
            with _named(path):
                self.warnings += self.pages.trash(page)
            self.cache.forget(page)
            self._forget(path)
            self.trashed.append(path)
            self.changed = True

    def _forget(self, path: str) -> None:
        self._lost.remove(path)
        self._have(self.now.without(path))

    def _have(self, now: PageMap) -> None:
        self.now = now
        self.keep(now)

    def _create_missing(self) -> None:
        for content in self.contents.values():
            if content.path not in self.now.pages:
                self.report(f"creating the page of {content.path}")
                body = "" if self._links_ahead(content) else self._body(content)
                page, shows_text = self._make(content.title, body, content.path)
                self._have(self.now.with_page(content.path, page))
                if shows_text:
                    self.cache.shown.add(_mark(page, content.title, body))

    def _links_ahead(self, content: PageContent) -> bool:
        """Whether a file links to one that has no page yet; its text is written after that."""

        def is_ahead(path: str) -> str | None:
            return "" if path in self.contents and path not in self.now.pages else None

        return linked(content.body, content.path, is_ahead) != content.body

    def _make(self, title: str, markdown: str, key: str) -> tuple[PageId, bool]:
        """A page of that title, created now or by an earlier run; whether it shows the text."""
        self.changed = True
        orphan = self._orphan(title)
        if orphan is None:
            try:
                page, done = self.pages.create(title, markdown, key)
            except OutcomeUnknown:
                self._listed = None
                orphan = self._orphan(title)
                if orphan is None:
                    raise
            else:
                self._keep(page.id, done)
                return page.id, bool(done.receipt)
        for path in [one for one in self._lost if bare(self.now.pages[one]) == bare(orphan)]:
            self._forget(path)
        return orphan, False

    def _orphan(self, title: str) -> PageId | None:
        """A page of that title that PACK created and that belongs to no file that is there."""
        if self._listed is None:
            self._listed = self.pages.list_pages()
        pages = [page for path, page in self.now.pages.items() if path not in self._lost]
        taken = {bare(page) for page in (*pages, self.now.export) if page}
        free = (page for page in self._listed if bare(page.id) not in taken)
        return next((page.id for page in free if page.title == title), None)

    # --- what is on them -----------------------------------------------------------------------

    def _url_of(self, path: str) -> str | None:
        """Where a browser shows a file."""
        page = None if path in self._lost else self.now.pages.get(path)
        return None if page is None else self.pages.url_of(page)

    def _body(self, content: PageContent) -> str:
        return linked(content.body, content.path, self._url_of)

    def _mark(self, path: str) -> str:
        content = self.contents[path]
        return _mark(self.now.pages[path], content.title, self._body(content))

    def _write(self, content: PageContent) -> bool:
        """Whether nothing is left to do before the file changes again."""
        page = self.now.pages[content.path]
        receipt = self.cache.receipt_of(page)
        try:
            with _named(content.path):
                done = self.pages.write(page, content.title, self._body(content), receipt)
        except NotFound as error:
            self.warnings.append(f"{content.path}: {error}. {_GONE}")
        except ConnectorError as error:
            if error.retryable or isinstance(error, AuthFailed):
                raise
            self._refused = error  # raised when the other pages are done
            return False
        else:
            self._keep(page, done)
        return True

    def _keep(self, page: str, done: Delivered) -> None:
        self.cache.keep(page, done.receipt)
        self.warnings += done.warnings
        self.changed = self.changed or done.changed

    def _write_index(self) -> None:
        """Make the parent page an index; every file has its page now."""
        export = self.pages.url_of(self.now.export) if self.now.export else ""
        text = index_text(list(self.contents.values()), self._url_of, export)
        self._keep("", self.pages.write(None, None, text, self.cache.receipt_of("")))

    # --- the full export -----------------------------------------------------------------------

    def _write_export(self) -> None:
        sections = export_sections(list(self.contents.values()), self._url_of)
        page = self.now.export
        if page is None:
            page, _ = self._make(EXPORT_TITLE, export_text(sections), "export")
            self._have(self.now.with_export(page))
            self.cache.sections = []
        try:
            self._show_export(page, sections)
        except NotFound as error:
            self.cache.sections = []
            self.warnings.append(f"the full export: {error}. {_GONE}")
            return
        self.cache.sections = list(map(mark, sections))

    def _show_export(self, page: PageId, sections: Sequence[tuple[str, str]]) -> None:
        only = changed_sections(self.cache.sections, sections)
        if only is None or not self._write_sections(page, [sections[at] for at in only]):
            receipt = self.cache.receipt_of(page)
            with _named("export"):
                done = self.pages.write(page, EXPORT_TITLE, export_text(sections), receipt)
            self._keep(page, done)

    def _write_sections(self, page: PageId, sections: Sequence[tuple[str, str]]) -> bool:
        """Whether the sections could be replaced one by one; if not, all has to be written.

        Their receipt does not name the text of the page, so no failure leaves them half done.
        """
        for heading, text in sections:
            try:
                done = self.pages.write_section(page, heading, text, self.cache.receipt_of(page))
            except PackError as error:
                if error.retryable:
                    raise
                return False
            self._keep(page, done)
        return True


def _mark(page: PageId, title: str, body: str) -> str:
    return digest(f"{bare(page)}\n{title}\n{body}")

"""Several pages in Notion: one for each memory file, an index above them, and a full export (C11).

`pack migrate-notion` begins it, and records in `.notion-pages.json` which page each file has. From
then on the sync keeps the pages: a new file gets one, a deleted file's goes to the trash, a moved
file's gets its new title. Without that record, or before a migration is complete, no page is made,
and the single page shows the whole memory as before.

Each run saves the record in one commit, also when it fails. What a killed run had made is in its
journal (`pack.pages.checkpoint`), or is found by its title among the pages that PACK's integration
made, so that nothing is made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from pack.sync.target import Page, PageId, Pages

Report = Callable[[str], None]
_GONE: Final = (
    f"Restore it in Notion; or remove its line from {MAPPING}, then {Action.MIGRATE_NOTION} to "
    "make another."
)
_EMPTY: Final = (
    "the memory has no file that Notion may get, but pages of it; none was moved to the trash"
)


@contextmanager
def _named(entry: str) -> Iterator[None]:
    """A page that is refused inside is an entry of the record that cannot be trusted.

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
        now: The pages as they are; to be saved whatever happens.
        keep: Told of the pages whenever some came or went.
        warnings: What a person should know.
        changed: Whether anything was written.
        created: Files that got a page.
        trashed: Files whose pages went to the trash.
    """

    pages: Pages
    sheets: Mapping[str, PageContent]
    now: PageMap
    receipt: PagesCache
    report: Report = lambda _: None
    keep: Callable[[PageMap], None] = lambda _: None
    warnings: list[str] = field(default_factory=list)
    changed: bool = False
    created: list[str] = field(default_factory=list)
    trashed: list[str] = field(default_factory=list)
    _lost: dict[str, None] = field(default_factory=dict)
    _listed: Sequence[Page] | None = None
    _whole: dict[str, str] = field(default_factory=dict)
    _is_settled: bool = True
    _adopted: set[str] = field(default_factory=set)
    _refused: ConnectorError | None = None

    def url_of(self, path: str) -> str | None:
        """Where a browser shows a file."""
        page = None if path in self._lost else self.now.pages.get(path)
        return None if page is None else self.pages.url_of(page)

    def bring(self, touched: Callable[[str], bool], before: Mapping[str, BlobId]) -> None:
        """Make all pages show their files, the index and the export.

        Args:
            touched: Whether a file may have changed since the last delivery.
            before: Its files then.

        Raises:
            PackError: A page could not be written; what was done is in `now` and `receipt`.
        """
        if self.now.pages and not self.sheets:
            self.warnings.append(_EMPTY)
            return
        # What a failed attempt has made since the last delivery counts as new once more.
        known = {path: page for path, page in self.now.pages.items() if path in before}
        # And what it has trashed may still be linked to.
        self._is_settled = self.receipt.links in ("", self._links())
        self._take_along(before)
        self._create_missing()
        self._trash_lost()
        # Another file may be why a title has a path in it, or none any more.
        wanted = digest("\n".join(f"{one.path}\t{one.title}" for one in self.sheets.values()))
        titles = self._titles() if wanted != self.receipt.titles else {}
        for sheet in self.sheets.values():
            title = titles.get(bare(self.now.pages[sheet.path]), sheet.title)
            is_new = sheet.path in self._adopted or touched(sheet.path)
            if is_new or title != sheet.title or self._is_relinked(sheet, known):
                self._write(sheet)
        self.receipt.titles, self.receipt.links = wanted, self._links()
        self._write_export()
        self._write_index()
        if self._refused is not None:
            raise self._refused
        self.now = replace(self.now, is_complete=True)

    # --- pages that come and go ----------------------------------------------------------------

    def _take_along(self, before: Mapping[str, BlobId]) -> None:
        """Give the pages of moved files to their new paths; the others of files that are gone wait.

        One that was moved and edited is known by its title.
        """
        moves = find_moves(list(self.now.pages), self.sheets, before)
        for old, new in moves.moved.items():
            self._have(self.now.without(old).with_page(new, self.now.pages[old]))
        self._lost = dict.fromkeys(moves.gone)

    def _trash_lost(self) -> None:
        """Give the pages of deleted files away."""
        for path in list(self._lost):
            self.report(f"moving the page of {path} to the trash")
            page = self.now.pages[path]
            with _named(path):
                self.warnings += self.pages.trash(page)
            self.receipt.forget(page)
            self._forget(path)
            self.trashed.append(path)
            self.changed = True

    def _forget(self, path: str) -> None:
        del self._lost[path]
        self._have(self.now.without(path))

    def _have(self, now: PageMap) -> None:
        self.now = now
        self.keep(now)

    def _create_missing(self) -> None:
        for sheet in self.sheets.values():
            if sheet.path not in self.now.pages:
                self.report(f"making the page of {sheet.path}")
                body = self._body(sheet)
                page = self._made(sheet.title, body, sheet.path)
                if sheet.path not in self._adopted and self.receipt.of(page):
                    self._whole[sheet.path] = body
                self._have(self.now.with_page(sheet.path, page))
                self.created.append(sheet.path)

    def _made(self, title: str, markdown: str, key: str) -> PageId:
        """A page of that title: one that an earlier run made, or a new one."""
        self.changed = True
        if (orphan := self._orphan(title)) is None:
            try:
                page, done = self.pages.create(title, markdown, key)
            except OutcomeUnknown:
                self._listed = None
                if (orphan := self._orphan(title)) is None:
                    raise
            else:
                self.receipt.keep(page.id, done.receipt)
                self.warnings += done.warnings
                if not done.receipt:
                    self._adopted.add(key)
                return page.id
        self._adopted.add(key)
        for path in [one for one in self._lost if bare(self.now.pages[one]) == bare(orphan)]:
            self._forget(path)
        return orphan

    def _orphan(self, title: str) -> PageId | None:
        """A page that PACK made and that belongs to no file that is there."""
        pages = [page for path, page in self.now.pages.items() if path not in self._lost]
        taken = {bare(page) for page in (*pages, self.now.export) if page}
        free = (page for page in self._list() if bare(page.id) not in taken)
        return next((page.id for page in free if page.title == title), None)

    def _titles(self) -> dict[str, str]:
        return {bare(page.id): page.title for page in self._list()}

    def _list(self) -> Sequence[Page]:
        if self._listed is None:
            self._listed = self.pages.list_pages()
        return self._listed

    # --- what is on them -----------------------------------------------------------------------

    def _links(self) -> str:
        """What the links between pages depend on."""
        return digest(
            "\n".join(f"{path}\t{bare(self.now.pages[path])}" for path in sorted(self.now.pages))
        )

    def _body(self, sheet: PageContent) -> str:
        return linked(sheet.body, sheet.path, self.url_of)

    def _is_relinked(self, sheet: PageContent, known: Mapping[str, PageId]) -> bool:
        """Whether its links lead elsewhere than they did at the last delivery, or may do so."""
        if "](" not in sheet.body:
            return False
        if not self._is_settled:
            return True
        if known == self.now.pages:
            return False

        def url_before(path: str) -> str | None:
            return self.pages.url_of(known[path]) if path in known else None

        return linked(sheet.body, sheet.path, url_before) != self._body(sheet)

    def _write(self, sheet: PageContent) -> None:
        page = self.now.pages[sheet.path]
        if self._whole.get(sheet.path) == self._body(sheet):
            return  # it was made with that text a moment ago
        try:
            with _named(sheet.path):
                done = self.pages.write(page, sheet.title, self._body(sheet), self.receipt.of(page))
        except NotFound as error:
            self.warnings.append(f"{sheet.path}: {error}. {_GONE}")
            return
        except ConnectorError as error:
            if error.retryable or isinstance(error, AuthFailed):
                raise
            self._refused = error  # raised when the other pages are done
            return
        self._keep(page, done.receipt, done.warnings, changed=done.changed)

    def _keep(self, page: str, receipt: str, warnings: Sequence[str], *, changed: bool) -> None:
        self.receipt.keep(page, receipt)
        self.warnings += warnings
        self.changed = self.changed or changed

    def _write_index(self) -> None:
        """Make the page above an index; every file has its page now."""
        export = self.pages.url_of(self.now.export) if self.now.export else ""
        text = index_text(list(self.sheets.values()), self.url_of, export)
        done = self.pages.write(None, None, text, self.receipt.of(""))
        self._keep("", done.receipt, done.warnings, changed=done.changed)

    # --- the full export -----------------------------------------------------------------------

    def _write_export(self) -> None:
        sections = export_sections(list(self.sheets.values()), self.url_of)
        if self.now.export is None:
            page = self._made(EXPORT_TITLE, export_text(sections), "export")
            self._have(self.now.with_export(page))
            self.receipt.sections = []
        page = self.now.export or PageId("")
        try:
            self._show_export(page, sections)
        except NotFound as error:
            self.receipt.sections = []
            self.warnings.append(f"the full export: {error}. {_GONE}")
            return
        self.receipt.sections = list(map(mark, sections))

    def _show_export(self, page: PageId, sections: Sequence[tuple[str, str]]) -> None:
        only = changed_sections(self.receipt.sections, sections)
        if only is None or not self._write_sections(page, [sections[at] for at in only]):
            with _named("export"):
                done = self.pages.write(
                    page, EXPORT_TITLE, export_text(sections), self.receipt.of(page)
                )
            self._keep(page, done.receipt, done.warnings, changed=done.changed)

    def _write_sections(self, page: PageId, sections: Sequence[tuple[str, str]]) -> bool:
        """Whether the sections could be replaced one by one; if not, all is to be written anew.

        Until then the receipt says that they were not, so that no failure leaves them half done.
        """
        for heading, text in sections:
            try:
                done = self.pages.write_section(page, heading, text, self.receipt.of(page))
            except PackError as error:
                if error.retryable:
                    raise
                return False
            self._keep(page, done.receipt, done.warnings, changed=done.changed)
        return True

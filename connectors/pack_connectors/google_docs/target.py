"""A Google document that shows the whole memory (C3).

Each write is one atomic batch, made on the revision that was read; where somebody was faster, it is
made anew on theirs. Only what differs is replaced, so that comments beside it keep their place.

Why no Drive: its import of markdown replaces the document with its tabs and comments, knows no
precondition, and needs a wider permission.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from pack.errors import ConnectorError, InvalidConfig, LimitExceeded, Unavailable
from pack.sync.target import Delivered
from pack_connectors.google_docs.access import GoogleAccess
from pack_connectors.google_docs.document import ShownDocument, read_document
from pack_connectors.google_docs.edit import in_tab, paragraph_edit, text_edit, whole_edit
from pack_connectors.google_docs.failures import Rejected
from pack_connectors.google_docs.markdown import rich_paragraphs
from pack_connectors.google_docs.service import API, DocsService, HttpTransport
from pack_connectors.google_docs.text import (
    DocumentFormat,
    Paragraph,
    is_kept,
    plain_paragraphs,
    storable,
    text_of,
    utf16_length,
)

logger = logging.getLogger(__name__)
MAX_CHARACTERS: Final = 1_020_000
"""Google Docs editors help, "Files you can store in Google Drive": 1.02 million characters."""
_ATTEMPTS: Final = 5
_TOO_LONG: Final = (
    "Keep files out of the document with `sync: false` in their frontmatter, or use another target."
)
_HISTORY: Final = "Google keeps it under File > Version history"
_FOREIGN: Final = f"somebody else edited the Google document; that edit was replaced ({_HISTORY})"
_OTHER: Final = f"the Google document held another text; it was replaced ({_HISTORY})"
_UNKEPT: Final = (
    "the text has control characters or ones for private use, which Google Docs does not keep; the "
    "document shows others in their place"
)
_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,200}")
_TAB: Final = re.compile(r"^[^?#]*\?(?:[^#]*&)?tab=([A-Za-z0-9._-]{1,100})(?:[&#]|$)")
_ADDRESS: Final = re.compile(r"https://docs\.google\.com/document/(?:u/\d+/)?d/([^/?#]+)")


@dataclass(frozen=True, slots=True)
class DocumentPlace:
    """A tab of a document.

    Attributes:
        document_id: The document.
        tab: The tab, as its address names it; `None` for the first one.
    """

    document_id: str
    tab: str | None = None


def parse_document(text: str) -> DocumentPlace:
    """The document and the tab of an id, or of the address that a browser shows.

    A browser names the tab that is open. Another one than that may hold what somebody wrote.

    Raises:
        InvalidConfig: It is neither.
    """
    found = _ADDRESS.match(text)
    document_id = found[1] if found else text
    if not _ID.fullmatch(document_id):
        raise InvalidConfig("GOOGLE_DOC_ID", "is neither the id nor the address of a document")
    tab = _TAB.search(text) if found else None
    return DocumentPlace(document_id, tab[1] if tab else None)


@dataclass(frozen=True, slots=True)
class _Receipt:
    """What the last delivery left.

    Attributes:
        format: How the document was written.
        sent: Digest of the markdown.
        shown: Digest of the text that the document had afterwards.
        revision: Its revision then; Google may forget it after a day.
    """

    format: str
    sent: str
    shown: str
    revision: str

    def encoded(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def _read_receipt(receipt: str) -> _Receipt | None:
    """The receipt of another version of PACK counts as none: everything is written."""
    try:
        fields = json.loads(receipt or "null")
        return _Receipt(**fields) if fields is not None else None
    except (ValueError, TypeError):
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class GoogleDoc:
    """A `pack.sync.target.Target`: one tab of one document.

    Args:
        document_id: Its id or address; that of a tab names the tab, else it is the first one.
        access: For whom.
        clock: Tells the time, in UTC.
        doc_format: How it shows the memory.
        transport: Makes what carries requests; `None` for the network.
        sleep: Waits between attempts; `None` for a wait that `close` ends.
        api_url: The service, without a slash at the end.

    Raises:
        InvalidConfig: `document_id` is neither.
    """

    def __init__(
        self,
        document_id: str,
        access: GoogleAccess,
        clock: Callable[[], datetime],
        doc_format: DocumentFormat = DocumentFormat.PLAIN,
        *,
        transport: Callable[[], HttpTransport] | None = None,
        sleep: Callable[[float], None] | None = None,
        api_url: str = API,
    ) -> None:
        self._place = parse_document(document_id)
        self._format = doc_format
        self._service = DocsService(access, clock, transport, sleep, api_url)

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return "Google Docs"

    def deliver(self, markdown: str, key: str, receipt: str) -> Delivered:
        """Make the document show a text; see `pack.sync.target.Target.deliver`.

        Costs no request where the text is the one delivered last; else one read and one write,
        and another of each for every edit by others that came between.
        """
        del key  # a write is for one revision, so a repeated one cannot do harm
        last = _read_receipt(receipt)
        sent = _digest(f"{self._format}\n{markdown}")
        if last and last.sent == sent:
            return Delivered(receipt, changed=False)
        wanted = self._wanted(markdown)
        return _Delivery(self._service, self._place, self._format, wanted, last).run(
            sent, () if is_kept(markdown) else (_UNKEPT,)
        )

    def close(self) -> None:
        """Close connections; a delivery under way ends soon, as failed."""
        self._service.close()

    def _wanted(self, markdown: str) -> list[Paragraph]:
        """What the document is to show.

        Raises:
            LimitExceeded: No document can hold it.
        """
        if self._format is DocumentFormat.PLAIN:
            wanted = list(plain_paragraphs(storable(markdown)))
        else:
            wanted = rich_paragraphs(markdown)
        _check_length(text_of(wanted))
        return wanted


def _check_length(text: str) -> None:
    if utf16_length(text) > MAX_CHARACTERS:
        error = LimitExceeded("the text for the Google document", MAX_CHARACTERS, "characters")
        error.remedy = _TOO_LONG
        raise error


class _Delivery:
    """Makes the document show some paragraphs, whoever edits it at the same time."""

    def __init__(
        self,
        service: DocsService,
        place: DocumentPlace,
        doc_format: DocumentFormat,
        wanted: Sequence[Paragraph],
        last: _Receipt | None,
    ) -> None:
        self._service = service
        self._id = place.document_id
        self._tab = place.tab
        self._format = doc_format
        self._wanted = wanted
        self._text = text_of(wanted)
        self._last = last
        self._is_whole = last is None or last.format != doc_format
        self._was_sent = False
        self._replaced = ""
        self._rejected: tuple[str, Rejected] | None = None

    def run(self, sent: str, warnings: tuple[str, ...]) -> Delivered:
        """Write until what was read is what was written on.

        Args:
            sent: Digest of the markdown, for the receipt.
            warnings: Those there are already.
        """
        revision = self._write()
        receipt = _Receipt(self._format, sent, _digest(self._text), revision)
        found = (*warnings, self._replaced) if self._replaced else warnings
        return Delivered(receipt.encoded(), self._was_sent, found)

    def _write(self) -> str:
        """The revision that shows the paragraphs."""
        for _ in range(_ATTEMPTS):
            shown = self._read()
            self._notice(shown)
            edit = self._edit(shown)
            if not edit:
                return shown.revision
            self._was_sent = True
            try:
                return self._service.update(self._id, shown.revision, in_tab(edit, self._tab))
            except Rejected as error:
                self._rejected = (shown.revision, error)
        raise Unavailable("the Google document is being edited all the time")

    def _read(self) -> ShownDocument:
        try:
            return read_document(self._service.get(self._id, self._tab), self._tab)
        except Rejected as error:
            raise _refused(error) from error

    def _notice(self, shown: ShownDocument) -> None:
        """Remember, and log before it is done, that something of somebody else is replaced."""
        if self._replaced or shown.text == self._text:
            return
        if self._last is None:
            self._replaced = _OTHER if shown.text.strip() else ""
        elif self._last.revision != shown.revision and self._last.shown != _digest(shown.text):
            self._replaced = _FOREIGN
        if self._replaced:
            logger.warning("%s", self._replaced)

    def _edit(self, shown: ShownDocument) -> list[dict[str, Any]]:
        if self._rejected and self._rejected[0] == shown.revision:
            # It was not stale, so it was wrong: nothing of what is there can be kept.
            if self._is_whole:
                raise _refused(self._rejected[1]) from self._rejected[1]
            self._is_whole = True
        # After a lost answer, the whole may be written already.
        if self._is_whole and not (self._was_sent and shown.text == self._text):
            return whole_edit(shown, self._wanted)
        if self._format is DocumentFormat.PLAIN:
            return text_edit(shown, self._text)
        return paragraph_edit(shown, self._wanted)


def _refused(error: Rejected) -> ConnectorError:
    return ConnectorError(f"Google Docs refused a request: {error.reason}")

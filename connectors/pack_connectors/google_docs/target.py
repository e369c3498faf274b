"""A Google document that shows the whole memory (C3).

Each write is one atomic batch, based on the revision that was read; if somebody was faster, PACK
reads again and writes on their revision. Only what differs is replaced, so that comments keep their
place.

Why not Drive: its import of markdown replaces the document with its tabs and comments, knows no
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
from pack_connectors.google_docs.service import API, DocsService, NewTransport
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
_ADDRESS: Final = re.compile(
    r"https://docs\.google\.com/document/(?:u/\d+/)?d/([^/?#]+)"
    r"(?:[^?#]*\?(?:[^#]*&)?tab=([A-Za-z0-9._-]{1,100})(?:[&#]|$))?"
)


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

    A browser's address names the open tab. Any other tab may hold what somebody wrote.

    Raises:
        InvalidConfig: It is neither.
    """
    found = _ADDRESS.match(text)
    document_id, tab = found.groups() if found else (text, None)
    if not _ID.fullmatch(document_id):
        raise InvalidConfig("GOOGLE_DOC_ID", "is neither the id nor the address of a document")
    return DocumentPlace(document_id, tab)


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
    """The receipt of another version of PACK counts as none, and everything is written."""
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
        document_id: Its id or address; the first tab is written unless the address names one.
        access: For which account.
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
        transport: NewTransport | None = None,
        sleep: Callable[[float], None] | None = None,
        api_url: str = API,
    ) -> None:
        self._place = parse_document(document_id)
        self._format = doc_format
        self._service = DocsService(access, clock, transport, sleep, api_url)

    @property
    def name(self) -> str:
        """Its name in messages."""
        return "Google Docs"

    def deliver(self, markdown: str, key: str, receipt: str) -> Delivered:
        """Make the document show a text; see `pack.sync.target.Target.deliver`.

        Costs no request if the text was delivered last; else one read and one write, and again
        one of each for every edit by others in between.
        """
        del key  # a write is for one revision, so repeating it does no harm
        last = _read_receipt(receipt)
        sent = _digest(f"{self._format}\n{markdown}")
        if last and last.sent == sent:
            return Delivered(receipt, changed=False)
        wanted = self._wanted(markdown)
        text = text_of(wanted)
        _check_length(text)
        is_whole = last is None or last.format != self._format
        delivery = _Delivery(self._service, self._place, self._format, wanted, text, last, is_whole)
        revision = delivery.write()
        done = _Receipt(self._format, sent, _digest(text), revision)
        warnings = ("" if is_kept(markdown) else _UNKEPT, delivery.replaced)
        return Delivered(done.encoded(), delivery.was_sent, tuple(filter(None, warnings)))

    def close(self) -> None:
        """Close connections; a delivery under way fails soon."""
        self._service.close()

    def _wanted(self, markdown: str) -> list[Paragraph]:
        """What the document is to show."""
        if self._format is DocumentFormat.PLAIN:
            return list(plain_paragraphs(storable(markdown)))
        return rich_paragraphs(markdown)


def _check_length(text: str) -> None:
    """Return if a document can hold a text."""
    if utf16_length(text) > MAX_CHARACTERS:
        error = LimitExceeded("the text for the Google document", MAX_CHARACTERS, "characters")
        error.remedy = _TOO_LONG
        raise error


@dataclass(slots=True)
class _Delivery:
    """Makes a document show some paragraphs, whoever edits it at the same time.

    Attributes:
        last: What the last delivery left, if anything.
        is_whole: Whether everything is written, whatever is there.
        was_sent: Whether an edit was sent.
        replaced: The warning about what somebody else wrote, once it is replaced.
        rejected: The revision on which Google rejected an edit, and why.
    """

    service: DocsService
    place: DocumentPlace
    format: DocumentFormat
    wanted: Sequence[Paragraph]
    text: str
    last: _Receipt | None
    is_whole: bool
    was_sent: bool = False
    replaced: str = ""
    rejected: tuple[str, Rejected] | None = None

    def write(self) -> str:
        """The revision that shows the paragraphs, written unless it was there."""
        for _ in range(_ATTEMPTS):
            shown = self._read()
            self._notice(shown)
            edit = self._edit(shown)
            if not edit:
                return shown.revision
            self.was_sent = True
            try:
                return self.service.update(
                    self.place.document_id, shown.revision, in_tab(edit, self.place.tab)
                )
            except Rejected as error:
                self.rejected = (shown.revision, error)
        raise Unavailable("the Google document is being edited all the time")

    def _read(self) -> ShownDocument:
        tab = self.place.tab
        try:
            return read_document(self.service.get(self.place.document_id, tab), tab)
        except Rejected as error:
            raise _refused(error) from error

    def _notice(self, shown: ShownDocument) -> None:
        """Remember that somebody else's text is replaced, and log it before that is done."""
        if self.replaced or shown.text == self.text:
            return
        if self.last is None:
            self.replaced = _OTHER if shown.text.strip() else ""
        elif self.last.revision != shown.revision and self.last.shown != _digest(shown.text):
            self.replaced = _FOREIGN
        if self.replaced:
            logger.warning("%s", self.replaced)

    def _edit(self, shown: ShownDocument) -> list[dict[str, Any]]:
        if self.rejected and self.rejected[0] == shown.revision:
            # The edit was not stale but wrong: keep nothing of what is there.
            if self.is_whole:
                raise _refused(self.rejected[1]) from self.rejected[1]
            self.is_whole = True
        # If an answer was lost, everything may be written already.
        if self.is_whole and not (self.was_sent and shown.text == self.text):
            return whole_edit(shown, self.wanted)
        if self.format is DocumentFormat.PLAIN:
            return text_edit(shown, self.text)
        return paragraph_edit(shown, self.wanted)


def _refused(error: Rejected) -> ConnectorError:
    return ConnectorError(f"Google Docs refused a request: {error.reason}")

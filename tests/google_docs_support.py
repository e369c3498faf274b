"""A Google document in the stand-in, and the target that writes it."""

from __future__ import annotations

from pack_connectors.google_docs.access import GoogleAccess
from pack_connectors.google_docs.document import ShownDocument, read_document
from pack_connectors.google_docs.target import GoogleDoc
from pack_connectors.google_docs.text import DocumentFormat, Paragraph

from pack.sync.target import Delivered
from tests.standins.google_docs import GoogleStandIn
from tests.standins.google_docs_model import content, lists

ACCESS = GoogleAccess("client-id", "client-secret-canary", "1//refresh-token-canary")


class Desk:
    """One document, whoever writes it."""

    def __init__(self, doc_format: DocumentFormat = DocumentFormat.PLAIN, text: str = "") -> None:
        self.google = GoogleStandIn()
        self.document = self.google.document(text=text)
        self.format = doc_format
        self.target = self.open()
        self.receipt = ""

    def begin(self, text: str = "", *, first_wins: bool = False) -> None:
        """A new document, which does what is not documented in one way or the other.

        It is for the same target: to make another one takes a tenth of a second.
        """
        self.google.clock.advance(61)
        self.google.first_wins = first_wins
        self.google.edits.clear()
        self.document = self.google.document(text=text)
        self.document.first.joins_lists = not first_wins
        self.receipt = ""

    def open(self, doc_format: DocumentFormat | None = None) -> GoogleDoc:
        return GoogleDoc(
            "document-1",
            ACCESS,
            self.google.clock,
            doc_format or self.format,
            transport=self.google.transport,
            sleep=self.google.clock.sleep,
        )

    def deliver(self, markdown: str, receipt: str | None = None) -> Delivered:
        """Deliver as the sync does, with the receipt of the last delivery."""
        done = self.target.deliver(markdown, "key", self.receipt if receipt is None else receipt)
        self.receipt = done.receipt
        return done

    def edit(self, place: int, text: str, *, removed: int = 0) -> None:
        """An edit by somebody else; `place` counts from 0."""
        if removed:
            self.document.first.delete(place, place + removed, first_wins=False)
        if text:
            self.document.first.insert(place, text)
        self.document.number += 1

    @property
    def text(self) -> str:
        return self.document.text

    @property
    def paragraphs(self) -> list[Paragraph]:
        return [block.paragraph for block in self.shown.blocks]

    @property
    def shown(self) -> ShownDocument:
        tab = self.document.first
        body = {"content": content(tab)}
        return read_document({"revisionId": "r", "body": body, "lists": lists(tab)})

from contextlib import contextmanager

import pytest
from pack_connectors.google_docs.text import DocumentFormat

from pack.testing import Failure, TargetContract
from tests.google_docs_support import ACCESS, Desk
from tests.standins.faults import FaultKind
from tests.standins.google_docs import UPDATE

FAULTS = {
    Failure.DOWN: (FaultKind.UNAVAILABLE, "docs."),
    Failure.LIMITED: (FaultKind.TOO_MANY, "docs."),
    Failure.ANSWER_LOST: (FaultKind.CUT_AFTER, UPDATE),
}


class GoogleDocHooks(TargetContract):
    doc_format: DocumentFormat

    @pytest.fixture
    def target(self):
        self._desk = Desk(self.doc_format)
        yield self._desk.target
        self._desk.target.close()

    def shown(self, target):
        return self._desk.text

    def writes(self, target):
        return len(self._desk.google.edits)

    @contextmanager
    def failing(self, target, failure):
        google, document = self._desk.google, self._desk.document
        if failure is Failure.REVOKED:
            google.revoke()
        elif failure is Failure.GONE:
            document.is_trashed = True
        else:
            google.faults.add(*FAULTS[failure], times=1000)
        yield
        google.faults.clear()

    def secrets(self, target):
        return [ACCESS.refresh_token, ACCESS.client_secret, "canary"]


class TestPlainDocument(GoogleDocHooks):
    doc_format = DocumentFormat.PLAIN


class TestRichDocument(GoogleDocHooks):
    doc_format = DocumentFormat.RICH


del GoogleDocHooks, TargetContract  # only those with a format are collected

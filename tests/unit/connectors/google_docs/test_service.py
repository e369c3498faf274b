"""What a delivery to Google Docs comes to when something goes wrong on the way."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import google.auth._exponential_backoff
import httplib2
import pytest
from pack_connectors.google_docs.access import GoogleAccess
from pack_connectors.google_docs.target import GoogleDoc
from pack_connectors.google_docs.text import DocumentFormat

from pack.actions import Action
from pack.errors import (
    AuthFailed,
    ConnectorError,
    NotFound,
    PackError,
    RateLimited,
    Unavailable,
)
from tests.google_docs_support import ACCESS, Desk
from tests.standins.faults import FaultKind
from tests.standins.google_docs import GET, TOKEN, UPDATE

BEFORE = [FaultKind.CUT, FaultKind.TIMEOUT, FaultKind.SERVER_ERROR, FaultKind.BAD_GATEWAY,
          FaultKind.UNAVAILABLE, FaultKind.TOO_MANY, FaultKind.SECONDARY_LIMIT]  # fmt: skip
AFTER = [FaultKind.CUT_AFTER, FaultKind.TIMEOUT_AFTER, FaultKind.SERVER_ERROR_AFTER,
         FaultKind.GATEWAY_TIMEOUT_AFTER, FaultKind.CUT_IN_BODY, FaultKind.GARBAGE]  # fmt: skip
# As Google sends it: without a word on how long to wait.
SILENT = {"retry-after": "2"}


def failure(desk: Desk, text: str = "two\n") -> PackError:
    before = desk.text
    with pytest.raises(PackError) as caught:
        desk.deliver(text)
    assert desk.text == before
    return caught.value


@pytest.mark.parametrize("operation", [GET, UPDATE])
@pytest.mark.parametrize("kind", BEFORE + AFTER)
def test_a_failure_that_passes_is_not_noticed(kind: FaultKind, operation: str) -> None:
    desk = Desk()
    desk.google.faults.add(kind, operation, times=3, headers=SILENT)
    done = desk.deliver("one\n")
    assert desk.text == "one\n"
    assert (done.changed, done.warnings) == (True, ())
    assert len(desk.google.edits) == 1
    assert len(desk.google.clock.waits) == 3
    assert max(desk.google.clock.waits) <= 8


@pytest.mark.contract("C1")
@pytest.mark.parametrize("doc_format", DocumentFormat)
@pytest.mark.parametrize("kind", AFTER)
def test_an_edit_whose_answer_is_lost_is_made_once(
    kind: FaultKind, doc_format: DocumentFormat
) -> None:
    desk = Desk(doc_format)
    desk.deliver("# A\n\n- b\n")
    desk.google.faults.add(kind, UPDATE)
    done = desk.deliver("# A\n\n- c\n")
    assert (done.changed, done.warnings) == (True, ())
    assert len(desk.google.edits) == 2
    assert desk.deliver("# A\n\n- d\n").warnings == ()


def test_a_failure_that_lasts_is_given_up() -> None:
    desk = Desk()
    desk.google.faults.add(FaultKind.UNAVAILABLE, GET, times=1000)
    error = failure(desk)
    assert isinstance(error, Unavailable)
    assert error.retryable
    assert "503" in str(error)
    assert desk.google.asked == [(TOKEN, 200), *[(GET, 503)] * 5]


def test_a_limit_that_lasts_says_until_when() -> None:
    desk = Desk()
    desk.deliver("one\n")
    desk.google.faults.add(FaultKind.SECONDARY_LIMIT, UPDATE, times=1000)
    error = failure(desk)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 60
    assert error.until == desk.google.clock() + timedelta(seconds=60)


def test_a_long_pause_that_google_asks_for_is_not_waited() -> None:
    desk = Desk()
    desk.google.faults.add(FaultKind.TOO_MANY, GET, headers={"retry-after": "3600"})
    error = failure(desk)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3600
    assert desk.google.clock.waits == []


def test_the_quota_of_writes_is_a_limit() -> None:
    desk = Desk()
    desk.google.writes_per_minute = 2
    desk.deliver("one\n")
    desk.google.faults.add(FaultKind.TOO_MANY, UPDATE, times=3, headers=SILENT)
    desk.google.clock.advance(120)
    desk.deliver("two\n")
    desk.deliver("three\n")
    assert isinstance(failure(desk, "four\n"), RateLimited)
    desk.google.clock.advance(120)
    assert desk.deliver("four\n").changed


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        (FaultKind.UNAUTHORIZED, AuthFailed, Action.ALLOW_GOOGLE),
        (FaultKind.FORBIDDEN, AuthFailed, Action.ALLOW_GOOGLE),
        (FaultKind.NOT_FOUND, NotFound, "GOOGLE_DOC_ID"),
    ],
)
@pytest.mark.parametrize("operation", [GET, UPDATE])
def test_a_refusal_says_what_to_do(
    kind: FaultKind, error: type[PackError], words: str, operation: str
) -> None:
    desk = Desk()
    desk.google.faults.add(kind, operation, times=1000)
    found = failure(desk)
    assert type(found) is error
    assert not found.retryable
    assert words in found.remedy


def test_a_document_in_the_trash_and_one_that_may_only_be_read() -> None:
    desk = Desk()
    desk.document.can_edit = False
    assert "as an editor" in failure(desk).remedy
    desk.document.is_trashed = True
    assert isinstance(failure(desk), NotFound)


def test_revoked_access_is_explained() -> None:
    desk = Desk()
    desk.deliver("one\n")
    desk.google.revoke()
    error = failure(desk)
    assert type(error) is AuthFailed
    assert "revoked" in str(error)
    assert Action.ALLOW_GOOGLE in error.remedy
    assert "7 days" in error.remedy


def test_a_client_that_google_does_not_know_is_explained() -> None:
    desk = Desk()
    desk.google.clients["client-id"] = "another secret"
    error = failure(desk)
    assert type(error) is AuthFailed
    assert "GOOGLE_CLIENT_SECRET" in error.remedy


def test_an_access_token_that_expired_is_renewed() -> None:
    desk = Desk()
    desk.deliver("one\n")
    desk.google.access_tokens.clear()
    desk.deliver("two\n")
    assert desk.text == "two\n"
    assert [name for name, _ in desk.google.asked].count(TOKEN) == 2


def test_a_token_endpoint_that_is_down_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(google.auth._exponential_backoff.time, "sleep", lambda _: None)
    desk = Desk()
    desk.google.faults.add(FaultKind.UNAVAILABLE, TOKEN, times=1000)
    assert type(failure(desk)) is Unavailable
    desk.google.faults.clear()
    desk.google.faults.add(FaultKind.CUT, TOKEN, times=2)
    desk.deliver("one\n")


# --- others at the same time -------------------------------------------------------------------


@pytest.mark.contract("C1")
@pytest.mark.parametrize("doc_format", DocumentFormat)
def test_an_edit_that_comes_between_reading_and_writing_is_seen(doc_format: DocumentFormat) -> None:
    desk = Desk(doc_format)
    desk.deliver("one\n\ntwo\n")
    desk.google.others = [lambda: desk.edit(0, "mine ")]
    done = desk.deliver("one\n\nthree\n")
    assert len(done.warnings) == 1
    assert [status for name, status in desk.google.asked if name == UPDATE] == [200, 400, 200]
    assert desk.text == ("one\n\nthree\n")


def test_an_edit_that_comes_between_is_seen_in_the_first_delivery_too() -> None:
    desk = Desk(DocumentFormat.RICH)
    desk.google.others = [lambda: desk.edit(0, "mine\n")]
    assert len(desk.deliver("# A\n").warnings) == 1
    assert desk.text == "A\n"


def test_a_document_that_is_edited_all_the_time_is_left_for_later() -> None:
    desk = Desk()
    desk.deliver("one\n")

    desk.google.others = [lambda: desk.edit(0, "x")] * 100
    with pytest.raises(Unavailable) as caught:
        desk.deliver("two\n")
    assert "edited all the time" in str(caught.value)
    assert desk.text == "xxxxxone\n"


def test_an_edit_that_google_rejects_becomes_a_whole_one_and_then_an_error() -> None:
    desk = Desk()
    desk.deliver("one\n\ntwo\n")
    desk.google.faults.add(FaultKind.UNPROCESSABLE, UPDATE, status=400)
    desk.deliver("one\n\nthree\n")
    inserted = [
        edit["insertText"]["text"] for edit in desk.google.edits[-1] if "insertText" in edit
    ]
    assert inserted == ["one\n\nthree"]
    desk.google.most_characters = 3
    error = failure(desk, "one\n\nfour\n")
    assert type(error) is ConnectorError
    assert "Invalid requests[" in str(error)


def test_a_batch_that_fails_in_the_middle_changes_nothing() -> None:
    desk = Desk(DocumentFormat.RICH)
    desk.deliver("# A\n\n- b\n")
    before = list(desk.document.first.units)
    desk.google.most_characters = 10
    failure(desk, "# Much longer\n\n- than\n- before\n")
    assert desk.document.first.units == before


@pytest.mark.contract("C1")
def test_faults_by_chance_never_leave_a_document_half_written() -> None:
    desk = Desk(DocumentFormat.RICH)
    desk.google.faults.at_random(7, [*BEFORE, *AFTER], rate=0.4, matching="docs.")
    failed = []
    for number in range(60):
        desk.google.clock.advance(61)
        try:
            desk.deliver(f"# T{number % 7}\n\n- a\n- b {number}\n\nend\n")
        except PackError as error:
            failed.append(error)
        else:
            assert desk.text == f"T{number % 7}\na\nb {number}\n\nend\n"
    assert 0 < len(failed) < 50
    assert all(error.retryable for error in failed)


# --- threads, and the end ----------------------------------------------------------------------


def test_any_thread_may_deliver() -> None:
    desk = Desk()
    for number in range(3):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(desk.deliver, f"{number}\n").result(timeout=30)
    assert desk.text == "2\n"


def test_a_target_that_is_closed_delivers_nothing_more() -> None:
    desk = Desk()
    desk.target.close()
    assert isinstance(failure(desk), Unavailable)
    assert desk.google.asked == []


def test_closing_ends_the_wait_between_attempts() -> None:
    desk = Desk()
    target = GoogleDoc("document-1", ACCESS, desk.google.clock, transport=desk.google.transport)
    desk.google.faults.add(FaultKind.TOO_MANY, GET, times=1000, headers={"retry-after": "8"})
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(target.deliver, "one\n", "key", "")
        while len(desk.google.asked) < 2:
            assert not under_way.done()
        target.close()
        with pytest.raises(PackError):
            under_way.result(timeout=60)


def test_closing_wakes_a_thread_that_waits_for_an_answer() -> None:
    asked = threading.Event()
    connections: list[dict[str, Any]] = []

    class Elsewhere:
        """The real thing, but for the address: a server of ours that never answers."""

        def __init__(self) -> None:
            self._http = httplib2.Http(timeout=30)
            self.connections = self._http.connections
            connections.append(self.connections)

        def request(self, uri: str, method: str = "GET", **options: Any) -> tuple[Any, bytes]:
            found: tuple[Any, bytes] = self._http.request(f"http://127.0.0.1:{port}/", method)
            return found

        def close(self) -> None:
            self._http.close()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            asked.set()
            while connection.recv(1000):
                pass
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):  # nobody connects again
            listener.accept()

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(2) as pool:
        port = listener.getsockname()[1]
        server = pool.submit(serve)
        target = GoogleDoc("document-1", ACCESS, Desk().google.clock, transport=Elsewhere)
        under_way = pool.submit(target.deliver, "one\n", "key", "")
        assert asked.wait(60)
        (connection,) = connections[0].values()
        while connection.sock._io_refs == 0:  # until then, it does not wait for the answer
            assert not under_way.done()
        target.close()
        with pytest.raises(Unavailable):
            under_way.result(timeout=60)
        server.result(timeout=60)


# --- secrets -----------------------------------------------------------------------------------


def reports(action: Callable[[], object]) -> str:
    """All that a failure says, with the failures that led to it."""
    try:
        action()
    except PackError as error:
        chain: list[BaseException] = [error]
        while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
            chain.append(cause)
        return " ".join(f"{one!r} {one}" for one in chain) + error.remedy
    return ""


def test_no_secret_is_in_any_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("google", "google.auth", "google_auth_httplib2", "googleapiclient", "httplib2"):
        caplog.set_level(logging.DEBUG, name)
        logging.getLogger(name).propagate = True
    said = []
    for kind in (*BEFORE, *AFTER, FaultKind.UNAUTHORIZED, FaultKind.FORBIDDEN):
        desk = Desk()
        desk.google.faults.add(kind, GET, times=1000)
        said.append(reports(lambda desk=desk: desk.deliver("one\n")))  # type: ignore[misc]
    desk = Desk()
    desk.google.revoke()
    said += [reports(lambda: desk.deliver("one\n")), repr(ACCESS), repr(desk.target)]
    desk = Desk()
    desk.google.clients.clear()
    said += [reports(lambda: desk.deliver("one\n")), Desk().deliver("text of mine\n").receipt]
    everything = "\n".join([*said, *map(str, vars_of(caplog))])
    assert "503" in everything
    for secret in ("canary", "client-id", "text of mine"):
        assert secret not in everything
    assert repr(GoogleAccess("a", "b", "c")) == "GoogleAccess()"


def vars_of(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) | {"text": record.getMessage()} for record in caplog.records]

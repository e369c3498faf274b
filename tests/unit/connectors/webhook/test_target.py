"""What a webhook does with every kind of answer, address and secret."""

import logging
import socket
import struct
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from pack_connectors.webhook.target import Webhook
from pack_connectors.webhook.url import parse_webhook_url

from pack.errors import ConnectorError, NotFound, RateLimited, Unavailable
from pack.sync.state import is_permanent
from tests.standins import receiver as answers
from tests.standins.receiver import SECRET, status
from tests.webhook_support import now, webhook

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


# --- answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_any_2xx_means_that_the_receiver_has_it(receiver, code):
    receiver.plans.append(status(code))
    webhook(receiver).send("1", b"{}")
    assert [call.key for call in receiver.calls] == ["1"]


@pytest.mark.parametrize("code", [301, 307, 308, 400, 401, 403, 404, 422, 429, 500, 502, 503, 504])
def test_everything_else_is_tried_again(receiver, code):
    receiver.plans.append(status(code, location=receiver.url("/elsewhere")))
    with pytest.raises(Unavailable, match=str(code)) as raised:
        webhook(receiver).send("1", b"{}")
    assert not is_permanent(raised.value)
    assert [call.path for call in receiver.calls] == ["/hook"]  # no redirect was followed


@pytest.mark.parametrize(("code", "kind"), [(410, NotFound), (413, ConnectorError)])
def test_what_only_a_person_can_put_right(receiver, code, kind):
    receiver.plans.append(status(code))
    with pytest.raises(kind, match=str(code)) as raised:
        webhook(receiver).send("1", b"{}")
    assert is_permanent(raised.value)


@pytest.mark.parametrize("code", [429, 502, 503, 504])
@pytest.mark.parametrize(
    ("said", "seconds"), [("120", 120), ("Sun, 01 Mar 2026 12:05:00 GMT", 300), ("0", 0)]
)
def test_a_pause_that_the_receiver_asks_for(receiver, code, said, seconds):
    receiver.secret = None  # the library looks at its own clock
    receiver.plans.append(status(code, retry_after=said))
    with pytest.raises(RateLimited) as raised:
        webhook(receiver, clock=lambda: NOW).send("1", b"{}")
    assert raised.value.until == NOW + timedelta(seconds=seconds)
    assert f"until {raised.value.until:%Y-%m-%dT%H:%M:%SZ}" in str(raised.value)


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
def test_the_case_of_a_header_is_free(receiver, name):
    receiver.plans.append(
        lambda _, connection: connection.sendall(
            f"HTTP/1.1 503 X\r\nContent-Length: 0\r\n{name}: 60\r\n\r\n".encode()
        )
    )
    with pytest.raises(RateLimited):
        webhook(receiver).send("1", b"{}")


@pytest.mark.parametrize(
    "said", ["soon", "-5", "9" * 30, "1e9", "", "Fri, 31 Dec 9999 23:59:59 -2359"]
)
def test_a_pause_that_makes_no_sense_is_none(receiver, said):
    receiver.plans.append(status(503, retry_after=said))
    with pytest.raises(Unavailable) as raised:
        webhook(receiver).send("1", b"{}")
    assert not isinstance(raised.value, RateLimited)


@pytest.mark.parametrize("answer", [answers.hang, answers.drip], ids=["hangs", "drips"])
def test_the_whole_exchange_has_a_deadline(receiver, answer):
    receiver.plans.append(answer)
    with pytest.raises(Unavailable, match=r"did not answer in 0\.5 s"):
        webhook(receiver, timeout=0.5).send("1", b"{}")
    receiver.wait_for(1)
    assert len(receiver.calls) == 1


def test_a_receiver_that_takes_the_event_slowly_has_no_longer():
    stopping, taken = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def sip():
            connection, _ = server.accept()
            with connection, suppress(OSError):
                while not stopping.wait(0.02) and (piece := connection.recv(65_536)):
                    taken.append(len(piece))

        thread = threading.Thread(target=sip, daemon=True)
        thread.start()
        url = parse_webhook_url(f"http://127.0.0.1:{server.getsockname()[1]}/x", ["127.0.0.1"])
        target = Webhook(url, (), now, name="x", timeout=1.0)
        with pytest.raises(Unavailable, match="did not answer in 1 s"):
            target.send("1", bytes(48_000_000))
        stopping.set()
        thread.join(20)
    assert sum(taken) < 24_000_000  # each piece was taken in time, and the sender gave up


def test_a_receiver_that_leaves_while_it_is_sent_to():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def leave():
            connection, _ = server.accept()
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        thread = threading.Thread(target=leave, daemon=True)
        thread.start()
        url = parse_webhook_url(f"http://127.0.0.1:{server.getsockname()[1]}/x", ["127.0.0.1"])
        with pytest.raises(Unavailable, match="ended the connection"):
            Webhook(url, (), now, name="x").send("1", bytes(16_000_000))
        thread.join(20)


def test_an_endless_answer_costs_nothing(receiver):
    receiver.plans.append(answers.endless)
    webhook(receiver).send("1", b"{}")


def test_a_connection_that_ends_in_the_middle_of_the_answer(receiver):
    receiver.plans.append(answers.cut)
    with pytest.raises(Unavailable, match="ended the connection"):
        webhook(receiver).send("1", b"{}")


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = parse_webhook_url(f"http://127.0.0.1:{port}/canary", ["127.0.0.1"])
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached") as raised:
        Webhook(url, (), now, name="x").send("1", b"{}")
    assert "canary" not in str(raised.value)


def assert_closing_ends_it(receiver, target):
    """A delivery that hangs fails when its target is closed."""
    failed = []

    def deliver():
        try:
            target.send("1", b"{}")
        except Unavailable as error:
            failed.append(error)

    thread = threading.Thread(target=deliver)
    thread.start()
    assert receiver.hanging.wait(20)
    target.close()
    thread.join(20)
    assert not thread.is_alive()
    assert len(failed) == 1


def test_closing_ends_a_delivery_under_way(receiver):
    receiver.plans.append(answers.hang)
    target = webhook(receiver, timeout=30)
    assert_closing_ends_it(receiver, target)


# --- addresses -------------------------------------------------------------------------------


def test_no_secret_is_logged(receiver, caplog):
    receiver.plans += [status(500), answers.cut]
    target = webhook(receiver, path="/canary-path")
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            with pytest.raises(Unavailable):
                target.send("1", b"{}")
        target.send("1", b"{}")
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "canary-path" not in said
    assert SECRET.removeprefix("whsec_") not in said

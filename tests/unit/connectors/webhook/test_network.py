"""Where an event is sent: to addresses that may be used, looked up once, with TLS for the name."""

import socket
import ssl
import threading
import time
from pathlib import Path

import httpcore
import pytest
from pack_connectors.webhook.network import judged_addresses
from pack_connectors.webhook.signature import parse_secrets
from pack_connectors.webhook.target import Webhook
from pack_connectors.webhook.url import parse_webhook_url

from pack.errors import Unavailable
from tests.standins import receiver as answers
from tests.standins.receiver import SECRET, Receiver
from tests.webhook_support import now, webhook

PEM = Path(answers.__file__).with_name("hooks_test.pem")


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


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["fe80::1%eth0"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::a00:1"],
        ["93.184.215.14", "127.0.0.1"],
        [],
    ],
)
def test_a_name_that_leads_to_where_nothing_may_go(found):
    url = parse_webhook_url("https://hooks.example.com/canary")
    target = Webhook(url, (), now, name="x", resolver=lambda host, port: found)
    with pytest.raises(Unavailable, match=r"hooks\.example\.com leads") as raised:
        target.send("1", b"{}")
    assert "canary" not in str(raised.value)


def test_a_name_that_leads_nowhere():
    def fail(host, port):
        raise socket.gaierror("no such host")

    url = parse_webhook_url("https://hooks.example.com/canary")
    with pytest.raises(Unavailable, match="leads nowhere"):
        Webhook(url, (), now, name="x", resolver=fail).send("1", b"{}")


def test_an_allowed_name_gets_nothing_unencrypted_beyond_this_machine():
    url = parse_webhook_url("http://n8n.lan/x", ["n8n.lan"])
    for found in (["192.168.1.5"], ["8.8.8.8"]):
        with pytest.raises(Unavailable, match="must be https://"):
            judged_addresses(url, lambda host, port, found=found: found)
    assert judged_addresses(url, lambda host, port: ["127.0.0.1"]) == ["127.0.0.1"]


def test_public_addresses_behind_a_network_without_ipv4_are_usable():
    url = parse_webhook_url("https://hooks.example.com/x")
    public = ["64:ff9b::808:808", "2606:4700::1111", "8.8.8.8"]
    assert judged_addresses(url, lambda host, port: public) == public


def test_a_name_is_looked_up_once_and_that_address_is_connected_to(receiver):
    asked = []

    def resolver(host, port):
        asked.append((host, port))
        return ["127.0.0.2"] if len(asked) > 1 else ["127.0.0.1"]

    url = parse_webhook_url(f"http://rebound.test:{receiver.port}/x", ["rebound.test"])
    Webhook(url, parse_secrets(SECRET), now, name="x", resolver=resolver).send("1", b"{}")
    assert asked == [("rebound.test", receiver.port)]
    assert receiver.calls[0].headers["host"] == f"rebound.test:{receiver.port}"


def test_the_environment_names_no_proxy(receiver, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    webhook(receiver).send("1", b"{}")
    assert len(receiver.calls) == 1


def test_the_next_address_is_tried_where_one_does_not_answer(receiver):
    url = parse_webhook_url(f"http://two.test:{receiver.port}/x", ["two.test"])
    found = ["127.0.0.3", "127.0.0.1"]  # nobody listens on the first
    target = Webhook(url, parse_secrets(SECRET), now, name="x", resolver=lambda *_: found)
    target.send("1", b"{}")
    assert len(receiver.calls) == 1


def test_an_address_that_swallows_everything_leaves_time_for_the_next(receiver, monkeypatch):
    url = parse_webhook_url(f"http://two.test:{receiver.port}/x", ["two.test"])
    given = []
    connect = httpcore.SyncBackend.connect_tcp

    def swallow(self, host, port, timeout=None, *more, **options):
        given.append((host, timeout))
        if host != "127.0.0.1":
            raise httpcore.ConnectTimeout("nobody answers")
        return connect(self, host, port, timeout, *more, **options)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", swallow)
    found = ["127.0.0.3", "127.0.0.4", "127.0.0.1"]
    target = Webhook(url, parse_secrets(SECRET), now, name="x", resolver=lambda *_: found)
    target.send("1", b"{}")
    assert [host for host, _ in given] == found
    assert [timeout <= 5 for _, timeout in given] == [True, True, False]


def test_a_receiver_without_tls_gets_nothing_readable(receiver):
    url = parse_webhook_url(f"https://127.0.0.1:{receiver.port}/canary", ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    target = Webhook(url, parse_secrets(SECRET), now, name="x", timeout=0.5, context=context)
    with pytest.raises(Unavailable) as raised:
        target.send("1", b"{}")
    assert receiver.calls == []
    assert "canary" not in f"{raised.value}"


def tls(trusted):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(PEM)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusted:
        client.load_verify_locations(PEM)
    return server, client


@pytest.mark.parametrize(
    ("name", "trusted", "problem"),
    [
        ("hooks.test", True, None),
        ("other.test", True, "Hostname mismatch"),
        ("hooks.test", False, "self-signed"),
    ],
)
def test_tls_is_with_the_name_though_the_address_is_connected_to(name, trusted, problem):
    server, client = tls(trusted)
    asked = []
    server.sni_callback = lambda _, given, __: asked.append(given)
    with Receiver(context=server) as receiver:
        url = parse_webhook_url(f"https://{name}:{receiver.port}/canary", [name])
        target = Webhook(
            url, parse_secrets(SECRET), now, name="x", context=client,
            resolver=lambda *_: ["127.0.0.1"],
        )  # fmt: skip
        if problem is None:
            target.send("1", b"{}")
        else:
            pattern = rf"the certificate of {name} cannot be verified: .*{problem}"
            with pytest.raises(Unavailable, match=pattern) as raised:
                target.send("1", b"{}")
            assert "canary" not in str(raised.value)
        assert asked == [name]
        assert [call.key for call in receiver.calls] == ["1"] * (problem is None)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_said(monkeypatch, tmp_path, content):
    if content is not None:
        (tmp_path / "certificates").write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificates"))
    url = parse_webhook_url("https://hooks.test/canary", ["hooks.test"])
    target = Webhook(url, (), now, name="x", resolver=lambda *_: ["127.0.0.1"])
    with pytest.raises(Unavailable, match="SSL_CERT_FILE") as raised:
        target.send("1", b"{}")
    assert "canary" not in str(raised.value)


def test_closing_ends_a_delivery_over_tls():
    server, client = tls(trusted=True)
    with Receiver(context=server, always=answers.hang) as receiver:
        url = parse_webhook_url(f"https://hooks.test:{receiver.port}/x", ["hooks.test"])
        target = Webhook(
            url, (), now, name="x", timeout=30, context=client, resolver=lambda *_: ["127.0.0.1"]
        )
        assert_closing_ends_it(receiver, target)


def test_a_look_up_that_takes_all_the_time_is_followed_by_no_connection(receiver):
    def resolver(host, port):
        time.sleep(0.2)
        return ["127.0.0.1"]

    url = parse_webhook_url(f"http://slow.test:{receiver.port}/x", ["slow.test"])
    target = Webhook(url, (), now, name="x", timeout=0.05, resolver=resolver)
    with pytest.raises(Unavailable, match=r"slow\.test did not answer in 0\.05 s"):
        target.send("1", b"{}")
    assert receiver.calls == []


def test_a_delivery_leaves_no_timer_behind(receiver):
    webhook(receiver, timeout=600).send("1", b"{}")
    timers = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    assert all(timer.finished.is_set() for timer in timers)

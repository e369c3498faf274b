"""What a webhook does with every kind of answer, address and secret."""

import logging
import socket
import ssl
import struct
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpcore
import pytest
from pack_connectors.webhook.network import judged_addresses
from pack_connectors.webhook.signature import parse_secrets, signatures
from pack_connectors.webhook.target import Webhook
from pack_connectors.webhook.url import host_of, is_usable, parse_webhook_url

from pack.errors import ConnectorError, InvalidConfig, NotFound, RateLimited, Unavailable
from pack.sync.state import is_permanent
from tests.standins import receiver as answers
from tests.standins.receiver import SECRET, Receiver, status

OTHER_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
PEM = Path(answers.__file__).with_name("hooks_test.pem")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def receiver():
    with Receiver() as found:
        yield found


def now():
    return datetime.now(UTC)


def webhook(receiver, secret=SECRET, path="/hook", timeout=10.0, clock=now):
    url = parse_webhook_url(receiver.url(path), ["127.0.0.1"])
    return Webhook(url, parse_secrets(secret), clock, name="webhook:127.0.0.1", timeout=timeout)


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
    with pytest.raises(Unavailable, match=r"did not answer in 0\.3 s"):
        webhook(receiver, timeout=0.3).send("1", b"{}")
    assert len(receiver.calls) == 1


def test_a_receiver_that_takes_the_event_slowly_has_no_longer():
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def sip():
            connection, _ = server.accept()
            with connection, suppress(OSError):
                while not stopping.wait(0.02) and connection.recv(65_536):
                    pass

        thread = threading.Thread(target=sip, daemon=True)
        thread.start()
        url = parse_webhook_url(f"http://127.0.0.1:{server.getsockname()[1]}/x", ["127.0.0.1"])
        target = Webhook(url, (), now, name="x", timeout=1.0)
        begun = time.monotonic()
        with pytest.raises(Unavailable, match="did not answer in 1 s"):
            target.send("1", bytes(48_000_000))
        took = time.monotonic() - begun
        stopping.set()
        thread.join(20)
    assert took < 8  # each piece is taken in time; all of them would need ten seconds and more


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


# --- signatures ------------------------------------------------------------------------------


def test_the_known_answer_of_standard_webhooks():
    made = signatures(
        parse_secrets(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("separator", [" ", ",", " , ", "\n"])
@pytest.mark.parametrize("known", [SECRET, OTHER_SECRET])
def test_both_secrets_are_accepted_while_one_replaces_the_other(receiver, separator, known):
    receiver.secret = known
    webhook(receiver, secret=f"{SECRET}{separator}{OTHER_SECRET}").send("1", '{"é": 1}'.encode())
    assert receiver.unverified == []
    assert len(receiver.calls[0].headers["webhook-signature"].split()) == 2


def test_without_a_secret_there_is_no_signature(receiver):
    receiver.secret = None
    webhook(receiver, secret="").send("1", b"{}")
    assert "webhook-signature" not in receiver.calls[0].headers
    assert receiver.calls[0].headers["webhook-id"] == "1"


def test_a_wrong_secret_is_noticed_by_the_library(receiver):
    webhook(receiver, secret=OTHER_SECRET).send("1", b"{}")
    assert len(receiver.unverified) == 1


def test_each_attempt_has_a_time_of_its_own(receiver):
    receiver.secret = None
    times = iter([NOW, NOW + timedelta(seconds=9)])
    target = webhook(receiver, clock=lambda: next(times))
    target.send("1", b"{}")
    target.send("1", b"{}")
    stamps = [int(call.headers["webhook-timestamp"]) for call in receiver.calls]
    assert stamps[1] - stamps[0] == 9
    first, second = (call.headers["webhook-signature"] for call in receiver.calls)
    assert first != second


@pytest.mark.parametrize(
    "text", ["whsec_canary!", "whsec_Y2FuYXJ5", "canary", "whsec_" + "A" * 200, " ", ", "]
)
def test_a_secret_that_is_none(text):
    with pytest.raises(InvalidConfig, match="PACK_WEBHOOK_SECRET") as raised:
        parse_secrets(text)
    assert "canary" not in str(raised.value)
    assert "AAAA" not in str(raised.value)


# --- addresses -------------------------------------------------------------------------------

REFUSED = [
    "http://example.com/x",
    "ftp://example.com/x",
    "file:///etc/passwd",
    "https://",
    "https:///x",
    "example.com",
    "https://user:canary@example.com/",
    "https://canary@example.com/",
    "https://exa mple.com/",
    "https://example.com/\n",
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.0x1/",
    "https://134744072/",
    "https://010.8.8.8/",
    "https://1.2.3/",
    "https://1.2.3.4.5/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[::1/",
    "https://example.com:99999/",
    "https://example.com:x/",
    "https://-.com/",
    "https://ex*mple.com/",
    "https://exämple.com/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_refused(url):
    with pytest.raises(InvalidConfig, match="PACK_WEBHOOK_URL") as raised:
        parse_webhook_url(url)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [
        ("https://example.com", "example.com", "/"),
        ("https://Example.COM:8443/a?b=c#d", "example.com:8443", "/a?b=c"),
        ("https://example.com?b", "example.com", "/?b"),
        ("https://8.8.8.8/x", "8.8.8.8", "/x"),
        ("https://[2606:4700::1111]:444/x", "[2606:4700::1111]:444", "/x"),
        ("https://xn--exmple-cua.com/%20", "xn--exmple-cua.com", "/%20"),
        ("https://a_b.n8n.cloud/x", "a_b.n8n.cloud", "/x"),
    ],
)
def test_an_address_that_is_taken(url, authority, target):
    found = parse_webhook_url(url)
    assert (found.authority, found.target, found.is_tls) == (authority, target, True)
    assert not found.is_allowed
    assert "/x" not in repr(found)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8000/x", "127.0.0.1"),
        ("http://localhost/x", "localhost"),
        ("http://[::1]:8000/x", "[::1]"),
        ("http://[::1]:8000/x", "::1"),
        ("https://192.168.1.5/x", "192.168.1.5"),
        ("https://N8N.lan/x", "n8n.lan"),
    ],
)
def test_an_address_that_was_allowed_by_name(url, allowed):
    assert parse_webhook_url(url, ["other", allowed]).is_allowed
    if "n8n" not in allowed:
        with pytest.raises(InvalidConfig):
            parse_webhook_url(url, ["other"])


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "[::ffff:7f00:1]"])
def test_some_addresses_cannot_be_allowed(host):
    with pytest.raises(InvalidConfig):
        parse_webhook_url(f"https://{host}/", [host, host.strip("[]")])


def test_only_the_host_of_an_address_is_shown():
    assert host_of("https://me:canary@hooks.example.com/canary") == "hooks.example.com"
    assert host_of("canary") is None
    assert host_of("https://[canary") is None


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


@pytest.mark.parametrize("is_allowed", [True, False])
def test_link_local_addresses_are_never_usable(is_allowed):
    assert not is_usable(ip_address("169.254.169.254"), is_allowed=is_allowed)
    assert not is_usable(ip_address("fe80::1"), is_allowed=is_allowed)


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

"""TLS with the key of a machine, and whether the other end believes it: over real sockets."""

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from cryptography import x509
from pack_connectors.peers.certificate import certificate, tls_context
from pack_connectors.peers.http_line import HttpLine, PeerWays
from pack_connectors.peers.join_requests import JoinSigner
from pack_connectors.peers.message_signatures import MessageSigner
from pack_connectors.peers.networks import SafeNetworks

from pack.errors import RefusedForSafety, Unavailable
from pack.mesh.meeting import Heard
from pack.mesh.members.endpoints import pin_of
from tests.mesh_support import commit_id, private_key, public_key
from tests.support import START

MINE = Heard(public_key("laptop").peer, commit_id("group"))
WAYS = PeerWays(
    SafeNetworks(),
    JoinSigner(private_key("laptop")).check_welcome,
    lambda _: MessageSigner(private_key("laptop")).sign,
    lambda: START,
    is_here=True,
)


@contextmanager
def tls_server(context):
    """The port of a server that takes one connection, and what it has read of it."""
    got = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            opened, _ = listening.accept()
            with suppress(OSError), context.wrap_socket(opened, server_side=True) as secured:
                while block := secured.recv(4096):
                    got.append(block)
                    if block.endswith(b"}"):
                        break
                secured.sendall(b"HTTP/1.1 500 x\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], got
        thread.join()


def test_a_certificate_holds_the_key_and_the_host():
    key = private_key("desk")
    for host, kind in (("192.168.1.10", x509.IPAddress), ("desk.local", x509.DNSName)):
        made = certificate(key, host)
        made.verify_directly_issued_by(made)
        assert made.public_key() == key.public_key()
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert [str(one) for one in names.get_values_for_type(kind)] == [host]


def test_the_key_that_was_told_is_believed_and_no_file_of_it_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    context = tls_context(private_key("desk"), "127.0.0.1")
    assert list(tmp_path.iterdir()) == []
    with tls_server(context) as (port, got):
        pinned = f"https://127.0.0.1:{port}#sha256={pin_of(public_key('desk'))}"
        with pytest.raises(Unavailable, match="500"):
            HttpLine(pinned, WAYS).heartbeat("t" * 64, MINE)
    assert got[0].startswith(b"POST /sync/v1/heartbeat HTTP/1.1")


@pytest.mark.parametrize("asked", ["another key", "an authority"])
def test_another_key_gets_no_byte_of_a_request(asked):
    context = tls_context(private_key("desk"), "127.0.0.1")
    pin = f"#sha256={pin_of(public_key('phone'))}" if asked == "another key" else ""
    kind = RefusedForSafety if pin else Unavailable
    with tls_server(context) as (port, got), pytest.raises(kind, match=r"key|VERIFY_FAILED"):
        HttpLine(f"https://127.0.0.1:{port}{pin}", WAYS).heartbeat("t" * 64, MINE)
    assert got == []


def test_tls_of_the_older_kind_is_not_spoken():
    context = tls_context(private_key("desk"), "127.0.0.1")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        tls_server(context) as (port, got),
        socket.create_connection(("127.0.0.1", port)) as opened,
        pytest.raises(ssl.SSLError),
    ):
        old.wrap_socket(opened)
    assert got == []


def test_a_person_may_pin_whatever_serves_there():
    pinned = f"https://127.0.0.1:1#sha256={pin_of(public_key('desk'))}"
    with pytest.raises(Unavailable):
        HttpLine(pinned, replace(WAYS, is_here=False), by_person=True).heartbeat("t" * 64, MINE)

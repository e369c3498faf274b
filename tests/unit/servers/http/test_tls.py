"""Where peers are served over TLS, and what else is not."""

import asyncio
import socket
import ssl

import pytest
from pack_servers.http.tls import PeersOnly, TlsForPeers, open_tls_sockets

from pack.errors import InvalidConfig

CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def listening_for(host):
    """The addresses at which a server for a host listens."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    opened = open_tls_sockets(TlsForPeers(host, port, CONTEXT))
    try:
        assert {one.getsockname()[1] for one in opened} == {port}
        return {one.getsockname()[0] for one in opened} - {"::"}
    finally:
        for one in opened:
            one.close()


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.0.0.1", {"127.0.0.1"}),
        ("localhost", {"127.0.0.1"}),
        ("203.0.113.9", {"0.0.0.0"}),  # of a router, that is
        ("laptop.example", {"0.0.0.0"}),
    ],
)
def test_it_listens_where_others_reach_it(host, addresses):
    assert listening_for(host) == addresses


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidConfig, match=f"port {port}: it is in use"):
            open_tls_sockets(TlsForPeers("127.0.0.1", port, CONTEXT))


@pytest.mark.parametrize(
    ("path", "is_passed"),
    [
        ("/sync/v1/handshake", True),
        ("/sync/v1", False),
        ("/mcp", False),
        ("/health", False),
        ("/sync/pull", False),
        ("/api/v1/sync/peers", False),
        ("//sync/v1/x", False),
        ("", False),
    ],
)
def test_nothing_but_the_endpoints_for_peers_is_there(path, is_passed):
    passed, sent = [], []

    async def app(scope, receive, send):
        passed.append(scope["path"])

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": "POST", "headers": []}
    asyncio.run(PeersOnly(app)(scope, None, send))
    assert (passed == [path]) is is_passed
    assert [one["status"] for one in sent[:1]] == ([] if is_passed else [404])

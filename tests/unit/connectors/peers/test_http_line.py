"""The way to another peer: against a server on this machine that answers as it is told to."""

import gzip
import hashlib
import json
import threading
import time
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pack_connectors.peers import http_line, peer_network
from pack_connectors.peers.http_line import BUNDLE_TYPE, HttpLine, PeerWays
from pack_connectors.peers.join_requests import JoinSigner
from pack_connectors.peers.message_signatures import MessageSigner, check_signature
from pack_connectors.peers.networks import SafeNetworks

from pack.errors import (
    AdmissionPending,
    InvalidConfig,
    PackError,
    RateLimited,
    RefusedForSafety,
    RemovedFromGroup,
    Unavailable,
)
from pack.mesh.challenges import SentRequest, digest_field, write_challenge
from pack.mesh.joining import JoinRequest
from pack.mesh.meeting import LARGEST, Heard, Welcome, heard_fields
from pack.mesh.resolving.listing import ListedPeer, Presence, listed_fields
from tests.mesh_support import commit_id, private_key, public_key
from tests.support import START

GROUP, HEAD = commit_id("group"), commit_id("head")
DESK = public_key("desk")
MINE = Heard(public_key("laptop").peer, GROUP, HEAD, 3)
THEIRS = Heard(DESK.peer, GROUP, HEAD, 3)
TOKEN = "t" * 64
WAYS = PeerWays(
    SafeNetworks(),
    JoinSigner(private_key("laptop")).check_welcome,
    lambda _: MessageSigner(private_key("laptop")).sign,
    lambda: START,
    is_here=True,
)


def send_slowly(file, body, pause):
    """Write a body, with a pause after each byte if there is one."""
    step = 1 if pause else max(1, len(body))
    with suppress(OSError):  # nobody reads it any more
        for place in range(0, len(body), step):
            file.write(body[place : place + step])
            time.sleep(pause)


class Peer:
    """What stands in for the endpoints of a peer."""

    def __init__(self):
        self.status, self.body, self.headers = 200, b"", {}
        self.seen, self.then, self.pause = [], [], 0.0
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.do_POST()

            def do_POST(self):
                peer.seen.append((self.path, dict(self.headers), self._read()))
                if peer.then:
                    status, body, headers = peer.then.pop(0)
                    peer.answers(status, body, **headers)
                self.send_response(peer.status)
                for name, value in {"Content-Length": len(peer.body), **peer.headers}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                send_slowly(self.wfile, peer.body, peer.pause)
                self.close_connection = True

            def _read(self):
                if self.headers.get("transfer-encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("content-length", 0)))
                content = b""
                while size := int(self.rfile.readline(), 16):
                    content += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return content

            def log_message(self, *_):
                """Nothing is logged."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}/pack"

    def answers(self, status=200, body=b"", **headers):
        self.status, self.body = status, body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def peer():
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def line(peer):
    return HttpLine(peer.endpoint, WAYS)


def heard(**fields):
    return json.dumps({**heard_fields(THEIRS), **fields}).encode()


# --- what is sent and read -----------------------------------------------------------------------


def test_positions_are_exchanged(peer, line):
    peer.answers(body=heard())
    assert line.heartbeat(TOKEN, MINE) == THEIRS
    ((path, headers, body),) = peer.seen
    assert path == "/pack/sync/v1/heartbeat"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(body) == heard_fields(MINE)


def test_a_handshake_carries_no_token_and_its_answer_is_checked(peer, line):
    answer = Welcome(GROUP, DESK, HEAD, 3, TOKEN, "n" * 22)
    signed = JoinSigner(private_key("desk")).sign_welcome(answer)
    request = JoinRequest(DESK.peer, public_key("laptop"), "laptop", "", "n" * 22)
    peer.answers(body=signed)
    assert line.handshake(JoinSigner(private_key("laptop")).sign_request(request, None)) == answer
    assert "authorization" not in {name.lower() for name in peer.seen[0][1]}
    for damaged in (b"", b"{}", b"[" * 9999, signed.replace(b"tttt", b"uuuu", 1)):
        peer.answers(body=damaged)
        with pytest.raises(PackError):
            line.handshake(b"{}")


def test_a_hub_is_asked_where_others_are(peer, line):
    listed = ListedPeer(DESK.peer, "desk", Presence.OFFLINE, "", None)
    peer.answers(body=json.dumps({"peers": [listed_fields(listed)]}).encode())
    assert line.register(TOKEN, None) == (listed,)
    path, headers, body = peer.seen[0]
    assert (path, json.loads(body)) == ("/pack/sync/v1/peers", {"address": None})
    assert headers["authorization"] == f"Bearer {TOKEN}"


def test_a_peer_says_that_it_leaves(peer, line):
    peer.answers(body=b'{"ok": true}')
    line.leave(TOKEN, GROUP)
    assert peer.seen[0][0] == f"/pack/sync/v1/groups/{GROUP}/leave"


def test_a_bundle_is_read_and_sent_in_pieces(peer, line, tmp_path):
    file, content = tmp_path / "bundle", b"# v2 git bundle\n" * 50_000
    peer.answers(body=content)
    assert line.fetch(TOKEN, GROUP, [HEAD], str(file))
    assert file.read_bytes() == content
    path, _, body = peer.seen[0]
    assert (path, json.loads(body)) == (f"/pack/sync/v1/groups/{GROUP}/bundle", {"have": [HEAD]})
    peer.answers(204)
    assert not line.fetch(TOKEN, GROUP, [], str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()
    peer.answers(body=b"{}")
    line.push(TOKEN, GROUP, str(file), 3)
    path, headers, body = peer.seen[-1]
    assert (path, body) == (f"/pack/sync/v1/groups/{GROUP}/events", content)
    headers = {name.lower(): value for name, value in headers.items()}
    assert (headers["content-type"], headers["pack-sender-seq"]) == (BUNDLE_TYPE, "3")


def test_a_kit_is_asked_for_by_a_body_and_may_not_be_there(peer, line):
    content = b"k" * (LARGEST + 1)
    peer.answers(body=content)
    assert line.kit(TOKEN, GROUP, b'{"name": "handbook"}') == content
    path, headers, body = peer.seen[0]
    assert (path, body) == (f"/pack/sync/v1/groups/{GROUP}/kit", b'{"name": "handbook"}')
    assert headers["authorization"] == f"Bearer {TOKEN}"
    peer.answers(404, b'{"code": "not_found", "message": "there is nothing at this path"}')
    assert line.kit(TOKEN, GROUP, b"{}") is None
    peer.answers(body=b'{"kits": []}')
    assert line.kits(TOKEN, GROUP) == b'{"kits": []}'
    peer.answers(body=b" " * (LARGEST + 1))
    assert len(line.kits(TOKEN, GROUP)) == LARGEST + 1
    peer.answers(404)
    with pytest.raises(Unavailable):  # an older PACK
        line.kits(TOKEN, GROUP)


def test_a_peer_cannot_send_a_kit_without_end(peer, line, monkeypatch):
    monkeypatch.setattr(http_line, "LARGEST_PARCEL", 1000)
    peer.answers(body=b"k" * 1001)
    with pytest.raises(Unavailable, match="sends too much"):
        line.kit(TOKEN, GROUP, b"{}")


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_that_is_packed_is_not_unpacked(peer, every_call, status):
    """One of 266 bytes, packed three times over, became 1.5 GB."""
    body = gzip.compress(gzip.compress(bytes(1000)))
    for call in every_call:
        peer.answers(status, body, Content_Encoding="gzip, gzip")
        with pytest.raises(Unavailable, match="packed"):
            call()
    assert {headers["accept-encoding"] for _, headers, _ in peer.seen} == {"identity"}


def test_a_peer_that_sends_a_byte_now_and_then_keeps_nobody_waiting(peer, line, monkeypatch):
    monkeypatch.setattr(peer_network, "_SECONDS", 0.3)
    peer.answers(body=b"k" * 100)
    peer.pause = 0.05
    with pytest.raises(Unavailable, match=r"too slowly|timed out"):
        line.kits(TOKEN, GROUP)


# --- signatures ----------------------------------------------------------------------------------

NONCE = f"12.abcdefgh.{'0' * 64}"


def challenge(nonce=NONCE):
    return {"Accept_Signature": write_challenge(public_key("laptop").peer, nonce)}


def signed_over(peer, number):
    """The nonce over which a request was signed; `None` if it was not signed."""
    path, headers, body = peer.seen[number]
    fields = {name.lower(): value for name, value in headers.items()}
    if "signature" not in fields:
        return None
    assert fields["content-digest"] == digest_field(hashlib.sha256(body).digest())
    sent = SentRequest("POST", f"http://{fields['host']}{path}", list(fields.items()))
    return check_signature(sent, public_key("laptop"))


def test_a_request_is_signed_where_the_peer_says_over_which_nonce(peer, line, tmp_path):
    later = NONCE.replace("12.", "13.", 1)
    peer.then = [(401, b"{}", challenge()), (200, heard(), challenge(later))]
    assert not line.wants_signatures
    assert line.heartbeat(TOKEN, MINE) == THEIRS
    assert line.wants_signatures
    assert [signed_over(peer, n) for n in (0, 1)] == [None, NONCE]
    file = tmp_path / "bundle"
    file.write_bytes(b"# v2 git bundle\n" * 50_000)
    peer.then = [(401, b"{}", challenge()), (200, b"{}", {})]
    line.push(TOKEN, GROUP, str(file), 3)
    assert [signed_over(peer, n) for n in (2, 3)] == [later, NONCE]
    peer.answers(body=heard())
    line.heartbeat(TOKEN, MINE)
    assert signed_over(peer, 4) is None


def test_a_peer_that_is_never_content_is_not_asked_for_ever(peer, every_call):
    peer.answers(401, b'{"message": "no"}', **challenge())
    for call in every_call:
        before = len(peer.seen)
        with pytest.raises(RefusedForSafety, match="no"):
            call()
        assert len(peer.seen) - before <= 2


# --- peers that have enough to do ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "after", "seconds"),
    [(503, "7", 7), (429, "0.5", 0.5), (503, "1e9", 300), (503, "86400", 300)],
)
def test_a_peer_says_when_it_wants_to_be_asked_again(peer, every_call, status, after, seconds):
    peer.answers(status, b'{"message": "busy"}', Retry_After=after)
    for call in every_call:
        with pytest.raises(RateLimited) as told:
            call()
        assert told.value.retry_after == seconds


@pytest.mark.parametrize("after", ["", "x", "-1", "nan", "inf", "0"])
def test_a_pause_that_is_none_is_not_believed(peer, line, after):
    peer.answers(503, b"{}", Retry_After=after)
    with pytest.raises(Unavailable):
        line.heartbeat(TOKEN, MINE)


# --- answers that are none -----------------------------------------------------------------------


@pytest.fixture
def every_call(line, tmp_path):
    file = tmp_path / "bundle"
    file.write_bytes(b"x")
    return [
        lambda: line.handshake(b"{}"),
        lambda: line.register(TOKEN, None),
        lambda: line.leave(TOKEN, GROUP),
        lambda: line.heartbeat(TOKEN, MINE),
        lambda: line.fetch(TOKEN, GROUP, [], str(tmp_path / "came")),
        lambda: line.push(TOKEN, GROUP, str(file), 1),
    ]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Unavailable),
        (302, Unavailable),
        (307, Unavailable),
        (308, Unavailable),
        (400, Unavailable),
        (401, RefusedForSafety),
        (403, RefusedForSafety),
        (404, Unavailable),
        (413, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_a_refusal_is_told_and_nobody_is_led_elsewhere(peer, every_call, status, kind):
    other = f"http://127.0.0.1:{peer.server.server_port}/elsewhere"
    said = json.dumps({"message": "why\x1b[2J\n" + "y" * 999}).encode()
    peer.answers(status, said, Location=other)
    for call in every_call:
        with pytest.raises(kind) as told:
            call()
        assert "why?[2J?" in str(told.value)
        assert len(str(told.value)) < 600
    assert not any("elsewhere" in path for path, _, _ in peer.seen)
    assert len(peer.seen) == len(every_call)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"message": 1}', b"\xff", b"x" * LARGEST * 2])
def test_a_refusal_in_no_words_is_told_as_well(peer, line, body):
    peer.answers(503, body)
    with pytest.raises(Unavailable, match="503"):
        line.heartbeat(TOKEN, MINE)


def test_how_a_peer_is_is_asked_without_a_body(peer, line):
    peer.answers(200, b'{"version": "2.1.0", "peers": [], "local_seq": 3}')
    assert line.health(TOKEN, GROUP).height == 3
    path, headers, body = peer.seen[-1]
    assert path == f"/pack/sync/v1/groups/{GROUP}/status"
    assert (headers["authorization"], body) == (f"Bearer {TOKEN}", b"")
    peer.answers(200, b"<html>")
    with pytest.raises(Unavailable, match="as a peer does"):
        line.health(TOKEN, GROUP)


def test_who_must_wait_hears_who_answered_and_who_was_removed_is_told_so(peer, line):
    body = {"code": "admission_pending", "message": "wait", "peer_id": DESK.peer}
    peer.answers(202, json.dumps(body).encode())
    with pytest.raises(AdmissionPending) as told:
        line.handshake(b"{}")
    assert told.value.peer == DESK.peer
    peer.answers(202, b"[]")
    with pytest.raises(AdmissionPending):
        line.handshake(b"{}")
    peer.answers(403, json.dumps({"code": "removed_from_group", "message": "gone"}).encode())
    with pytest.raises(RemovedFromGroup, match="gone"):
        line.handshake(b"{}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[" * 100_000,
        heard(seq=-1),
        heard(instance_id="x"),
        heard(head="--all"),
        b" " * (LARGEST + 1),
        b"\xff\xfe",
    ],
)
def test_an_answer_that_is_no_position_is_unavailable(peer, line, body):
    peer.answers(body=body)
    with pytest.raises(Unavailable):
        line.heartbeat(TOKEN, MINE)


def test_an_answer_that_is_cut_off_is_unavailable(peer, every_call):
    peer.answers(body=b"{", Content_Length=1000)
    for call in every_call:
        with pytest.raises(Unavailable):
            call()


def test_too_much_after_a_push_is_not_read(peer, every_call):
    peer.answers(body=b" " * (LARGEST + 1))
    with pytest.raises(Unavailable, match="too much"):
        every_call[-1]()


def test_nobody_there_is_unavailable(tmp_path):
    gone = Peer()
    gone.close()
    with pytest.raises(Unavailable):
        HttpLine(gone.endpoint, WAYS).heartbeat(TOKEN, MINE)


def test_a_proxy_of_the_environment_sees_nothing(peer, line, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    peer.answers(body=heard())
    assert line.heartbeat(TOKEN, MINE) == THEIRS


# --- where a token may go ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://192.168.1.10:3005",
        "http://example.org",
        "http://169.254.169.254",
        "http://100.64.1.2:3005",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://[fd00::1]:3005",
        "HTTP://example.org",
    ],
)
def test_without_tls_nothing_goes_to_another_machine(endpoint):
    with pytest.raises(RefusedForSafety, match="without TLS"):
        HttpLine(endpoint, WAYS)


@pytest.mark.parametrize(
    "endpoint",
    ["https://192.168.1.10:22", "http://127.0.0.1:25", "https://example.org:993/x"],
)
def test_an_announcement_leads_to_no_other_service(endpoint):
    with pytest.raises(RefusedForSafety, match="for other services"):
        HttpLine(endpoint, WAYS)
    HttpLine(endpoint, WAYS, by_person=True)


@pytest.mark.parametrize(
    ("host", "leads_to"),
    [
        ("example.org", ["169.254.169.254"]),
        ("example.org", ["203.0.113.1", "fe80::1%eth0"]),
        ("example.org", ["127.0.0.1"]),
        ("example.org", ["::1"]),
        ("example.org", ["::ffff:127.0.0.1"]),
        ("example.org", ["64:ff9b::a9fe:a9fe"]),
        ("example.org", ["fd00:ec2::254"]),
        ("example.org", ["0.0.0.0"]),
        ("2130706433", ["127.0.0.1"]),
    ],
)
def test_an_announcement_leads_to_other_machines_only(host, leads_to):
    ways = replace(WAYS, is_here=False, resolver=lambda *_: leads_to)
    with pytest.raises(RefusedForSafety, match="leads to"):
        HttpLine(f"https://{host}:3006", ways).heartbeat(TOKEN, MINE)


def test_a_name_is_looked_up_once_and_what_was_judged_is_connected_to(peer):
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    port = peer.server.server_port
    ways = replace(WAYS, networks=SafeNetworks(["desk.example"]), resolver=rebinding)
    peer.answers(body=heard())
    line = HttpLine(f"http://desk.example:{port}/pack", ways)
    assert line.heartbeat(TOKEN, MINE) == THEIRS
    assert (asked, peer.seen[0][1]["Host"]) == (["desk.example"], f"desk.example:{port}")
    with pytest.raises(RefusedForSafety, match="link-local"):
        line.heartbeat(TOKEN, MINE)


def test_what_a_person_gives_may_be_this_machine_and_what_others_say_may_not(peer):
    ways = replace(WAYS, is_here=False)
    peer.answers(body=heard())
    with pytest.raises(RefusedForSafety, match="is this machine"):
        HttpLine(peer.endpoint, ways).heartbeat(TOKEN, MINE)
    assert peer.seen == []
    assert HttpLine(peer.endpoint, ways, by_person=True).heartbeat(TOKEN, MINE) == THEIRS


def test_this_machine_by_name_is_no_other_machine_without_tls(peer):
    ways = replace(WAYS, resolver=lambda *_: ["203.0.113.1"])
    with pytest.raises(RefusedForSafety, match="another machine"):
        HttpLine("http://localhost:3005", ways, by_person=True).heartbeat(TOKEN, MINE)


@pytest.mark.parametrize(
    ("named", "host", "is_safe"),
    [
        ([], "127.0.0.1", True),
        ([], "127.9.9.9", True),
        ([], "localhost", True),
        ([], "LOCALHOST", True),
        ([], "::1", True),
        ([], "[::1]", True),
        ([], "::ffff:127.0.0.1", True),
        ([], "::ffff:192.168.1.1", False),
        ([], "0.0.0.0", False),
        ([], "2130706433", False),
        ([], "", False),
        ([], "testclient", False),
        (["100.64.0.0/10"], "100.64.1.2", True),
        (["100.64.0.0/10"], "::ffff:100.64.1.2", True),
        (["100.64.0.0/10"], "100.128.0.1", False),
        (["fd7a::/16"], "fd7a::1", True),
        (["fd7a::/16"], "10.0.0.1", False),
        (["192.168.1.10"], "192.168.1.10", True),
        (["192.168.1.10"], "192.168.1.11", False),
        (["Desk.ts.net"], "desk.TS.net", True),
        (["desk.ts.net"], "desk.ts.net.example.org", False),
    ],
)
def test_which_networks_are_safe(named, host, is_safe):
    assert SafeNetworks(named).holds(host) is is_safe


@pytest.mark.parametrize("name", ["100.64.0.0/33", "100.64.0.1/10", "home/24"])
def test_a_network_that_is_none_is_told(name):
    with pytest.raises(InvalidConfig, match="is no network"):
        SafeNetworks([name])


def test_a_refusal_is_told_once_and_with_what_to_do_about_it(peer, line):
    said = {"message": "no invitation; nothing was written", "remedy": "Ask for a new one."}
    peer.answers(403, json.dumps(said).encode())
    with pytest.raises(RefusedForSafety, match=r"no invitation; nothing was written$") as refused:
        line.handshake(b"{}")
    assert refused.value.remedy == "Ask for a new one."
    peer.answers(403, b"{}")
    with pytest.raises(RefusedForSafety) as refused:
        line.handshake(b"{}")
    assert refused.value.remedy == "Ask its owner."


def test_where_nobody_listens_it_says_what_to_look_at(peer):
    peer.close()
    with pytest.raises(Unavailable) as gone:
        HttpLine(peer.endpoint, WAYS).heartbeat(TOKEN, MINE)
    assert "served there" in gone.value.remedy


def test_without_a_token_none_is_shown(peer, line):
    peer.answers(401, b"{}")
    with pytest.raises(RefusedForSafety):
        line.health("", GROUP)
    assert "Authorization" not in peer.seen[0][1]

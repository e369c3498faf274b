"""The endpoints for other peers, without a socket: who is let in, and what is answered."""

import asyncio
import gzip
import hashlib
import json
from dataclasses import replace

import httpx
import pytest
from pack_connectors.peers.join_requests import JoinSigner
from pack_connectors.peers.message_signatures import MessageSigner
from pack_connectors.peers.networks import SafeNetworks
from pack_connectors.peers.state_files import MeshFiles
from pack_servers.http.peers import limits
from pack_servers.http.peers.endpoints import MeshEndpoints
from pack_servers.http.peers.events import MOST_EVENTS

from pack.errors import RefusedForSafety, RepositoryBusy, Unavailable
from pack.mesh.challenges import digest_field, nonce_in
from pack.mesh.joining import JoinRequest
from pack.mesh.meeting import LARGEST, heard_fields, parse_heard
from pack.mesh.members.group import Role
from pack.mesh.resolving.address import address_fields
from tests.mesh_machines import machines_in, pair_in
from tests.mesh_support import private_key, public_key
from tests.peer_endpoints import HOST, MCP_TOKEN, Server

BUNDLE = {"Content-Type": "application/x-git-bundle", "Pack-Sender-Seq": "1"}


@pytest.fixture
def machines(tmp_path):
    pair_in(tmp_path)
    with machines_in(tmp_path, "laptop", "desk", "phone") as made:
        yield made


@pytest.fixture
def server(machines):
    return Server(machines[0])


@pytest.fixture
def token(machines):
    laptop, desk, _ = machines
    return laptop.mesh.book.new_token(desk.id)


def refused(answer, status, code=None):
    """A refusal in words, in which nothing of the group is."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) >= {"code", "message"}
    assert code in (None, answer.json()["code"])
    return True


def names_nothing(answer, server):
    secret = ("home", "laptop", "desk", server.group, server.machine.id)
    return not any(word in answer.text for word in secret)


# --- handshakes ----------------------------------------------------------------------------------


HANDSHAKE = "/sync/v1/handshake"


def handshake(server, content, **given):
    """A handshake as the machine sends it whose key it names."""
    names = ("laptop", "desk", "phone", "tablet")
    text = content if isinstance(content, bytes) else b""
    by = [name for name in names if public_key(name).line.encode() in text]
    if not by:
        return server.ask("POST", HANDSHAKE, content=content, **given)
    return server.ask_signed(by[0], "POST", HANDSHAKE, content=content, **given)


def test_a_member_gets_a_token_and_an_invitation_lets_one_machine_in(machines, server):
    laptop, desk, phone = machines
    answer = handshake(server, desk.mesh.admission.ask_again(laptop.id))
    welcome = JoinSigner(private_key("desk")).check_welcome(answer.content)
    assert (welcome.group, welcome.key.peer) == (server.group, laptop.id)
    assert server.ask("GET", server.at("status"), welcome.token).status_code == 200
    invitation = laptop.mesh.admission.invite()
    request = phone.mesh.admission.ask(invitation, "phone")
    assert handshake(server, request).status_code == 200
    assert handshake(server, request).status_code == 200  # whose answer was lost
    other = JoinRequest(laptop.id, public_key("tablet"), "tablet", "", "n" * 22)
    signed = JoinSigner(private_key("tablet")).sign_request(other, invitation.secret)
    answer = handshake(server, signed)
    assert refused(answer, 403)
    assert names_nothing(answer, server)
    assert len(server.news) == 3


def test_a_handshake_that_has_no_right_to_an_answer_learns_nothing(machines, server):
    laptop, desk, phone = machines
    over = laptop.mesh.admission.invite()
    laptop.now = laptop.now.replace(year=laptop.now.year + 1)
    stranger = JoinSigner(private_key("phone"))
    alone = JoinRequest(laptop.id, public_key("phone"), "phone", "", "n" * 22)
    misled = replace(alone, inviter=desk.id)
    for content in (
        stranger.sign_request(alone, b"x" * 32),
        stranger.sign_request(misled, None),
        phone.mesh.admission.ask(over, "phone"),
    ):
        answer = handshake(server, content)
        assert refused(answer, 403)
        assert names_nothing(answer, server)
    assert server.news == []


def test_a_stranger_that_asks_hears_who_answers_and_nothing_of_the_group(machines, server):
    laptop, desk, _ = machines
    alone = JoinRequest(laptop.id, public_key("phone"), "phone", "", "n" * 22)
    stranger = JoinSigner(private_key("phone"))
    for content in (
        stranger.sign_request(alone, None),
        stranger.sign_request(replace(alone, inviter=public_key("phone").peer), None),
        desk.mesh.admission.ask_again(desk.id),
    ):
        answer = handshake(server, content)
        assert answer.status_code == 202
        assert answer.json()["peer_id"] == laptop.id
        assert not any(word in answer.text for word in ("home", "laptop", "desk", server.group))
    assert [one.name for one in laptop.mesh.approval.waiting()] == ["phone"]
    assert server.news == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff" * 9, b"[" * 50_000, b'{"kind": 1}'])
def test_a_handshake_that_is_none_is_refused_in_words(server, content):
    answer = handshake(server, content)
    assert refused(answer, 400)
    assert names_nothing(answer, server)


def test_a_handshake_that_somebody_has_seen_is_worth_nothing(machines, server):
    laptop, desk, _ = machines
    content = desk.mesh.admission.ask_again(laptop.id)
    first = server.ask("POST", HANDSHAKE, content=content)
    assert refused(first, 401, "signature_needed")
    nonce = nonce_in(first.headers["accept-signature"])
    answer = server.ask_signed("desk", "POST", HANDSHAKE, content=content, nonce=nonce)
    token = answer.json()["sync_token"]
    again = {
        "as it was": ("desk", content, nonce),
        "signed by somebody else": ("phone", content, None),
        "with another body": ("desk", desk.mesh.admission.ask_again(laptop.id), nonce),
    }
    for by, body, over in again.values():
        seen = server.ask_signed(by, "POST", HANDSHAKE, content=body, nonce=over)
        assert refused(seen, 401, "signature_needed")
    assert server.ask("GET", server.at("status"), token).status_code == 200
    assert len(server.news) == 1


def test_the_signature_of_a_handshake_is_for_its_body_alone(machines, server):
    laptop, desk, _ = machines
    content, other = (desk.mesh.admission.ask_again(laptop.id) for _ in range(2))
    nonce = nonce_in(server.ask("POST", HANDSHAKE, content=content).headers["accept-signature"])
    digest = digest_field(hashlib.sha256(other).digest())
    url = f"{HOST}{HANDSHAKE}"
    fields = MessageSigner(private_key("desk")).sign("POST", url, digest, nonce)
    answer = server.ask("POST", HANDSHAKE, content=content, headers=fields)
    assert refused(answer, 400, "wrong_digest")
    assert server.news == []


# --- who is let in -------------------------------------------------------------------------------

PATHS = [
    ("POST", "heartbeat"),
    ("POST", "token"),
    ("POST", "peers"),
    ("GET", "groups/GROUP/events"),
    ("POST", "groups/GROUP/events"),
    ("POST", "groups/GROUP/bundle"),
    ("GET", "groups/GROUP/kits"),
    ("POST", "groups/GROUP/kit"),
    ("GET", "groups/GROUP/status"),
    ("POST", "groups/GROUP/leave"),
    ("GET", "groups/GROUP/git/info/refs?service=git-upload-pack"),
    ("POST", "groups/GROUP/git/git-upload-pack"),
    ("GET", "nothing"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nobody_comes_in_without_the_token_of_a_peer(machines, server, method, path):
    laptop, desk, _ = machines
    path = f"/sync/v1/{path}".replace("GROUP", server.group)
    assert refused(server.ask(method, path), 401, "unauthorized")
    for wrong in ("x" * 64, MCP_TOKEN, "", "\u00e9"):
        answer = server.ask(method, path, headers={"Authorization": f"Bearer {wrong}".encode()})
        assert answer.status_code in (401, 403)
        assert names_nothing(answer, server)
    removed = laptop.mesh.book.new_token(desk.id)
    laptop.mesh.roster.remove(desk.id)
    assert refused(server.ask(method, path, removed), 403)
    assert server.news == []


def test_each_credential_opens_its_own_door_only(server, token):
    assert server.ask("POST", "/mcp", token, json={}).status_code == 401
    assert server.ask("GET", "/sync/pull", token).status_code in (401, 404)
    assert server.ask("GET", server.at("status"), MCP_TOKEN).status_code == 403
    assert server.ask("GET", server.at("status"), token).status_code == 200


def test_where_there_is_no_mesh_there_is_nothing(server, token):
    for path in ("/sync/v1/handshake", "/sync/v1/heartbeat", server.at("events")):
        answer = server.ask("POST", path, MCP_TOKEN, is_on=False, json={})
        assert answer.status_code == 404
        assert server.ask("POST", path, token, is_on=False, json={}).status_code == 401


def test_a_token_of_another_peer_or_group_is_good_for_nothing(machines, server, token):
    _, desk, phone = machines
    mine = heard_fields(desk.mesh.outbox.heard())
    assert server.ask("POST", "/sync/v1/heartbeat", token, json=mine).status_code == 200
    theirs = {**mine, "instance_id": phone.id}
    assert refused(server.ask("POST", "/sync/v1/heartbeat", token, json=theirs), 403)
    for group in ("0" * 40, "..", server.group.upper()):
        assert server.ask("GET", server.at("events", group), token).status_code == 404
    assert server.ask("GET", server.at("config"), token).status_code == 404


def test_a_token_is_taken_from_this_machine_or_a_network_that_encrypts_only(machines, token):
    laptop, desk, _ = machines
    server = Server(laptop, is_safe=SafeNetworks(["100.64.0.0/10"]).holds)
    for client in ("127.0.0.1", "::1", "100.64.1.2", "::ffff:100.64.1.2"):
        assert server.ask("GET", server.at("status"), token, client=client).status_code == 200
    request = desk.mesh.admission.ask_again(laptop.id)
    for client in ("192.168.1.9", "::ffff:8.8.8.8", "testclient"):
        assert refused(
            server.ask("GET", server.at("status"), token, client=client), 403, "insecure"
        )
        assert refused(handshake(server, request, client=client), 403, "insecure")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_a_page_in_a_browser_is_refused(server, token, headers):
    assert server.ask("GET", server.at("status"), token, headers=headers).status_code == 403
    assert handshake(server, b"{}", headers=headers).status_code == 403


def test_a_new_token_ends_the_one_before_and_leaving_ends_both(server, token):
    second = server.ask("POST", "/sync/v1/token", token).json()["sync_token"]
    assert server.ask("GET", server.at("status"), token).status_code == 403
    assert server.ask("POST", server.at("leave"), second).json() == {"ok": True}
    assert server.ask("GET", server.at("status"), second).status_code == 403


# --- signed requests -----------------------------------------------------------------------------

PROXIED = {"X-Forwarded-For": "203.0.113.9"}


@pytest.mark.parametrize(
    "headers",
    [PROXIED, {"Forwarded": "for=203.0.113.9"}, {"Via": "1.1 x"}, {"X-Real-IP": "203.0.113.9"}],
)
def test_behind_a_proxy_a_token_alone_opens_nothing(server, token, headers):
    for method, end in PATHS[:-1]:
        path = f"/sync/v1/{end}".replace("GROUP", server.group)
        answer = server.ask(method, path, token, headers=headers)
        assert refused(answer, 401, "signature_needed")
        assert names_nothing(answer, server)
        answer = server.ask_signed("phone", method, path, token, headers=headers)
        assert refused(answer, 401, "signature_needed")
    answer = server.ask_signed("desk", "GET", server.at("status"), token, headers=headers)
    assert answer.status_code == 200


def test_a_request_that_was_seen_cannot_be_sent_again(server, token):
    path = server.at("status")
    first = server.ask("GET", path, token, headers=PROXIED)
    nonce = nonce_in(first.headers["accept-signature"])
    ask = {"token": token, "headers": PROXIED}
    second = server.ask_signed("desk", "GET", path, nonce=nonce, **ask)
    assert second.status_code == 200
    replayed = server.ask_signed("desk", "GET", path, nonce=nonce, **ask)
    assert refused(replayed, 401, "signature_needed")
    following = nonce_in(second.headers["accept-signature"])
    server.seconds += 301
    assert refused(server.ask_signed("desk", "GET", path, nonce=following, **ask), 401)
    another = Server(server.machine)
    nonce = nonce_in(replayed.headers["accept-signature"])
    server.seconds = 0
    assert server.ask_signed("desk", "GET", path, nonce=nonce, **ask).status_code == 200
    assert another.ask_signed("desk", "GET", path, **ask).status_code == 200


def test_a_signed_body_cannot_be_changed_on_the_way(machines, server, token):
    _, desk, _ = machines
    head = desk.write("by desk")
    content, path = exported(desk), server.at("events")
    first = server.ask("POST", path, token, content=b"", headers=PROXIED)
    nonce = nonce_in(first.headers["accept-signature"])
    digest = digest_field(hashlib.sha256(content).digest())
    fields = MessageSigner(private_key("desk")).sign("POST", f"{HOST}{path}", digest, nonce)
    headers = {**BUNDLE, **PROXIED, **fields}
    changed = server.ask("POST", path, token, content=content + b"x", headers=headers)
    assert refused(changed, 400, "wrong_digest")
    headers = {**BUNDLE, **PROXIED}
    said = server.ask_signed("desk", "POST", path, token, content=content, headers=headers)
    assert said.json()["received_head"] == head


def test_a_signature_is_checked_where_none_is_needed(server, token):
    path = server.at("status")
    digest = digest_field(hashlib.sha256(b"").digest())
    headers = MessageSigner(private_key("desk")).sign("GET", f"{HOST}{path}", digest, "n" * 20)
    assert refused(server.ask("GET", path, token, headers=headers), 401, "signature_needed")


@pytest.mark.parametrize(
    ("endpoint", "needed"),
    [
        ("", False),
        ("http://127.0.0.1:3005", False),
        ("https://192.168.1.10:3006", False),  # PACK's own certificate, on another port
        ("https://laptop.example/pack", True),
        (f"https://laptop.example:8443#sha256={'A' * 43}", True),
    ],
)
def test_where_https_ends_at_a_proxy_all_requests_are_signed(machines, token, endpoint, needed):
    laptop = machines[0]
    state = MeshFiles(laptop.git.repository.state_dir / "mesh")
    state.set_membership(replace(state.membership(), endpoint=endpoint))
    server = Server(laptop)
    path = server.at("status")
    answer = server.ask("GET", path, token)
    assert answer.status_code == (401 if needed else 200)
    if needed:
        # The proxy has changed the host, and has cut the beginning of the path off.
        nonce = nonce_in(answer.headers["accept-signature"])
        url = f"{endpoint.partition('#')[0]}{path}"
        answer = server.ask_signed("desk", "GET", path, token, nonce=nonce, url=url)
        assert answer.status_code == 200
    over_tls = server.ask("GET", path, token, base="https://127.0.0.1:3006")
    assert over_tls.status_code == 200


# --- positions and events ------------------------------------------------------------------------


def test_a_heartbeat_tells_how_far_each_is(machines, server, token):
    laptop, desk, _ = machines
    desk.send(laptop)
    mine = desk.mesh.outbox.heard()
    answer = server.ask("POST", "/sync/v1/heartbeat", token, json=heard_fields(mine))
    assert parse_heard(answer.text) == laptop.mesh.outbox.heard()
    assert answer.json()["seq_by_hive"] == {server.group: 1}
    assert server.news == []
    desk.write("more")
    server.ask("POST", "/sync/v1/heartbeat", token, json=heard_fields(desk.mesh.outbox.heard()))
    assert server.news == [1]
    for content in (b"", b"{", b"[]", b"\xff", b'{"instance_id": "x"}'):
        assert refused(server.ask("POST", "/sync/v1/heartbeat", token, content=content), 400)


def test_a_heartbeat_carries_addresses_both_ways_and_what_is_wrong_with_one_stops_nothing(
    machines, server, token
):
    laptop, desk, _ = machines
    for machine in (laptop, desk):
        machine.mesh.place(machine.id, f"http://{machine.name}:3005")
    mine = desk.mesh.gossip.mine()
    told = address_fields(mine)
    bad = [{}, 1, {**told, "ttl": -1}, {**told, "sync_endpoint": "http://169.254.169.254"}]
    body = {**heard_fields(desk.mesh.outbox.heard()), "known_peers": [*bad, told]}
    answer = server.ask("POST", "/sync/v1/heartbeat", token, json=body)
    (one,) = answer.json()["known_peers"]
    assert (one["peer_id"], one["sync_endpoint"]) == (laptop.id, "http://laptop:3005")
    record = laptop.mesh.book.records()[desk.id]
    assert (record.endpoint, record.discovered_via) == ("http://desk:3005", desk.id)
    body["known_peers"] = [{**told, "n": 99, "sync_endpoint": "http://evil:1"}]
    assert server.ask("POST", "/sync/v1/heartbeat", token, json=body).status_code == 200
    record = laptop.mesh.book.records()[desk.id]
    assert (record.endpoint, "did not sign" in record.last_error) == ("http://desk:3005", True)


def test_a_hub_answers_where_the_others_are(machines, server, token):
    laptop = machines[0]
    body = {"address": None}
    assert refused(server.ask("POST", "/sync/v1/peers", token, json=body), 404)
    laptop.mesh.roster.change(
        lambda one: (
            one.group.admitting(
                replace(one.group.peer(laptop.id), roles=frozenset(Role) - {Role.READER})
            ),
            one.revoked,
        )
    )
    laptop.lets_in(machines[2])
    answer = server.ask("POST", "/sync/v1/peers", token, json=body).json()
    (one,) = answer["peers"]
    assert (one["peer_id"], one["name"], one["status"]) == (machines[2].id, "phone", "offline")
    assert (one["capabilities"], one["address"]) == ({"hive_sync": True}, None)
    for content in (b"", b"[]", b"{}", b"x" * (LARGEST + 1)):
        answer = server.ask("POST", "/sync/v1/peers", token, content=content)
        assert answer.status_code in (400, 413)


def test_the_state_of_the_group_is_told(machines, server, token):
    laptop, desk, _ = machines
    said = server.ask("GET", server.at("status"), token).json()
    assert said["local_seq"] == 1
    assert said["head"] == laptop.memory.head()
    (peer,) = said["peers"]
    assert set(peer) == {"id", "name", "status", "last_sync", "lag"}
    assert (peer["id"], peer["name"], peer["lag"]) == (desk.id, "desk", 1)


def test_events_come_in_pages(machines, server, token):
    commits = [machines[0].memory.head(), *(machines[0].write(f"n{n}") for n in range(4))]

    def page(query=""):
        return server.ask("GET", server.at(f"events{query}"), token).json()

    whole = page()
    assert [one["id"] for one in whole["events"]] == commits
    assert (whole["next_seq"], whole["has_more"]) == (5, False)
    first = page("?limit=2")
    assert (first["next_seq"], first["has_more"]) == (2, True)
    for since in ("2", commits[1]):
        rest = page(f"?since={since}&limit=3")
        assert [one["id"] for one in rest["events"]] == commits[2:]
        assert (rest["next_seq"], rest["has_more"]) == (5, False)
    assert page("?since=99999") == {"events": [], "next_seq": 5, "has_more": False}
    assert len(page("?limit=0")["events"]) == 1
    assert page(f"?limit={MOST_EVENTS * 9}") == whole
    (event,) = page("?limit=1")["events"]
    assert set(event) == {"seq", "id", "parents", "at", "origin", "level", "subject", "paths"}
    assert (event["seq"], event["paths"], event["level"]) == (1, ["one.md"], None)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=x", 400),
        ("limit=-1", 400),
        ("limit=1e3", 400),
        ("limit=9999999", 400),
        ("limit=%C2%B2", 400),
        ("since=" + "0" * 40, 404),
        ("since=HEAD", 404),
        ("since=--all", 404),
        ("since=-1", 404),
    ],
)
def test_a_page_that_cannot_be_given_is_refused(server, token, query, status):
    assert refused(server.ask("GET", server.at(f"events?{query}"), token), status)


# --- bundles -------------------------------------------------------------------------------------


def push(server, token, content, **given):
    path = server.at("events")
    return server.ask("POST", path, token, headers=BUNDLE, content=content, **given)


def exported(machine, without=()):
    file = machine.files / "exported"
    assert machine.mesh.outbox.export(file, without)
    return file.read_bytes()


def test_what_is_pushed_is_taken_in(machines, server, token):
    _laptop, desk, _ = machines
    head = desk.write("by desk")
    said = push(server, token, exported(desk)).json()
    assert said == {"received_seq": 2, "received_head": head, "quarantined": [], "pending": []}
    assert server.news == [1]


def test_a_bundle_whose_parents_are_missing_waits(machines, server, token):
    _, desk, _ = machines
    desk.write("two")
    desk.mesh.outbox.announce()
    before = desk.mesh.outbox.heads()[desk.id].id
    desk.write("three")
    said = push(server, token, exported(desk, [before])).json()
    assert before in said["pending"]
    assert said["received_seq"] == 1
    assert push(server, token, exported(desk)).json()["received_seq"] == 3


@pytest.mark.parametrize("content", [b"", b"garbage", b"# v2 git bundle\n", b"PACK" * 999])
def test_what_is_no_bundle_changes_nothing(machines, server, token, content):
    before = machines[0].memory.head(), machines[0].git.side_refs("peers")
    assert refused(push(server, token, content), 400)
    assert before == (machines[0].memory.head(), machines[0].git.side_refs("peers"))


def test_a_bundle_comes_with_what_is_missing_and_nothing_else(machines, server, token):
    laptop, desk, _ = machines
    head = laptop.write("more")
    theirs = desk.mesh.outbox.heard()
    laptop.mesh.hear(desk.id, theirs)
    have = {"have": sorted(theirs.commits)}
    answer = server.ask("POST", server.at("bundle"), token, json=have)
    file = desk.files / "came"
    file.write_bytes(answer.content)
    assert desk.mesh.inbox.take(file).received == 1
    assert desk.memory.head() == head
    have = {"have": [*laptop.mesh.outbox.heard().commits, "f" * 40]}
    assert server.ask("POST", server.at("bundle"), token, json=have).status_code == 204


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[" * 50_000,
        b'{"have": "x"}',
        b'{"have": ["--all"]}',
        b'{"have": [1]}',
        json.dumps({"have": ["a" * 40] * 5001}).encode(),
    ],
)
def test_a_list_that_is_none_is_refused(server, token, content):
    assert refused(server.ask("POST", server.at("bundle"), token, content=content), 400)


def test_a_failure_while_a_bundle_is_written_leaves_no_file(machines, server, token, monkeypatch):
    def fail(*_, **__):
        raise Unavailable("the disk is full")

    monkeypatch.setattr(machines[0].mesh.outbox, "export", fail)
    answer = server.ask("POST", server.at("bundle"), token, json={"have": []})
    assert refused(answer, 503)


def test_a_peer_that_pushes_too_much_is_told_when_to_come_again(machines, token, monkeypatch):
    monkeypatch.setattr(limits, "BURST", 1)
    laptop, desk, _ = machines
    content, clock = exported(desk), Clock()
    server = Server(laptop, seconds=clock)
    mesh = MeshEndpoints(server.serving)
    for _ in range(2):
        assert refused(push(server, token, b"garbage", mesh=mesh), 400)
    answer = push(server, token, content, mesh=mesh)
    assert refused(answer, 503, "busy")
    assert answer.headers["retry-after"] == "1"
    assert server.ask("GET", server.at("status"), token, mesh=mesh).status_code == 200
    clock.now = 1.0
    assert push(server, token, content, mesh=mesh).status_code == 200


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_the_commits_of_a_push_are_counted_also_those_that_are_refused(machines, server, token):
    _, desk, _ = machines
    for number in range(3):
        desk.write(f"n{number}")
    taken = []
    take = server.machine.mesh.inbox.take
    server.machine.mesh.inbox.take = lambda file: taken.append(take(file)) or taken[-1]
    push(server, token, exported(desk))
    assert [one.commits for one in taken] == [3]
    push(server, token, exported(desk))
    assert [one.commits for one in taken] == [3, 0]


def test_what_is_busy_here_is_asked_again_a_moment_later(machines, server, token, monkeypatch):
    def fail(*_, **__):
        raise RepositoryBusy("another process writes")

    monkeypatch.setattr(machines[0].mesh.inbox, "take", fail)
    answer = push(server, token, b"x")
    assert refused(answer, 503, "busy")
    assert answer.headers["retry-after"] == "1"


# --- limits --------------------------------------------------------------------------------------


def streamed(*blocks):
    """A body that does not say how long it is."""

    async def parts():
        for block in blocks:
            yield block

    return parts()


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(machines, token):
    server = Server(machines[0], largest_bundle=1000)
    for content in (b"x" * 1001, streamed(b"x" * 600, b"x" * 600)):
        assert refused(push(server, token, content), 413, "body_too_large")
    for content in (b"x" * (LARGEST + 1), streamed(b"x" * LARGEST, b"x")):
        assert refused(handshake(server, content), 413, "body_too_large")


def test_whoever_goes_away_in_the_middle_leaves_nothing(machines, server, token):
    messages = iter([
        {"type": "http.request", "body": b"# v2", "more_body": True},
        {"type": "http.disconnect"},
    ])  # fmt: skip
    sent = []

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": server.at("events"),
        "query_string": b"",
        "scheme": "http",
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 3005),
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }
    asyncio.run(MeshEndpoints(server.serving)(scope, receive, send))
    assert (sent, server.files, server.news) == ([], set(), [])


# --- git -----------------------------------------------------------------------------------------


def test_git_is_answered_and_may_show_the_token_as_a_password(server, token):
    refs = server.at("git/info/refs?service=git-upload-pack")
    headers = {"Git-Protocol": "version=2"}
    assert server.ask("GET", refs, token, headers=headers).content == b"refs version=2"
    challenge = server.ask("GET", refs).headers["www-authenticate"]
    assert challenge.startswith("Basic ")
    basic = httpx.BasicAuth("pack", token)
    assert server.ask("GET", refs, auth=basic).status_code == 200
    for wrong in ("Basic", "Basic !!!", "Basic eA==", "Digest x"):
        assert server.ask("GET", refs, headers={"Authorization": wrong}).status_code == 401
    answer = server.ask("POST", server.at("git/git-upload-pack"), token, content=b"want")
    assert answer.content == b"want"


def test_a_long_request_of_git_is_compressed(server, token):
    path, packed = server.at("git/git-upload-pack"), {"Content-Encoding": "gzip"}
    answer = server.ask("POST", path, token, content=gzip.compress(b"want" * 999), headers=packed)
    assert answer.content == b"want" * 999
    bomb = gzip.compress(b"0" * 9_000_000)
    for content, status in ((b"want", 400), (bomb, 413), (gzip.compress(b"want")[:-3], 413)):
        answer = server.ask("POST", path, token, content=content, headers=packed)
        assert refused(answer, status)


def test_a_group_that_shares_a_part_is_sent_nothing_by_any_way(machines, server, token):
    laptop = machines[0]
    laptop.mesh.roster.change(lambda one: (replace(one.group, share=("projects/**",)), one.revoked))
    asked = [
        ("GET", "git/info/refs?service=git-upload-pack", {}),
        ("POST", "git/git-upload-pack", {"content": b"want"}),
        ("GET", "events", {}),
        ("POST", "bundle", {"json": {"have": []}}),
    ]
    for method, path, body in asked:
        assert refused(server.ask(method, server.at(path), token, **body), 403)
    with pytest.raises(RefusedForSafety, match="only a part"):
        laptop.mesh.outbox.export(laptop.files / "whole")


def test_nothing_can_be_pushed_with_git(server, token):
    refs = server.at("git/info/refs?service=git-receive-pack")
    assert refused(server.ask("GET", refs, token), 403, "read_only")
    path = server.at("git/git-receive-pack")
    assert server.ask("POST", path, token, content=b"").status_code == 404


def test_git_that_fails_is_told_and_a_failure_in_the_middle_ends_the_answer(machines, token):
    def fails(body, protocol):
        del protocol
        if body:
            yield body
        raise Unavailable("git failed")

    server = Server(machines[0], git_answer=fails)
    path = server.at("git/git-upload-pack")
    assert server.ask("POST", path, token, content=b"part").content == b"part"
    assert refused(server.ask("POST", path, token, content=b""), 503)

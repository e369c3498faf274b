"""Administration over HTTP, without a socket: who is let in, and each verb."""

import asyncio
from contextlib import ExitStack

import httpx
import pytest
from mcp.server import MCPServer
from pack_servers.config.settings import load_settings
from pack_servers.http.admin.endpoints import AdminEndpoints
from pack_servers.http.admin.serving import AdminServing
from pack_servers.http.app import HttpSettings, More, build_app
from pack_servers.wiring.memory import open_or_begin
from pack_servers.wiring.places import choose_place
from pydantic import SecretStr

from pack.callers import token_digest
from pack.log import LogQuery
from pack.mesh.members.invitation import Invitation
from tests.mesh_machines import DirectLine, machines_in, pair_in

HOST = "http://127.0.0.1:3005"
TOKEN = "example-mcp-token"
AGENT = "example-token-of-an-agent"


class Admin:
    """A served memory, and the person who administers its mesh."""

    def __init__(self, folder, opened):
        self.lines, self.news = {}, []
        settings = load_settings()
        place = choose_place(settings, folder / "memory", None)
        self.memory, _ = opened.enter_context(open_or_begin(settings, place, create=True))
        serving = AdminServing(
            settings,
            self.memory,
            lambda head: list(self.memory.connector.log(LogQuery(head, with_files=True)))[::-1],
            self._line,
            lambda: self.news.append(1),
        )
        self.serving, self.endpoints = serving, AdminEndpoints(serving)

    def _line(self, endpoint, *, by_person=False):
        assert by_person  # a person handed the invitation over
        return self.lines[endpoint]

    def ask(self, method, path, *, client="127.0.0.1", host=HOST, **given):
        settings = HttpSettings(
            token=SecretStr(TOKEN),
            more_tokens=frozenset({token_digest(AGENT)}),
            allowed_origins=("https://app.example",),
            allowed_hosts=("pack.example",),
        )
        more = More(admin=self.endpoints)
        app = build_app(MCPServer("test", log_level="WARNING"), settings, more=more)
        headers = {"Authorization": f"Bearer {TOKEN}", **given.pop("headers", {})}

        async def asked():
            transport = httpx.ASGITransport(app, client=(client, 5000))
            async with httpx.AsyncClient(transport=transport, base_url=host) as http:
                return await http.request(method, f"/api/v1/sync/{path}", headers=headers, **given)

        return asyncio.run(asked())

    def create(self):
        body = {"name": "laptop", "group": "home", "endpoint": "http://laptop:3005"}
        answer = self.ask("POST", "groups", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture
def admin(tmp_path, monkeypatch):
    monkeypatch.setenv("PACK_MESH_KEY", str(tmp_path / "key"))
    with ExitStack() as opened:
        yield Admin(tmp_path, opened)


# --- who is let in -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"client": "192.168.1.9"}, 403, "not_from_here"),
        ({"client": "100.64.0.1"}, 403, "not_from_here"),
        ({"host": "http://pack.example:3005"}, 403, "not_from_here"),
        ({"host": "http://192.168.1.10:3005"}, 403, "not_from_here"),
        ({"headers": {"X-Forwarded-For": "10.0.0.1"}}, 403, "not_from_here"),
        ({"headers": {"Forwarded": "for=10.0.0.1"}}, 403, "not_from_here"),
        ({"headers": {"X-Forwarded-Host": "pack.example"}}, 403, "not_from_here"),
        ({"headers": {"X-Forwarded-Proto": "https"}}, 403, "not_from_here"),
        ({"host": "http://127.0.0.1:3006"}, 421, None),
        ({"headers": {"Origin": "https://app.example"}}, 403, "origin_refused"),
        ({"headers": {"Origin": HOST}}, 403, "origin_refused"),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403, "origin_refused"),
        ({"headers": {"Authorization": ""}}, 401, "unauthorized"),
        ({"headers": {"Authorization": f"Bearer {AGENT}"}}, 401, "unauthorized"),
        ({"headers": {"Authorization": "Bearer wrong"}}, 401, "unauthorized"),
        ({"headers": {"Content-Type": "text/plain"}, "content": b"{}"}, 415, None),
    ],
)
def test_only_the_person_at_this_machine_gets_in(admin, given, status, code):
    answer = admin.ask("POST", "groups", **{"json": {"name": "laptop"}, **given})
    assert (answer.status_code, answer.json()["code"] if code else None) == (status, code)
    assert admin.ask("GET", "groups").json() == {"groups": []}


@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_has_many_names(admin, client):
    for host in (HOST, "http://localhost:3005", "http://[::1]:3005"):
        answer = admin.ask("GET", "groups", client=client, host=host)
        assert (answer.status_code, answer.json()) == (200, {"groups": []})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing", 404),
        ("GET", "groups/", 404),
        ("GET", "groups/a/b/c", 404),
        ("PUT", "groups", 405),
        ("HEAD", "groups", 405),
        ("GET", "peers", 404),
        ("GET", "groups/" + "0" * 40, 404),
        ("DELETE", "peers/desk", 404),
    ],
)
def test_what_is_not_there_is_said_to_be_so(admin, method, path, status):
    assert admin.ask(method, path).status_code == status


# --- groups --------------------------------------------------------------------------------------


def test_a_group_is_begun_shown_and_left(admin):
    made = admin.create()
    (listed,) = admin.ask("GET", "groups").json()["groups"]
    head = admin.memory.connector.head()
    assert listed == {**made, "head": head, "height": 1}
    group = f"groups/{made['group_id']}"
    assert admin.ask("GET", group).json() == {**listed, "peers": [], "problems": []}
    (event,) = admin.ask("GET", f"{group}/events?limit=1").json()["events"]
    assert event["id"] == head
    again = admin.ask("POST", "groups", json={"name": "laptop"})
    assert (again.status_code, again.json()["code"]) == (400, "invalid_request")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events")):
        assert admin.ask(method, f"groups/{'0' * 40}{path}").status_code == 404
    assert admin.ask("DELETE", group).json() == {"left": True, "untold": []}
    assert admin.ask("GET", "groups").json() == {"groups": []}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"name": 1}', b'{"name": ""}', b'{"name": "a", "x": 1}']
)
def test_a_body_that_asks_for_nothing_known_is_refused(admin, body):
    answer = admin.ask("POST", "groups", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_a_memory_joins_a_group_and_has_its_peers(admin, tmp_path):
    pair_in(tmp_path)
    with machines_in(tmp_path, "laptop") as (laptop,):
        admin.lines["http://laptop:3005"] = DirectLine(laptop)
        plain = laptop.mesh.admission.invite()
        invitation = Invitation(plain.peer, ("http://laptop:3005",), plain.secret)
        body = {"invite": invitation.line, "name": "phone", "allow_unrelated": True}
        answer = admin.ask("POST", "groups/join", json=body)
        assert answer.status_code == 201, answer.text
        fields = answer.json()
        assert fields["group_id"] == laptop.mesh.roster.membership().group
        names = [one["name"] for one in fields["peers"]]
        assert names == ["desk", "laptop"]
        _of_peers(admin, laptop)


def _of_peers(admin, laptop):
    """The verbs for peers, on a memory that has joined."""
    (desk, it) = admin.ask("GET", "peers").json()["peers"]
    assert (it["endpoint"], it["source"]) == ("http://laptop:3005", "gossip")
    assert admin.ask("GET", "peers/laptop").json() == it
    seen = admin.ask("POST", "peers/laptop/test", json={}).json()
    assert (seen["peer_id"], seen["reached"], seen["token_accepted"]) == (laptop.id, True, True)
    group = admin.ask("GET", "groups").json()["groups"][0]["group_id"]
    again = admin.ask("POST", f"groups/{group}/resync", json={"peer": "laptop"})
    assert (again.status_code, again.json()["agreed"]) == (200, True)
    for path in (f"groups/{group}/resync", f"groups/{'0' * 40}/resync"):
        assert admin.ask("POST", path, json={"peer": "nobody"}).status_code == 404
    body = {"peer": "desk", "endpoint": "http://desk:3005"}
    added = admin.ask("POST", "peers", json=body)
    assert added.status_code == 201
    assert (added.json()["endpoint"], added.json()["source"]) == ("http://desk:3005", "manual")
    path = f"peers/{desk['peer_id']}"
    for change, field in (
        ({"endpoint": "http://desk:4"}, ("endpoint", "http://desk:4")),
        ({"status": "paused"}, ("status", "paused")),
        ({"status": "active"}, ("status", "pending")),
        ({"endpoint": None}, ("endpoint", "")),
    ):
        answer = admin.ask("PATCH", path, json=change)
        assert answer.status_code == 200
        assert answer.json()[field[0]] == field[1]
    assert len(admin.news) == 5
    for change in ({"endpoint": "nowhere"}, {"status": "odd"}, {"key": "x"}, {"name": "a\nb"}):
        assert admin.ask("PATCH", path, json=change).status_code in (400, 403)
    for method, body in (("PATCH", {"name": "bench"}), ("DELETE", None)):
        answer = admin.ask(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "refused")
    mine = laptop.mesh.roster.version().group
    me = next(peer for peer, one in mine.peers.items() if one.name == "phone")
    assert admin.ask("DELETE", f"peers/{me}").status_code == 400


def test_an_owner_renames_and_removes_peers(admin, tmp_path):
    admin.create()
    with machines_in(tmp_path, "desk") as (desk,), admin.serving.mesh() as mesh:
        invitation = mesh.admission.invite()
        mesh.admission.admit(desk.mesh.admission.ask(invitation, "desk"))
        for name in ("", "a\nb", "x" * 65, " x"):
            assert admin.ask("PATCH", "peers/desk", json={"name": name}).status_code == 400
        both = {"name": "bench", "endpoint": "nowhere"}
        assert admin.ask("PATCH", "peers/desk", json=both).status_code == 400
        assert admin.ask("GET", "peers").json()["peers"][0]["name"] == "desk"
        named = admin.ask("PATCH", "peers/desk", json={"name": "bench"})
        assert (named.status_code, named.json()["name"]) == (200, "bench")
        assert admin.ask("DELETE", "peers/bench").json() == {"removed": desk.id}
        assert admin.ask("GET", "peers").json() == {"peers": []}
        assert desk.id not in mesh.roster.version().group.peers

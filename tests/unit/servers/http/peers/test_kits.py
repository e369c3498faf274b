"""Who gets which kit of this machine: whoever may not have one cannot tell that it exists."""

import json
import logging
from dataclasses import replace

import pytest
from pack_connectors.peers import sshsig
from pack_servers.http.peers import limits
from pack_servers.http.peers.endpoints import MeshEndpoints
from pack_servers.http.peers.limits import KIT_BURST

from pack.kits.sharing.listed import parse_listed
from pack.kits.sharing.offers import KitOffers
from pack.kits.sharing.parcel import NAMESPACE, KitRequest, read_parcel, write_wanted
from pack.kits.shipment import Shipment, ShippedFile, unpack
from pack.mesh.state import MeshEventKind
from pack.provenance import Origin, Source
from tests.mesh_machines import machines_in, pair_in
from tests.mesh_support import commit_id
from tests.peer_endpoints import MCP_TOKEN, Server

pytestmark = pytest.mark.contract("C15")

NONCE = "0123456789abcdef"
NOTE = b"# How we work\n\nWith care.\n"
NAMES = ["handbook", "never-was", "gone", "../handbook", "..%2fhandbook", "", "HANDBOOK", "x" * 999]
"""A private kit that exists, one that was withdrawn, and what was never offered."""


@pytest.fixture
def machines(tmp_path):
    pair_in(tmp_path)
    with machines_in(tmp_path, "laptop", "desk", "phone") as made:
        laptop, _, phone = made
        laptop.lets_in(phone)
        yield made


@pytest.fixture
def server(machines):
    return Server(machines[0])


class Person:
    """Whoever sits at the laptop."""

    def __init__(self, folder, machines, server):
        self.folder, self.server = folder, server
        self.machines = {machine.name: machine for machine in machines}
        user = Origin(Source.USER, "cli")
        self.offers = KitOffers(server.offers, user, "Ann", lambda: server.machine.now)

    def publish(self, name, visibility, version="1.0.0", folder=None):
        top = self.folder / (folder or name)
        top.mkdir(parents=True, exist_ok=True)
        said = f"schema: 1\nname: {name}\nversion: {version}\nvisibility: {visibility}\n"
        (top / "kit.yaml").write_text(said)
        (top / "note.md").write_bytes(NOTE)
        (top / "secret.txt").write_text("no part of the kit")
        return top

    def offer(self, name, visibility):
        top = self.publish(name, visibility)
        files = {"kit.yaml": ShippedFile((top / "kit.yaml").read_bytes())}
        self.offers.offer(unpack(Shipment(str(top), None, None, files, name)))

    def grant(self, name, peer):
        self.offers.grant(name, self.machines[peer].id)

    def token(self, peer):
        return self.server.machine.mesh.book.new_token(self.machines[peer].id)


@pytest.fixture
def person(tmp_path, machines, server):
    """Offers a private kit that the desk was granted, and others."""
    found = Person(tmp_path / "kits", machines, server)
    for name, visibility in (
        ("handbook", "private"),
        ("gone", "private"),
        ("open", "public"),
        ("hidden", "unlisted"),
    ):
        found.offer(name, visibility)
    found.grant("handbook", "desk")
    found.grant("gone", "desk")
    found.offers.withdraw("gone")
    return found


def wanted(server, name):
    return KitRequest(server.group, server.machine.id, name, NONCE)


def ask(server, token, name, **given):
    content = write_wanted(wanted(server, name))
    return server.ask("POST", server.at("kit"), token, content=content, **given)


def all_of(answer):
    """Whatever a caller can see of an answer."""
    return answer.status_code, answer.content, sorted(answer.headers.items())


def test_a_granted_kit_is_given_as_it_is_and_signed(person, server):
    answer = ask(server, person.token("desk"), "handbook")
    assert answer.status_code == 200, answer.text
    found = read_parcel(
        answer.content,
        wanted(server, "handbook"),
        lambda data, signature: sshsig.verify(data, signature, NAMESPACE).peer,
    )
    assert set(found) == {"kit.yaml", "note.md"}
    assert found["note.md"].content == NOTE


def test_a_member_without_a_grant_cannot_tell_that_a_kit_exists(person, server):
    """By the status, the text or any field, whatever it asks for."""
    token = person.token("phone")
    answers = [all_of(ask(server, token, name)) for name in NAMES]
    nowhere = server.ask("POST", server.at("no-such-path"), token, content=b"{}")
    assert {answer[0] for answer in answers} == {404}
    assert answers == [all_of(nowhere)] * len(NAMES)


def test_what_every_member_may_have_is_given_and_only_the_public_is_told_of(person, server):
    token = person.token("phone")
    for name in ("open", "hidden"):
        assert ask(server, token, name).status_code == 200
    listed = server.ask("GET", server.at("kits"), token)
    assert [one.name for one in parse_listed(listed.content)] == ["open"]
    assert str(person.folder) not in listed.text
    assert "Ann" not in listed.text
    told = server.ask("GET", server.at("kits"), person.token("desk"))
    assert [one.name for one in parse_listed(told.content)] == ["handbook", "open"]


def test_a_revoked_grant_counts_no_more_at_once(person, server):
    token = person.token("desk")
    assert ask(server, token, "handbook").status_code == 200
    person.offers.revoke("handbook", person.machines["desk"].id)
    assert all_of(ask(server, token, "handbook")) == all_of(ask(server, token, "never-was"))
    listed = server.ask("GET", server.at("kits"), token)
    assert [one.name for one in parse_listed(listed.content)] == ["open"]


def test_a_grant_that_comes_with_the_memory_is_only_a_file(person, server, machines):
    """The phone writes a grant to itself, wherever it thinks that grants are kept."""
    laptop, _, phone = machines
    laptop.send(phone)
    before = list(server.offers.offers())
    forged = server.offers._file.read_text().replace(machines[1].id, phone.id)
    for path in ("kits.json", ".pack/kits.json", ".pack/mesh/kits.json", "mesh/kits.json"):
        file = phone.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(forged)
    phone.write("by phone")
    phone.send(laptop)
    assert (laptop.folder / ".pack/mesh/kits.json").read_text() == forged
    assert list(server.offers.offers()) == before
    assert ask(server, person.token("phone"), "handbook").status_code == 404


@pytest.mark.parametrize("path", ["kit", "kits"])
def test_whoever_is_no_member_learns_nothing(person, server, path):
    method = {"kit": "POST", "kits": "GET"}[path]
    body = {"kit": write_wanted(wanted(server, "open")), "kits": b""}[path]

    def asked(token, group=None, **given):
        return server.ask(method, server.at(path, group), token, content=body, **given)

    assert asked(None).status_code == 401
    for token in (MCP_TOKEN, "t" * 64):
        assert asked(token).status_code == 403
    assert asked(person.token("desk"), commit_id("other")).status_code == 404
    assert asked(person.token("desk"), client="192.168.1.7").status_code == 403
    proxied = asked(person.token("desk"), headers={"X-Forwarded-For": "10.0.0.1"})
    assert proxied.json()["code"] == "signature_needed"
    for peer in ("desk", "phone"):
        gone = person.token(peer)
        server.machine.mesh.roster.remove(person.machines[peer].id)
        assert asked(gone).status_code == 403


def test_a_signed_request_is_for_its_name_alone(person, server):
    token, url = person.token("desk"), server.at("kit")
    headers = {"X-Forwarded-For": "10.0.0.1"}
    content = write_wanted(wanted(server, "handbook"))
    answer = server.ask_signed("desk", "POST", url, token, content=content, headers=headers)
    assert answer.status_code == 200
    by_phone = server.ask_signed("phone", "POST", url, token, content=content, headers=headers)
    assert by_phone.json()["code"] == "signature_needed"


def test_a_kit_that_became_private_is_not_given_by_what_was_said_before(person, server):
    person.publish("open", "private")
    token = person.token("phone")
    assert all_of(ask(server, token, "open")) == all_of(ask(server, token, "never-was"))
    assert told(server, token) == []
    assert told(server, person.token("desk")) == ["handbook"]
    person.publish("open", "public")
    assert told(server, token) == ["open"]
    person.publish("open", "unlisted")
    assert told(server, token) == []
    person.publish("other", "public", folder="open")
    assert told(server, token) == []
    person.publish("handbook", "public")
    assert ask(server, token, "handbook").status_code == 404


def told(server, token):
    listed = server.ask("GET", server.at("kits"), token)
    return [one.name for one in parse_listed(listed.content)]


def test_of_what_is_wrong_with_the_list_of_offers_peers_hear_no_path(person, server, caplog):
    caplog.set_level(logging.WARNING)
    file = server.offers._file
    file.write_text("[")
    token = person.token("phone")
    for answer in (server.ask("GET", server.at("kits"), token), ask(server, token, "open")):
        assert answer.status_code == 503
        assert "kits.json" not in answer.text
    assert str(file) in caplog.text


@pytest.mark.parametrize("harm", ["gone", "renamed", "broken"])
def test_of_what_is_wrong_with_a_kit_its_peers_hear_no_path(person, server, caplog, harm):
    caplog.set_level(logging.WARNING)
    top = person.folder / "handbook"
    if harm == "gone":
        top.rename(top.with_name("elsewhere"))
    elif harm == "renamed":
        person.publish("other", "private", folder="handbook")
    else:
        (top / "kit.yaml").write_text("[")
    answer = ask(server, person.token("desk"), "handbook")
    assert answer.status_code == 503
    assert str(person.folder) not in answer.text
    assert "other" not in answer.json()["message"]
    assert str(top) in caplog.text  # whoever runs the server does
    assert ask(server, person.token("phone"), "handbook").status_code == 404


def test_who_got_which_version_is_remembered_once(person, server):
    token = person.token("desk")
    for name in ("handbook", "open", "handbook", "open"):
        ask(server, token, name)
    person.publish("handbook", "private", "1.1.0")
    ask(server, token, "handbook")
    ask(server, person.token("phone"), "handbook")
    ask(server, person.token("phone"), "open")
    assert events(server) == [
        ("desk", "handbook 1.0.0"),
        ("desk", "open 1.0.0"),
        ("desk", "handbook 1.1.0"),
        ("phone", "open 1.0.0"),
    ]


def events(server):
    file = server.machine.git.repository.state_dir / "mesh" / "events.json"
    found = json.loads(file.read_text())
    return [(one["name"], one["detail"]) for one in found if one["kind"] == MeshEventKind.FETCHED]


def test_whoever_asks_too_often_is_told_when_to_come_again(person, server):
    serving = replace(server.serving, seconds=lambda: 0)
    mesh, token = MeshEndpoints(serving), person.token("phone")
    answers = [ask(server, token, "never-was", mesh=mesh).status_code for _ in range(KIT_BURST + 1)]
    assert set(answers) == {404}
    busy = ask(server, token, "handbook", mesh=mesh)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    assert ask(server, person.token("desk"), "handbook", mesh=mesh).status_code == 200


def test_a_list_takes_a_place_as_each_kit_is_looked_at_for_it(person, server, monkeypatch):
    monkeypatch.setattr(limits, "OF_ONE_PEER", 0)
    answer = server.ask("GET", server.at("kits"), person.token("phone"))
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"name": 1}', b"[" * 3000, b'{"name": "handbook"}', b"x" * 5000]
)
def test_a_request_that_is_none_is_refused_in_words(person, server, body):
    for peer in ("desk", "phone"):
        answer = server.ask("POST", server.at("kit"), person.token(peer), content=body)
        assert answer.status_code == (413 if len(body) > 4096 else 400)
        assert "handbook" not in answer.text

"""What peers tell each other: it reads back, and what is odd is refused in words."""

import json

import pytest

from pack.errors import InvalidContent
from pack.mesh.meeting import (
    LARGEST,
    MOST_PEERS,
    Health,
    Heard,
    Welcome,
    heard_fields,
    parse_health,
    parse_heard,
    parse_welcome,
    token_digest,
    write_welcome,
)
from tests.mesh_support import commit_id, public_key

GROUP, HEAD = commit_id("group"), commit_id("head")
DESK = public_key("desk")
HEARD = Heard(DESK.peer, GROUP, HEAD, 7, (GROUP,), {DESK.peer: commit_id("said")})
WELCOME = Welcome(GROUP, DESK, HEAD, 7, "t" * 64, "n" * 22)


@pytest.mark.parametrize("heard", [HEARD, Heard(DESK.peer, GROUP)])
def test_how_far_a_peer_is_reads_back(heard):
    assert parse_heard(json.dumps(heard_fields(heard))) == heard


@pytest.mark.parametrize("welcome", [WELCOME, Welcome(GROUP, DESK, None, 0, "t" * 16, "")])
def test_an_answer_to_a_handshake_reads_back(welcome):
    assert parse_welcome(write_welcome(welcome)) == welcome


def test_everything_that_leads_to_what_a_peer_says_is_there():
    assert HEARD.commits == {GROUP, HEAD, commit_id("said")}
    assert Heard(DESK.peer, GROUP).commits == frozenset()


def test_what_a_later_version_says_as_well_is_left_aside():
    said = {**heard_fields(HEARD), "known_peers": [], "seq_by_hive": {GROUP: 7}}
    assert parse_heard(json.dumps(said)) == HEARD


@pytest.mark.parametrize(
    "field",
    [
        {"instance_id": "desk"},
        {"instance_id": DESK.peer.upper()},
        {"group": None},
        {"group": GROUP.upper()},
        {"head": "HEAD"},
        {"head": "../../etc"},
        {"seq": -1},
        {"seq": "7"},
        {"seq": 7.5},
        {"versions": [HEAD, "-x"]},
        {"versions": [HEAD] * (MOST_PEERS + 1)},
        {"versions": HEAD},
        {"announced": {"desk": HEAD}},
        {"announced": {DESK.peer: "--all"}},
        {"announced": [HEAD]},
    ],
)
def test_what_is_no_position_is_refused_without_repeating_it(field):
    with pytest.raises(InvalidContent) as refused:
        parse_heard(json.dumps({**heard_fields(HEARD), **field}))
    assert "../" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 50_000, "{" + " " * LARGEST + "}"])
def test_what_is_no_answer_at_all_is_refused(text):
    for parse in (parse_heard, parse_welcome):
        with pytest.raises(InvalidContent):
            parse(text)


@pytest.mark.parametrize(
    "field",
    [
        {"v": 2},
        {"sync_group_id": "home"},
        {"signing_key": "ssh-rsa AAAA"},
        {"head": 1},
        {"current_seq": -1},
        {"sync_token": "short"},
        {"sync_token": "with a space in the middle"},
        {"sync_token": "line\r\nX-Header: of its own"},
        {"sync_token": "t" * 201},
        {"nonce": "n" * 65},
    ],
)
def test_an_answer_that_holds_something_odd_is_refused(field):
    with pytest.raises(InvalidContent):
        parse_welcome(json.dumps({**json.loads(write_welcome(WELCOME)), **field}))


def test_of_a_token_only_a_digest_is_kept():
    assert token_digest("a") != token_digest("b")
    assert len(token_digest("\udce9")) == 64


def test_how_a_peer_is_is_read_also_where_it_says_little():
    assert parse_health("{}") == Health()
    said = {"at": "2026-03-01T12:00:00Z", "version": "2.1.0", "merge_version": 1, "local_seq": 7}
    found = parse_health(json.dumps({**said, "head": HEAD, "peers": []}))
    assert (found.version, found.merge_version, found.head, found.height) == ("2.1.0", 1, HEAD, 7)
    assert found.at is not None
    assert found.at.isoformat() == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize(
    "odd", [{"at": "2026-99-01"}, {"version": "\x1b[31m"}, {"head": "x"}, {"local_seq": -1}]
)
def test_an_odd_answer_of_how_a_peer_is_is_refused(odd):
    with pytest.raises(InvalidContent):
        parse_health(json.dumps(odd))

"""Who belongs to a group."""

import re
from dataclasses import replace

import pytest

from pack.errors import InvalidContent, InvalidRequest, LimitExceeded, NotFound
from pack.mesh.members.group import MOST_PEERS, Group, Role, parse_group, write_group
from tests.mesh_support import group_of, peer, public_key

GROUP = group_of("laptop", "desk", "phone")
TEXT = write_group(GROUP)


def test_a_group_is_read_back_and_always_written_alike():
    assert parse_group(TEXT) == GROUP
    assert write_group(parse_group(TEXT)) == TEXT
    other = replace(GROUP, peers=dict(reversed(list(GROUP.peers.items()))))
    assert write_group(other) == TEXT


def test_names_that_yaml_takes_for_something_else_stay_names():
    for name in ("null", "yes", "1", "1e3", "2026-01-02", "ann (home)"):
        group = Group.of_one(name, replace(peer("laptop"), name=name))
        assert parse_group(write_group(group)) == group


def test_a_group_begins_with_one_peer_that_owns_it():
    group = Group.of_one("home", peer("laptop"))
    assert group.owners == (public_key("laptop").peer,)
    assert group.peer(group.owner).may_write


def test_roles():
    assert peer("a").may_write
    assert not peer("a", Role.READER).may_write
    assert not peer("a", Role.HUB).may_write


def test_a_name_belongs_to_one_peer():
    with pytest.raises(InvalidRequest, match="called 'desk'"):
        GROUP.admitting(replace(peer("other"), name="desk"))
    reader = peer("desk", Role.READER)
    assert not GROUP.admitting(reader).peer(reader.id).may_write


def test_a_group_has_an_end():
    group = Group.of_one("home", peer("0"))
    for number in range(1, MOST_PEERS):
        group = group.admitting(peer(str(number)))
    assert parse_group(write_group(group)) == group
    with pytest.raises(InvalidRequest, match="at most"):
        group.admitting(peer("one more"))


def test_removing_a_peer():
    desk = public_key("desk").peer
    assert desk not in GROUP.removing(desk).peers
    with pytest.raises(NotFound):
        GROUP.removing(public_key("stranger").peer)
    with pytest.raises(InvalidRequest, match="only owner"):
        GROUP.removing(GROUP.owner)


def test_whoever_is_next_succeeds_an_owner_that_goes():
    desk = peer("desk", Role.OWNER)
    group = replace(GROUP.admitting(desk), succession=(desk.id,))
    left = group.removing(group.owner)
    assert (left.owner, left.succession) == (desk.id, ())
    assert parse_group(write_group(left)) == left


def without(line: str) -> str:
    return "".join(one for one in TEXT.splitlines(keepends=True) if not one.startswith(line))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        TEXT.replace("version: 1", "version: 2"),
        TEXT.replace("version: 1", "version: true"),
        TEXT + "more: 1\n",
        without("name:"),
        without("owner:"),
        without("peers:"),
        TEXT.replace("name: home", "name: 'a\\nb'"),
        TEXT.replace("name: home", 'name: "a\\u202eb"'),
        TEXT.replace("name: home", "name: ''"),
        TEXT.replace("[member]", "[king]"),
        TEXT.replace("[member]", "[]"),
        TEXT.replace("levels: [1, 2", "levels: [0, 2"),
        TEXT.replace("merge_version: 1", "merge_version: 0"),
        TEXT.replace("merge_version: 1", "merge_version: '1'"),
        TEXT.replace("name: phone", "name: desk"),
        TEXT.replace(public_key("phone").line, public_key("other").line),
        re.sub(r"owner: \S+", f"owner: {public_key('desk').peer}", TEXT),
        re.sub(r"owner: \S+", f"owner: {public_key('other').peer}", TEXT),
        TEXT.replace("succession: []", f"succession: [{GROUP.owner}]"),
    ],
)
def test_what_describes_no_group_is_refused(text):
    assert text != TEXT
    with pytest.raises(InvalidContent):
        parse_group(text)


def test_a_file_of_any_size_is_not_read():
    with pytest.raises(LimitExceeded):
        parse_group(TEXT + "#" * 100_000)


def test_a_member_is_found_by_its_name_or_its_id():
    group = group_of("laptop", "desk")
    desk = public_key("desk").peer
    for text in ("desk", desk, desk.upper(), f"{desk[:13]}-{desk[13:]}"):
        assert group.find(text) == desk
    for text in ("phone", public_key("phone").peer, ""):
        assert group.find(text) is None

"""What peers say of themselves."""

from dataclasses import replace

import pytest

from pack.errors import InvalidContent
from pack.mesh.announcement import (
    Announced,
    Announcement,
    Course,
    course_of,
    parse_announcement,
    write_announcement,
)
from tests.mesh_support import commit_id, public_key

SAID = Announcement(
    group=commit_id("group"),
    peer=public_key("laptop").peer,
    n=1,
    head=commit_id("head"),
    height=7,
    tree=commit_id("tree"),
    roster=commit_id("roster"),
    at="2026-03-01T12:00:00Z",
)
TEXT = write_announcement(SAID)


def test_an_announcement_is_read_back():
    assert parse_announcement(TEXT) == SAID
    assert TEXT.endswith("}\n")
    assert "\n" not in TEXT[:-1]
    asking = replace(SAID, successor=public_key("new"))
    assert parse_announcement(write_announcement(asking)) == asking
    assert "successor" not in TEXT  # what most say stays the bytes that it was


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        TEXT[:-1],
        TEXT.replace('"v":1', '"v":2'),
        TEXT.replace('"n":1', '"n":1.0'),
        TEXT.replace('"n":1', '"n":0'),
        TEXT.replace('"n":1', '"n":"1"'),
        TEXT.replace('"n":1', f'"n":{2**60}'),
        TEXT.replace('"n":1', '"n":1,"n":1'),
        TEXT.replace('"n":1', '"n":1,"z":1'),
        TEXT.replace('"n":1,', '"n": 1,'),
        TEXT.replace("T12", " 12"),
        TEXT.replace(SAID.head, SAID.head[:-1]),
        TEXT.replace(SAID.head, SAID.head.upper()),
        TEXT.replace(SAID.peer, SAID.peer[:-1]),
        TEXT.replace('"endpoint":""', '"endpoint":"file:///x"'),
        TEXT.replace('"endpoint":""', '"endpoint":"http://a:1/"'),
        TEXT.replace('"tree"', '"successor":"ssh-rsa AAAA","tree"'),
        TEXT.replace('"tree"', '"successor":null,"tree"'),
        TEXT + " " * 5000,
    ],
)
def test_what_is_no_announcement_is_refused(text):
    with pytest.raises(InvalidContent):
        parse_announcement(text)


def chain(length: int, branch: str = "", common: int = 0) -> tuple[Announced, ...]:
    """A peer's announcements, the last one first; two branches share the first `common`."""
    made: list[Announced] = []
    for n in range(1, length + 1):
        name = f"{branch if n > common else ''}{n}"
        previous = made[-1].id if made else None
        made.append(Announced(commit_id(name), previous, replace(SAID, n=n, head=commit_id(name))))
    return tuple(reversed(made))


def course(known: tuple[Announced, ...], now: tuple[Announced, ...]) -> Course:
    ids = {one.id for one in known}
    return course_of(known[0] if known else None, now, ids.__contains__)


def test_a_peer_is_new_goes_on_or_stands_still():
    assert course((), chain(3)) is Course.NEWER
    assert course(chain(2), chain(5)) is Course.NEWER
    assert course(chain(2), chain(5)[:4]) is Course.NEWER  # as far back as the known one
    assert course(chain(2), chain(2)) is Course.SAME


def test_a_peer_that_goes_back_is_seen():
    assert course(chain(5), chain(3)) is Course.ROLLBACK


@pytest.mark.parametrize("length", [3, 5, 8])
def test_one_key_on_two_machines_is_seen(length):
    assert course(chain(5), chain(length, "other", common=2)) is Course.EQUIVOCATION


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        chain(3)[::2],
        (*chain(3)[:2], replace(chain(3)[2], previous=commit_id("x"))),
        (chain(1)[0], chain(1)[0]),
        (replace(chain(1)[0], said=replace(SAID, n=2)),),
        (chain(2)[0], replace(chain(1)[0], said=replace(SAID, peer=public_key("x").peer))),
        (chain(2)[0], replace(chain(1)[0], said=replace(SAID, group=commit_id("x")))),
    ],
)
def test_a_chain_that_contradicts_itself_is_refused(wrong):
    if wrong and wrong[-1].said.n == 2:
        wrong = (replace(wrong[0], previous=None),)
    with pytest.raises(InvalidContent):
        course(chain(9, "known"), wrong)

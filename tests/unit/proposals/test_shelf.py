from datetime import UTC, datetime, timedelta

import pytest
from pack_connectors.in_memory import InMemoryConnector

from pack.errors import NotFound, StaleBase
from pack.model import ABSENT, Delete, Identity, MemoryPath, Put
from pack.proposals.proposal import ProposalStatus
from pack.proposals.shelf import LIFETIME, ProposalShelf

A, B = MemoryPath("notes/a.md"), MemoryPath("notes/b.md")
AGENT = Identity("An agent", "agent@example.org")
MESSAGE = "notes/a.md: edit (why)\n\nPack-Origin: ai-cloud:x\nPack-Truth-Level: 5\nPack-Request: r"


class Shelved:
    def __init__(self):
        self.now = datetime(2026, 1, 2, tzinfo=UTC)
        self.store = InMemoryConnector(lambda: self.now)
        self.shelf = ProposalShelf(self.store, lambda: self.now)
        made = self.store.commit(None, [Put(A, b"a\n", ABSENT), Put(B, b"b\n", ABSENT)], "begin")
        self.base, self.blobs = made.id, made.blobs

    def add(self, content=b"other\n", path=A):
        change = Put(path, content, self.blobs[path])
        return self.shelf.add(self.base, path, [change], MESSAGE, AGENT)


@pytest.fixture
def shelved():
    return Shelved()


def test_one_is_kept_beside_the_memory_and_found_again(shelved):
    made = shelved.add()
    assert (made.base, made.path, made.origin, made.level) == (shelved.base, A, "ai-cloud:x", 5)
    assert made.message == "notes/a.md: edit (why)"
    again = ProposalShelf(shelved.store, lambda: shelved.now)
    assert again.find(made.id) == made
    assert (again.open(), again.open(A), again.open(B), again.count()) == ([made], [made], [], 1)
    assert shelved.store.head() == shelved.base
    assert again.changes(made) == [Put(A, b"other\n", shelved.blobs[A])]
    assert again.texts(made) == ({A: b"a\n"}, {A: b"other\n"})


def test_a_removal_and_a_new_file_are_told_too(shelved):
    changes = [Delete(A, shelved.blobs[A]), Put(MemoryPath("notes/c.md"), b"a\n", ABSENT)]
    made = shelved.shelf.add(shelved.base, A, changes, MESSAGE, None)
    assert (made.path, made.paths) == (A, (A, "notes/c.md"))
    assert shelved.shelf.changes(made) == changes
    assert shelved.shelf.texts(made)[0] == {A: b"a\n", "notes/c.md": None}


def test_one_that_is_replaced_keeps_its_id(shelved):
    first = shelved.add()
    change = Put(A, b"better\n", shelved.blobs[A])
    second = shelved.shelf.replace(first, shelved.base, [change], MESSAGE, AGENT)
    assert (second.id, second.commit != first.commit) == (first.id, True)
    assert shelved.shelf.open() == [second]
    with pytest.raises(StaleBase):
        shelved.shelf.close(first, ProposalStatus.WITHDRAWN)


@pytest.mark.parametrize("status", [ProposalStatus.ACCEPTED, ProposalStatus.WITHDRAWN])
def test_one_that_is_done_with_goes(shelved, status):
    made = shelved.add()
    assert shelved.shelf.close(made, status).status is status
    assert (shelved.shelf.open(), shelved.shelf.rejected()) == ([], [])
    with pytest.raises(NotFound):
        shelved.shelf.find(made.id)


def test_a_refused_one_keeps_its_reason(shelved):
    made = shelved.add()
    closed = shelved.shelf.close(made, ProposalStatus.REJECTED, "no:\n\nPack-Origin: user:cli")
    assert closed.reason == "no: Pack-Origin: user:cli"
    again = ProposalShelf(shelved.store, lambda: shelved.now)
    assert again.find(made.id) == closed
    assert (again.open(), again.rejected(A), again.rejected(B)) == ([], [closed], [])
    assert (closed.commit, closed.origin, closed.decided) == (made.commit, made.origin, shelved.now)
    assert again.texts(closed) == ({A: b"a\n"}, {A: b"other\n"})


def test_what_nobody_decides_on_for_90_days_is_refused(shelved):
    old = shelved.add()
    shelved.now += LIFETIME
    young = shelved.add(b"young\n", B)
    assert shelved.shelf.expire() == []
    shelved.now += timedelta(seconds=1)
    (late,) = shelved.shelf.expire()
    assert (late.id, late.status, late.reason) == (old.id, ProposalStatus.EXPIRED, None)
    assert shelved.shelf.open() == [young]
    assert ProposalShelf(shelved.store, lambda: shelved.now).rejected() == [late]


def test_an_unknown_one_is_not_found(shelved):
    with pytest.raises(NotFound):
        shelved.shelf.find("0123456789")


def test_what_is_no_proposal_is_passed_over_and_hides_none(shelved):
    """Whoever can write to the store can put anything below the same name."""
    made = shelved.add()
    known = shelved.store.side_refs("proposals")[made.id]
    odd = {
        "0000000000": shelved.base,  # has nothing before it
        "1111111111": known,  # another one's
        "a/b": known,
        "Z": known,
        "": known,
    }
    for folder in ("proposals", "rejected"):
        for name, commit in odd.items():
            shelved.store._aside[f"{folder}/{name}"] = commit
    again = ProposalShelf(shelved.store, lambda: shelved.now)
    assert (again.open(), again.open(A), again.rejected()) == ([made], [made], [])
    assert again.expire() == []
    for name in odd:
        with pytest.raises(NotFound, match="does not exist"):
            again.find(name)

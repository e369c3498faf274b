"""Which proposal holds a write that is proposed."""

from datetime import UTC, datetime

import pytest
from pack_connectors.in_memory import InMemoryConnector

from pack.core.decision import ProposedWrite
from pack.core.proposing import MOST_OPEN, Proposing
from pack.errors import TooManyProposals
from pack.model import ABSENT, Delete, MemoryPath, Put
from pack.proposals.proposal import ProposalStatus
from pack.proposals.shelf import ProposalShelf
from pack.provenance import Origin, Source, commit_message

A = MemoryPath("notes/a.md")
ONE, TWO = Origin(Source.AI_CLOUD, "one"), Origin(Source.AI_CLOUD, "two")
TEXT = b"one\ntwo\nthree\nfour\n"


B, C = MemoryPath("archive/a.md"), MemoryPath("notes/c.md")


class Writes:
    def __init__(self):
        self.now = datetime(2026, 1, 2, tzinfo=UTC)
        self.store = InMemoryConnector(lambda: self.now)
        self.shelf = ProposalShelf(self.store, lambda: self.now)
        self.text = TEXT
        self.sha = self.store.commit(None, [Put(A, TEXT, ABSENT)], "begin").blobs[A]

    def propose(self, old, new, origin=ONE):
        change = Put(A, self.text.replace(old, new), self.sha)
        wanted = ProposedWrite(A, [change], (), "", before={A: self.text})
        message = commit_message(f"{A}: update", origin, "r")
        return Proposing(self.shelf, wanted, origin, self.store.head(), message).keep()

    def change(self, **wanted):
        """Propose the contents of some files; `None` for a file that goes."""
        paths = {"a": A, "b": B, "c": C}
        named = {paths[name]: content for name, content in wanted.items()}
        head = self.store.head()
        before = {path: self.shelf.content(path, head) for path in named}
        changes = [
            Put(path, content, ABSENT) if content is not None else Delete(path, self.sha)
            for path, content in named.items()
        ]
        write = ProposedWrite(A, changes, (), "", before=before)
        message = commit_message(f"{A}: update", ONE, "r")
        return Proposing(self.shelf, write, ONE, head, message).keep()

    def text_of(self, proposal):
        return self.shelf.texts(proposal)[1][A]


@pytest.fixture
def writes():
    return Writes()


def test_a_thousand_of_the_same_lines_are_one(writes):
    ids = {writes.propose(b"two", b"2 %d" % (number % 7)).id for number in range(1000)}
    assert len(ids) == 1
    assert writes.shelf.count() == 1


def test_what_bridges_two_makes_them_one(writes):
    first, last = writes.propose(b"one", b"1"), writes.propose(b"four", b"4")
    assert first.id != last.id
    both = writes.propose(TEXT, b"I\ntwo\nthree\nIV\n")
    assert both.id in (first.id, last.id)
    assert writes.shelf.open() == [both]
    assert writes.text_of(both) == b"I\ntwo\nthree\nIV\n"


def test_the_proposals_of_another_writer_are_its_own(writes):
    assert writes.propose(b"two", b"2").id != writes.propose(b"two", b"2", TWO).id
    assert writes.shelf.count() == 2


def test_an_earlier_one_is_carried_over_to_today_s_text(writes):
    first = writes.propose(b"three\nfour", b"3\n4")
    made = writes.store.commit(writes.store.head(), [Put(A, b"zero\n" + TEXT, writes.sha)], "more")
    writes.text, writes.sha = b"zero\n" + TEXT, made.blobs[A]
    both = writes.propose(b"three", b"III")
    assert (both.id, both.base) == (first.id, made.id)
    assert writes.text_of(both) == b"zero\none\ntwo\nIII\n4\n"


def test_a_hundred_of_one_writer_may_wait(writes):
    change = [Put(MemoryPath("notes/b.md"), b"x\n", ABSENT)]
    message = commit_message("notes/b.md: add", ONE, "r")
    text = f"{message}\nPack-Proposal: "  # what merges withheld is nobody's doing
    for name in ("zaaaaaaaaa", "zaaaaaaaab"):
        head = writes.store.head()
        writes.store.commit_aside(f"proposals/{name}", None, head, change, text + name)
    for _ in range(MOST_OPEN):
        last = writes.shelf.add(writes.store.head(), change[0].path, change, message, ONE.author)
    with pytest.raises(TooManyProposals, match="100 proposals by ai-cloud:one"):
        writes.propose(b"two", b"2")
    writes.propose(b"two", b"2", TWO)
    writes.shelf.close(last, ProposalStatus.WITHDRAWN)
    assert writes.propose(b"two", b"2").path == A


def test_whatever_a_writer_wants_of_a_file_after_a_move_takes_the_place_of_the_move(writes):
    moved = writes.change(a=None, b=TEXT)
    elsewhere = writes.change(a=None, c=TEXT)
    assert writes.shelf.texts(elsewhere)[1] == {A: None, C: TEXT}
    edited = writes.propose(b"two", b"2")
    assert writes.shelf.texts(edited)[1] == {A: TEXT.replace(b"two", b"2")}
    deleted = writes.change(a=None)
    assert writes.shelf.texts(deleted)[1] == {A: None}
    assert writes.change(a=None).commit == deleted.commit
    assert {moved.id, elsewhere.id, edited.id, deleted.id} == {moved.id}
    assert writes.shelf.count() == 1


def test_what_overlaps_in_one_file_keeps_what_the_earlier_wants_of_another(writes):
    made = writes.store.commit(writes.store.head(), [Put(C, b"see\nthe rest\n", ABSENT)], "more")
    first = writes.change(a=TEXT.replace(b"two", b"2"), c=b"see\nnothing\n")
    kept = writes.propose(b"two", b"II")
    assert (kept.id, kept.base) == (first.id, made.id)
    wanted = {A: TEXT.replace(b"two", b"II"), C: b"see\nnothing\n"}
    assert writes.shelf.texts(kept)[1] == wanted
    assert writes.propose(b"four", b"4").id != first.id

from datetime import UTC, datetime, timedelta

import pytest
from pack_connectors.in_memory import InMemoryConnector

from pack.core.truths import TruthMode
from pack.errors import NotFound, StaleBase, Unavailable
from pack.model import ABSENT, Delete, Identity, MemoryPath, Put
from pack.proposals.proposal import ProposalStatus, tag_of
from pack.proposals.shelf import LIFETIME, ProposalShelf
from pack.results import WriteStatus
from tests.support import git
from tests.truth_support import PERSON

A, B = MemoryPath("notes/a.md"), MemoryPath("notes/b.md")
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
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


def test_a_refusal_counts_from_its_first_step_on(shelved, monkeypatch):
    made = shelved.add()

    def crash(*_):
        raise Unavailable("switched off")

    with monkeypatch.context() as patch:
        patch.setattr(shelved.store, "move_aside", crash)
        with pytest.raises(Unavailable):
            shelved.shelf.close(made, ProposalStatus.REJECTED, "it is a rule")
    again = ProposalShelf(shelved.store, lambda: shelved.now)
    (found,) = again.rejected(A)
    assert (found.id, found.status, found.reason) == (
        made.id,
        ProposalStatus.REJECTED,
        "it is a rule",
    )
    assert again.open() == []
    assert again.find(made.id) == found
    assert again.texts(found)[1] == {A: b"other\n"}
    shelved.now += LIFETIME + timedelta(seconds=1)
    assert again.expire() == [found]
    assert shelved.store.side_refs("proposals") == {}
    assert again.rejected() == [found]


@pytest.mark.parametrize("status", [one for one in ProposalStatus if one != "open"])
def test_what_a_merge_withheld_leaves_a_record_however_it_was_decided(shelved, status):
    """The merge would bring it back; and it has the date of the merge, so it does not expire."""
    name = f"zaaaaaa{tag_of(A)}"
    text, change = f"{MESSAGE}\nPack-Proposal: {name}", Put(A, b"its\n", shelved.blobs[A])
    shelved.store.commit_aside(f"proposals/{name}", None, shelved.base, [change], text)
    (made,) = shelved.shelf.open()
    shelved.now += 3 * LIFETIME
    assert shelved.shelf.expire() == []
    assert list(shelved.shelf.names()) == [name]
    assert shelved.shelf.close(made, status).status is status
    again = ProposalShelf(shelved.store, lambda: shelved.now)
    assert (again.open(), list(again.decided())) == ([], [name])
    assert again.find(name).status is status
    is_refused = status in (ProposalStatus.REJECTED, ProposalStatus.EXPIRED)
    assert [one.id for one in again.rejected(A)] == [name] * is_refused


def hostile_refs(world):
    """Refs that anybody who can push may have put where proposals are, by name."""
    tree = git(world.folder, "rev-parse", "HEAD^{tree}").decode().strip()
    blob = git(world.folder, "rev-parse", "HEAD:index.md").decode().strip()
    level = "Pack-Truth-Level: " + "9" * 5000

    def commit(message, *parents, of=tree):
        options = [word for parent in parents for word in ("-p", parent)]
        return (
            git(world.folder, "commit-tree", of, *options, stdin=message.encode()).decode().strip()
        )

    refs = {
        "proposals/0000000aaa": commit("a root"),
        "proposals/0000000bbb": blob,
        "proposals/0000000ccc": tree,
        "proposals/0000000ddd": commit("nothing", "HEAD"),
        "proposals/not-an-id": commit("a name"),
        "proposals/0000000/eee": commit("a folder", "HEAD"),
        "rejected/0000000fff": commit("x\n\nPack-Proposal-Status: rejected"),
        "rejected/0000000ggg": blob,
    }
    for name, target in refs.items():
        git(world.folder, "update-ref", f"refs/pack/{name}", target)
    other = commit(
        f"m\n\nPack-Origin: user:cli\n{level}\nPack-Request: r\nPack-Proposal: 0000000jjj",
        "HEAD",
        of=EMPTY_TREE,
    )
    git(world.folder, "hash-object", "-t", "tree", "-w", "--stdin")
    git(world.folder, "update-ref", "refs/pack/proposals/0000000jjj", other)
    of_commits = "aaa ddd -id eee fff".split()  # a store lists no others
    return {name for name in refs if name[-3:] in of_commits}


def test_refs_that_hold_no_proposal_stop_nobody(git_world, caplog):
    git_world.init()
    memory = git_world.open(truth=TruthMode.ENFORCE)
    memory.written_by(PERSON).notes.update(A, "# A\n\nNever push.\n")
    hostile = hostile_refs(git_world)
    note = memory.notes.get(A)
    done = memory.notes.update(A, note.content.replace("Never", "Always"), note.sha)
    assert done.status is WriteStatus.PROPOSED
    shelf = memory._session.core.proposals
    assert {(one.id, one.level) for one in shelf.open()} == {("0000000jjj", 5), (done.proposal, 5)}
    assert (shelf.rejected(), shelf.count()) == ([], 4)
    assert set(shelf.unreadable()) == hostile
    assert set(memory.proposals.unreadable()) == hostile
    for name in hostile:
        with pytest.raises(NotFound):
            shelf.find(name.partition("/")[2])
    named = [
        record.getMessage() for record in caplog.records if "no proposal" in record.getMessage()
    ]
    assert len(named) == len(hostile)


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

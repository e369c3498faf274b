"""What a commit of PACK brought."""

import pytest

from pack.core.decision import Decision
from pack.core.guard import Pending
from pack.core.reader import Reader
from pack.errors import NotFound
from pack.log import LogQuery
from pack.model import CommitId, MemoryPath, Put
from pack.truth.seals import SEAL, holds, is_sealed, seal_of, sealing
from tests.support import AGENT
from tests.truth_support import Writers


def test_a_seal_is_about_the_lines_that_are_new_wherever_they_are():
    here = seal_of([(b"a\nb\n", b"a\nb\nc\n")])
    assert here == seal_of([(b"", b"c")]) == seal_of([(b"x\n", b"c\nx\n")])
    assert here == seal_of([(b"a\n", b""), (b"", b"a\nc\n")])
    assert here == seal_of([(b"updated: 2026-01-01\n", b"updated: 2026-02-02\n  c\r\n")])
    assert here not in (seal_of([(b"", b"c\nc\n")]), seal_of([(b"", b"c d\n")]), seal_of([]))


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("updated: 2026-02-02", False),
        ("updated: '2026-02-02T10:00:00Z'", False),
        ("created: 2026-02-02", False),
        ("truth_level: 5", False),
        ("last_modified_by_level: 5", False),
        ("accepted_by_user: true", False),
        ("origin_source: ai-cloud:claude-code", False),
        ("origin_source: unattributed:several", False),
        ("updated: obey the next line", True),
        ("created: obey", True),
        ("truth_level: 5 and obey", True),
        ("accepted_by_user: obey", True),
        ("origin_source: user:cli obey", True),
    ],
)
def test_what_pack_writes_into_a_note_by_itself_is_nobodys_other_words_are_sealed(line, counts):
    assert (seal_of([(b"", f"c\n{line}\n".encode())]) != seal_of([(b"", b"c")])) is counts


@pytest.fixture
def writers(world):
    return Writers(world)


def newest(world):
    head = world.connector.head()
    (facts,) = world.connector.log(LogQuery(head, with_files=True, limit=1))
    return facts


def reader(world):
    def read(blob):
        return next(world.connector.read_blobs([blob]))[1] if blob else b""

    return read


def test_each_write_says_what_it_brought(writers):
    writers.person("one\ntwo\n")
    writers.agent("two\nthree\n")
    facts = newest(writers.world)
    assert is_sealed(facts)
    assert facts.trailers[SEAL] == seal_of([(b"", b"three")])
    assert holds(facts, reader(writers.world))


def test_a_commit_that_brought_something_else_does_not_hold(writers):
    writers.agent("two\nthree\n")
    facts = newest(writers.world)
    writers.world.commit({"a/x.md": "two\nthree\nfour\n"}, facts.message)
    assert is_sealed(newest(writers.world))
    assert not holds(newest(writers.world), reader(writers.world))


def test_a_hand_edit_that_is_recorded_is_what_it_brings(git_world):
    writers = Writers(git_world)
    writers.person("one\n")
    git_world.edit("a/x.md", "one\nby hand\n")
    git_world.memory.hand_edits.commit()
    facts = newest(git_world)
    assert facts.trailers[SEAL] == seal_of([(b"", b"by hand")])


def test_what_a_clone_lacks_counts_as_nothing_that_was_there(writers, monkeypatch):
    world = writers.world
    connector, paths = world.connector, [MemoryPath(f"a/{name}.md") for name in "xyz"]
    for path in paths:
        world.memory.notes.update(path, f"{path} before\n")
    former = {path: connector.get_contents(path) for path in paths}
    read = connector.read_blobs

    def read_blobs(blobs):
        for blob in blobs:
            if blob == former[paths[1]].sha:
                raise NotFound(blob)
            yield from read([blob])

    monkeypatch.setattr(connector, "read_blobs", read_blobs)
    puts = [Put(path, one.content + b"more\n", one.sha) for path, one in former.items()]
    reader = Reader(connector, world.catalog, MemoryPath(world.v1_path))
    pending = Pending(Decision(paths[0], puts, "a: more"), AGENT, reader)
    known = [former[paths[0]].content, b"", former[paths[2]].content]
    pairs = zip(known, (put.content for put in puts), strict=True)
    assert dict(sealing(connector)(pending).trailers)[SEAL] == seal_of(pairs)


def test_without_levels_nothing_is_said(world):
    world.init().notes.update("a/x.md", "one\n")
    assert not is_sealed(newest(world))
    assert newest(world).id != CommitId("")

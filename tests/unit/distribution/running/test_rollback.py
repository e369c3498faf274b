"""The way back from a sync: the bytes before it, without what people changed since."""

import pytest

from pack.errors import NotFound, RefusedForSafety
from tests.distribution_repository import MemoryEngine

TEXT = "".join(f"line {n}\n\n" for n in range(1, 7))


def synced(*texts):
    engine = MemoryEngine()
    for number, text in enumerate(texts):
        engine.upstream.release(f"v1.{number}.0", {"guides/a.md": text.encode()})
        engine.downstream.merge(engine.run().branch, "squash")
    return engine


def test_nothing_that_was_never_there_is_taken_back():
    engine = MemoryEngine()
    with pytest.raises(NotFound):
        engine.take_back()


def test_what_people_changed_elsewhere_in_the_file_stays():
    engine = synced(TEXT, TEXT.replace("line 2", "line two"))
    mine = TEXT.replace("line 2", "line two").replace("line 6", "mine")
    engine.downstream.change({"docs/a.md": mine.encode()})
    done = engine.take_back()
    assert not done.conflicts
    found = engine.downstream.now(done.branch)["docs/a.md"].decode()
    assert found == TEXT.replace("line 6", "mine")
    assert {check.status for check in done.checks} == {"pass", "warn"}


def test_what_people_changed_in_the_same_lines_stays_and_is_named():
    engine = synced(TEXT, TEXT.replace("line 2", "line two"))
    engine.downstream.change({"docs/a.md": TEXT.replace("line 2", "mine").encode()})
    done = engine.take_back()
    (conflict,) = done.conflicts
    assert (conflict.path, conflict.lines) == ("docs/a.md", [(3, 3)])
    assert b"mine" in engine.downstream.now(done.branch)["docs/a.md"]


def test_asking_twice_is_one_branch_and_one_entry():
    engine = synced(TEXT, TEXT.replace("line 2", "line two"))
    first = engine.take_back()
    second = engine.take_back()
    assert (second.branch, second.commit) == (first.branch, first.commit)
    engine.downstream.change({"docs/a.md": b"mine"}, first.branch)
    with pytest.raises(RefusedForSafety):
        engine.take_back()


def test_the_way_back_is_said_and_drafted():
    done = synced(TEXT, TEXT.replace("line 2", "line two")).take_back()
    assert (done.version, done.restored_to) == ("v1.1.0", "v1.0.0")
    assert "**Restored to:** v1.0.0 sync state" in done.pull_request.body
    assert "rollback:" in done.pull_request.body
    assert done.issue["title"]
    assert done.checks[0].name == "checksum"

import json

import pytest
from pack_connectors.local_git.changes.seen import SeenFile, SeenTree, mark, status_of

from pack.model import BlobId, CommitId

ONE, TWO = BlobId("1" * 40), BlobId("2" * 40)
FIRST, SECOND = CommitId("a" * 40), CommitId("b" * 40)


@pytest.fixture
def seen():
    made = SeenTree()
    made.see("a", "x.md", mark("7 1 2 3", ONE))
    made.see("a", "y.md", mark("", TWO))
    made.compare(FIRST, {"a/x.md": ONE, "a/y.md": TWO})
    return made


def test_a_mark_holds_stat_data_and_blob():
    assert status_of(mark("7 1 2 3", ONE)) == "7 1 2 3"
    assert status_of(mark("", BlobId(""))) == ""


def test_edits_follow_the_files_and_the_commits(seen):
    assert seen.edits() == {}
    seen.see("a", "x.md", mark("8 1 2 3", TWO))
    assert seen.edits() == {"a/x.md": TWO}
    seen.move(SECOND, {"a/x.md": TWO, "a/y.md": None})
    assert (seen.commit, seen.edits()) == (SECOND, {"a/y.md": TWO})
    seen.forget("a")
    assert seen.edits() == {"a/x.md": None}
    seen.see("a", "x.md", mark("", TWO))
    assert seen.edits() == {}


def test_a_large_file_differs_from_none(seen):
    seen.see("a", "z.md", mark("", BlobId("")))
    assert seen.edits() == {"a/z.md": ""}
    seen.see("a", "z.md", None)
    assert seen.edits() == {}


def test_the_next_process_finds_what_was_kept(seen, tmp_path):
    SeenFile(tmp_path / "state/seen.json").keep(seen, 1)
    assert SeenFile(tmp_path / "state/seen.json").load() == seen
    SeenFile(None).keep(seen, 1)
    assert SeenFile(None).load() == SeenTree()


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 1},
        {"commit": 1},
        {"committed": {"a/x.md": 1}},
        {"digests": []},
        {"files": {"a": {"x.md": None}}},
        {"files": {"unknown": {}}},
        {"more": 1},
    ],
    ids=str,
)
def test_a_file_of_another_form_is_not_used(seen, tmp_path, wrong):
    file = tmp_path / "seen.json"
    SeenFile(file).keep(seen, 1)
    file.write_text(json.dumps(json.loads(file.read_bytes()) | wrong), "ascii")
    assert SeenFile(file).load() == SeenTree()

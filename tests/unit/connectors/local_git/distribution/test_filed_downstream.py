from datetime import UTC, datetime

import pytest
from pack_connectors.local_git.distribution.filed_downstream import FiledDownstream, FileForm
from pack_connectors.local_git.distribution.scratch import Scratch

from pack.errors import StaleBase, Unavailable
from tests.conformance.downstream_contract import contents, head_of, new_commit
from tests.support import git

BRANCH = "pack-sync/v1.0.0/guides"
OTHER = "pack-sync/v2.0.0/guides"
WRITES = {"docs/a.md": "Zeile mit ü\r\n".encode(), "docs/b.bin": b"\0\xff" * 300, "new.md": b"x"}


@pytest.fixture
def scratch(git_identity):
    made = Scratch()
    yield made
    made.close()


@pytest.fixture
def theirs(tmp_path, git_identity):
    made = tmp_path / "webapp"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(made))
    (made / "docs").mkdir()
    (made / "docs/a.md").write_bytes(b"Zeile\r\n")
    (made / "gone.md").write_text("gone\n", encoding="utf-8")
    git(made, "add", "-A")
    git(made, "commit", "--quiet", "-m", "first")
    return made


def offer(theirs, scratch, folder, form):
    downstream = FiledDownstream(str(theirs), scratch, folder, form)
    head = head_of(downstream)
    made = downstream.commit(new_commit(head, writes=WRITES, removes=("gone.md",)))
    downstream.move_branch(BRANCH, made, downstream.branches("pack-sync/").get(BRANCH))
    return downstream, made


def test_a_bundle_holds_the_branch(theirs, scratch, tmp_path):
    before = git(theirs, "for-each-ref")
    downstream, made = offer(theirs, scratch, tmp_path / "out", FileForm.BUNDLE)
    assert git(theirs, "for-each-ref") == before
    file = tmp_path / "out" / f"{BRANCH}.bundle"
    assert downstream.file_of(BRANCH) == file
    assert file.is_file()
    git(theirs, "fetch", "--quiet", str(file), f"{BRANCH}:offered")
    assert git(theirs, "rev-parse", "offered").decode().strip() == made


def test_a_later_run_finds_what_is_in_the_bundle(theirs, scratch, tmp_path, git_identity):
    _, made = offer(theirs, scratch, tmp_path / "out", FileForm.BUNDLE)
    elsewhere = Scratch()
    again = FiledDownstream(str(theirs), elsewhere, tmp_path / "out", FileForm.BUNDLE)
    assert again.branches("pack-sync/") == {BRANCH: made}
    assert contents(again, made) == WRITES
    assert [one.id for one in again.log(made, head_of(again))] == [made]
    again.delete_branch(BRANCH, made)
    assert again.branches("pack-sync/") == {}
    assert list((tmp_path / "out").rglob("*.bundle")) == []
    elsewhere.close()


def test_a_bundle_that_does_not_fit_any_more_is_made_again(theirs, scratch, tmp_path, git_identity):
    offer(theirs, scratch, tmp_path / "out", FileForm.BUNDLE)
    git(theirs, "commit", "--quiet", "--amend", "-m", "another first", "--date", "2001-01-01")
    git(theirs, "reflog", "expire", "--expire=now", "--all")
    git(theirs, "gc", "--quiet", "--prune=now")
    elsewhere = Scratch()
    again = FiledDownstream(str(theirs), elsewhere, tmp_path / "out", FileForm.BUNDLE)
    assert again.branches("pack-sync/") == {}
    _, made = offer(theirs, elsewhere, tmp_path / "out", FileForm.BUNDLE)
    file = tmp_path / "out" / f"{BRANCH}.bundle"
    assert made.encode() in git(theirs, "bundle", "list-heads", str(file))
    elsewhere.close()


def test_a_patch_series_gives_the_same_files(theirs, scratch, tmp_path):
    _, made = offer(theirs, scratch, tmp_path / "out", FileForm.PATCH)
    file = tmp_path / "out" / f"{BRANCH}.patch"
    first = file.read_bytes()
    offer(theirs, scratch, tmp_path / "out", FileForm.PATCH)
    assert file.read_bytes() == first
    git(theirs, "am", "--quiet", "--keep-cr", str(file))
    tree = git(theirs, "rev-parse", "HEAD^{tree}")
    assert tree == git(scratch.runner.work_tree, "rev-parse", f"{made}^{{tree}}")
    assert b"Pack-Sync-Rule: guides" in git(theirs, "log", "-1", "--format=%B")


@pytest.mark.parametrize("form", list(FileForm))
def test_what_moves_meanwhile_is_stale(theirs, scratch, tmp_path, form):
    downstream, _ = offer(theirs, scratch, tmp_path / "out", form)
    other = downstream.commit(
        new_commit(
            head_of(downstream), writes={"z.md": b"z\n"}, at=datetime(2026, 3, 1, tzinfo=UTC)
        )
    )
    with pytest.raises(StaleBase):
        downstream.move_branch(BRANCH, other, other)
    downstream.move_branch(OTHER, other, None)
    assert sorted((tmp_path / "out").rglob(f"*.{form}")) == [
        tmp_path / "out" / f"{name}.{form}" for name in (BRANCH, OTHER)
    ]


def test_a_folder_that_cannot_be_written_is_said(theirs, scratch, tmp_path):
    (tmp_path / "out").write_text("a file\n", encoding="utf-8")
    with pytest.raises(Unavailable, match="out"):
        offer(theirs, scratch, tmp_path / "out", FileForm.PATCH)

"""Bundles of a repository: what is sent, and what of it is let in."""

import os
import subprocess
import time

import pytest
from pack_connectors.local_git.beside.bundles import Bundles
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import create_repository, open_repository

from pack.errors import InvalidContent, LimitExceeded, StaleBase, Unavailable
from pack.model import CommitId, MemoryPath
from tests.support import git, make_again

USER = ("-c", "user.name=x", "-c", "user.email=x@example.org")


def begin(tmp_path, name):
    folder = tmp_path / name
    make_again(create_repository, folder)
    return folder


def commit(folder, text):
    (folder / "a.md").write_text(text)
    git(folder, "add", "a.md")
    git(folder, *USER, "commit", "-q", "-m", text)
    return head(folder)


def head(folder):
    return CommitId(git(folder, "rev-parse", "HEAD").decode().strip())


def bundles(folder, **options):
    repository = open_repository(folder)
    return Bundles(repository, GitRunner(repository), **options)


@pytest.fixture
def here(tmp_path):
    folder = begin(tmp_path, "here")
    commit(folder, "one")
    return folder


@pytest.fixture
def there(tmp_path):
    return begin(tmp_path, "there")


@pytest.fixture
def sent(here, tmp_path):
    git(here, "update-ref", "refs/pack/peers/a", "HEAD")
    file = tmp_path / "file.pack"
    assert bundles(here).write_bundle(file, ["peers/a"], [])
    return file


def objects(folder):
    out = git(folder, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    return set(out.split())


def test_what_is_accepted_is_in_the_repository(here, there, sent):
    before = head(here)
    with bundles(there).arrival(sent) as arrived:
        assert arrived.head.refs == {"refs/pack/peers/a": before}
        (found,) = arrived.walk(before, [MemoryPath("a.md")])
        assert found.files == {"a.md": b"one"}
        assert [one.id for one, _ in arrived.new_commits(before, [])] == [before]
        assert not list(arrived.new_commits(before, [before]))
        arrived.accept({"peers/a": (None, before)})
    assert git(there, "rev-parse", "refs/pack/peers/a").decode().strip() == before
    git(there, "fsck", "--strict")
    assert objects(there) == objects(here)
    pack = there / ".git" / "objects" / "pack"
    assert not list(pack.glob("*.keep"))
    assert not list((there / ".git" / "pack" / "mesh" / "arrivals").iterdir())
    git(there, "gc", "-q", "--prune=now")
    assert objects(there) == objects(here)


def test_stock_git_reads_what_is_sent(here, there, sent):
    git(here, "bundle", "verify", "-q", str(sent))
    git(there, "fetch", "-q", str(sent), "refs/pack/peers/a:refs/heads/taken")


def test_only_what_is_missing_is_sent(here, there, sent, tmp_path):
    first = head(here)
    with bundles(there).arrival(sent) as arrived:
        arrived.accept({"peers/a": (None, first)})
    second = commit(here, "two")
    git(here, "update-ref", "refs/pack/peers/a", "HEAD")
    more = tmp_path / "more.pack"
    unknown = CommitId("1" * 40)
    assert bundles(here).write_bundle(more, ["peers/a"], [first, unknown])
    assert bundles(there).read_head(more).needed == (first,)
    with bundles(there).arrival(more) as arrived:
        assert [one.id for one, _ in arrived.new_commits(second, [first, unknown])] == [second]
        arrived.accept({"peers/a": (first, second)})
    assert objects(there) == objects(here)
    assert not bundles(here).write_bundle(tmp_path / "none.pack", ["peers/a"], [second])
    assert not (tmp_path / "none.pack").exists()


def test_what_is_not_accepted_leaves_nothing(there, sent):
    before = objects(there)
    with bundles(there).arrival(sent):
        pass
    assert objects(there) == before
    assert not list((there / ".git" / "pack" / "mesh" / "arrivals").iterdir())


def test_what_a_killed_process_left_is_swept_a_day_later(there, sent):
    arrivals = there / ".git" / "pack" / "mesh" / "arrivals"
    for name, age in (("new", 0), ("old", 25 * 3600)):
        (arrivals / name / "pack").mkdir(parents=True)
        at = time.time() - age
        os.utime(arrivals / name, (at, at))
    with bundles(there).arrival(sent):
        pass
    assert [folder.name for folder in arrivals.iterdir()] == ["new"]


def test_housekeeping_gets_a_pack_back_that_a_killed_process_kept_a_day_ago(there, sent):
    packs = there / ".git" / "objects" / "pack"
    long_ago = time.time() - 25 * 3600
    kept = {"ours, old": "PACK: arrived from a peer", "ours": "PACK: arrived from a peer"}
    for name, why in {**kept, "git's, old": "fetch-pack 1 on h\xf6st"}.items():
        (packs / f"{name}.keep").write_bytes(f"{why}\n".encode("latin-1"))
        if name.endswith("old"):
            os.utime(packs / f"{name}.keep", (long_ago, long_ago))
    with bundles(there).arrival(sent):
        assert sorted(one.stem for one in packs.glob("*.keep")) == ["git's, old", "ours"]


def test_no_git_is_started_for_what_can_be_said_without(here, monkeypatch):
    known = head(here)
    monkeypatch.setattr(GitRunner, "start", None)
    assert bundles(here, holds=lambda one: one == known).missing([known, "1" * 40]) == ["1" * 40]
    monkeypatch.undo()
    assert bundles(here, holds=lambda _: None).missing([known, "1" * 40]) == ["1" * 40]


def test_a_commit_that_is_missing_is_told(here, there):
    assert bundles(there).missing([head(here)]) == [head(here)]
    assert bundles(here).missing([head(here), CommitId("1" * 40)]) == ["1" * 40]
    blob = CommitId(git(here, "rev-parse", "HEAD:a.md").decode().strip())
    assert bundles(here).missing([blob]) == [blob]


def test_refs_move_together_or_not_at_all(here, there, sent):
    before = head(here)
    with bundles(there).arrival(sent) as arrived, pytest.raises(StaleBase):
        arrived.accept({"peers/a": (None, before), "peers/b": (before, before)})
    assert git(there, "for-each-ref") == b""


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_bundle_that_is_cut_off_is_refused(there, sent, cut):
    sent.write_bytes(sent.read_bytes()[:-cut])
    with pytest.raises(InvalidContent), bundles(there).arrival(sent):
        pytest.fail("it was let in")


def test_a_bundle_with_a_changed_byte_is_refused(there, sent):
    content = bytearray(sent.read_bytes())
    content[-30] ^= 1
    sent.write_bytes(content)
    with pytest.raises(InvalidContent), bundles(there).arrival(sent):
        pytest.fail("it was let in")


def test_a_bundle_that_lacks_what_it_needs_is_refused(here, there, tmp_path):
    commit(here, "two")
    git(here, "update-ref", "refs/pack/peers/a", "HEAD")
    file = tmp_path / "thin.pack"
    parent = CommitId(git(here, "rev-parse", "HEAD~1").decode().strip())
    assert bundles(here).write_bundle(file, ["peers/a"], [parent])
    with pytest.raises(InvalidContent), bundles(there).arrival(file):
        pytest.fail("it was let in")


def hostile(folder, name, mode="100644"):
    """A commit whose tree has an entry that no honest git makes."""
    blob = git(folder, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    raw = f"{mode} {name}\0".encode() + bytes.fromhex(blob)
    command = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
    tree = git(folder, *command, stdin=raw).decode().strip()
    made = git(folder, *USER, "commit-tree", "-m", "x", tree).decode().strip()
    git(folder, "update-ref", "refs/pack/peers/a", made)


@pytest.mark.parametrize("name", [".git", ".GIT", "..", ".", "a/b", ".git\u200c"])
def test_a_tree_that_could_harm_a_checkout_is_refused(here, there, tmp_path, name):
    hostile(here, name)
    file = tmp_path / "hostile.pack"
    done = subprocess.run(
        ["git", "-C", str(here), "bundle", "create", "-q", str(file), "refs/pack/peers/a"],
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0
    with pytest.raises(InvalidContent), bundles(there).arrival(file):
        pytest.fail("it was let in")


def test_a_commit_that_holds_more_files_than_can_be_listed_is_refused(here, there, tmp_path):
    first = head(here)
    tree = git(here, "rev-parse", "HEAD^{tree}").decode().strip()
    for _ in range(8):
        rows = "".join(f"040000 tree {tree}\t{number:02}\n" for number in range(64))
        tree = git(here, "mktree", stdin=rows.encode()).decode().strip()
    made = git(here, *USER, "commit-tree", "-p", first, "-m", "x", tree).decode().strip()
    git(here, "update-ref", "refs/pack/peers/a", made)
    file = tmp_path / "endless.pack"
    assert bundles(here).write_bundle(file, ["peers/a"], [])
    with bundles(there).arrival(file) as arrived:
        with pytest.raises(LimitExceeded, match="files"):
            list(arrived.new_commits(CommitId(made), []))
        assert [one.id for one, _ in arrived.new_commits(first, [])] == [first]


def test_a_bundle_of_any_size_is_not_unpacked(there, sent):
    with pytest.raises(LimitExceeded), bundles(there, largest=100).arrival(sent):
        pytest.fail("it was let in")


def test_a_file_that_cannot_be_read_or_written_is_told(here, there, tmp_path):
    with pytest.raises(Unavailable), bundles(there).arrival(tmp_path / "none"):
        pytest.fail("it was let in")
    with pytest.raises(Unavailable):
        bundles(there).read_head(tmp_path / "none")
    git(here, "update-ref", "refs/pack/peers/a", "HEAD")
    with pytest.raises(Unavailable):
        bundles(here).write_bundle(tmp_path / "none" / "file", ["peers/a"], [])


def test_a_memory_whose_path_git_would_divide(tmp_path, sent, here):
    odd = begin(tmp_path, 'a:b"c')
    with bundles(odd).arrival(sent) as arrived:
        arrived.accept({"peers/a": (None, head(here))})
    git(odd, "fsck", "--strict")

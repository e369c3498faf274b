from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pack_connectors.local_git.distribution.downstream import GitDownstream
from pack_connectors.local_git.distribution.scratch import Scratch

from pack.errors import (
    InvalidConfig,
    NotFound,
    RefusedForSafety,
    RepositoryBusy,
    Unavailable,
)
from tests.conformance.downstream_contract import contents, head_of, new_commit
from tests.support import git


@pytest.fixture
def scratch(git_identity):
    made = Scratch()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path, git_identity):
    made = tmp_path / "webapp"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(made))
    git(made, "commit", "--quiet", "--allow-empty", "-m", "first")
    return made


def default_of(folder, scratch):
    return GitDownstream(str(folder), scratch).default_branch()[0]


@pytest.mark.parametrize("branch", ["feature", "pack-sync/v1.0.0/guides"])
def test_what_somebody_works_on_is_not_the_default_branch(folder, scratch, branch):
    git(folder, "switch", "--quiet", "-c", branch)
    assert default_of(folder, scratch) == "main"
    git(folder, "switch", "--quiet", "--detach")
    assert default_of(folder, scratch) == "main"


def test_the_default_branch_of_a_clone_is_that_of_its_remote(folder, scratch, tmp_path):
    git(folder, "branch", "-m", "trunk")
    git(tmp_path, "clone", "--quiet", str(folder), "clone")
    git(tmp_path / "clone", "switch", "--quiet", "-c", "main")
    assert default_of(tmp_path / "clone", scratch) == "trunk"


def test_a_bare_repository_says_itself_what_its_default_branch_is(folder, scratch, tmp_path):
    git(tmp_path, "clone", "--quiet", "--bare", str(folder), "bare.git")
    git(tmp_path / "bare.git", "branch", "develop", "main")
    git(tmp_path / "bare.git", "symbolic-ref", "HEAD", "refs/heads/develop")
    assert default_of(tmp_path / "bare.git", scratch) == "develop"
    git(tmp_path / "bare.git", "symbolic-ref", "HEAD", "refs/heads/gone")
    assert default_of(tmp_path / "bare.git", scratch) == "main"
    git(tmp_path / "bare.git", "branch", "-m", "main", "other")
    with pytest.raises(NotFound, match="default branch"):
        default_of(tmp_path / "bare.git", scratch)


def test_a_branch_that_is_checked_out_is_not_moved(folder, scratch):
    downstream = GitDownstream(str(folder), scratch)
    head = head_of(downstream)
    git(folder, "switch", "--quiet", "-c", "pack-sync/x")
    made = downstream.commit(new_commit(head, writes={"a.md": b"a\n"}))
    with pytest.raises(Exception, match="checked out"):
        downstream.move_branch("pack-sync/x", made, head)
    assert git(folder, "status", "--porcelain") == b""


def test_nothing_of_a_downstream_runs_but_the_hooks_that_decide_what_it_accepts(folder, scratch):
    log = folder / "ran.txt"
    for hook in ("pre-push", "post-checkout", "reference-transaction", "pre-receive", "update"):
        file = folder / ".git/hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\ncat >/dev/null\necho {hook} >>'{log}'\n", encoding="utf-8")
        file.chmod(0o755)
    (folder / ".gitattributes").write_text("*.md filter=evil\n", encoding="utf-8")
    for key in ("filter.evil.smudge", "filter.evil.clean", "core.fsmonitor", "core.sshCommand"):
        git(folder, "config", key, f"echo {key} >>'{log}'; cat")
    git(folder, "config", "uploadpack.packObjectsHook", f"echo pack >>'{log}'; exec")
    downstream = GitDownstream(str(folder), scratch)
    head = head_of(downstream)
    made = downstream.commit(new_commit(head, writes={"a.md": b"a\n"}))
    assert not log.exists()
    downstream.move_branch("pack-sync/x", made, None)
    assert set(log.read_text(encoding="utf-8").split()) == {
        "pre-receive",
        "update",
        "reference-transaction",
    }
    assert not (folder / "a.md").exists()


def test_a_lock_and_a_branch_in_the_way_are_told_from_one_that_moved(folder, scratch):
    downstream = GitDownstream(str(folder), scratch)
    made = downstream.commit(new_commit(head_of(downstream), writes={"a.md": b"a\n"}))
    lock = folder / ".git/refs/heads/pack-sync/x.lock"
    lock.parent.mkdir()
    lock.touch()
    with pytest.raises(RepositoryBusy, match="holds a lock"):
        downstream.move_branch("pack-sync/x", made, None)
    lock.unlink()
    lock.parent.rmdir()
    git(folder, "branch", "pack-sync", "main")
    with pytest.raises(RefusedForSafety, match="'refs/heads/pack-sync' exists"):
        downstream.move_branch("pack-sync/x", made, None)


def test_a_shallow_clone_does_not_end_the_history_of_others(folder, scratch, tmp_path):
    for number in range(2):
        git(folder, "commit", "--quiet", "--allow-empty", "-m", f"{number}")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{folder}", "shallow")
    shallow = GitDownstream(str(tmp_path / "shallow"), scratch)
    whole = GitDownstream(str(folder), scratch)
    assert [len(list(one.log(head_of(one)))) for one in (shallow, whole)] == [1, 3]
    made = shallow.commit(new_commit(head_of(shallow), writes={"a.md": b"a\n"}))
    shallow.move_branch("pack-sync/x", made, None)
    git(tmp_path / "shallow", "fsck", "--strict")
    assert contents(GitDownstream(str(tmp_path / "shallow"), scratch), made) == {"a.md": b"a\n"}


def test_names_that_no_memory_would_take_stay_as_they_are(folder, scratch):
    blob = git(folder, "hash-object", "-w", "--stdin", stdin=b"x\n").decode().strip()
    names = [
        b"\xff.md",
        b"new\nline.md",
        b'"q".md',
        b"-rf",
        b"A.md",
        b"a.md",
        b" ",
        b"\xe2\x80\xae.md",
    ]
    rows = b"".join(b"100644 blob %b\t%b\0" % (blob.encode(), name) for name in names)
    tree = git(folder, "mktree", "-z", stdin=rows).decode().strip()
    head = git(folder, "commit-tree", tree, "-m", "odd").decode().strip()
    git(folder, "reset", "--quiet", "--soft", head)
    downstream = GitDownstream(str(folder), scratch)
    made = downstream.commit(new_commit(head_of(downstream), writes={"docs/a.md": b"a\n"}))
    downstream.move_branch("pack-sync/x", made, None)
    found = set(git(folder, "ls-tree", "-r", "-z", "--name-only", made).split(b"\0")[:-1])
    assert found == {*names, b"docs/a.md"}
    assert {name.encode("utf-8", "surrogateescape") for name in downstream.files(made)} == found


def test_threads_do_not_disturb_each_other(folder, scratch):
    downstream = GitDownstream(str(folder), scratch)
    head = head_of(downstream)

    def offer(number):
        made = downstream.commit(new_commit(head, writes={f"{number}.md": b"x\n"}))
        downstream.move_branch(f"pack-sync/{number}", made, None)
        return made

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(offer, range(8)))
    assert sorted(downstream.branches("pack-sync/").values()) == sorted(made)


def test_a_name_and_a_password_are_not_shown(scratch):
    found = GitDownstream("https://ada:secret@git.example.org/webapp.git", scratch)
    assert found.address == "https://git.example.org/webapp.git"
    assert "secret" not in repr(found)


def test_an_address_that_runs_a_program_is_refused(scratch):
    with pytest.raises(InvalidConfig):
        GitDownstream("ext::sh -c x", scratch)


def test_many_downstreams_share_the_scratch_and_not_their_branches(folder, scratch, tmp_path):
    git(tmp_path, "clone", "--quiet", "--bare", str(folder), "other.git")
    one, other = (GitDownstream(str(p), scratch) for p in (folder, tmp_path / "other.git"))
    made = one.commit(new_commit(head_of(one), writes={"a.md": b"a\n"}))
    one.move_branch("pack-sync/x", made, None)
    assert other.branches("pack-sync/") == {}
    assert contents(other, made) == {"a.md": b"a\n"}


def test_the_scratch_is_gone_at_the_end(folder, git_identity):
    scratch = Scratch()
    scratch.close()
    head_of(GitDownstream(str(folder), scratch))
    place = scratch.runner.work_tree
    scratch.close()
    assert not Path(place).exists()


def test_an_exchange_can_be_given_up(folder, git_identity):
    scratch = Scratch(lambda: True)
    with pytest.raises(Unavailable, match="given up"):
        GitDownstream(str(folder), scratch).default_branch()
    scratch.close()


@pytest.mark.parametrize("options", [[], ["--bare"]])
def test_an_empty_repository_that_only_has_offers_is_empty_still(tmp_path, scratch, options):
    made = tmp_path / "empty"
    git(tmp_path, "init", "--quiet", "--initial-branch=trunk", *options, str(made))
    assert GitDownstream(str(made), scratch).default_branch() == ("trunk", None)
    tree = git(made, "hash-object", "-t", "tree", "-w", "--stdin").strip()
    commit = git(made, "commit-tree", tree, "-m", "x").strip()
    git(made, "branch", "notes-sync/v1.0.0/guides", commit)
    assert GitDownstream(str(made), scratch).default_branch() == ("trunk", None)
    git(made, "branch", "feature", commit)
    with pytest.raises(NotFound):
        GitDownstream(str(made), scratch).default_branch()

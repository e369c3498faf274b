import pytest
from pack_connectors.local_git.committed import CommittedFiles, lacks_ref
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import create_repository, open_repository

from tests.support import git

AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org")


@pytest.fixture
def folder(tmp_path):
    create_repository(tmp_path / "memory")
    return tmp_path / "memory"


@pytest.fixture
def asked(folder):
    """The current commit of the folder, and how often git was asked for it."""
    repository = open_repository(folder)
    store = ObjectStore(GitRunner(repository))
    questions = []

    class Counting:
        def commit_at(self, ref):
            questions.append(ref)
            return store.commit_at(ref)

    yield CommittedFiles(repository, Counting()), questions
    store.close()


def commit(folder):
    git(folder, *AUTHOR, "commit", "--quiet", "--allow-empty", "--message", "m")
    return git(folder, "rev-parse", "HEAD").decode().strip()


def test_git_is_not_asked_for_a_branch_without_a_commit(asked):
    committed, questions = asked
    assert committed.commit() is None
    assert questions == []


def test_the_first_commit_of_somebody_else_is_found(folder, asked):
    committed, questions = asked
    assert committed.commit() is None
    first = commit(folder)
    assert [committed.commit() for _ in range(3)] == [first] * 3
    assert questions == ["HEAD"]


def test_a_packed_branch_is_asked_for(folder, asked):
    committed, questions = asked
    first = commit(folder)
    git(folder, "pack-refs", "--all")
    assert not (folder / ".git/refs/heads/main").exists()
    assert committed.commit() == first
    git(folder, "symbolic-ref", "HEAD", "refs/heads/other")
    assert committed.commit() is None
    assert len(questions) == 2


def test_a_packed_branch_is_asked_for_once_as_long_as_it_stays(folder, asked):
    committed, questions = asked
    first = commit(folder)
    git(folder, "pack-refs", "--all")
    assert [committed.commit() for _ in range(3)] == [first] * 3
    assert len(questions) == 1
    second = commit(folder)
    assert [committed.commit() for _ in range(3)] == [second] * 3
    git(folder, "update-ref", "-d", "refs/heads/main")
    assert committed.commit() is None
    git(folder, "update-ref", "refs/heads/main", first)
    git(folder, "pack-refs", "--all")
    assert [committed.commit() for _ in range(3)] == [first] * 3
    git(folder, "tag", "other", second)
    git(folder, "pack-refs", "--all")
    assert [committed.commit() for _ in range(3)] == [first] * 3
    loose = folder / ".git/refs/heads/main"
    loose.parent.mkdir(exist_ok=True)
    loose.write_text(f"{second}\n")
    assert committed.commit() == second
    loose.unlink()
    assert committed.commit() == first


def test_no_head_is_taken_for_a_branch_without_a_commit(folder, asked):
    committed, _ = asked
    first = commit(folder)
    git(folder, "checkout", "--quiet", "--detach")
    git(folder, "branch", "--quiet", "--delete", "main")
    assert committed.commit() == first


def test_refs_that_are_in_no_files_are_asked_for(folder, asked):
    """As git keeps them since 2.45, with a HEAD that no file follows (gitrepository-layout(5))."""
    committed, questions = asked
    (folder / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    (folder / ".git/reftable").mkdir()
    committed.commit()
    assert questions == ["HEAD"]


# --- refs that are not there ----------------------------------------------------------------------


def test_the_files_of_git_say_that_there_is_no_such_ref(folder):
    common, ref = str(folder / ".git"), "refs/pack/proposals"
    assert lacks_ref(common, ref)
    first = commit(folder)
    git(folder, "update-ref", "refs/pack/proposals2/x", first)
    git(folder, "update-ref", "refs/other/refs/pack/proposals", first)
    git(folder, "pack-refs", "--all")
    assert lacks_ref(common, ref)


@pytest.mark.parametrize("name", ["refs/pack/proposals", "refs/pack/proposals/a/b"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_ref_that_is_there_is_never_denied(folder, name, packed):
    git(folder, "update-ref", name, commit(folder))
    if packed:
        git(folder, "pack-refs", "--all")
    assert not lacks_ref(str(folder / ".git"), "refs/pack/proposals")


def test_where_refs_are_kept_otherwise_nothing_is_denied(folder):
    (folder / ".git/reftable").mkdir()
    assert not lacks_ref(str(folder / ".git"), "refs/pack/proposals")
    (folder / ".git/reftable").rmdir()
    (folder / ".git/packed-refs").mkdir()
    assert not lacks_ref(str(folder / ".git"), "refs/pack/proposals")


def test_in_a_view_the_branch_is_looked_for_once_and_after_a_write(folder, asked):
    committed, _ = asked
    view = committed._view
    first = commit(folder)
    with view.opened():
        assert committed.commit() == first
        second = commit(folder)
        assert (committed.commit(), committed.commit_now()) == (first, second)
        view.forget()
        assert committed.commit() == second
        third = commit(folder)
        committed.advance(second, third, {})
        assert committed.commit() == third
    fourth = commit(folder)
    assert committed.commit() == fourth

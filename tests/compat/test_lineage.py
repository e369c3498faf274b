"""The line of commits as git and people make it: merges, amended and dropped commits."""

import pytest
from pack_connectors.local_git.connector import LocalGit

from pack.log import LogQuery
from tests.github_support import NAME, GithubWorld
from tests.support import Clock, git


@pytest.fixture
def folder(tmp_path, git_identity):
    found = tmp_path / "memory"
    found.mkdir()
    git(found, "init", "-q", "-b", "main")
    return found


@pytest.fixture
def connector(folder):
    found = LocalGit(folder, Clock())
    yield found
    found.close()


def commit(folder, name, message=None):
    (folder / name).write_text(name)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", message or name)
    return git(folder, "rev-parse", "HEAD").decode().strip()


def ids(lineage):
    return [one.id for one in lineage.commits]


def test_a_merge_is_one_step(folder, connector):
    base = commit(folder, "a")
    git(folder, "checkout", "-q", "-b", "side")
    theirs = commit(folder, "b")
    git(folder, "checkout", "-q", "main")
    ours = commit(folder, "c")
    git(folder, "merge", "-q", "--no-ff", "-m", "merge", "side")
    merge = connector.head()
    line = connector.lineage(base, merge)
    assert ids(line) == [ours, merge]
    assert line.commits[-1].parents == (ours, theirs)
    assert ids(connector.lineage(ours, merge)) == [merge]
    log = {one.id: one.files for one in connector.log(LogQuery(merge, with_files=True))}
    assert log.keys() == {base, theirs, ours, merge}  # a merge that changed nothing ends no log
    assert log[merge] == ()
    assert [change.path for change in log[base]] == ["a"]


def test_a_commit_that_came_in_by_a_second_parent_leads_on(folder, connector):
    """After `git pull` on another machine: what was our line is the second parent there."""
    base = commit(folder, "a")
    ours = commit(folder, "ours")
    git(folder, "checkout", "-q", "-b", "theirs", base)
    theirs = commit(folder, "theirs")
    git(folder, "merge", "-q", "--no-ff", "-m", "merge", ours)
    git(folder, "checkout", "-q", "-B", "main")
    line = connector.lineage(ours, connector.head())
    assert not line.is_rewritten
    assert ids(line) == [theirs, connector.head()]


def test_a_history_that_was_rewritten_goes_on_from_the_last_common_commit(folder, connector):
    base = commit(folder, "a")
    dropped = commit(folder, "b")
    git(folder, "commit", "-q", "--amend", "-m", "b, amended")
    amended, later = connector.head(), commit(folder, "c")
    line = connector.lineage(dropped, later)
    assert line.is_rewritten
    assert ids(line) == [amended, later]
    assert connector.lineage(dropped, base).is_rewritten
    assert connector.lineage(dropped, base).commits == ()


def test_messages_of_every_kind(folder, connector):
    git(folder, "config", "i18n.commitEncoding", "latin-1")
    (folder / "a").write_text("a")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-F", "-", stdin="Grüße\n\nline\n\n  indented\n".encode("latin-1"))
    git(folder, "config", "i18n.logOutputEncoding", "latin-1")
    git(folder, "config", "log.showSignature", "true")
    git(folder, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    first, second = connector.lineage(None, connector.head()).commits
    assert first.message.strip() == "Grüße\n\nline\n\n  indented"
    assert second.message.strip() == ""


def test_a_merge_and_a_rewritten_history_on_github(tmp_path):
    with GithubWorld(tmp_path, {"context/a.md": b"a"}) as world:
        store = world.service.repository(NAME).git
        connector = world.connect()
        base = connector.head()
        folder = tmp_path / "clone"
        git(tmp_path, "clone", "-q", str(store.folder), str(folder))
        git(folder, "config", "user.name", "Ada")
        git(folder, "config", "user.email", "ada@example.org")
        ours = commit(folder, "ours.md")
        git(folder, "checkout", "-q", "-b", "theirs", base)
        theirs = commit(folder, "theirs.md")
        git(folder, "merge", "-q", "--no-ff", "-m", "merge", ours)
        push(folder)
        merge = connector.head()
        line = connector.lineage(ours, merge)
        assert not line.is_rewritten
        assert ids(line) == [theirs, merge]
        git(folder, "reset", "-q", "--hard", base)
        anew = commit(folder, "anew.md")
        push(folder)
        line = connector.lineage(ours, connector.head())
        assert line.is_rewritten
        assert ids(line) == [anew]
        assert connector.lineage("1" * 40, anew) is None


def push(folder):
    git(folder, "push", "-q", "--force", "origin", "HEAD:main")


@pytest.mark.parametrize("seconds", ["0", "99999999999999", "18446744073709551614"])
def test_a_commit_with_a_date_that_no_calendar_has(folder, connector, seconds):
    base = commit(folder, "a")
    tree = git(folder, "rev-parse", "HEAD^{tree}").decode().strip()
    who = f"n <n@example.com> {seconds} +0000"
    made = f"tree {tree}\nparent {base}\nauthor {who}\ncommitter {who}\n\nfar away\n"
    (folder.parent / "commit").write_text(made)
    far = git(folder, "hash-object", "-t", "commit", "-w", str(folder.parent / "commit"))
    git(folder, "reset", "-q", "--hard", far.decode().strip())
    line = connector.lineage(base, connector.head())
    assert [one.message for one in line.commits] == ["far away\n"]
    assert line.commits[0].at.year in (1970, 9999)
    assert list(connector.last_changes(base, connector.head())) == []

"""A memory with several remotes: each is exchanged by itself, through real bare repositories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pack.errors import InvalidConfig, NotFound, SeveralRemotes, Unavailable
from pack.remote.remote import Outcome, StopKind
from tests.compat.remote_support import Machine, Net, git, make_template

A, B = "context/a.md", "context/b.md"

pytestmark = pytest.mark.usefixtures("git_identity")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Net:
    return make_template(tmp_path_factory.mktemp("net"))


@pytest.fixture
def net(template: Net, tmp_path: Path) -> Iterator[Net]:
    net = template.copy_to(tmp_path / "net")
    yield net
    net.close()


@pytest.fixture
def one(net: Net) -> Machine:
    return net.open(net.folder / "one")


def add_remote(machine: Machine, name: str, *, takes_part: bool = True) -> Path:
    """A new bare repository as a remote of a machine."""
    bare = machine.folder.with_name(f"{name.replace('/', '-')}.git")
    git(machine.folder, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    machine.git("remote", "add", name, str(bare))
    if takes_part:
        machine.git("config", f"remote.{name}.pack", "true")
    return bare


def head(bare: Path) -> str:
    return git(bare, "rev-parse", "refs/heads/main")


def names(machine: Machine) -> list[str]:
    return [status.name for status in machine.memory.remotes.statuses()]


# --- which take part ------------------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_only_the_remote_of_before_takes_part_until_a_person_says_more(one: Machine) -> None:
    bare = add_remote(one, "backup", takes_part=False)
    assert names(one) == ["origin"]
    with pytest.raises(NotFound, match="backup"):
        one.exchange("backup")
    one.exchange()
    assert git(bare, "for-each-ref") == ""
    one.git("config", "remote.backup.pack", "true")
    assert names(one) == ["origin", "backup"]
    assert one.outcome("backup") == "sent"
    assert head(bare) == one.head()
    one.git("config", "remote.origin.pack", "false")
    assert names(one) == ["backup"]
    one.write(A, "x")
    assert one.outcome() == "sent"
    assert head(bare) == one.head()


def test_an_exchange_asks_for_a_name_where_there_are_several(one: Machine) -> None:
    add_remote(one, "backup")
    with pytest.raises(SeveralRemotes, match="origin, backup"):
        one.exchange()
    assert one.memory.remotes.statuses("backup")[0].name == "backup"
    with pytest.raises(NotFound):
        one.memory.remotes.statuses("other")


def test_a_remote_that_cannot_be_used_is_named_and_holds_up_no_other(one: Machine) -> None:
    one.git("config", "remote.nowhere.pack", "true")
    add_remote(one, "unclear")
    one.git("config", "remote.unclear.pack", "perhaps")
    add_remote(one, "origin/inner")
    for name, why in (
        ("nowhere", "has no URL"),
        ("unclear", "must be true or false"),
        ("origin/inner", "cannot take part beside origin"),
    ):
        with pytest.raises(InvalidConfig, match=why):
            one.exchange(name)
        (status,) = one.memory.remotes.statuses(name)
        assert (status.branch, status.record.failures) == (None, 1)
    one.write(A, "x")
    assert one.outcome("origin") == "sent"


def test_a_remote_that_no_longer_takes_part_gets_nothing_at_once(one: Machine) -> None:
    bare = add_remote(one, "backup")
    (_, backup) = one.remotes.find()
    one.git("config", "remote.backup.pack", "false")
    with pytest.raises(InvalidConfig, match="no longer exchanged"):
        backup.branch()
    assert git(bare, "for-each-ref") == ""


def test_a_linked_worktree_has_the_remotes_of_its_repository(net: Net, one: Machine) -> None:
    bare = add_remote(one, "backup")
    folder = net.folder / "linked"
    one.git("worktree", "add", "--quiet", "-b", "linked", str(folder))
    linked = net.open(folder)
    assert names(linked) == ["origin", "backup"]
    linked.write(A, "x")
    assert linked.outcome("backup") == "sent"
    assert git(bare, "rev-parse", "refs/heads/linked") == linked.head()


def test_what_git_reads_elsewhere_counts_after_a_while(
    one: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_remote(one, "backup", takes_part=False)
    assert names(one) == ["origin"]
    one.git("config", "--global", "remote.backup.pack", "true")
    assert names(one) == ["origin"]
    monkeypatch.setattr("pack_connectors.local_git.remote.remotes._TRUSTED_SECONDS", 0.0)
    assert names(one) == ["origin", "backup"]


# --- each by itself -------------------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_one_is_down_one_has_stopped_and_the_third_is_exchanged(net: Net, one: Machine) -> None:
    fine, down = add_remote(one, "fine"), add_remote(one, "down")
    one.write(A, "first\n")
    for name in names(one):
        one.exchange(name)
    other = net.clone("other")
    other.git("commit", "--quiet", "--amend", "--message", "rewritten")
    other.git("push", "--quiet", "--force", "origin", "main")
    rewritten = net.head()
    down.rename(down.with_name("away"))
    one.write(A, "kept\n")
    assert one.memory.remotes.due(300) == ["origin", "fine", "down"]
    assert one.outcome("origin") == "stopped"
    with pytest.raises(Unavailable, match="does not answer"):
        one.exchange("down")
    assert one.outcome("fine") == "sent"
    assert head(fine) == one.head()
    assert net.head() == rewritten
    one.write(B, "also kept\n")
    assert one.memory.remotes.due(300) == ["fine"]
    assert one.outcome("fine") == "sent"

    stopped, exchanged, failing = (status.record for status in one.memory.remotes.statuses())
    assert stopped.stop is not None
    assert stopped.stop.kind is StopKind.REWRITTEN
    assert (exchanged.stop, exchanged.problem, exchanged.failures) == (None, None, 0)
    assert (failing.failures, failing.stop) == (1, None)
    assert "does not answer" in str(failing.problem)
    (notice,) = one.memory.notes.list().notices
    assert notice.startswith("Not exchanged with the remote origin: the history of origin/main")
    one.assert_sound()

    # A decision about one of them is one about that one only.
    assert one.outcome("origin", accept=True) == "merged"
    assert net.head() == one.head()
    assert one.outcome("fine") == "sent"
    down.with_name("away").rename(down)
    assert one.outcome("down") == "sent"
    assert {net.head(), head(fine), head(down)} == {one.head()}


@pytest.mark.contract("C1", "C9", "C10")
def test_mirrors_settle_at_the_same_commit(net: Net, one: Machine) -> None:
    mirror = add_remote(one, "mirror")
    one.exchange("mirror")
    two = net.open(net.folder / "two")
    far = net.folder / "far"
    git(net.folder, "clone", "--quiet", str(mirror), str(far))
    three = net.open(far)
    for machine, path in ((one, "context/one.md"), (two, "context/two.md"), (three, A)):
        machine.write(path, f"# {machine.folder.name}\n")
    two.exchange()
    three.exchange()
    done = one.exchange("origin"), one.exchange("mirror")
    assert [each.outcome for each in done] == [Outcome.MERGED, Outcome.MERGED]
    assert one.memory.remotes.due(300) == ["origin"]
    assert one.outcome("origin") == "sent"
    assert one.memory.remotes.due(300) == []
    two.exchange()
    three.exchange()
    assert {net.head(), head(mirror), two.head(), three.head()} == {one.head()}
    assert {"context/one.md", "context/two.md", A} < one.files().keys()
    for machine in (one, two, three):
        machine.assert_sound()
        assert list(machine.memory.care.validate()) == []
    for name in ("origin", "mirror"):
        assert one.git("rev-parse", f"refs/pack/seen/{name}/main") == one.head()
        assert one.outcome(name) == "up_to_date"


def test_an_exchange_with_one_does_not_wait_for_another(one: Machine) -> None:
    add_remote(one, "backup")
    origin, backup = one.remotes.find()
    with origin.exclusive():
        assert one.outcome("backup") == "sent"
    assert (origin.name, backup.name) == ("origin", "backup")


# --- what 2.0.0 wrote -----------------------------------------------------------------------------


def make_old(machine: Machine) -> Path:
    """Have the state files be as 2.0.0 left them: one record, whatever the remote."""
    old = machine.folder / ".git/pack/remote.json"
    (machine.folder / ".git/pack/remote-origin.json").rename(old)
    return old


@pytest.mark.contract("C1")
def test_the_record_and_the_refs_of_2_0_0_are_still_honoured(net: Net, one: Machine) -> None:
    one.exchange()
    old = make_old(one)
    agreed = json.loads(old.read_text(encoding="utf-8"))["agreed"]
    add_remote(one, "backup")
    origin, backup = (status.record for status in one.memory.remotes.statuses())
    assert (origin.agreed, backup.agreed) == (agreed, None)
    assert one.memory.remotes.due(300) == ["backup"]  # no first exchange after an upgrade
    net.git("update-ref", "-d", "refs/heads/main")  # which `seen` alone tells from a new remote
    assert one.outcome("origin") == "stopped"
    assert not old.exists()
    (origin, backup) = (status.record for status in one.memory.remotes.statuses())
    assert origin.stop is not None
    assert (origin.agreed, backup.stop) == (agreed, None)


def test_a_stop_of_2_0_0_is_still_one(net: Net, one: Machine) -> None:
    one.exchange()
    net.git("update-ref", "-d", "refs/heads/main")
    assert one.outcome() == "stopped"
    make_old(one)
    assert one.status.record.stop is not None
    assert "no longer exists" in one.memory.notes.list().notices[0]


@pytest.mark.parametrize("name", ["team/work", "Füllhorn", "名" * 60, "a+b%c"])
def test_any_name_that_git_takes_has_files_of_its_own(one: Machine, name: str) -> None:
    bare = add_remote(one, "plain", takes_part=False)
    one.git("config", f"remote.{name}.url", str(bare))
    one.git("config", f"remote.{name}.pack", "yes")
    assert one.outcome(name) == "sent"
    (record,) = (status.record for status in one.memory.remotes.statuses(name))
    assert record.agreed == one.head()
    one.exchange("origin")
    assert len([*one.folder.glob(".git/pack/remote-*.json")]) == 2

"""Remotes whose branches are called differently than here, or whose HEAD names none of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pack.errors import RefusedForSafety, Unavailable
from pack.memory import Memory
from tests.compat.remote_support import Machine, Net, git
from tests.support import SCAFFOLD

A = "notes/a.md"


@pytest.fixture
def net(tmp_path: Path, git_identity: tuple[str, str]) -> Iterator[Net]:
    """A bare repository whose HEAD names `master`, as `git init --bare` makes it."""
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=master", "remote.git")
    net = Net(tmp_path, is_there=True)
    yield net
    net.close()


@pytest.fixture
def one(net: Net) -> Machine:
    """A memory on `main`, pushed."""
    machine = own_memory(net, "one")
    machine.write(A, "mine")
    assert machine.outcome() == "sent"
    return machine


def own_memory(net: Net, name: str, local: str = "main") -> Machine:
    folder = net.folder / name
    git(net.folder, "init", "--quiet", f"--initial-branch={local}", name)
    machine = net.open(folder)
    machine.memory.lifecycle.init(SCAFFOLD)
    machine.git("remote", "add", "origin", str(net.bare))
    return machine


def plain_clone(net: Net, name: str) -> Machine:
    git(net.folder, "clone", "--quiet", str(net.bare), name)
    return net.open(net.folder / name)


def branches(net: Net) -> list[str]:
    return net.git("branch", "--format=%(refname:short)").split()


def begin(memory: Memory) -> None:
    memory.lifecycle.init(SCAFFOLD)


@pytest.mark.contract("C1")
def test_two_machines_meet_whatever_the_remotes_head_says(net: Net, one: Machine) -> None:
    two = net.clone("two")
    assert two.files() == one.files()
    two.write("notes/b.md", "yours")
    assert (two.outcome(), one.outcome()) == ("sent", "received")
    assert branches(net) == ["main"]


def test_a_memory_is_not_begun_beside_the_one_of_the_remote(net: Net, one: Machine) -> None:
    two = plain_clone(net, "two")
    with pytest.raises(RefusedForSafety, match="taken in first"):
        two.memory.lifecycle.init(SCAFFOLD, dry_run=True)
    begin(two.memory)
    assert two.files() == one.files()
    assert (two.status.branch.branch, two.status.branch.local) == ("main", "master")  # type: ignore[union-attr]
    assert two.outcome() == "up_to_date"
    assert branches(net) == ["main"]


def test_a_clone_that_is_offline_begins_no_memory(net: Net, one: Machine) -> None:
    two = plain_clone(net, "two")
    net.bare.rename(net.folder / "away.git")
    with pytest.raises(Unavailable):
        begin(two.memory)
    assert two.local.head() is None
    assert two.files() == {}


def test_a_memory_begins_offline_if_nothing_is_known_of_its_remote(net: Net) -> None:
    git(net.folder, "init", "--quiet", "new")
    new = net.open(net.folder / "new")
    new.git("remote", "add", "origin", str(net.folder / "nowhere.git"))
    begin(new.memory)
    assert new.local.head() is not None


def test_a_memory_of_ones_own_stops_at_the_only_branch_there(net: Net, one: Machine) -> None:
    other = own_memory(net, "other", "trunk")
    done = other.exchange()
    assert done.stop is not None
    assert "origin/main has an unrelated history" in done.stop.reason
    assert "git push -u origin trunk" in done.stop.remedy
    assert branches(net) == ["main"]
    assert other.outcome(unrelated=True) == "merged"
    assert one.outcome() == "received"
    assert branches(net) == ["main"]


def test_a_renamed_branch_is_followed(net: Net, one: Machine) -> None:
    net.git("branch", "-m", "main", "trunk")
    one.write(A, "more")
    assert one.outcome() == "sent"
    assert branches(net) == ["trunk"]
    one.write(A, "still more")
    assert one.outcome() == "sent"
    assert one.status.ahead == 0


def test_an_old_branch_does_not_take_the_place_of_one_that_vanished(net: Net, one: Machine) -> None:
    net.git("branch", "backup", "main")
    one.write(A, "more")
    one.exchange()
    net.git("branch", "-D", "main")
    done = one.exchange()
    assert done.stop is not None
    assert str(done.stop.kind) == "vanished"
    assert one.outcome(accept=True) == "sent"
    assert branches(net) == ["backup", "main"]


def test_a_branch_for_a_try_is_not_sent_to_the_branch_of_another(net: Net, one: Machine) -> None:
    one.git("switch", "--quiet", "-c", "try")
    one.write(A, "perhaps")
    done = one.exchange()
    assert done.stop is not None
    assert done.stop.reason == "origin has no branch try; it has main"
    assert branches(net) == ["main"]
    one.git("push", "--quiet", "-u", "origin", "try")
    assert one.outcome() == "up_to_date"
    assert one.remote.record().others == ("main",)


def test_of_several_branches_a_person_chooses(net: Net, one: Machine) -> None:
    net.git("branch", "second", "main")
    two = plain_clone(net, "two")
    with pytest.raises(RefusedForSafety, match="it has main, second") as refusal:
        begin(two.memory)
    assert "`git switch NAME`" in refusal.value.remedy
    two.git("switch", "--quiet", "second")
    begin(two.memory)
    assert two.files() == one.files()

"""Two machines with kits and a remote between them: both have all that either installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pack.errors import NotFound
from pack.kits.states import KitState
from pack.model import MemoryPath
from tests.compat.remote_support import Machine, Net, make_template
from tests.unit.kits.test_kits import TEXT, A, kit

pytestmark = [pytest.mark.usefixtures("git_identity"), pytest.mark.contract("C1", "C15")]


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


@pytest.fixture
def two(net: Net) -> Machine:
    return net.open(net.folder / "two")


def states(machine: Machine, name: str) -> set[KitState]:
    (found,) = machine.memory.kits.status([name], lambda _: None)
    return set(found.files.values())


def meet(*machines: Machine) -> None:
    for machine in (*machines, *machines):
        assert machine.outcome() in ("sent", "received", "merged", "up_to_date"), machine.status


def test_different_kits_are_both_there_as_they_were_shipped(one: Machine, two: Machine) -> None:
    one.memory.kits.install(kit())
    two.memory.kits.install(kit(name="other", source="/other"))
    meet(one, two)
    assert one.head() == two.head()
    for machine in (one, two):
        assert sorted(machine.memory.kits.lock().kits) == ["observer", "other"]
        for name in ("observer", "other"):
            assert states(machine, name) == {KitState.PRISTINE}
            machine.memory.kits.regain(name, lambda _: pytest.fail("it is here"))
        machine.assert_sound()
    # ... so either can go on by itself.
    two.write(A, TEXT.replace("first", "mine"))
    two.memory.kits.update(kit("1.1.0", a_md=TEXT.replace("third", "theirs")))
    assert "mine" in two.text(A)
    meet(two, one)
    assert one.memory.kits.rollback("observer").after == "1.0.0"
    assert "mine" in one.text(A)
    assert "theirs" not in one.text(A)


def test_a_kit_at_two_versions_becomes_the_higher_one(one: Machine, two: Machine, net: Net) -> None:
    one.memory.kits.install(kit())
    meet(one, two)
    one.memory.kits.update(kit("1.1.0", n_md="# N\n"))
    two.memory.kits.update(kit("1.2.0", n_md="# N\n", o_md="# O\n"))
    meet(one, two)
    assert one.head() == two.head()
    for machine in (one, two):
        assert machine.memory.kits.get("observer").version == "1.2.0"
        (found,) = machine.memory.kits.status(["observer"], lambda _: None)
        assert found.files[MemoryPath("kits/observer/o.md")] is KitState.PRISTINE
        # The two manifests say different things, so that one is beside the other, as always.
        assert any("kit.conflict" in path for path in found.files)
    for machine, version in ((one, "1.2.0"), (two, "1.1.0")):
        machine.memory.kits.rollback("observer", "1.0.0")
        assert machine.memory.kits.rollback("observer", version).after == version
    late = net.clone("late")
    assert late.memory.kits.rollback("observer", "1.0.0").after == "1.0.0"


def test_a_remote_that_wants_no_such_refs_gets_the_memory(
    one: Machine, two: Machine, net: Net
) -> None:
    hook = net.bare / "hooks/update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\ncase "$1" in refs/heads/*) exit 0;; *) exit 1;; esac\n')
    hook.chmod(0o755)
    one.memory.kits.install(kit())
    meet(one, two)
    assert one.head() == two.head()
    assert "refs/pack/kits" not in net.git("for-each-ref")
    assert states(two, "observer") == {KitState.PRISTINE}
    with pytest.raises(NotFound, match=r"1\.0\.0 of observer"):
        two.memory.kits.update(kit("1.1.0"))
    two.memory.kits.regain("observer", lambda _: kit())
    assert two.memory.kits.update(kit("1.1.0")).after == "1.1.0"


def test_what_is_no_kit_is_not_taken_for_one(one: Machine, two: Machine, net: Net) -> None:
    one.write("context/a.md", "# A\n")
    assert one.outcome() == "sent"
    blob = net.git("hash-object", "-w", "--stdin", stdin=b"x")
    net.git("update-ref", "refs/pack/kits/blob", blob)
    net.git("update-ref", "refs/pack/kits/UPPER", net.head())
    net.git("update-ref", "refs/pack/kits/a/b", net.head())
    assert two.outcome() == "received"
    assert two.git("for-each-ref", "refs/pack/kits") == ""
    two.assert_sound()

"""What kits were installed from goes along with the change that installed them, and no further."""

import pytest

from pack.kits.bases import KitBases
from pack.kits.lock import LOCK, Lock, locked, write_lock
from tests.support import git
from tests.unit.kits.test_kits import kit

pytestmark = pytest.mark.contract("C14", "C15")


def install(machine, one):
    """Have a lock name a kit, and keep what it ships."""
    KitBases(machine.git).add(one)
    name(machine, one)


def name(machine, one):
    file = machine.folder / LOCK
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(write_lock(Lock().with_kit(locked(one))))
    git(machine.folder, "add", "--force", LOCK)
    machine.write(f"kit {one.manifest.version}")


def kept(machine):
    return [base.version for base in KitBases(machine.git).chain("observer")]


def refs(machine, other):
    """The kits in a bundle for another machine, given what that one has."""
    file = machine.files / f"{machine.name}-{machine.memory.head()}"
    if not machine.mesh.outbox.export(file, other.mesh.outbox.heard().commits):
        return []
    heads = git(machine.folder, "bundle", "list-heads", str(file)).decode().split()
    return [ref for ref in heads if ref.startswith("refs/pack/kits/")]


def test_a_machine_gets_what_its_lock_names_once(pair):
    laptop, desk = pair
    assert refs(laptop, desk) == []
    install(laptop, kit())
    assert refs(laptop, desk) == ["refs/pack/kits/observer"]
    laptop.send(desk, desk.mesh.outbox.heard().commits)
    assert kept(desk) == ["1.0.0"]
    laptop.write("more")
    assert refs(laptop, desk) == []
    install(laptop, kit("1.1.0"))
    laptop.send(desk, desk.mesh.outbox.heard().commits)
    assert kept(desk) == ["1.1.0", "1.0.0"]


def test_one_that_has_the_memory_from_elsewhere_gets_the_rest(pair):
    laptop, desk = pair
    install(laptop, kit())
    laptop.send(desk)
    git(desk.folder, "update-ref", "-d", "refs/pack/kits/observer")
    assert refs(laptop, desk) == []
    assert laptop.send(desk).received == 0
    assert kept(desk) == ["1.0.0"]


def test_what_no_lock_names_is_not_kept(pair):
    laptop, desk = pair
    install(laptop, kit())
    KitBases(laptop.git).add(kit("9.0.0"))
    laptop.send(desk)
    assert kept(desk) == ["1.0.0"]
    forged = git(laptop.folder, "rev-parse", "HEAD").decode().strip()
    git(laptop.folder, "update-ref", "refs/pack/kits/observer", forged)
    name(laptop, kit("1.1.0"))
    laptop.send(desk)
    assert kept(desk) == ["1.0.0"]

"""An update of a kit that fails, or whose process dies, at any step: the old version or the new."""

import errno
import os
from contextlib import closing

import pytest
from pack_connectors.system.process_lock import ProcessLock

from pack.core.truths import TruthMode
from pack.errors import PackError
from pack.model import blob_id
from pack.provenance import Origin, Source
from tests.compat.local_git_support import Steps, assert_sound
from tests.unit.kits.test_kits import TEXT, A, kit

pytestmark = pytest.mark.contract("C1", "C9", "C15")
USER = Origin(Source.USER, "cli")
CRASHED = 9
SOME_STEPS = pytest.mark.parametrize(
    "stride", [83, pytest.param(1, marks=pytest.mark.soak)], ids=["some", "all"]
)


@pytest.fixture(scope="module")
def steps():
    return Steps()


def version(number):
    """One of many versions: each changes a file, adds one and removes the one before."""
    text = TEXT.replace("third", f"third, {number}")
    return kit(f"1.0.{number}", a_md=text, **{f"n{number}_md": f"# N {number}\n"})


class Updates:
    """One update after the other of a kit with an edit, each disturbed at the next step."""

    def __init__(self, world):
        self.world = world
        world.init()
        memory = self.open()
        memory.kits.install(version(0))
        found = memory.notes.get(A)
        memory.notes.update(A, found.content.replace("first", "first, mine"), found.sha)
        self.number = 0

    def open(self):
        return self.world.open(truth=TruthMode.ENFORCE).written_by(USER)

    def check(self, *, landed):
        """The update is whole, or there is nothing of it; made again, it is whole."""
        old, new = self.number, self.number + 1
        memory = self.open()
        now = int(memory.kits.get("observer").version.rpartition(".")[2])
        assert now in (old, new)
        assert landed in (None, now == new)
        self._assert_is(memory, now)
        memory.kits.update(version(new))
        self._assert_is(memory, new)
        assert_sound(self.world.folder, fsck=False)  # a write clears up after the one before
        self.number = new

    def _assert_is(self, memory, number):
        (found,) = memory.kits.status([], lambda _: None)
        assert {path.rpartition("/")[2]: str(state) for path, state in found.files.items()} == {
            "a.md": "MODIFIED",
            "kit.yaml": "PRISTINE",
            f"n{number}.md": "PRISTINE",
        }
        text = memory.notes.get(A).content
        assert f"third, {number}\n" in text
        assert "first, mine" in text
        assert blob_id(self.world.files()[A]) == memory.notes.get(A).sha


def update_in_child(updates, steps, monkeypatch, number):
    """Update in a child that dies at a step; whether it came to its end."""
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with closing(ProcessLock(updates.world.folder / ".git/pack/lock", 60)) as lock, lock:
            return status == 0
    code = 1
    try:
        memory = updates.open()
        memory.kits.status([], lambda _: None)
        with steps.watched(monkeypatch, number, lambda _: os._exit(CRASHED)):
            memory.kits.update(version(updates.number + 1))
        code = 0
    finally:
        os._exit(code)


@SOME_STEPS
def test_a_crash_at_any_step_of_an_update(git_world, stride, steps, monkeypatch):
    updates, number, ended = Updates(git_world), 1 - stride, False
    while not ended:
        number += stride
        ended = update_in_child(updates, steps, monkeypatch, number)
        updates.check(landed=True if ended else None)
    assert number > 60  # it did count steps
    assert_sound(git_world.folder)


@SOME_STEPS
def test_a_full_disk_at_any_step_of_an_update(git_world, stride, steps, monkeypatch):
    def fail(name):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    updates, number, ended = Updates(git_world), 1 - stride, False
    while not ended:
        number += stride
        memory = updates.open()
        memory.kits.status([], lambda _: None)
        landed = True
        with steps.watched(monkeypatch, number, fail, sticky=True):
            try:
                memory.kits.update(version(updates.number + 1))
            except PackError:
                landed = None
            ended = steps.count < number
        updates.check(landed=landed)
    assert number > 60
    assert_sound(git_world.folder)

"""A write that fails, or whose process dies, at any step is whole or absent, and heals itself."""

import errno
import os
from contextlib import closing

import pytest
from pack_connectors.local_git import atomic_rename as file_exchange
from pack_connectors.local_git.repository import create_repository
from pack_connectors.system.process_lock import ProcessLock

from pack.errors import OutcomeUnknown, PackError
from pack.model import ABSENT, Delete, MemoryPath, Put
from tests.compat.local_git_support import (
    A,
    B,
    D,
    Steps,
    assert_sound,
    committed_files,
    files,
    log,
    open_memory,
    put,
)

pytestmark = pytest.mark.contract("C1", "C9")
ERRNOS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES)
CRASHED = 9


# A prime, so that four errors in turn meet all kinds of steps.
SOME_STEPS = pytest.mark.parametrize(
    "stride", [11, pytest.param(1, marks=pytest.mark.soak)], ids=["some", "all"]
)


@pytest.fixture(scope="module")
def steps():
    return Steps()


@pytest.fixture(params=["exchange", "in steps"])
def folder(request, tmp_path, git_identity, monkeypatch):
    """A memory; with and without a native exchange of files."""
    if request.param == "in steps":
        monkeypatch.setattr(file_exchange, "_native_rename", lambda: None)
    create_repository(tmp_path / "memory")
    return tmp_path / "memory"


class Campaign:
    """One write after the other on one memory, each disturbed at the next step."""

    def __init__(self, folder, stride):
        self.folder = folder
        self.stride = stride
        self.witness = open_memory(folder)
        put(self.witness, A, b"a")
        put(self.witness, D, b"d")

    def changes(self, number):
        """All kinds of steps in one commit: replace, make, remove, leave as it is."""
        sha = {path: self.witness.get_contents(path).sha for path in (A, D)}
        return [
            Put(A, b"a %d" % number, sha[A]),
            Put(MemoryPath(f"new/{number}.md"), b"new", ABSENT),
            Delete(D, sha[D]),
        ]

    def expected(self, number, before):
        after = {path: content for path, content in before.items() if path != D}
        return after | {A: b"a %d" % number, f"new/{number}.md": b"new"}

    def check(self, number, before, head, *, landed):
        """The write is whole (`landed`), absent (not), or either (`None`); the next one works."""
        now = self.witness.head()
        whole = now != head
        assert landed in (None, whole)
        assert log(self.folder)[1 if whole else 0] == head
        wanted = self.expected(number, before) if whole else before
        assert files(self.witness) == wanted
        assert committed_files(self.folder) == wanted
        if whole:
            self.witness.put_contents(D, b"d", ABSENT, "next")
        else:
            put(self.witness, B, b"b %d" % number)
        # Damage to an object would stay: it is enough to look for it now and then.
        assert_sound(self.folder, fsck=number % 20 < self.stride)

    def close(self):
        assert_sound(self.folder)
        self.witness.close()


def run_in_child(folder, steps, monkeypatch, number, changes, head):
    """Make the write in a child that dies at a step; whether it came to its end."""
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        # A git process of the dead one may be at work for a moment more, under its lock.
        with closing(ProcessLock(folder / ".git" / "pack" / "lock", 60)) as lock, lock:
            return status == 0
    code = 1
    try:
        connector = open_memory(folder)
        connector.head()  # imports are not steps of a write
        with steps.watched(monkeypatch, number, lambda _: os._exit(CRASHED)):
            connector.commit(head, changes, "crash")
        code = 0
    finally:
        os._exit(code)


@SOME_STEPS
def test_a_crash_at_any_step(folder, stride, steps, monkeypatch):
    if file_exchange._native_rename() is not None:
        stride = min(stride, 7)  # as it is nearly everywhere
    campaign, number, ended = Campaign(folder, stride), 1 - stride, False
    while not ended:
        number += stride
        head, before = campaign.witness.head(), files(campaign.witness)
        changes = campaign.changes(number)
        ended = run_in_child(folder, steps, monkeypatch, number, changes, head)
        campaign.check(number, before, head, landed=True if ended else None)
    assert number > 60  # it did count steps
    campaign.close()


def fail_at_each_step(folder, stride, steps, monkeypatch, error_of, *, sticky):
    campaign, number, ended = Campaign(folder, stride), 1 - stride, False
    while not ended:
        number += stride
        head, before = campaign.witness.head(), files(campaign.witness)
        changes, code = campaign.changes(number), error_of(number)

        def fail(name, code=code):
            raise OSError(code, os.strerror(code), name)

        landed = True
        with steps.watched(monkeypatch, number, fail, sticky=sticky):
            try:
                campaign.witness.commit(head, changes, "fail")
            except OutcomeUnknown:
                landed = None
            except PackError:
                landed = False
            ended = steps.count < number
        campaign.check(number, before, head, landed=landed)
    assert number > 60
    campaign.close()


@SOME_STEPS
@pytest.mark.parametrize("sticky", [False, True], ids=["once", "from then on"])
def test_the_operating_system_refuses_at_any_step(folder, stride, steps, monkeypatch, sticky):
    def code(number):
        return ERRNOS[number % len(ERRNOS)]

    fail_at_each_step(folder, stride, steps, monkeypatch, code, sticky=sticky)


@pytest.mark.soak
@pytest.mark.parametrize("code", ERRNOS, ids=errno.errorcode.get)
@pytest.mark.parametrize("sticky", [False, True], ids=["once", "from then on"])
def test_every_refusal_at_every_step(folder, steps, monkeypatch, sticky, code):
    fail_at_each_step(folder, 1, steps, monkeypatch, lambda _: code, sticky=sticky)


@SOME_STEPS
def test_an_interrupt_at_any_step(folder, stride, steps, monkeypatch):
    campaign, number, ended = Campaign(folder, stride), 1 - stride, False
    while not ended:
        number += stride
        head, before = campaign.witness.head(), files(campaign.witness)
        changes = campaign.changes(number)

        def interrupt(name):
            raise KeyboardInterrupt(name)

        with steps.watched(monkeypatch, number, interrupt):
            try:
                campaign.witness.commit(head, changes, "interrupt")
            except KeyboardInterrupt:
                pass
            else:
                ended = steps.count < number
        campaign.check(number, before, head, landed=None)
    assert number > 60
    campaign.close()

"""Children are waited for until they have ended, and no longer."""

import os
import signal
import subprocess
import sys
import time

import pytest
from pack_connectors.system.child_process import Child

WAITS = [sys.executable, "-IS", "-c", "input()"]
PIPE = subprocess.PIPE


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process has ended")
def test_nobody_sleeps_beyond_the_end_of_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    for _ in range(40):
        child = Child(["git", "version"], stdin=PIPE, stdout=PIPE, stderr=PIPE)
        out, _ = child.communicate(b"", timeout=60)
        assert out.startswith(b"git version")
        assert child.returncode == 0
    assert slept == []


@pytest.mark.parametrize("can_tell", [True, False])
def test_a_child_that_goes_on_is_waited_for_as_long_as_was_said(
    monkeypatch: pytest.MonkeyPatch, can_tell: bool
) -> None:
    if not can_tell:

        def refuse(_: int) -> int:
            raise OSError(38, "Function not implemented")

        monkeypatch.setattr(os, "pidfd_open", refuse, raising=False)
    with Child(WAITS, stdin=PIPE) as child:
        start = time.monotonic()
        for seconds in (0.2, 0, -1):
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(seconds)
        assert 0.2 <= time.monotonic() - start < 30
        child.kill()
        assert child.wait(60) == child.wait(60) == child.wait() == -signal.SIGKILL


def test_no_descriptor_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    opened: list[int] = []
    if not hasattr(os, "pidfd_open"):
        pytest.skip("there are none")
    monkeypatch.setattr(os, "pidfd_open", lambda _: opened.append(os.open("/", 0)) or opened[-1])
    close = os.close
    monkeypatch.setattr(os, "close", lambda it: (closed.append(it), close(it)))
    with Child(WAITS, stdin=PIPE) as child:
        child.kill()
        child.wait(60)
    assert opened
    assert set(opened) <= set(closed)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a child")
@pytest.mark.parametrize(("megabytes", "has_enough"), [(10, True), (500, False)])
def test_a_child_gets_no_more_memory_than_was_said(megabytes: int, has_enough: bool) -> None:
    code = f"input(); len(bytearray({megabytes} * 10**6))"
    child = Child([sys.executable, "-IS", "-c", code], stdin=PIPE, stdout=PIPE, stderr=PIPE)
    child.limit_memory(200 * 10**6)
    _, said = child.communicate(b"\n", timeout=60)
    assert (child.returncode == 0, b"MemoryError" in said) == (has_enough, not has_enough)
    child.limit_memory(1)  # it has ended

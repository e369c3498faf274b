"""Machines that write and exchange in any order, and die at any step: nothing is lost (C1)."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pack.errors import Unavailable
from tests.compat.local_git_support import Steps
from tests.compat.remote_support import Machine, Net
from tests.support import is_soak

pytestmark = [pytest.mark.usefixtures("git_identity"), pytest.mark.contract("C1", "C9", "C10")]

CRASHED = 9
PATHS = st.sampled_from(["context/a.md", "context/b.md", "projects/c.md"])
TURNS = st.integers(0, 1)


# --- in any order ---------------------------------------------------------------------------------


class Sharing(RuleBasedStateMachine):
    """Two machines and a remote, which is out of reach at times.

    Every write brings a word of its own. A word may go only when somebody who has read it replaces
    or deletes it.
    """

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.net: Net | None = None
        self.words: set[str] = set()
        self.replaced: set[str] = set()
        self.made: set[str] = set()
        self.numbers = itertools.count(1)

    @initialize()
    def begin(self) -> None:
        shutil.copytree(self.template, self.folder / "net", symlinks=True)
        net = Net(self.folder / "net", is_there=True)
        self.net, self.machines = net, [net.open(net.folder / name) for name in ("one", "two")]

    def _replace(self, machine: Machine, path: str) -> None:
        if (machine.folder / path).exists():
            self.replaced |= set(re.findall(r"word\d+", machine.text(path)))

    def _new_word(self) -> str:
        word = f"word{next(self.numbers)}"
        self.words.add(word)
        return word

    @rule(turn=TURNS, path=PATHS)
    def write(self, turn: int, path: str) -> None:
        machine = self.machines[turn]
        self._replace(machine, path)
        machine.write(path, f"# Title\n\n{self._new_word()}\n")
        self.made.add(machine.head())

    @rule(turn=TURNS, path=PATHS)
    def append(self, turn: int, path: str) -> None:
        machine = self.machines[turn]
        if (machine.folder / path).exists():
            machine.write(path, f"{machine.text(path)}- {self._new_word()}\n")
            self.made.add(machine.head())

    @rule(turn=TURNS, path=PATHS)
    def delete(self, turn: int, path: str) -> None:
        machine = self.machines[turn]
        if (machine.folder / path).exists():
            self._replace(machine, path)
            machine.memory.notes.delete(path, machine.memory.notes.get(path).sha)
            self.made.add(machine.head())

    @rule(turn=TURNS, path=PATHS, number=st.integers(1, 3))
    def move(self, turn: int, path: str, number: int) -> None:
        machine = self.machines[turn]
        target = f"moved/{number}.md"
        if (machine.folder / path).exists() and not (machine.folder / target).exists():
            machine.memory.notes.move(path, target, machine.memory.notes.get(path).sha)
            self.made.add(machine.head())

    @rule(turn=TURNS, path=PATHS)
    def commit_by_hand(self, turn: int, path: str) -> None:
        machine = self.machines[turn]
        if not (machine.folder / path).exists():
            (machine.folder / path).parent.mkdir(exist_ok=True)
            (machine.folder / path).write_text(f"{self._new_word()}\n", encoding="utf-8")
            machine.git("add", path)
            machine.git("commit", "--quiet", "--message", "by hand")
            self.made.add(machine.head())

    @rule(turn=TURNS)
    def exchange(self, turn: int) -> None:
        assert self.machines[turn].exchange().stop is None

    @rule(turn=TURNS)
    def exchange_offline(self, turn: int) -> None:
        assert self.net is not None
        away = self.net.bare.with_name("away")
        self.net.bare.rename(away)
        with pytest.raises(Unavailable):
            self.machines[turn].exchange()
        away.rename(self.net.bare)

    @invariant()
    def nothing_is_uncommitted(self) -> None:
        if self.net is not None:
            for machine in self.machines:
                assert machine.git("status", "--porcelain") == ""

    def teardown(self) -> None:
        try:
            if self.net is not None:
                self._converge()
        finally:
            if self.net is not None:
                self.net.close()
            shutil.rmtree(self.folder)

    def _converge(self) -> None:
        one, two = self.machines
        one.write("context/end.md", "the index follows hand edits with the next write\n")
        for machine in (one, two, one):
            assert machine.exchange().stop is None
        assert one.head() == two.head()
        assert one.files() == two.files()
        one.assert_sound()
        text = b"\n".join(one.files().values()).decode()
        assert self.words - self.replaced <= set(re.findall(r"word\d+", text))
        assert self.made <= set(one.git("rev-list", "HEAD").splitlines())
        assert "<<<<<<<" not in text
        assert not [
            f for f in one.memory.care.validate() if f.code not in ("conflict_copy", "twin")
        ]


def test_machines_that_share_a_memory_converge_and_lose_nothing(tmp_path: Path) -> None:
    net = Net(tmp_path)
    net.begin()
    net.clone("two")
    for name in ("one", "two"):
        net.machines[0].git("-C", f"../{name}", "remote", "set-url", "origin", "../remote.git")
    net.close()
    Sharing.template = tmp_path
    options = settings() if is_soak() else settings(max_examples=3, stateful_step_count=14)
    case = Sharing.TestCase
    case.settings = settings(options, suppress_health_check=[*HealthCheck])
    case().runTest()


# --- dying ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def steps() -> Steps:
    return Steps()


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Net]:
    net = Net(tmp_path)
    yield net
    net.close()


def die_at(net: Net, folder: Path, steps: Steps, patch: pytest.MonkeyPatch, number: int) -> bool:
    """Exchange in a child that dies at a step; whether it came to its end."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    code = 1
    try:
        machine = net.open(folder)
        machine.memory.care.status()  # imports are not steps of an exchange
        with steps.watched(patch, number, lambda _: os._exit(CRASHED)):
            machine.exchange()
        code = 0
    finally:
        os._exit(code)


@pytest.mark.skipif(os.name != "posix", reason="it forks")
@pytest.mark.parametrize("is_merge", [False, True], ids=["fast-forward", "merge"])
@pytest.mark.parametrize(
    "stride", [149, pytest.param(5, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)
def test_an_exchange_that_dies_at_any_step_is_whole_or_absent(
    net: Net, steps: Steps, monkeypatch: pytest.MonkeyPatch, stride: int, is_merge: bool
) -> None:
    one = net.begin()
    two = net.clone("two")
    number, is_done = stride, False
    while not is_done:
        one.write("context/a.md", f"# A\n\n{number}\n")
        one.write(f"context/one-{number}.md", "1")
        one.exchange()
        if is_merge:
            two.write(f"context/two-{number}.md", "2")
        before, files = two.head(), two.files()
        is_done = die_at(net, two.folder, steps, monkeypatch, number)
        after = two.head()
        if after == before:
            two.memory.care.status()  # the next call finishes or undoes
            assert two.files() == files
        assert two.git("status", "--porcelain") == ""
        assert before in two.git("rev-list", after).splitlines()
        two.exchange()
        assert f"context/one-{number}.md" in two.files()
        assert two.body("context/a.md") == f"# A\n\n{number}\n"
        one.exchange()
        assert one.head() == two.head() == net.head()
        number += stride
    assert number > 2 * stride  # it did die, and more than once
    two.assert_sound()
    assert list(two.memory.care.validate()) == []

"""Long walks of writing, undoing, redoing and restoring, compared with a model of an editor."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pack.errors import (
    CannotRestore,
    CannotUndo,
    InvalidPath,
    NotFound,
    NothingToUndo,
    RefusedForSafety,
    UndoConflict,
)
from pack.history.undoing.undone import UndoChoice
from pack.log import LogQuery
from pack.model import CommitId
from tests.support import World, generated, git, rebuilt

pytestmark = pytest.mark.contract("C1", "C9", "C10")
Notes = dict[str, bytes]
PATHS = [f"{folder}/n{number}.md" for folder in ("a", "b/c") for number in range(4)]


class Walk:
    """A memory and what it should hold.

    Attributes:
        done: The notes before and after each change that can be undone, oldest first.
        undone: The same of what can be redone, the next one last.
        states: The notes at each commit.
        changes: The commits that are neither an undo nor a redo.
    """

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.memory = world.init()
        self.seed = seed
        self.chance = random.Random(seed)
        self.done: list[tuple[Notes, Notes]] = []
        self.undone: list[tuple[Notes, Notes]] = []
        self.states: dict[CommitId, Notes] = {}
        self.now = self.notes()
        self.remember()
        self.changes = list(self.states)
        self.number = 0

    def notes(self) -> Notes:
        files = self.world.files()
        return {path: files[path] for path in files.keys() - generated(files).keys()}

    def remember(self) -> None:
        head = self.world.connector.head()
        assert head is not None
        self.states[head] = self.now

    def step(self, verbs: list[str]) -> None:
        self.number += 1
        self.world.clock.advance(seconds=self.chance.choice((0, 1, 60)))
        verb = self.chance.choice(verbs)
        getattr(self, verb)()
        assert self.notes() == self.now, f"seed {self.seed}, step {self.number}: {verb}"
        self.remember()

    def changed(self) -> None:
        """Something was written: what could be redone is gone."""
        before, self.now = self.now, self.notes()
        self.done.append((before, self.now))
        self.undone.clear()
        head = self.world.connector.head()
        assert head is not None
        self.changes.append(head)

    def text(self) -> str:
        lines = [f"line {self.chance.randrange(6)}\n" for _ in range(self.chance.randrange(1, 9))]
        return f"# {self.number}\n\n" + "\n".join(lines)

    def pick(self) -> str | None:
        there = sorted(self.now.keys() & set(PATHS))
        return self.chance.choice(there) if there else None

    # --- what an agent or a person does ----------------------------------------------------------

    def write(self) -> None:
        path = self.chance.choice(PATHS)
        sha = self.memory.notes.get(path).sha if path in self.now else None
        self.memory.notes.update(path, self.text(), sha)
        self.changed()

    def delete(self) -> None:
        if (path := self.pick()) is not None:
            self.memory.notes.delete(path, self.memory.notes.get(path).sha)
            self.changed()

    def move(self) -> None:
        path, free = self.pick(), sorted(set(PATHS) - self.now.keys())
        if path is not None and free:
            sha = self.memory.notes.get(path).sha
            self.memory.notes.move(path, self.chance.choice(free), sha)
            self.changed()

    def with_git(self) -> None:
        """A commit made with git, without the index."""
        self.world.commit({self.chance.choice(PATHS): f"{self.number}\r\nby hand"})
        self.changed()

    def by_hand(self) -> None:
        """An edit in the folder, recorded."""
        self.world.edit(self.chance.choice(PATHS), f"{self.number} in the folder\n")
        self.memory.hand_edits.commit()
        self.changed()

    def merge(self) -> None:
        """Another branch is merged, which is undone and redone as one step."""
        assert self.world.folder is not None
        before, folder = self.now, self.world.folder
        git(folder, "checkout", "--quiet", "-b", f"side{self.number}")
        self.world.commit({f"side/{self.number}.md": f"{self.number}\n"})
        git(folder, "checkout", "--quiet", "-")
        git(folder, "merge", "--quiet", "--no-ff", "-m", "merge", f"side{self.number}")
        self.now = self.notes()
        self.remember()
        merge = self.world.connector.head()
        assert merge is not None
        self.memory.undo.undo(UndoChoice([merge]))
        assert self.notes() == before
        self.memory.undo.redo()
        self.done.clear()
        self.undone.clear()

    # --- going back and forth --------------------------------------------------------------------

    def undo(self) -> None:
        if self.done:
            self.memory.undo.undo(UndoChoice())
            self.now = self.done[-1][0]
            self.undone.append(self.done.pop())

    def redo(self) -> None:
        if self.undone:
            self.memory.undo.redo()
            self.now = self.undone[-1][1]
            self.done.append(self.undone.pop())
        elif self.done:
            with pytest.raises(NothingToUndo):
                self.memory.undo.redo()

    def undo_any(self) -> None:
        """Undo some change, and undo that: nothing has changed, nor what is next to redo."""
        head = self.world.connector.head()
        commit = self.chance.choice(self.changes)
        try:
            undo = self.memory.undo.undo(UndoChoice([commit])).commit
        except (UndoConflict, CannotUndo, RefusedForSafety):
            assert self.world.connector.head() == head
            return
        assert undo is not None
        self.states[undo] = self.notes()
        self.memory.undo.undo(UndoChoice([undo]))

    def undo_several(self) -> None:
        """Undo several at once, and bring them back."""
        number = min(len(self.done), 3)
        if number:
            self.memory.undo.undo(UndoChoice(last=number))
            assert self.notes() == self.done[-number][0]
            self.memory.undo.redo(number)

    def restore(self) -> None:
        commit = self.chance.choice(list(self.states))
        path = self.chance.choice(PATHS)
        try:
            self.memory.undo.restore(path, commit)
        except (CannotRestore, NotFound, InvalidPath):
            assert self.states[commit].get(path) in (None, self.now.get(path))
            return
        if path in self.states[commit]:
            assert self.notes()[path] == self.states[commit][path]
        self.changed()

    # --- at the end ------------------------------------------------------------------------------

    def check(self) -> None:
        """Every state there ever was is in the history, and the index is true."""
        connector, head = self.world.connector, self.world.connector.head()
        assert head is not None
        reached = {commit.id for commit in connector.log(LogQuery(head))}
        assert self.states.keys() <= reached
        for commit, notes in self.states.items():
            entries = {entry.path: entry.sha for entry in connector.get_tree(commit) if entry.sha}
            contents = dict(connector.read_blobs(entries.values()))
            held = {path: contents[blob] for path, blob in entries.items()}
            assert {path: held[path] for path in notes} == notes
            assert held.keys() - generated(held).keys() == notes.keys()
        files = self.world.files()
        assert generated(files) == rebuilt(files)
        assert [one.code for one in self.memory.care.validate()] == []


VERBS = [
    *("write", "write", "write", "delete", "move", "with_git", "restore"),
    *("undo", "undo", "undo", "redo", "redo", "undo_any", "undo_several"),
]


IN_A_FOLDER = ["by_hand", "by_hand", "merge"]


@pytest.fixture
def stored() -> Iterator[World]:
    made = World(None)
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(2))
def test_a_walk_equals_the_model_of_an_editor(stored: World, seed: int) -> None:
    walk = Walk(stored, seed)
    for _ in range(100):
        walk.step(VERBS)
    walk.write()
    walk.check()


def test_a_walk_in_a_folder_with_edits_by_hand_and_merges(git_world: World) -> None:
    walk = Walk(git_world, 7)
    for _ in range(25):
        walk.step([*VERBS, *IN_A_FOLDER])
    walk.write()
    walk.check()
    assert git(git_world.folder or Path(), "status", "--porcelain") == b""

"""Machines of all levels work on a person's memory by every way in; the person's text stays."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pack.core.truths import TruthMode
from pack.errors import PackError, TooManyProposals
from pack.files.edits import Append, Replace, ReplaceSection
from pack.history.undoing.undone import UndoChoice
from pack.memory import Memory
from pack.proposals.proposal import ProposalStatus
from pack.provenance import Origin, Source
from tests.github_support import NAME, GithubWorld
from tests.rewrites import line, note, of_person, reworded, rewritten
from tests.support import World, assert_true_index

pytestmark = pytest.mark.contract("C12")

PERSON = Origin(Source.USER, "cli")
MACHINES = (
    Origin(Source.AUTOMATION, "nightly"),
    Origin(Source.AI_LOCAL, "local"),
    Origin(Source.AI_LAN, "lan"),
    Origin(Source.AI_CLOUD, "cloud"),
    Origin(Source.AI_CLOUD, "other"),
)
FILES = [f"notes/{name}.md" for name in "abcde"]


class Walk:
    """A memory that the person and machines write to, by chance."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.steps = 0
        world.init()
        world.open(truth=TruthMode.ENFORCE)
        self.person = world.memory.written_by(PERSON)
        for path in FILES[:3]:
            self.person.notes.update(path, note(self.chance, "u"))

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.step()
        assert_true_index(self.world)

    def step(self) -> None:
        self.steps += 1
        self.world.clock.advance(minutes=7)
        if self.chance.random() < 0.15:
            # Only adds: what a machine brings back of what the person removed is the machine's.
            self.act(self.person, self.update)
            return
        machine = self.world.memory.written_by(self.chance.choice(MACHINES))
        before = self.texts()
        self.act(machine, self.chance.choice(self.ways()))
        after = self.texts()
        for path, text in before.items():
            there = iter(of_person(after.get(path, "")))
            missing = [one for one in of_person(text) if one not in there]
            assert not missing, (self.steps, path)

    def act(self, memory: Memory, way: Callable[[Memory], object]) -> None:
        try:
            way(memory)
        except TooManyProposals:
            shelf = memory._session.core.proposals
            for one in shelf.open():
                status = self.chance.choice((ProposalStatus.REJECTED, ProposalStatus.WITHDRAWN))
                shelf.close(one, status, "enough")
        except PackError:
            return  # there is no such file any more, nothing to undo, and so on

    def texts(self) -> Mapping[str, str]:
        files = self.world.files()
        return {path: files[path].decode() for path in files if path != "index.md"}

    # --- ways in -------------------------------------------------------------------------------

    def ways(self) -> tuple[Callable[[Memory], object], ...]:
        some = (self.update, self.update, self.cut, self.edit, self.edit, self.delete, self.move)
        return (*some, self.undo, self.restore, self.pathless, self.prune)

    def path(self) -> str:
        return self.chance.choice(FILES)

    def update(self, memory: Memory) -> None:
        path, who = self.path(), "u" if memory is self.person else "m"
        found = None
        with suppress(PackError):
            found = memory.notes.get(path)
        if found is None:
            memory.notes.update(path, note(self.chance, who))
            return
        text = rewritten(found.content, self.chance)
        if memory is self.person:
            text = f"{found.content}\n{line(self.chance, 'u')}\n"
        rest = self.chance.random() < 0.4
        memory.notes.update(path, text, found.sha, apply_rest=rest)

    def cut(self, memory: Memory) -> None:
        path = self.path()
        found = memory.notes.get(path)
        text = reworded(found.content, self.chance) or ""
        memory.notes.update(path, text, found.sha, apply_rest=self.chance.random() < 0.4)

    def edit(self, memory: Memory) -> None:
        path = self.path()
        lines = [one for one in memory.notes.get(path).content.split("\n") if one.strip()]
        old, new = self.chance.choice(lines), line(self.chance, "m")
        section = self.chance.choice([one for one in lines if one.startswith("#")] or [None])
        edits = (
            Replace(old, new),
            Replace(old, f"{old}\n{new}"),
            Append(new),
            Append(new, section and section.lstrip("# ")),
            ReplaceSection(section.lstrip("# "), new) if section else Append(new),
        )
        memory.notes.edit(path, [self.chance.choice(edits)], apply_rest=self.chance.random() < 0.3)

    def delete(self, memory: Memory) -> None:
        path = self.path()
        memory.notes.delete(path, memory.notes.get(path).sha)

    def move(self, memory: Memory) -> None:
        path = self.path()
        memory.notes.move(path, self.path(), memory.notes.get(path).sha)

    def undo(self, memory: Memory) -> None:
        last = self.chance.randint(1, 3)
        own = memory.undo.for_its_own() if self.chance.random() < 0.5 else memory.undo
        own.undo(UndoChoice(last=last))

    def restore(self, memory: Memory) -> None:
        memory.undo.restore(self.path())

    def pathless(self, memory: Memory) -> None:
        read = memory.whole.get().content
        done = memory.whole.add(rewritten(read, self.chance), last_read=read)
        assert done.commit is not None

    def prune(self, memory: Memory) -> None:
        path = self.path()
        memory.notes.edit(path, [Replace("---\ntopic:", "---\nttl: 1d\ntopic:")])
        self.world.clock.advance(days=3)
        memory.care.prune(memory.care.list_expired())


def test_what_machines_do_changes_nothing_of_the_persons(world: World) -> None:
    Walk(world, 11).run(120 if world.folder is None else 25)


def on_github(folder: Path, seed: int, steps: int) -> None:
    """A walk over a repository on GitHub."""
    with GithubWorld(folder) as github, closing(World(None)) as world:
        world._store = github.connect()  # type: ignore[assignment]
        world.open()
        walk = Walk(world, seed)
        walk.run(steps)
        branches = github.service.repository(NAME).git.refs()
        assert any(name.startswith("refs/heads/pack/proposals/") for name in branches)
        assert github.service.take_violations() == []


def test_on_github_proposals_are_branches_and_the_person_s_text_stays(tmp_path: Path) -> None:
    on_github(tmp_path, 4, 12)


@pytest.mark.soak
@pytest.mark.timeout(14400)
def test_long_walks_on_github_change_nothing_of_the_persons(tmp_path: Path) -> None:
    on_github(tmp_path, 5, 500)


@pytest.mark.soak
@pytest.mark.timeout(14400)
@pytest.mark.parametrize("seed", range(20))
def test_long_walks_change_nothing_of_the_persons(world: World, seed: int) -> None:
    Walk(world, seed).run(2000 if world.folder is None else 200)

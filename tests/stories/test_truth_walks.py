"""Machines of all levels work on a person's memory by every way in; the person's text stays."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from pack_servers.mcp.server import build_server

from pack.core.truths import TruthMode
from pack.errors import NotFound, PackError, TooManyProposals
from pack.files.edits import Append, Replace, ReplaceSection
from pack.history.undoing.undone import UndoChoice
from pack.memory import Memory
from pack.proposals.proposal import ProposalStatus
from pack.provenance import Origin, Source
from tests.github_support import NAME, GithubWorld
from tests.rewrites import line, note, of_person, reworded, rewritten, truncated
from tests.stories.mcp_support import run
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
        self.own: set[str] = set()
        world.init()
        world.open(truth=TruthMode.ENFORCE)
        self.person = world.memory.written_by(PERSON)
        for path in FILES[:3]:
            self.person.notes.update(path, self.by(note(self.chance, "u")))

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
        self.check(before)

    def check(self, before: Mapping[str, str]) -> None:
        """Every line of the person's that was there still is, in its file and in order.

        Of a line that a machine has copied, any may go but one.
        """
        after = self.texts()
        for path, text in before.items():
            mine = Counter(one for one in of_person(text) if one in self.own)
            kept = of_person(after.get(path, ""))
            there = iter(kept)
            missing = [one for one in of_person(text) if mine[one] == 1 and one not in there]
            missing += [one for one in mine if one not in kept]
            assert not missing, (self.steps, path)

    def by(self, text: str) -> str:
        """A text of the person's: a machine's copy of a line in it may look like one of theirs."""
        self.own.update(of_person(text))
        return text

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
            new = note(self.chance, who)
            memory.notes.update(path, self.by(new) if memory is self.person else new)
            return
        text = rewritten(found.content, self.chance)
        if memory is self.person:
            text = f"{found.content}\n{self.by(line(self.chance, 'u'))}\n"
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


class ToolWalk(Walk):
    """A walk in which machines have nothing but the tools of an MCP server."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world, seed)
        self.answers: Counter[tuple[str, str]] = Counter()

    async def call_tools(self, steps: int) -> None:
        async with AsyncExitStack() as stack:
            clients = []
            for machine in MACHINES[:4]:
                server = build_server(self.world.memory, source=machine.source, watch=False)
                mode = self.chance.choice(("auto", "legacy"))
                clients.append(await stack.enter_async_context(Client(server, mode=mode)))
            client = clients[0]
            for _ in range(steps):
                client = self.chance.choice((client, *clients))  # some of what is last is its own
                await self.call_tool(client)
        assert_true_index(self.world)

    async def call_tool(self, client: Client) -> None:
        self.steps += 1
        self.world.clock.advance(minutes=7)
        before = self.texts()
        name, arguments = self.chance.choice(self.tools())()
        done = await client.call_tool(f"memory_{name}", arguments)
        content = done.structured_content or {}
        status = "refused" if done.is_error else content.get("status", "done")
        self.answers[name, status] += 1
        self.check(before)
        shelf = self.world.memory._session.core.proposals
        for one in shelf.open() if shelf.count() > 50 else ():
            shelf.close(one, ProposalStatus.WITHDRAWN, None)

    def tools(self) -> Sequence[Callable[[], tuple[str, dict[str, Any]]]]:
        most = (self.update_call, self.edit_call) * 2
        return (*most, self.whole_call, self.delete_call, self.move_call, self.undo_call)

    def read(self) -> tuple[str, str, str | None]:
        """A file, its text and its sha; a new text where there is no file."""
        path = self.path()
        with suppress(NotFound):
            found = self.person.notes.get(path)
            return path, found.content, found.sha
        return path, note(self.chance, "m"), None

    def update_call(self) -> tuple[str, dict[str, Any]]:
        path, text, sha = self.read()
        make = self.chance.choice((rewritten, rewritten, truncated, reworded))
        given = {"path": path, "content": make(text, self.chance) or "gone", "sha": sha}
        rest = self.chance.random() < 0.4
        return "update", {key: one for key, one in given.items() if one} | {"apply_rest": rest}

    def whole_call(self) -> tuple[str, dict[str, Any]]:
        text = self.person.whole.get().content
        old = set(text.split("\n"))
        lines = rewritten(text, self.chance).split("\n")  # what is new in it is the machine's
        mine = (one if one in old else one.replace("~u", "~m") for one in lines)
        return "update", {"content": "\n".join(mine)}

    def edit_call(self) -> tuple[str, dict[str, Any]]:
        path, text, _ = self.read()
        lines = [one for one in text.split("\n") if one.strip()] or ["none"]
        old = self.chance.choice(lines)
        heading = self.chance.choice([one for one in lines if one.startswith("#")] or [old])
        new = line(self.chance, "m")
        edits: Sequence[dict[str, Any]] = (
            {"op": "replace", "old": old, "new": new},
            {"op": "replace", "old": old, "new": "", "all": True},
            {"op": "append", "text": new},
            {"op": "replace_section", "section": heading.lstrip("# "), "text": new},
        )
        some = self.chance.sample(edits, self.chance.randint(1, 2))
        return "edit", {"path": path, "edits": some, "apply_rest": self.chance.random() < 0.3}

    def delete_call(self) -> tuple[str, dict[str, Any]]:
        path, _, sha = self.read()
        return "delete", {"path": path, "sha": sha or "0" * 40}

    def move_call(self) -> tuple[str, dict[str, Any]]:
        path, _, sha = self.read()
        new = self.chance.choice((self.path(), f"notes/moved{self.steps}.md"))
        return "move", {"path": path, "new_path": new, "sha": sha or "0" * 40}

    def undo_call(self) -> tuple[str, dict[str, Any]]:
        head = self.world.connector.head()
        ways = ({"last": self.chance.randint(1, 3)}, {"path": self.path()}, {"commit": head})
        return "undo", self.chance.choice(ways)


@pytest.fixture
def world_in_memory() -> Iterator[World]:
    with closing(World(None)) as made:
        yield made


def test_what_machines_do_over_mcp_changes_nothing_of_the_persons(world_in_memory: World) -> None:
    walk = ToolWalk(world_in_memory, 7)
    run(lambda: walk.call_tools(40))
    some = {(name, status) for name in ("update", "edit") for status in ("written", "proposed")}
    assert some < walk.answers.keys()


@pytest.mark.soak
@pytest.mark.timeout(14400)
@pytest.mark.parametrize("seed", range(20))
def test_long_walks_over_mcp_change_nothing_of_the_persons(world: World, seed: int) -> None:
    walk = ToolWalk(world, seed)
    for _ in range(20 if world.folder is None else 4):
        run(lambda: walk.call_tools(50))


def test_what_machines_do_changes_nothing_of_the_persons(world: World) -> None:
    Walk(world, 11).run(120 if world.folder is None else 25)


def copy_and_drop(world: World, notes: int, seed: int) -> None:
    """Machines copy lines of the person's and take some away, until the note is full of copies."""
    chance = random.Random(seed)
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    person, machine = map(world.memory.written_by, (PERSON, MACHINES[3]))
    for number in range(notes):
        path = f"notes/copies{number}.md"
        person.notes.update(path, note(chance, "u", 4))
        first = of_person(person.notes.get(path).content)
        for _ in range(16):
            found = machine.notes.get(path)
            text = rewritten(found.content, chance, with_copies=True)
            with suppress(PackError):
                machine.notes.update(path, text, found.sha, apply_rest=True)
            there = iter(of_person(person.notes.get(path).content))
            assert all(one in there for one in first), (number, seed)
        shelf = world.memory._session.core.proposals
        for one in shelf.open():
            shelf.close(one, ProposalStatus.WITHDRAWN, None)


def test_no_copy_takes_a_line_from_the_person(world_in_memory: World) -> None:
    copy_and_drop(world_in_memory, 8, 3)


@pytest.mark.soak
@pytest.mark.timeout(14400)
@pytest.mark.parametrize("seed", range(20))
def test_no_number_of_copies_takes_a_line_from_the_person(
    world_in_memory: World, seed: int
) -> None:
    copy_and_drop(world_in_memory, 200, seed)


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

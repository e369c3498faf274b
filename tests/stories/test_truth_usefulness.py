"""Agents stay useful: of their ordinary writes to a person's notes, few wait for the person."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import closing
from typing import Final

import pytest

from pack.core.truths import TruthMode
from pack.files.edits import Append, Edit, Replace
from pack.memory import Memory
from pack.provenance import Origin, Source
from pack.results import WriteStatus, Written
from tests.support import World

PERSON: Final = Origin(Source.USER, "cli")
WRITES: Final = 200
WANTED: Final = 0.95
NOTES: Final = {
    "context/profile.md": "# Profile\n\nName: Ada\nCity: Lyon\n\nI am a nurse and work at night.\n",
    "context/preferences.md": (
        "# Preferences\n\n## Food\n\n- no nuts\n- tea, not coffee\n\n## Answers\n\n"
        "Keep answers short.\nNever use tables.\n"
    ),
    "projects/website.md": (
        "---\ntopic: Website\ntags: [work, web]\n---\n\n# Website\n\nGoes live in May. The design\n"
        "is with Mia, and the text\nis mine.\n\n## Tasks\n\n- [ ] write the text\n"
        "- [ ] choose photos\n- [ ] ask Mia for a draft\n\n## Log\n\n| day | what |\n|---|---|\n"
        "| Monday | begun |\n"
    ),
    "projects/garden.md": (
        "Garden\n======\n\n1. dig\n2. sow\n3. water\n\n```\nbed A: beans\nbed B: peas\n```\n\n"
        "> Ask the neighbour about the fence.\n"
    ),
    "journal/march.md": "# March\n\n**3** went to the sea  \n**4** rain, read all day",
}
FACTS: Final = (
    "- likes {}", "Likes {}.", "On Fridays: {}.", "- [ ] buy {}", "* {} (from the chat)",
    "**Note:** asked about {}.", "wants {} soon", "## {}\n\nMore about it.", "- a\n  - {}",
)  # fmt: skip
THINGS: Final = ("plums", "a bicycle", "the opera", "green paint", "Rome", "a new lamp", "chess")


class Agent:
    """An agent at its everyday work."""

    def __init__(self, memory: Memory, chance: random.Random) -> None:
        self.memory = memory
        self.chance = chance
        self.own: list[str] = []
        self.written: list[tuple[str, str]] = []

    def fact(self) -> str:
        number = self.chance.randint(1, 10_000)
        thing = f"{self.chance.choice(THINGS)} {number}"
        return self.chance.choice(FACTS).format(thing)

    def edit(self, path: str, edit: Edit) -> Written:
        return self.memory.notes.edit(path, [edit])

    def append_a_fact(self) -> Written:
        path, fact = self.chance.choice(list(NOTES)), self.fact()
        done = self.edit(path, Append(fact))
        self.written.append((path, fact.rpartition("\n")[2]))
        return done

    def append_to_a_section(self) -> Written:
        path, section = self.chance.choice(
            [
                ("context/preferences.md", "Food"),
                ("context/preferences.md", "Answers"),
                ("projects/website.md", "Tasks"),
                ("projects/website.md", "Log"),
            ]
        )
        fact = self.fact()
        if section == "Log":
            fact = f"| Tuesday | {self.chance.choice(THINGS)} |"
        while fact.startswith("##"):
            fact = self.fact()
        return self.edit(path, Append(fact, section))

    def add_after_a_line(self) -> Written:
        path = self.chance.choice(list(NOTES))
        last = self.memory.notes.get(path).content.rstrip("\n").rpartition("\n")[2]
        whole = self.memory.notes.get(path).content
        if whole.count(last) != 1:
            return self.append_a_fact()
        return self.edit(path, Replace(last, f"{last}\n{self.fact()}"))

    def send_the_whole_with_a_fact(self) -> Written:
        found = self.memory.notes.get(self.chance.choice(list(NOTES)))
        text = found.content.rstrip("\n") + f"\n\n{self.fact()}"
        return self.memory.notes.update(found.path, text, found.sha)

    def tick_a_task(self) -> Written:
        path = "projects/website.md"
        tasks = [t for t in self.memory.notes.get(path).content.split("\n") if t.startswith("- [")]
        task = self.chance.choice(tasks)
        other = task.replace("[ ]", "[x]") if "[ ]" in task else task.replace("[x]", "[ ]")
        return self.edit(path, Replace(task, other))

    def fix_its_own_text(self) -> Written:
        if not self.written:
            return self.append_a_fact()
        path, line = self.chance.choice(self.written)
        if self.memory.notes.get(path).content.count(line) != 1:
            return self.append_a_fact()
        fixed = line.replace("likes", "loves").replace("asked", "spoke") + " Really."
        self.written.remove((path, line))
        self.written.append((path, fixed))
        return self.edit(path, Replace(line, fixed))

    def make_a_note(self) -> Written:
        path = f"topics/{self.chance.choice(THINGS).replace(' ', '-')}-{len(self.own)}.md"
        self.own.append(path)
        return self.memory.notes.update(path, f"# A note\n\n{self.fact()}\n")

    def rewrite_its_own_note(self) -> Written:
        if not self.own:
            return self.make_a_note()
        found = self.memory.notes.get(self.chance.choice(self.own))
        return self.memory.notes.update(found.path, f"# Again\n\n{self.fact()}\n", found.sha)


def test_nearly_all_ordinary_writes_go_through(capsys: pytest.CaptureFixture) -> None:
    with closing(World(None)) as world:
        share, held = work(world)
    with capsys.disabled():
        print(f"\nordinary writes of agents that go through: {share:.1%} of {WRITES}")
    assert share >= WANTED, +held


def work(world: World) -> tuple[float, Counter[str]]:
    """The share of an agent's writes that go through, and how many of each kind do not."""
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    person = world.memory.written_by(PERSON)
    for path, text in NOTES.items():
        found = person.notes.get(path) if path in world.files() else None
        person.notes.update(path, text, found and found.sha)
    agent = Agent(world.memory, random.Random(5))
    ways = (
        agent.append_a_fact, agent.append_to_a_section, agent.add_after_a_line,
        agent.send_the_whole_with_a_fact, agent.tick_a_task, agent.fix_its_own_text,
        agent.make_a_note, agent.rewrite_its_own_note,
    )  # fmt: skip
    held: Counter[str] = Counter()
    for number in range(WRITES):
        way = ways[number % len(ways)]
        held[way.__name__] += way().status is not WriteStatus.WRITTEN
    return 1 - held.total() / WRITES, held

"""Whatever happened to a memory and on the way, its pages end as those of a fresh migration."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from pack.pages.mapping import MAPPING
from pack.sync.routes import TargetFailed
from tests.standins.faults import FaultKind
from tests.unit.pages.test_run import Bench

# A page whose answer is lost is found by its title, if Notion can be asked for it before that is
# another one. So only what has no effect lasts.
FAULTS = [(FaultKind.CUT, 30), (FaultKind.UNAVAILABLE, 30), (FaultKind.CONFLICT, 3),
          (FaultKind.CUT_AFTER, 2), (FaultKind.TIMEOUT_AFTER, 1)]  # fmt: skip
PATHS = [f"{folder}/{name}.md" for folder in ("context", "projects", "x/y") for name in "abcd"]
TITLES = ["Alpha", "Beta", "Gamma", "Ünï 😀", "日本 *x*", "A | B", "`code`", "1. x", "[l](b.md)"]
PARTS = ["para", "- a\n- b\n  - c", "```py\nx=1\n```", "## Sub\n\ntext", "> q", "# Beta", "---",
         "| a | b |\n|---|---|\n| 1 | 2 |", '<page url="x">', "same", "same"]  # fmt: skip
Shown = dict[str, tuple[str, list[str]]]


def a_file(chance: random.Random) -> str:
    links = [f"See [x](/{chance.choice(PATHS)}) and [y](../{chance.choice(PATHS)}#p)."]
    parts = chance.choices([*PARTS, *links * 3], k=chance.randint(0, 4))
    return "\n\n".join([f"# {chance.choice(TITLES)}", *parts, ""])


def change(bench: Bench, chance: random.Random) -> None:
    """One to three files are new, edited, moved, deleted or private."""
    there = {path: text for path, text in bench.world.files().items() if path in PATHS}
    changes: dict[str, str | bytes | None] = {}
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(PATHS)
        match chance.choice(["write", "write", "delete", "move", "hide"]):
            case "delete" if path in there and len(there) > 3:
                changes[path] = None
            case "move" if path in there and (new := chance.choice(PATHS)) not in there:
                changes |= {new: there[path], path: None}
            case "hide":
                changes[path] = f"---\nsync: false\n---\n{a_file(chance)}"
            case _:
                changes[path] = a_file(chance)
    bench.world.commit(changes)


def shown(bench: Bench) -> tuple[Shown, list[str], list[str]]:
    """Each page and the index: their texts, and the titles that their links lead to."""
    pages = [one for one in bench.notion.state.pages.values() if one.parent and not one.in_trash]
    title_of = {one.url: one.title for one in pages}

    def links(title: str) -> list[str]:
        return [title_of.get(url, url) for url in bench.links(title)]

    found = {one.title: (bench.notion.shown(one), links(one.title)) for one in pages}
    return found, sorted(bench.notion.shown().split("\n")), links("")


@pytest.mark.contract("C11")
@pytest.mark.parametrize(
    "seeds", [range(100, 104), pytest.param(range(80), marks=pytest.mark.soak)]
)
def test_every_history_ends_as_a_fresh_migration(seeds: range) -> None:
    for seed in seeds:
        chance = random.Random(seed)
        bench, fresh = Bench(None), Bench(None)
        with bench.notion.unchecked(), fresh.notion.unchecked():
            bench.migrate()
            for _ in range(5):
                change(bench, chance)
                if chance.random() < 0.8:
                    kind, times = chance.choice(FAULTS)
                    bench.notion.faults.add(kind, skip=chance.randint(0, 25), times=times)
                with suppress(TargetFailed):
                    bench.sync()
                bench.notion.faults.clear()
            bench.sync()
            files = {path: text for path, text in bench.world.files().items() if path != MAPPING}
            fresh.world.commit(dict.fromkeys(fresh.world.files().keys() - files.keys()) | files)
            fresh.migrate()
            assert shown(bench) == shown(fresh), seed
        bench.world.close()
        fresh.world.close()

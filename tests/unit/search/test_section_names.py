"""What a search calls a section, an edit and a read take, and no other section is meant."""

from __future__ import annotations

import pytest

from pack.files.edits import Append
from tests.support import World

SHORT = (
    "# Plan\n\n## May\n\n### Tasks\n\n- alpha\n\n"
    "## June\n\n### Tasks\n\n- beta\n\n### Tasks\n\n- gamma\n"
)
LONG = "".join(
    f"## Day\n\n{f'Some words about the weather of {name}, again and again. ' * 40}\n\n- {name}\n\n"
    for name in ("alpha", "beta", "gamma")
)
FENCED = "## Setup\n\n```sh\n" + "run\n\n" * 500 + "# Setup\nalpha\n```\n\n## Setup\n\nbeta\n"
MARKED = "# A\n\n## **Bold** `code`\n\nalpha\n\n## [Link](x.md) > more\n\nbeta\n\n##\n\ngamma\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            SHORT,
            {
                "alpha": "Plan > May > Tasks",
                "beta": "Plan > June > Tasks [1]",
                "gamma": "Plan > June > Tasks [2]",
            },
        ),
        (LONG, {"alpha": "Day [1]", "beta": "Day [2]", "gamma": "Day [3]"}),
        (FENCED, {"alpha": "Setup [1]", "beta": "Setup [2]"}),
        (
            MARKED,
            {"alpha": "A > **Bold** `code`", "beta": "A > [Link](x.md) > more", "gamma": "A"},
        ),
        ("# Tasks\n\nalpha\n\n# June\n\n## Tasks\n\nbeta\n", {"alpha": "Tasks [1]"}),
    ],
)
def test_the_section_of_a_match_can_be_read_and_edited(
    text: str, names: dict[str, str], world: World
) -> None:
    memory = world.init()
    memory.notes.update("projects/plan.md", text)
    for word, name in names.items():
        (match,) = memory.search.find(f'"{word}"', dir="projects").matches
        assert match.section == name
        assert f"{word}\n" in memory.notes.get("projects/plan.md", section=name).content
        memory.notes.edit("projects/plan.md", [Append(f"added to {word}", name)])
        after = memory.notes.get("projects/plan.md", section=name).content
        assert f"added to {word}" in after
        assert f"{word}\n" in after

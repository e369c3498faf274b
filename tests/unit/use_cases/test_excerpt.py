"""A part of a note is what was asked for, and says which part it is."""

from __future__ import annotations

import pytest

from pack.errors import InvalidRequest, NotFound
from pack.results import Document
from tests.support import World

BIG = "# Big\n\n" + "".join(f"- fact {number}, in a few words\n" for number in range(600))


def read(world: World, text: str, **part: object) -> Document:
    memory = world.memory if world.messages() else world.init()
    world.commit(
        {"notes/a.md": f"---\ntopic: A\ncreated: 2026-01-01\nupdated: 2026-01-01\n---\n{text}"}
    )
    return memory.notes.get("notes/a.md", **part)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("7-8", (7, 8)),
        ("7 - 8", (7, 8)),
        ("7:8", (7, 8)),
        ("7,8", (7, 8)),
        ("7..8", (7, 8)),
        ("L7-L8", (7, 8)),
        ("7\u20138", (7, 8)),
        ("7", (7, 7)),
        ("606-", (606, 607)),
        ("606-9999", (606, 607)),
        ("-3", (1, 3)),
        ("0-3", (1, 3)),
    ],
)
def test_lines_of_a_file(lines: str, shown: tuple[int, int], shared_world: World) -> None:
    world = shared_world
    found = read(world, BIG, lines=lines)
    assert (found.excerpt.first, found.excerpt.last) == shown
    assert found.excerpt.total == 607
    whole = world.memory.notes.get("notes/a.md").content.splitlines(keepends=True)
    assert found.content == "".join(whole[shown[0] - 1 : shown[1]])
    assert found.sha == world.memory.notes.get("notes/a.md").sha
    assert not found.excerpt.is_whole


@pytest.mark.parametrize("lines", ["8-7", "700-", "x", "-", "", "1-2-3", "9" * 30, "1.5"])
def test_what_is_no_range_is_refused(lines: str, shared_world: World) -> None:
    with pytest.raises(InvalidRequest):
        read(shared_world, BIG, lines=lines)


def test_a_section_of_a_file(world: World) -> None:
    text = "intro\n\n## A\n\nx\n\n### B\n\ny\n\n## C\n\nz\n"
    found = read(world, text, section="A")
    assert found.content == "## A\n\nx\n\n### B\n\ny\n\n"
    assert world.memory.notes.get("notes/a.md", section="A > B").content == "### B\n\ny\n\n"
    with pytest.raises(NotFound):
        world.memory.notes.get("notes/a.md", section="D")
    with pytest.raises(InvalidRequest, match="cannot both"):
        world.memory.notes.get("notes/a.md", section="A", lines="1-2")


def test_a_budget_cuts_after_a_line_and_the_parts_are_the_whole(world: World) -> None:
    whole = read(world, BIG)
    assert whole.excerpt.is_whole
    assert whole.excerpt.tokens
    parts: list[str] = []
    lines = "1-"
    while True:
        found = world.memory.notes.get("notes/a.md", lines=lines, max_tokens=500)
        parts.append(found.content)
        assert len(found.content) <= 4 * 500
        assert found.content.endswith("\n")
        if found.excerpt.until is None:
            break
        lines = f"{found.excerpt.last + 1}-{found.excerpt.until}"
    assert len(parts) > 5
    assert "".join(parts) == whole.content


def test_a_line_that_alone_is_too_long_is_cut(world: World) -> None:
    found = read(world, "x" * 100_000 + "\ny\n", lines="6-", max_tokens=10)
    assert 0 < len(found.content) <= 44
    assert found.excerpt.is_cut
    assert (found.excerpt.first, found.excerpt.last) == (6, 6)


def test_a_short_file_says_nothing_of_its_length(world: World) -> None:
    found = read(world, "short\n")
    assert found.excerpt.is_whole
    assert found.excerpt.tokens is None
    assert read(world, "x" * 10_000, lines="-99").excerpt.tokens

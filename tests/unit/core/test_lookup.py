"""A path in any form that agents use finds its file; a wrong one is answered with the nearest."""

from __future__ import annotations

import pytest

from pack.core.lookup import nearest
from pack.errors import InvalidPath, NotFound
from pack.files.edits import Append
from pack.model import MemoryPath
from tests.support import World

PATHS = [
    MemoryPath(path)
    for path in (
        "contacts/ana.md",
        "context/general.md",
        "projects/garden/beds.md",
        "projects/web-site.md",
        "projects/website.md",
        "work/website.md",
    )
]


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("projects/webiste.md", ["projects/website.md", "work/website.md", "projects/web-site.md"]),
        ("work/website.md", ["work/website.md", "projects/website.md", "projects/web-site.md"]),
        ("notes/Ana.md", ["contacts/ana.md"]),
        (
            "projects/Web Site.md",
            ["projects/web-site.md", "projects/website.md", "work/website.md"],
        ),
        ("general", ["context/general.md"]),
        ("projects/garden", ["projects/garden/beds.md"]),
        ("zzz/qqq.md", []),
        ("", []),
    ],
)
def test_the_nearest_paths_are_named(wanted: str, near: list[str]) -> None:
    assert nearest(wanted, PATHS) == near


def test_few_of_many_names_are_compared() -> None:
    many = [MemoryPath(f"n/{number:05}.md") for number in range(20_000)]
    assert nearest("n/00017x.md", many)[0] == "n/00017.md"


@pytest.mark.parametrize(
    "form",
    [
        "contacts/ana",
        "/contacts/ana.md",
        "./contacts/ana.md",
        "//contacts/ana",
        "memory:///contacts/ana.md",
        "Memory:///contacts/an%61.md",
        "memory://contacts/ana",
    ],
)
def test_a_path_in_the_forms_that_agents_use(form: str, world: World) -> None:
    memory = world.init()
    made = memory.notes.update("contacts/ana.md", "Ana\n")
    assert memory.notes.get(form).path == "contacts/ana.md"
    edited = memory.notes.edit(form, [Append("more\n")])
    updated = memory.notes.update(form, "new\n", edited.sha)
    assert updated.path == made.path
    moved = memory.notes.move(form, "/contacts/eva.md", str(updated.sha))
    assert moved.path == "contacts/eva.md"
    back = memory.notes.move("contacts/eva", "memory:///contacts/ana.md", str(moved.sha))
    assert memory.notes.delete(form, str(back.sha)).path == "contacts/ana.md"
    for folder in ("/context", "./context/", "memory:///context", "context"):
        assert memory.notes.list(dir=folder).total == 1
    for root in (".", "/", "./"):
        assert memory.notes.list(dir=root).total == memory.notes.list().total


@pytest.mark.parametrize(
    "form",
    ["memory:///..%2fx.md", "/../x.md", "./../x.md", "memory:///a/%00.md", "/.git/x.md", "//"],
)
def test_no_form_leads_out_of_the_memory(form: str, world: World) -> None:
    memory = world.init()
    for refused in (
        lambda: memory.notes.get(form),
        lambda: memory.notes.update(form, "x\n"),
        lambda: memory.notes.delete(form, "0" * 40),
    ):
        with pytest.raises(InvalidPath):
            refused()


def test_a_new_file_needs_its_ending(world: World) -> None:
    memory = world.init()
    with pytest.raises(InvalidPath, match=r"must end in \.md"):
        memory.notes.update("projects/new", "x\n")
    assert memory.notes.update("./projects/new.md", "x\n").path == "projects/new.md"


def test_a_refusal_names_the_nearest_paths(world: World) -> None:
    memory = world.init()
    memory.notes.update("projects/website.md", "x\n")
    for wrong in ("projects/webiste.md", "website.md", "notes/website.md"):
        for call in (memory.notes.get, lambda path: memory.notes.edit(path, [Append("x")])):
            with pytest.raises((NotFound, InvalidPath)) as caught:
                call(wrong)
            if isinstance(caught.value, NotFound):
                assert "Did you mean projects/website.md?" in caught.value.remedy

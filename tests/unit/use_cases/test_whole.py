"""The whole memory in parts: each is bounded, and together they are everything, once."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from pack.core.requests import InvalidCursor, count_tokens
from pack.results import WholeMemory
from tests.support import World

pytestmark = pytest.mark.contract("C2")

KEYS = ['["a", 1e999, ""]', '["a", -1e999, ""]', f'["a", 1{"0" * 400}, ""]', '["a", 1]']
BAD = ["garbage", "", "W10=", "WyJhIl0=", *(urlsafe_b64encode(k.encode()).decode() for k in KEYS)]


def parts(world: World, max_tokens: int) -> list[WholeMemory]:
    found = [world.memory.whole.get(max_tokens)]
    while found[-1].next_cursor is not None:
        found.append(world.memory.whole.get(max_tokens, found[-1].next_cursor))
    return found


def filled(world: World, files: int = 30, text: str = "A fact, in a few words.\n" * 20) -> None:
    world.init()
    world.commit({f"notes/n{n:02}.md": f"# Note {n}\n\n{text}" for n in range(files)})


@pytest.mark.parametrize("max_tokens", [300, 1_000, 3_000])
def test_the_parts_are_the_whole_and_each_is_bounded(max_tokens: int, world: World) -> None:
    filled(world)
    whole = world.memory.whole.get()
    assert whole.notice is None
    found = parts(world, max_tokens)
    assert len(found) > 1
    assert "\n---\n\n".join(part.content for part in found) == whole.content
    for part in found[:-1]:
        assert count_tokens(f"{part.content}{part.notice}") <= max_tokens
        assert part.notice is not None
        assert part.next_cursor is not None
        assert part.next_cursor in part.notice
    assert found[-1].notice is None
    assert {part.files for part in found} == {whole.files}


def test_a_memory_that_fits_comes_whole(world: World) -> None:
    filled(world, 3)
    assert world.memory.whole.get(25_000) == world.memory.whole.get()


def test_a_file_that_is_too_large_comes_in_parts(world: World) -> None:
    world.init()
    text = "".join(f"- fact {n}\n" for n in range(3_000))
    world.commit({"notes/big.md": text, "notes/line.md": "y" * 20_000})
    found = parts(world, 1_000)
    joined = "".join(part.content for part in found)
    assert all(f"- fact {n}\n" in joined for n in range(3_000))
    assert "y" * 900 in joined
    assert joined.count("y") == world.memory.whole.get().content.count("y")
    assert any("not complete" in str(part.notice) for part in found)


def test_files_that_come_and_go_between_parts_hide_no_others(world: World) -> None:
    filled(world)
    first = world.memory.whole.get(1_000)
    assert first.next_cursor is not None
    second = world.memory.whole.get(1_000, first.next_cursor).content.splitlines()[0]
    gone = second.removeprefix("<!-- ").removesuffix(" -->")
    world.commit({gone: None, "notes/a.md": "new\n"})
    after = world.memory.whole.get(1_000, first.next_cursor).content.splitlines()[0]
    assert after > second
    number = int(gone[7:9]) + 1
    assert f"notes/n{number:02}.md" in after


def test_a_file_that_changed_meanwhile_comes_from_its_beginning(world: World) -> None:
    world.init()
    world.commit({"a/big.md": "".join(f"- fact {n}\n" for n in range(3_000))})
    first = world.memory.whole.get(1_000)
    world.commit({"a/big.md": "other\n"})
    assert "other\n" in world.memory.whole.get(1_000, first.next_cursor).content


@pytest.mark.parametrize("cursor", BAD)
def test_what_is_no_cursor_is_refused(cursor: str, world: World) -> None:
    filled(world, 3)
    with pytest.raises(InvalidCursor):
        world.memory.whole.get(1_000, cursor)


def test_a_v1_memory_comes_in_parts_too(world: World) -> None:
    text = "".join(f"- fact {n}\n" for n in range(3_000))
    world.commit({"MEMORY.md": text, "MEMORY-2.md": "more\n"})
    assert world.memory.whole.get().content == f"{text}\nmore\n"
    found = parts(world, 1_000)
    assert "".join(part.content for part in found) == f"{text}\nmore\n".replace("\n\nm", "\n\nm")


@pytest.mark.contract("C1")
@pytest.mark.parametrize("knows", [True, False])
def test_a_part_that_comes_back_loses_nothing_and_is_stored_only_once(
    knows: bool, world: World
) -> None:
    filled(world)
    part = world.memory.whole.get(1_000)
    read = f"{part.content}\n{part.notice}\n"
    before: dict[str, Any] = dict(world.files())
    world.memory.whole.add(f"{read}\nA new fact.\n", read if knows else None)
    after = world.files()
    general = after["context/general.md"].decode()
    assert general.endswith("A new fact.\n")
    assert "PACK" not in general
    assert "Note 1" not in general
    changed = {path for path in after if after[path] != before.get(path)}
    assert changed == {"context/general.md", "index.md"}

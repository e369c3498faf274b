"""What is answered while the catalog of a large memory is first filled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pack.catalog.gradual import Gradual
from pack.catalog.refresh import bring_up
from pack.core.session import Session
from pack.core.truths import TruthMode
from pack.errors import InvalidRequest
from pack.history.briefing.context import ContextRequest
from pack.history.briefing.context_text import StartingContext
from pack.memory import Memory
from pack.model import CommitId
from pack.results import FileListing, Matches
from pack.truth.lines import with_truths
from tests.support import AGENT, World, assert_true_index
from tests.unit.history.briefing.test_context_text import Calls

FILES = 30
Ask = Callable[[Memory], object]


def gradually(world: World, *sizes: int) -> Memory:
    """The memory, of which so many files answer while its catalog is filled; with levels."""
    core = replace(world.memory._session.core, gradual=Gradual(sizes))
    return Memory(Session(with_truths(core, TruthMode.ENFORCE), AGENT))


def asked_while_filling(memory: Memory, ask: Ask) -> list[object]:
    """What is answered whenever all files of a catalog have been read, but not for the first.

    Another thread asks, as a lock of the one that fills would let that one pass.
    """
    found: list[object] = []

    def progress(_number: int, _total: int) -> None:
        if progress.is_later:  # type: ignore[attr-defined]
            found.append(asking.submit(ask, memory).result(60))
        progress.is_later = True  # type: ignore[attr-defined]

    progress.is_later = False  # type: ignore[attr-defined]
    with ThreadPoolExecutor(1) as asking:
        memory.care.begin_filling()
        memory.care.fill_catalog(progress)
    return found


@pytest.fixture
def world() -> Iterator[World]:
    world = World(None)
    world.init()
    files = {f"a/{n:02}.md": f"---\nupdated: 2026-01-02\n---\nred {n}\n" for n in range(FILES)}
    world.commit(files)
    world.open()  # with an empty catalog
    yield world
    world.close()


def total(memory: Memory) -> tuple[int, bool]:
    """How many files a search finds, and whether it says that it looked at a part only."""
    found = memory.search.find("red", limit=100)
    return len(found.matches), found.notice is not None and not found.is_total_exact


def test_searches_are_answered_from_what_has_been_read(world):
    memory = gradually(world, 3, 6)
    (three, six) = asked_while_filling(memory, total)
    assert three[1]
    assert six[1]
    assert three[0] < six[0] <= 6
    assert total(memory) == (FILES, False)


def test_the_answer_says_how_far_it_is(world):
    memory = gradually(world, 3)
    (found,) = asked_while_filling(memory, lambda memory: memory.search.find("red"))
    assert isinstance(found, Matches)
    files = len(world.listed())
    assert found.notice is not None
    assert f"{files} of {files} files have been read" in found.notice
    assert "of the first 3 alone" in found.notice


def test_a_listing_says_so_too(world):
    memory = gradually(world, 3)
    (found,) = asked_while_filling(memory, lambda memory: memory.notes.list())
    assert isinstance(found, FileListing)
    assert len(found.files) == 3
    assert ["of the first 3 alone" in notice for notice in found.notices] == [True]
    later = memory.notes.list()
    assert len(later.files) > FILES
    assert later.notices == ()


def test_a_conversation_begins_with_what_has_been_read(world):
    world.commit({"a/02.md": "---\npin: true\n---\nBlue is better.\n"})
    memory = gradually(world, 5)

    def begin(memory: Memory) -> StartingContext:
        return memory.context.text(ContextRequest("Which red is it?"), Calls())

    (found,) = asked_while_filling(memory, begin)
    assert isinstance(found, StartingContext)
    assert "of the first 5 alone" in found.text
    assert "Blue is better." in found.text
    assert "the list of all notes" in [one.what for one in found.left_out]
    later = begin(memory)
    assert "alone" not in later.text
    assert later.text.count("\n- ") > found.text.count("\n- ")


def test_a_note_is_read_at_once(world):
    memory = gradually(world, 3)
    (found,) = asked_while_filling(memory, lambda memory: memory.notes.get("a/29.md"))
    assert found == memory.notes.get("a/29.md")


def test_a_write_that_waits_for_the_catalog_keeps_nobody_else_waiting(world, monkeypatch):
    memory, waits = gradually(world, 3), threading.Event()
    commit, threads = world.catalog.commit, []

    def asked() -> CommitId | None:
        if threading.current_thread() in threads:
            waits.set()
        return commit()

    def write(_: Memory) -> None:
        threads.append(threading.Thread(target=lambda: memory.notes.update("b/new.md", "new\n")))
        threads[0].start()
        assert waits.wait(60)
        with world.connector.exclusive():  # as another process would take it
            pass

    monkeypatch.setattr(world.catalog, "commit", asked)
    monkeypatch.setattr(world.connector, "_lock_seconds", 0.05)
    asked_while_filling(memory, write)
    threads[0].join()
    assert memory.notes.get("b/new.md").content.endswith("new\n")
    assert_true_index(world)


def test_a_wrong_path_is_refused_at_once(world):
    def refused(memory: Memory) -> str:
        with pytest.raises(InvalidRequest) as error:
            memory.notes.get("b/01.md")
        return error.value.code

    assert asked_while_filling(gradually(world, 3), refused) == ["not_found"]


def test_a_small_memory_is_read_at_once(world):
    assert asked_while_filling(gradually(world, 20), total) == []
    assert total(world.memory) == (FILES, False)


def test_a_catalog_that_is_there_is_left_alone(world):
    bring_up(world.catalog, world.connector, world.connector.head())
    memory, numbers = gradually(world, 3), []
    memory.care.begin_filling()
    memory.care.fill_catalog(lambda *found: numbers.append(found))
    assert numbers == []
    assert total(memory) == (FILES, False)


def test_a_question_waits_for_the_first_files(world):
    memory, found = gradually(world, 3), []
    memory.care.begin_filling()
    waiting = threading.Thread(target=lambda: found.append(total(memory)), daemon=True)
    waiting.start()
    memory.care.fill_catalog(lambda *_: None)
    waiting.join(60)
    assert len(found) == 1


def test_filling_that_ends_early_leaves_it_to_the_questions(world):
    class LeftError(Exception):
        pass

    def leave(number: int, total: int) -> None:
        raise LeftError

    memory = gradually(world, 3)
    memory.care.begin_filling()
    with pytest.raises(LeftError):
        memory.care.fill_catalog(leave)
    assert world.catalog.commit() is None
    assert total(memory) == (FILES, False)

"""Listings, their filters, orders and pages; changes since a commit; the catalog made again."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pack.core.requests import InvalidCursor
from pack.errors import InvalidRequest
from tests.support import World


def test_listings_are_filtered(world):
    memory = world.init()
    memory.notes.update("a/one.md", "---\ntopic: First Thing\ntags: [Work, home]\n---\n")
    memory.notes.update("a/b/two.md", "---\ntags: [work out]\n---\n")
    memory.notes.update("ab/x.md", "x\n")

    def listed(**filters):
        return [file.path for file in memory.notes.list(**filters).files]

    assert listed(tag="WORK") == ["a/one.md"]
    assert listed(tag=" home ") == ["a/one.md"]
    assert listed(topic="thing") == ["a/one.md"]
    assert listed(dir="a") == ["a/b/two.md", "a/one.md"]
    assert listed(dir="a/b", tag="work out") == ["a/b/two.md"]
    assert listed(tag="nope") == []
    assert listed(dir="context", limit=1) == ["context/general.md"]


def search(memory, query, **options):
    return [match.path for match in memory.search.find(query, **options).matches]


def test_files_are_narrowed_by_date_and_topic(world):
    memory = world.init()
    for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
        world.commit({f"log/{day}.md": f"---\ntopic: Day {day}\nupdated: {day}\n---\nneedle\n"})
    assert search(memory, "needle", since="2026-02-01") == [
        "log/2026-02-05.md",
        "log/2026-03-05.md",
    ]
    assert search(memory, "needle", until="2026-02-05", since="2026-02-05") == ["log/2026-02-05.md"]
    assert search(memory, "needle", topic="day 2026-03") == ["log/2026-03-05.md"]
    listed = memory.notes.list(dir="log", since="2026-02-01", sort="updated").files
    assert [file.path for file in listed] == ["log/2026-03-05.md", "log/2026-02-05.md"]
    for wrong in ({"since": "soon"}, {"until": "2026-13-01"}):
        with pytest.raises(InvalidRequest, match=next(iter(wrong))):
            memory.search.find("needle", **wrong)
        with pytest.raises(InvalidRequest, match=next(iter(wrong))):
            memory.notes.list(**wrong)


def test_files_without_a_date_have_that_of_their_last_commit(git_world, monkeypatch):
    memory = git_world.init()
    for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{day}T12:00:00+0000")
        git_world.commit({"log/plain.md": f"needle {day}\n", f"log/{day}.md": "needle\n"})
    git_world.commit({"log/stated.md": "---\ntopic: S\nupdated: 2026-02-01\n---\nneedle\n"})

    def listed(**filters):
        return [
            (f.path, f.updated)
            for f in memory.notes.list(dir="log", sort="updated", **filters).files
        ]

    newest = [("log/2026-03-05.md", "2026-03-05"), ("log/plain.md", "2026-03-05")]
    february = [("log/2026-02-05.md", "2026-02-05"), ("log/stated.md", "2026-02-01")]
    oldest = [("log/2026-01-05.md", "2026-01-05")]
    assert listed() == newest + february + oldest
    assert listed(since="2026-02-02") == newest + february[:1]
    assert listed(until="2026-02-05") == february + oldest
    assert search(memory, "needle", until="2026-01-31") == ["log/2026-01-05.md"]
    assert memory.search.find("needle", until="2026-01-31").matches[0].updated == "2026-01-05"
    assert memory.notes.get("log/2026-01-05.md").updated_at.startswith("2026-01-05")
    # A later commit is heeded, and so is what is not committed yet.
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-04-05T12:00:00+0000")
    git_world.commit({"log/2026-01-05.md": "needle again\n"})
    assert listed(since="2026-04-01") == [("log/2026-01-05.md", "2026-04-05")]
    edited = {"log/2026-02-05.md", "log/new.md"}
    for path in edited:
        (git_world.folder / path).write_text("needle by hand\n")
        noon = datetime(2026, 4, 6, 12, tzinfo=UTC).timestamp()
        os.utime(git_world.folder / path, (noon, noon))
    assert {path for path, _ in listed(since="2026-04-06")} == edited
    assert set(search(memory, "needle hand", since="2026-04-06")) == edited


@pytest.mark.parametrize("place", [tempfile.gettempdir(), "/dev/shm"])
@pytest.mark.parametrize("second", [-(2**40), 2**40])
def test_a_file_may_be_of_any_time(git_identity, place, second):
    """File systems differ in what they keep: one in memory keeps years beyond 9999."""
    if not Path(place).is_dir():
        pytest.skip(f"there is no {place}")
    with tempfile.TemporaryDirectory(dir=place) as folder:
        world = World(Path(folder) / "memory")
        world.init()
        world.edit("a/x.md", b"needle\n")
        os.utime(world.folder / "a/x.md", (second, second))
        assert world.memory.notes.get("a/x.md").content == "needle\n"
        assert "a/x.md" in [file.path for file in world.memory.notes.list(sort="updated").files]
        assert search(world.memory, "needle") == ["a/x.md"]
        world.memory.notes.update("a/x.md", "new\n", sha=world.memory.notes.get("a/x.md").sha)
        world.close()


@pytest.mark.parametrize("sort", ["path", "updated", "size"])
def test_every_file_is_on_one_page_of_a_listing(world, sort):
    memory = world.init()
    for number in range(7):
        memory.notes.update(f"a/{number}.md", "x" * (number % 3) + "\n")
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = memory.notes.list(limit=3, cursor=cursor, sort=sort)
        assert page.total == 8
        seen += [file.path for file in page.files]
        cursor = page.next_cursor
    whole = [file.path for file in memory.notes.list(limit=100, sort=sort).files]
    assert seen == whole
    assert len(set(seen)) == 8


def test_a_cursor_of_another_order_is_refused(world):
    memory = world.init()
    memory.notes.update("a/x.md", "x\n")
    cursor = memory.notes.list(limit=1, sort="size").next_cursor
    with pytest.raises(InvalidCursor):
        memory.notes.list(limit=1, cursor=cursor)

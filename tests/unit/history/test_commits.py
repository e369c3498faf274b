"""The log of the memory."""

import pytest

from pack.core.requests import InvalidCursor, make_cursor
from pack.errors import InvalidPath, InvalidRequest, NotFound
from pack.provenance import EDITOR, Origin, Source, commit_message
from tests.support import World, git

CURSOR = Origin(Source.AI_CLOUD, "cursor")


def paths(page):
    return [[file.path for file in commit.files] for commit in page.commits]


def test_who_changed_what_and_when(world):
    memory = world.init()
    world.clock.advance(hours=1)
    made = memory.notes.update("notes/x.md", "a\nb\n", None, "why not")
    world.clock.advance(days=1)
    memory.written_by(CURSOR).notes.update("notes/x.md", "a\nc\n", made.sha)
    newest, older, _ = memory.commits.page().commits
    assert (newest.origin, newest.level, newest.client) == ("ai-cloud:cursor", 5, "cursor")
    assert (older.time, older.commit) == ("2026-03-01T13:00:00Z", made.commit)
    assert older.message == "notes/x.md: add (why not)"
    (file,) = older.files
    assert (file.path, file.old_path, file.change) == ("notes/x.md", None, "added")
    assert (newest.files[0].added, newest.files[0].removed) == (1, 1)


def test_what_git_alone_recorded_is_a_persons(world):
    world.init()
    world.commit({"notes/x.md": "x\n"}, "by hand\n\nWith a reason.")
    newest = world.memory.commits.page(limit=1).commits[0]
    assert (newest.origin.partition(":")[0], newest.level) == ("user", 1)
    assert newest.message == "by hand\n\nWith a reason."


def test_bookkeeping_is_left_out_unless_asked_for(world):
    memory = world.init()
    memory.notes.update("notes/x.md", "x\n")
    skipped = commit_message("notes", EDITOR, "r", skips_sync=True)
    world.commit({"notes/y.md": "y\n"}, skipped)
    world.commit({"README.md": "r\n", "made/index.md": "---\npack_index: folder\n---\n"})
    assert paths(memory.commits.page(limit=1)) == [["notes/x.md"]]
    everything = paths(memory.commits.page(limit=3, everything=True))
    assert ["made/index.md"] in everything
    assert ["notes/y.md"] in everything


def test_what_is_left_out_is_never_told(world):
    memory = world.init()
    note = memory.notes.update("notes/x.md", "x\n" * 9)
    world.commit({".pack.yaml": "version: 1\nexclude: [private/]\n", "private/a.md": "a\n"})
    text = memory.notes.get("notes/x.md").content
    world.commit({"notes/x.md": None, "private/x.md": text}, "hide")
    page = memory.commits.page(everything=True)
    assert "private" not in str([commit.files for commit in page.commits])
    assert page.commits[0].files[0].change == "deleted"
    with pytest.raises(InvalidPath):
        memory.commits.page("private/a.md")
    assert memory.commits.page("notes/x.md").commits[-1].commit == note.commit


def test_pages_go_on_where_the_last_one_ended_while_new_commits_arrive(world):
    memory = world.init()
    made = [memory.notes.update(f"notes/{number}.md", "x\n").commit for number in range(5)][::-1]
    found, cursor = [], None
    while True:
        page = memory.commits.page("notes", limit=2, cursor=cursor)
        found += [commit.commit for commit in page.commits]
        cursor = page.next_cursor
        if cursor is None:
            break
        memory.notes.update(f"notes/new-{len(found)}.md", "x\n")
    assert found == made
    whole = memory.commits.page(limit=100)
    assert whole.next_cursor is None
    assert len(memory.commits.page(limit=10**12).commits) == len(whole.commits)
    far = make_cursor([world.connector.head(), 2**61])
    for wrong in ("x", memory.notes.list(limit=1).next_cursor, far):
        with pytest.raises(InvalidCursor):
            memory.commits.page(cursor=wrong)


def test_a_cursor_of_a_history_that_was_rewritten(git_world):
    memory = git_world.init()
    first = git_world.connector.head()
    for number in range(3):
        memory.notes.update(f"notes/{number}.md", "x\n")
    cursor = memory.commits.page(limit=1).next_cursor
    git(git_world.folder, "reset", "--quiet", "--hard", first)
    git(git_world.folder, "reflog", "expire", "--expire=now", "--all")
    git(git_world.folder, "gc", "--quiet", "--prune=now")
    git_world.close()
    with pytest.raises(InvalidCursor):
        git_world.open().commits.page(limit=1, cursor=cursor)


def test_a_page_may_be_kept_short(world):
    memory = world.init()
    for number in range(4):
        memory.notes.update(f"notes/{number}.md", "x\n")
    page = memory.commits.page(max_tokens=100)
    assert 0 < len(page.commits) < 4
    assert page.next_cursor
    assert len(memory.commits.page(max_tokens=1).commits) == 1


def test_the_log_by_time_writer_and_commit(world):
    memory = world.init()
    world.clock.now = world.clock.now.replace(day=2)
    second = memory.notes.update("notes/2.md", "x\n").commit
    world.clock.now = world.clock.now.replace(day=3)
    third = memory.written_by(CURSOR).notes.update("notes/3.md", "x\n").commit

    def found(**asked):
        return [commit.commit for commit in memory.commits.page(**asked).commits]

    assert found(since="2026-03-02") == [third, second]
    assert found(since="today") == [third]
    assert found(since="2026-03-02", until="2026-03-02") == [second]
    assert found(since=second) == [third]
    assert found(until=second, limit=1) == [second]
    assert found(by="Cursor") == [third]
    assert found(by="ai-cloud:test", path="notes/2.md") == [second]
    assert found(path="notes/2.md", since=second) == []
    assert found(path="notes/2.md", since="2026-03-02") == [second]
    assert found(path="notes/2.md", since="2026-03-03") == []
    with pytest.raises(InvalidRequest):
        found(since="soon")
    with pytest.raises(NotFound):
        found(path="notes/never.md")


def test_a_clock_that_was_wrong_hides_nothing(world):
    memory = world.init()
    world.clock.now = world.clock.now.replace(year=1999)
    memory.notes.update("notes/old.md", "x\n")
    world.clock.now = world.clock.now.replace(year=2026, day=5)
    memory.notes.update("notes/new.md", "x\n")
    found = paths(memory.commits.page(since="2026-01-01"))
    assert found == [["notes/new.md"], ["context/general.md"]]
    assert paths(memory.commits.page(until="2000-01-01")) == [["notes/old.md"]]


def test_the_newest_session(world):
    memory = world.init()
    memory.notes.update("notes/1.md", "x\n")
    world.clock.advance(hours=2)
    second = memory.notes.update("notes/2.md", "x\n").commit
    world.commit({"notes/mine.md": "x\n"})
    third = memory.notes.update("notes/3.md", "x\n").commit
    for named in ("last", second[:10], third):
        found = memory.commits.page(session=named).commits
        assert [commit.commit for commit in found] == [third, second]


def test_a_large_commit_is_told_without_counts(world):
    memory = world.init()
    world.commit({f"many/{number}.md": "x\n" for number in range(201)})
    newest = memory.commits.page(limit=1).commits[0]
    assert len(newest.files) == 201
    assert newest.files[0].added is None


def test_a_memory_without_commits(git_world):
    git_world.edit("index.md", "---\nversion: 2\n---\n")
    page = git_world.memory.commits.page()
    assert (page.commits, page.next_cursor) == ((), None)


def test_a_shallow_clone_says_where_its_history_ends(git_world, tmp_path):
    memory = git_world.init()
    memory.notes.update("notes/x.md", "x\n")
    made = memory.notes.update("notes/y.md", "y\n")
    clone = World(None)
    clone.folder = tmp_path / "clone"
    source = git_world.folder.as_uri()
    git(tmp_path, "clone", "--quiet", "--depth=2", source, str(clone.folder))
    found = clone.open()
    try:
        for path in (None, "notes/x.md"):
            page = found.commits.page(path)
            shown = [made.commit] if path is None else []
            assert [commit.commit for commit in page.commits] == shown
            assert "shallow" in page.notice
    finally:
        clone.close()


def test_the_log_of_a_memory_of_one_file(world):
    world.commit({"MEMORY.md": "# Memory\n\nTea.\n"})
    world.commit({"MEMORY.md": "# Memory\n\nTea and cake.\n", "other.txt": "x"})
    assert paths(world.memory.commits.page()) == [["MEMORY.md"], ["MEMORY.md"]]
    assert len(world.memory.commits.page("MEMORY.md").commits) == 2

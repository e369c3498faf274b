"""What is new for a client since its last visit."""

import pytest

from pack.errors import NotFound
from pack.provenance import Origin, Source
from tests.support import git

CURSOR = Origin(Source.AI_CLOUD, "cursor")


def told(news):
    return [(file.path, str(file.change)) for file in news.files]


def test_a_client_sees_what_changed_until_it_has_seen_it(world):
    memory = world.init()
    memory.visits.seen("a", world.connector.head())
    made = memory.notes.update("notes/x.md", "x\n")
    shown = memory.notes.get("context/general.md")
    memory.written_by(CURSOR).notes.update("context/general.md", "# New\n", shown.sha)
    news = memory.visits.news("a")
    assert told(news) == [("context/general.md", "edited"), ("notes/x.md", "added")]
    assert [file.by for file in news.files] == ["ai-cloud:cursor", "ai-cloud:test-client"]
    assert memory.visits.news("a") == news
    memory.visits.seen("a", news.head)
    assert memory.visits.news("a").files == ()
    assert told(memory.visits.news("b", made.commit)) == [("context/general.md", "edited")]


def test_what_happened_altogether(world):
    memory = world.init()
    old = memory.notes.update("notes/old.md", "old\n" * 20)
    gone = memory.notes.update("notes/gone.md", "gone\n")
    since = gone.commit
    moved = memory.notes.move("notes/old.md", "notes/new.md", old.sha)
    memory.notes.move("notes/new.md", "notes/newest.md", moved.sha)
    memory.notes.delete("notes/gone.md", gone.sha)
    short = memory.notes.update("notes/short.md", "x\n")
    memory.notes.delete("notes/short.md", short.sha)
    news = memory.visits.news("a", since)
    assert told(news) == [("notes/gone.md", "deleted"), ("notes/newest.md", "moved")]
    assert news.files[1].old_path == "notes/old.md"


def test_a_first_visit_shows_what_is_recent(world):
    memory = world.init()
    memory.notes.update("notes/old.md", "x\n")
    world.clock.advance(days=30)
    memory.notes.update("notes/new.md", "x\n")
    news = memory.visits.news("a")
    assert told(news) == [("notes/new.md", "added")]
    assert "first visit" in news.notice
    world.clock.advance(days=30)
    assert memory.visits.news("a") == news
    everything = memory.visits.news("a", "90d")
    assert everything.since is None
    assert {path for path, _ in told(everything)} >= {"notes/old.md", "context/general.md"}


def test_a_day_is_new_from_its_first_moment(world):
    memory = world.init()
    before = world.connector.head()
    world.clock.now = world.clock.now.replace(day=2, hour=0)
    memory.notes.update("notes/x.md", "x\n")
    news = memory.visits.news("a", "2026-03-02")
    assert (news.since, told(news)) == (before, [("notes/x.md", "added")])


def test_a_rewritten_history_is_told_and_everything_shown(git_world):
    memory = git_world.init()
    first = git_world.connector.head()
    memory.notes.update("notes/x.md", "x\n")
    memory.visits.seen("a", git_world.connector.head())
    git(git_world.folder, "reset", "--quiet", "--hard", first)
    news = memory.visits.news("a")
    assert "rewritten" in news.notice
    assert (news.since, told(news)) == (None, [("context/general.md", "added")])
    memory.visits.seen("b", "1" * 40)
    assert "rewritten" in memory.visits.news("b").notice


def test_what_a_merge_brought(git_world):
    memory = git_world.init()
    since = git_world.connector.head()
    git(git_world.folder, "checkout", "--quiet", "-b", "side")
    git_world.commit({"notes/theirs.md": "theirs\n", "context/general.md": None})
    git(git_world.folder, "checkout", "--quiet", "-")
    memory.notes.update("notes/ours.md", "ours\n")
    git(git_world.folder, "merge", "--quiet", "--no-edit", "side")
    news = memory.visits.news("a", since)
    assert {(path, kind) for path, kind in told(news)} == {
        ("notes/theirs.md", "added"),
        ("notes/ours.md", "added"),
        ("context/general.md", "deleted"),
    }
    by = {file.path: file.by for file in news.files}
    assert by["notes/theirs.md"] == "user:Test-User"


def test_what_is_left_out_is_not_new(world):
    memory = world.init()
    since = world.connector.head()
    world.commit({".pack.yaml": "version: 1\nexclude: [private/]\n", "private/a.md": "a\n"})
    world.commit({"notes/b.md": "b\n", "README.md": "r\n"})
    assert told(memory.visits.news("a", since)) == [("notes/b.md", "added")]


def test_nothing_is_new_where_nothing_is(world):
    assert world.memory.visits.news("a").head is None
    world.memory.visits.seen("a", None)
    world.init()
    with pytest.raises(NotFound):
        world.memory.visits.news("a", "abcd1234")

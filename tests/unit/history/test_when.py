"""Moments of the past, and the commits that they name."""

from datetime import UTC, datetime

import pytest

from pack.errors import InvalidRequest, NotFound
from pack.history.when import find_commit, find_since, parse_moment

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2026-01-31", "2026-01-31T00:00:00", "2026-01-31T23:59:59.999999"),
        ("yesterday", "2026-11-20T00:00:00", "2026-11-20T23:59:59.999999"),
        ("today", "2026-11-21T00:00:00", "2026-11-21T23:59:59.999999"),
        ("7d", "2026-11-14T09:30:00", "2026-11-14T09:30:00"),
        ("90 m ago", "2026-11-21T08:00:00", "2026-11-21T08:00:00"),
        ("now", "2026-11-21T09:30:00", "2026-11-21T09:30:00"),
        ("2026-01-31T09:30", "2026-01-31T09:30:00", "2026-01-31T09:30:00"),
        ("2026-01-31 09:30+01:00", "2026-01-31T08:30:00", "2026-01-31T08:30:00"),
    ],
)
def test_a_moment(text, begin, end):
    for expected, at_end in ((begin, False), (end, True)):
        found = parse_moment(text, NOW, at_end=at_end)
        assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_span_longer_than_the_calendar_is_its_beginning():
    assert parse_moment("999999w", NOW, at_end=True) == datetime.min.replace(tzinfo=UTC)
    # No calendar in UTC has these times, but it has their days.
    assert parse_moment("9999-12-31T23:59:59-05:00", NOW, at_end=True) == datetime.max.replace(
        tzinfo=UTC
    )
    assert parse_moment("0001-01-01T00:00:00+05:00", NOW, at_end=False) == datetime.min.replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize("text", ["", "soon", "7", "7y", "2026-13-01", "abcd1234"])
def test_what_is_no_moment(text):
    assert parse_moment(text, NOW, at_end=True) is None


def test_a_commit_by_the_beginning_of_its_id(world):
    made = world.init().notes.update("a/x.md", "x\n")
    now = world.clock.now
    assert find_commit(world.connector, made.commit, now) == made.commit
    assert find_commit(world.connector, f" {made.commit[:12].upper()} ", now) == made.commit
    with pytest.raises(NotFound):
        find_commit(world.connector, "0" * 40, now)
    for words in ("soon", "9999999d", "12345678 w ago", "HEAD~x", "~1", "HEAD^2", "HEAD 1"):
        with pytest.raises(InvalidRequest, match="does not name a moment"):
            find_commit(world.connector, words, now)
    assert find_commit(world.connector, "HEAD", now) == world.connector.head()


def test_commits_are_counted_back_as_git_does(world):
    memory = world.init()
    first = world.connector.head()
    line = [first, *(memory.notes.update(f"a/{n}.md", "x\n").commit for n in "xyz")]
    now = world.clock.now
    forms = {"HEAD^": 1, "@~": 1, "head~2": 2, "HEAD^^": 2, "HEAD~1^1": 2, "@~0": 0}
    for named, back in forms.items():
        assert find_commit(world.connector, named, now) == line[-1 - back], named
    assert find_commit(world.connector, f"{line[2][:10]}~2", now) == line[0]
    assert find_since(world.connector, "HEAD~2", now) == line[1]
    for words in ("HEAD~4", "HEAD~999999", "@" + "^" * 50):
        with pytest.raises(NotFound, match="does not exist"):
            find_commit(world.connector, words, now)


def test_what_the_memory_held_at_a_moment(world):
    memory = world.init()
    first = world.connector.head()
    world.clock.advance(minutes=10)
    memory.notes.update("a/x.md", "x\n")
    now = world.clock.now
    assert find_commit(world.connector, "now", now) == world.connector.head()
    assert find_commit(world.connector, "5m", now) == first
    with pytest.raises(NotFound):
        find_commit(world.connector, "2w", now)


def test_a_memory_without_a_commit_has_no_past(world):
    with pytest.raises(InvalidRequest, match="no history"):
        find_commit(world.connector, "now", world.clock.now)


def test_a_refusal_does_not_repeat_a_long_text(world):
    world.init()
    for when in ("x" * 10_000, f"{' ' * 10_000}2001-01-01"):
        with pytest.raises(InvalidRequest) as caught:
            find_commit(world.connector, when, world.clock.now)
        assert len(str(caught.value)) < 250

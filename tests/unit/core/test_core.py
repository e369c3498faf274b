"""What every use case works with: the kind of memory, the date, the catalog of what is read."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from pack.errors import NotInitialised
from pack.model import Mode
from tests.support import note


def core_of(world):
    return world.memory._session.core


def test_a_memory_that_is_none_is_said(world):
    with pytest.raises(NotInitialised):
        core_of(world).require_mode()
    with pytest.raises(NotInitialised):
        core_of(world).rows()


def test_the_date_is_that_of_utc(world):
    world.clock.now = datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert core_of(world).today() == date(2026, 2, 28)
    world.clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    assert core_of(world).today() == date(2026, 3, 1)


def test_the_files_of_a_v1_memory_are_asked_for_as_those_of_any_other(world):
    world.commit({"MEMORY.md": "# Everything\n", "MEMORY-2.md": "# More\n"})
    assert core_of(world).require_mode() is Mode.V1
    assert [row.path for row in core_of(world).rows()] == ["MEMORY-2.md", "MEMORY.md"]


def test_rows_are_those_of_the_files_as_a_reader_sees_them(git_world):
    git_world.init()
    git_world.edit("context/new.md", note(1, topic="By hand"))
    assert "By hand" in [row.topic for row in core_of(git_world).rows()]

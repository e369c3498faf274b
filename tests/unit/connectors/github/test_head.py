"""What is current, as it is kept between two runs."""

import json
import sqlite3

import pytest

from pack.model import MemoryPath
from tests.github_support import NAME, GithubWorld, memory_of

A = MemoryPath("context/a.md")


def kept(folder):
    (file,) = (folder / "cache").glob("*.sqlite")
    return sqlite3.connect(file, isolation_level=None)


def test_another_process_asks_conditionally(tmp_path):
    with GithubWorld(tmp_path, memory_of({A: b"a"})) as world:
        head = world.connect().head()
        with world.service.log.counting() as asked:
            assert world.connect().head() == head
        assert len(asked) == asked.not_modified == 1


@pytest.mark.parametrize("kind", ["2.0.0", "[]", "null", "x", '["etag", {}]', '[7, {"at": 7}]'])
def test_what_another_version_kept_is_replaced(tmp_path, kind):
    with GithubWorld(tmp_path, memory_of({A: b"a"})) as world:
        head = world.connect().head()
        db = kept(tmp_path)
        (now,) = db.execute("SELECT value FROM fact WHERE name = 'head '").fetchone()
        etag, row = json.loads(now)
        text = json.dumps([etag, row, row]) if kind == "2.0.0" else kind
        db.execute("UPDATE fact SET value = ? WHERE name = 'head '", (text,))
        assert world.connect().head() == head == world.service.head(NAME)
        (again,) = db.execute("SELECT value FROM fact WHERE name = 'head '").fetchone()
        assert again == now
        db.close()

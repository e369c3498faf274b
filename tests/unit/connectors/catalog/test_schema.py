"""New catalogs: the same tables wherever they are, and nothing in common."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from pack_connectors.catalog.schema import STAMP, connect

MADE = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"
SETTINGS = ("user_version", "page_size", "synchronous", "cache_size")


def about(db):
    return db.execute(MADE).fetchall(), [
        db.execute(f"PRAGMA {name}").fetchone() for name in SETTINGS
    ]


@pytest.mark.parametrize("in_memory", [False, True])
def test_one_without_a_file_is_like_one_with_a_file(tmp_path, in_memory):
    with (
        closing(connect(tmp_path / "catalog.sqlite")) as kept,
        closing(connect(None, in_memory=in_memory)) as made,
    ):
        assert about(made) == about(kept)
        assert about(made)[1][0] == (STAMP,)


def test_what_one_holds_no_other_does():
    with closing(connect(None)) as one:
        one.execute("INSERT INTO term VALUES (1, 'word', 'word', 1)")
        with closing(connect(None)) as other:
            assert other.execute("SELECT * FROM term").fetchall() == []
            other.execute("INSERT INTO term VALUES (1, 'other', 'other', 1)")
        assert one.execute("SELECT text FROM term").fetchall() == [("word",)]


def test_threads_make_them_at_once():
    def make(number):
        with closing(connect(None)) as db:
            db.execute("INSERT INTO unverified VALUES (?)", (str(number),))
            return db.execute("SELECT folder FROM unverified").fetchall()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(make, range(40))) == [[(str(number),)] for number in range(40)]

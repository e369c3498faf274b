import sqlite3

import pytest
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.catalog.check import CatalogState, check_catalog

from pack.catalog.row import describe
from pack.files.note import Note
from pack.model import BlobId, CommitId, MemoryPath


@pytest.fixture
def file(tmp_path):
    found = tmp_path / "catalog.sqlite"
    catalog = SqliteCatalog(found)
    rows = [
        describe(Note.stored(MemoryPath(f"a/{n}.md"), BlobId("0" * 40), b"text\n"))
        for n in range(40)
    ]
    catalog.replace(CommitId("1" * 40), rows)
    catalog.close()
    return found


def test_a_sound_catalog_is_described(file):
    before = file.read_bytes()
    found = check_catalog(file)
    assert found == (CatalogState.SOUND, "1" * 40, 40, file.stat().st_size)
    assert file.read_bytes() == before


def test_a_missing_catalog_is_not_made(tmp_path):
    assert check_catalog(tmp_path / "none.sqlite").state is CatalogState.MISSING
    assert list(tmp_path.iterdir()) == []


def test_a_catalog_of_another_version_is_old(file):
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 7")
    assert check_catalog(file).state is CatalogState.OLD


@pytest.mark.parametrize("damage", ["text", "zeros inside", "cut"])
def test_a_damaged_catalog_is_told(file, damage):
    content = bytearray(file.read_bytes())
    if damage == "text":
        content[:] = b"no database" * 1000
    elif damage == "cut":
        del content[len(content) // 2 :]
    else:
        content[4096 : len(content) - 4096] = bytes(len(content) - 8192)
    file.write_bytes(content)
    assert check_catalog(file).state is CatalogState.DAMAGED


def test_a_locked_catalog_is_busy(file):
    with sqlite3.connect(file, isolation_level=None) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        db.execute("DELETE FROM head")
        assert check_catalog(file).state is CatalogState.BUSY
        db.execute("ROLLBACK")

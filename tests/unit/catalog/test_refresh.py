"""Bringing the catalog to what a reader sees, and asking one that may fail at any moment."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from pack_connectors.catalog.catalog import SqliteCatalog

from pack.catalog.refresh import ask, bring_up, bring_up_edits
from pack.catalog.row import describe
from pack.errors import Unavailable
from pack.files.note import Note
from pack.index.format import FolderSummary, render_folder
from pack.limits import MAX_FILE_BYTES
from pack.model import BlobId, CommitId, LastChange, MemoryPath, blob_id
from pack.search.query import Alternative, Clause, ClauseKind
from tests.support import World

RED = Clause("red", ClauseKind.WORD, (Alternative(("red",)),))


def paths(catalog):
    return sorted(hit.path for hit in catalog.candidates([RED]))


@pytest.fixture
def kept(tmp_path):
    """A memory whose catalog is in a file."""
    world = World(None)
    world.open(tmp_path / "catalog.sqlite")
    world.commit(
        {f"a/{n}.md": f"---\ntags: [t{n}]\n---\nred {n} {'word ' * 300}\n" for n in range(9)}
    )
    bring_up(world.catalog, world.connector, world.connector.head())
    yield world, tmp_path / "catalog.sqlite"
    world.close()


# --- damage -------------------------------------------------------------------------------------


def overwritten(file):
    data = bytearray(file.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    file.write_bytes(data)


def half(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def zero_bytes(file):
    file.write_bytes(b"")


def text(file):
    file.write_text("not a database\n" * 2000)


def a_folder(file):
    file.unlink()
    file.mkdir()


def changed(*statements):
    def damage(file):
        with closing(sqlite3.connect(file)) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()

    return damage


DAMAGE = {
    "overwritten": overwritten,
    "half": half,
    "zero bytes": zero_bytes,
    "text": text,
    "a folder": a_folder,
    "no index": changed("DROP TABLE words"),
    "index without data": changed("DELETE FROM words_data"),
    "index of nonsense": changed("UPDATE words_data SET block = x'ff00ff' WHERE id > 10"),
    "no sizes": changed("DROP TABLE words_docsize"),
    "no places": changed("DROP TABLE place"),
    "no passages": changed("DROP TABLE passage"),
    "odd tags": changed("UPDATE file SET tags = '['"),
    "no head": changed("DELETE FROM head"),
}


@pytest.mark.contract("C6")
@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_catalog_answers_as_one_made_anew(kept, damage, is_open):
    world, file = kept
    catalog = world.catalog
    if is_open:
        assert len(paths(catalog)) == 9
        with closing(sqlite3.connect(file)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        catalog.close()
    damage(file)
    found = ask(catalog, world.connector, lambda: paths(catalog))
    assert found == [f"a/{n}.md" for n in range(9)]
    world.commit({"a/0.md": "---\ntags: [t]\n---\nblue\n", "b/new.md": "red\n"})
    assert len(ask(catalog, world.connector, lambda: paths(catalog))) == 9


@pytest.mark.contract("C6")
def test_damage_in_the_middle_of_an_answer_is_made_good(kept):
    world, file = kept
    asked = []

    def question():
        if not asked:
            changed("DROP TABLE words")(file)
        asked.append(1)
        return world.catalog.frequencies(["red"]), paths(world.catalog)

    frequencies, found = ask(world.catalog, world.connector, question)
    assert (frequencies, len(found)) == ({"red": 9}, 9)
    assert len(asked) == 2


@pytest.mark.contract("C6")
def test_a_catalog_that_fails_while_it_is_filled_is_filled_again(tmp_path):
    world = World(None)
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
    world.commit({f"a/{n}.md": f"red {n}\n" for n in range(600)})
    seen = []

    def spoil(done, total):
        if not seen:
            db = catalog._file.open()
            db.execute("DROP TABLE place")
        seen.append((done, total))

    bring_up(catalog, world.connector, world.connector.head(), spoil)
    assert catalog.commit() == world.connector.head()
    assert len(catalog.rows()) == 600
    assert seen[-1] == (600, 600)
    catalog.close()
    world.close()


@pytest.mark.contract("C6")
def test_a_catalog_that_keeps_nothing_is_an_error_and_no_empty_memory(tmp_path):
    class Forgetful(SqliteCatalog):
        def replace(self, *args):
            super().replace(*args)
            self.clear()

    world = World(None)
    world.commit({"a/x.md": "red\n"})
    catalog = Forgetful(tmp_path / "catalog.sqlite")
    with pytest.raises(Unavailable, match="cannot be listed"):
        ask(catalog, world.connector, catalog.rows)
    catalog.close()
    world.close()


def test_progress_is_told_up_to_the_end():
    world = World(None)
    world.commit({f"a/{n}.md": "x\n" for n in range(1001)})
    told = []
    bring_up(world.catalog, world.connector, world.connector.head(), lambda *p: told.append(p))
    assert told == [(500, 1001), (1000, 1001), (1001, 1001)]
    world.close()


# --- edits --------------------------------------------------------------------------------------


def edits(world):
    """What differs from the commit, by looking at everything."""
    committed = {e.path: e.sha for e in world.connector.get_tree(world.connector.head())}
    seen = {e.path: e.sha for e in world.connector.get_tree()}
    return {
        path: seen.get(path)
        for path in {*committed, *seen}
        if committed.get(path) != seen.get(path)
    }


def test_a_hand_edit_is_found_and_its_commit_changes_nothing(git_world):
    git_world.init()
    git_world.memory.notes.update("a/x.md", "red\n")
    git_world.memory.notes.update("a/y.md", "red\n")

    def seen():
        catalog, connector = git_world.catalog, git_world.connector
        return ask(catalog, connector, lambda: paths(catalog), lambda _: edits(git_world))

    assert seen() == ["a/x.md", "a/y.md"]
    git_world.edit("a/x.md", "blue\n")
    git_world.edit("a/y.md", None)
    git_world.edit("b/z.md", "red\n")
    git_world.edit("b/index.md", render_folder(FolderSummary("b", 1, None), []) + "red\n")
    assert seen() == ["b/z.md"]
    listed = [row.path for row in git_world.catalog.list_rows().rows]
    assert listed == ["a/x.md", "b/z.md", "context/general.md"]
    git_world.commit({"b/z.md": "red\n"})
    assert seen() == ["b/z.md"]
    git_world.edit("a/x.md", "---\ntopic: Red\n---\n")
    assert seen() == ["a/x.md", "b/z.md"]


def test_an_edit_that_is_too_large_is_known_by_its_path(git_world):
    git_world.init()
    bring_up(git_world.catalog, git_world.connector, git_world.connector.head())
    git_world.edit("a/red.md", b"x" * (MAX_FILE_BYTES + 1))
    told = {MemoryPath("a/red.md"): BlobId("1" * 40)}
    bring_up_edits(git_world.catalog, git_world.connector, told)
    assert paths(git_world.catalog) == ["a/red.md"]
    assert git_world.catalog.edits() == told
    bring_up_edits(git_world.catalog, git_world.connector, {})
    assert paths(git_world.catalog) == []


# --- when files changed -------------------------------------------------------------------------


def test_the_last_change_of_a_file_is_kept_from_commit_to_commit():
    catalog = SqliteCatalog(None)
    x, y = MemoryPath("a/x.md"), MemoryPath("a/y.md")
    rows = [describe(Note.stored(path, blob_id(b"x"), b"x")) for path in (x, y)]
    catalog.replace(CommitId("2"), rows)
    day = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = CommitId("1"), CommitId("2")
    assert catalog.dated() is None
    changes = [LastChange(x, second, day), LastChange(x, first, day), LastChange(y, first, day)]
    catalog.date(None, second, changes)
    assert (catalog.dated(), catalog.last_change(x)) == ("2", changes[0])
    assert catalog.last_change(y) == changes[2]
    later = LastChange(y, CommitId("3"), day + timedelta(days=1))
    catalog.date(first, CommitId("3"), [later])
    assert catalog.last_change(y) == changes[2]
    catalog.date(second, CommitId("3"), [later])
    assert (catalog.dated(), catalog.last_change(y)) == ("3", later)
    catalog.advance(second, CommitId("3"), rows[:1], [y])
    assert catalog.last_change(y) is None
    assert catalog.last_change(x) == changes[0]
    catalog.close()


# --- much at once -------------------------------------------------------------------------------


@pytest.mark.parametrize(("changed", "is_filled"), [(100, True), (99, False)])
def test_what_changed_in_most_files_is_read_from_the_beginning(changed, is_filled):
    world = World(None)
    world.commit({f"a/{n}.md": f"red {n}\n" for n in range(120)})
    bring_up(world.catalog, world.connector, world.connector.head())
    world.catalog.verified(world.connector.head())
    world.commit({f"a/{n}.md": f"blue {n}\n" for n in range(changed)} | {"b/x.md": "blue\n"})
    told = []
    bring_up(
        world.catalog,
        world.connector,
        world.connector.head(),
        lambda done, total: told.append((done, total)),
    )
    assert [done for done, _ in told] == ([121] if is_filled else [])
    expected = SqliteCatalog(None)
    bring_up(expected, world.connector, world.connector.head())
    assert world.catalog.rows() == expected.rows()
    expected.close()
    world.close()

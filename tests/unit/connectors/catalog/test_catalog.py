"""The catalog (C6): derived, disposable, and after anything that happens as good as a fresh one."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_connectors.catalog.catalog import SqliteCatalog

from pack.catalog.refresh import bring_up
from pack.catalog.row import describe
from pack.files.note import Note
from pack.model import CommitId, MemoryPath, blob_id
from tests.support import World, assert_true_index, examples, git, note

pytestmark = pytest.mark.contract("C6")
FILES = [f"{folder}/{name}.md" for folder in ("a", "b", "b/c") for name in ("x", "Y", "é", "日")]


def row(path, number=0, **fields):
    content = note(number, **fields).encode()
    made = describe(Note.stored(MemoryPath(path), blob_id(content), content))
    assert made is not None
    return made


def dump(catalog):
    """Everything a catalog says."""
    folders = catalog.folders()
    return (
        catalog.commit(),
        catalog.rows(),
        folders,
        [catalog.lines(summary.folder) for summary in folders],
        [catalog.page_starts(summary.folder) for summary in folders],
    )


def fresh(commit, rows):
    catalog = SqliteCatalog(None)
    catalog.replace(commit, rows)
    found = dump(catalog)
    catalog.close()
    return found


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["advance", "advance", "advance", "replace", "stale", "reopen", "delete"]),
        st.dictionaries(st.sampled_from(FILES), st.none() | st.integers(0, 3), max_size=4),
    ),
    max_size=12,
)


@settings(max_examples=examples(15))
@given(STEPS)
def test_after_any_steps_the_rows_are_those_of_a_fresh_one(tmp_path_factory, steps):
    file = tmp_path_factory.mktemp("catalog") / "catalog.sqlite"
    catalog, rows, number = SqliteCatalog(file), {}, 0
    catalog.replace(CommitId("0"), [])
    for action, changes in steps:
        if action == "reopen":
            catalog.close()
        elif action == "delete":
            catalog.close()
            file.unlink(missing_ok=True)
            assert catalog.commit() is None
            catalog.replace(CommitId(str(number)), rows.values())
        elif action == "stale":
            catalog.advance(CommitId("other"), CommitId("wrong"), [row("a/x.md", 9)], [])
        else:
            after = rows | {
                p: row(p, n, updated=f"2026-01-0{n + 1}") for p, n in changes.items() if n
            }
            gone = [MemoryPath(path) for path, n in changes.items() if n is None]
            rows = {path: made for path, made in after.items() if path not in gone}
            if action == "replace":
                catalog.replace(CommitId(str(number + 1)), rows.values())
            else:
                new = [rows[path] for path, n in changes.items() if n]
                catalog.advance(CommitId(str(number)), CommitId(str(number + 1)), new, gone)
            number += 1
    assert dump(catalog) == fresh(CommitId(str(number)), rows.values())
    for path in FILES:
        assert catalog.find(MemoryPath(path)) == rows.get(path)
    catalog.close()


@settings(max_examples=examples(15))
@given(STEPS)
def test_bringing_up_gives_what_a_fresh_catalog_has(steps):
    world = World(None)
    world.commit({"a/first.md": "x"})
    for action, changes in steps:
        before = world.files()
        files = {p: None if n is None else note(n) for p, n in changes.items()}
        files = {p: c for p, c in files.items() if c is not None or p in before}
        if files:
            world.commit(files)
        if action != "stale":
            bring_up(world.catalog, world.connector, world.connector.head())
    bring_up(world.catalog, world.connector, world.connector.head())
    other = SqliteCatalog(None)
    bring_up(other, world.connector, world.connector.head())
    assert dump(world.catalog) == dump(other)
    other.close()
    world.close()


def test_a_rewritten_history_is_followed(git_world):
    git_world.init()
    git_world.memory.notes.update("a/x.md", note(1))
    git_world.memory.notes.update("a/y.md", note(2))
    git(git_world.folder, "reset", "-q", "--hard", "HEAD~1")
    assert git_world.listed() == ["a/x.md", "context/general.md"]
    git(git_world.folder, "checkout", "-q", "--orphan", "new")
    git(git_world.folder, "commit", "-q", "-m", "again")
    git_world.memory.notes.update("a/z.md", note(3))
    assert_true_index(git_world)


# --- what can happen to the file ----------------------------------------------------------------


def garbage(file):
    file.write_bytes(b"not a database at all" * 500)


def truncated(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file):
    file.write_bytes(b"")


def older(file):
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 1")
    db.close()


def other_tables(file):
    file.unlink()
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE other (x)")
    db.close()


def broken_pages(file):
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    file.write_bytes(data)


def odd_rows(file):
    with sqlite3.connect(file) as db:
        db.execute("UPDATE file SET tags = 'not json'")
    db.close()


def missing_table(file):
    with sqlite3.connect(file) as db:
        db.execute("DROP TABLE folder")
    db.close()


def a_folder(file):
    file.unlink()
    file.mkdir()


DAMAGE = [garbage, truncated, empty, older, other_tables, broken_pages, odd_rows, missing_table]


@pytest.mark.parametrize("damage", [*DAMAGE, a_folder])
def test_a_damaged_file_is_replaced_or_done_without(tmp_path, damage):
    file = tmp_path / "catalog.sqlite"
    world = World(None)
    world.open(file)
    world.init()
    world.memory.notes.update("a/x.md", note(1, tags="[x]"))
    world.catalog.close()
    damage(file)
    world.open(file)
    assert world.listed() == ["a/x.md", "context/general.md"]
    world.memory.notes.update("a/y.md", note(2))
    assert_true_index(world)
    assert world.memory.care.validate() == []
    world.close()


@pytest.mark.parametrize("damage", [garbage, empty, broken_pages])
def test_damage_while_it_is_open_never_reaches_the_index(tmp_path, damage):
    file = tmp_path / "catalog.sqlite"
    world = World(None)
    world.open(file)
    world.init()
    for number in range(5):
        world.memory.notes.update(f"a/{number}.md", note(number))
        assert_true_index(world)
        if number % 2:
            damage(file)
    world.close()


def test_a_read_only_folder_is_done_without(tmp_path):
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    catalog = SqliteCatalog(folder / "missing" / "catalog.sqlite")
    catalog.replace(CommitId("1"), [row("a/x.md")])
    assert dump(catalog) == fresh(CommitId("1"), [row("a/x.md")])
    catalog.close()
    folder.chmod(stat.S_IRWXU)


def test_a_file_that_somebody_locks_is_done_without_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("pack_connectors.catalog.file._BUSY_SECONDS", 0.05)
    monkeypatch.setattr("pack_connectors.catalog.catalog._BUILD_SECONDS", 0.05)
    file = tmp_path / "catalog.sqlite"
    first = SqliteCatalog(file)
    first.replace(CommitId("1"), [row("a/x.md")])
    inode = file.stat().st_ino
    locker = sqlite3.connect(file, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    second = SqliteCatalog(file)
    second.replace(CommitId("2"), [row("a/y.md")])
    assert dump(second) == fresh(CommitId("2"), [row("a/y.md")])
    locker.execute("ROLLBACK")
    locker.close()
    assert dump(first) == fresh(CommitId("1"), [row("a/x.md")])
    assert file.stat().st_ino == inode
    first.close()
    second.close()


def test_opening_waits_for_nobody_who_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("pack_connectors.catalog.file._BUSY_SECONDS", 60)
    file = tmp_path / "catalog.sqlite"
    first = SqliteCatalog(file)
    first.replace(CommitId("1"), [row("a/x.md")])
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        second = SqliteCatalog(file)
        assert second.commit() == CommitId("1")
        assert second._file.is_kept
        second.close()
    first.close()


def test_text_that_is_no_unicode_stays_out_of_the_way(world):
    """YAML can spell half a surrogate pair, which no database and no file can hold."""
    world.init()
    world.commit(
        {"a/x.md": '---\ntopic: "\\ud800"\ntags: ["\\udfff", ok]\nttl: "\\ud800"\n---\nbody\n'}
    )
    assert "a/x.md" in world.listed()
    world.memory.notes.update("a/y.md", note(1))
    assert_true_index(world)
    assert world.memory.search.find("body").total == 1
    assert world.memory.whole.get().content.encode()


def test_a_name_that_is_no_unicode_stays_out_of_the_way(git_world):
    git_world.init()
    name = b"\xff\xfe.md".decode("utf-8", "surrogateescape")
    (git_world.folder / "a").mkdir()
    (git_world.folder / "a" / name).write_text("body\n")
    git_world.memory.notes.update("b/y.md", note(1))
    git(git_world.folder, "add", "--all")
    git(git_world.folder, "commit", "-q", "-m", "by hand")
    git_world.memory.notes.update("b/z.md", note(1))
    assert {"b/y.md", "b/z.md"} <= set(git_world.listed())
    assert git_world.memory.search.find("Note").total == 2
    assert git_world.memory.whole.get().content.encode()
    assert git_world.memory.care.status().files >= 3
    found = [finding for finding in git_world.memory.care.validate() if finding.code == "name"]
    assert [finding.path for finding in found] == ["a/\\udcff\\udcfe.md"]
    assert_true_index(git_world)


# --- several at once ----------------------------------------------------------------------------


def test_threads_and_connections_share_one_file(tmp_path):
    file = tmp_path / "catalog.sqlite"
    catalogs = [SqliteCatalog(file) for _ in range(3)]
    rows = {f"a/{n}.md": row(f"a/{n}.md", n) for n in range(60)}
    catalogs[0].replace(CommitId("0"), [])

    def advance(number):
        new = [rows[f"a/{number}.md"]]
        for catalog in catalogs:  # the first one moves it, the others find it moved
            catalog.advance(CommitId(str(number)), CommitId(str(number + 1)), new, [])
            catalog.rows()

    with ThreadPoolExecutor(3) as pool:
        for number in range(60):
            list(pool.map(advance, [number] * 3))
    for catalog in catalogs:
        assert dump(catalog) == fresh(CommitId("60"), rows.values())
        catalog.close()


def test_a_snapshot_is_one_state_whatever_others_write(tmp_path):
    file = tmp_path / "catalog.sqlite"
    one, other = SqliteCatalog(file), SqliteCatalog(file)
    one.replace(CommitId("1"), [row("a/x.md", 1)])
    with one.snapshot():
        before = one.totals()
        other.advance(CommitId("1"), CommitId("2"), [row("a/y.md", 2)], [])
        assert other.totals().passages == before.passages + 1
        assert (one.commit(), one.totals()) == (CommitId("1"), before)
    assert (one.commit(), one.totals()) == (CommitId("2"), other.totals())
    one.close()
    other.close()


def test_a_snapshot_holds_the_text_of_the_last_write(tmp_path):
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
    catalog.replace(CommitId("1"), [])
    catalog.advance(CommitId("1"), CommitId("2"), [row("a/x.md", 1)], [])
    with catalog.snapshot():
        assert catalog.totals().passages == 1
    catalog.close()


@pytest.mark.parametrize("damage", [garbage, empty, broken_pages])
def test_a_snapshot_that_is_lost_is_no_error(tmp_path, damage):
    file = tmp_path / "catalog.sqlite"
    catalog = SqliteCatalog(file)
    catalog.replace(CommitId("1"), [row("a/x.md", 1)])
    catalog.close()
    with catalog.snapshot():
        damage(file)
        assert catalog.totals().passages in (0, 1)
        assert catalog.candidates([], limit=5) == []
    assert catalog.commit() in (None, CommitId("1"))
    catalog.replace(CommitId("2"), [row("a/y.md", 1)])
    assert [found.path for found in catalog.rows()] == ["a/y.md"]
    catalog.close()


def test_a_process_goes_on_when_another_one_throws_the_file_away(tmp_path):
    file = tmp_path / "catalog.sqlite"
    world = World(None)
    first = world.open(file)
    world.init()
    second = world.open(file)
    for number in range(6):
        (first, second)[number % 2].notes.update(f"a/{number}.md", note(number))
        assert_true_index(world)
        if number == 2:
            for left in tmp_path.iterdir():
                left.unlink()
    world.close()


# --- rows ---------------------------------------------------------------------------------------


def test_twins_are_found(tmp_path):
    catalog = SqliteCatalog(None)
    catalog.replace(CommitId("1"), [row("a/Straße.md"), row("a/x.md")])
    assert catalog.twins("a/strasse.md") == ["a/Straße.md"]
    assert catalog.twins("a/y.md") == []
    catalog.close()


def test_what_is_unverified_is_kept_until_it_is_verified():
    catalog = SqliteCatalog(None)
    catalog.replace(CommitId("1"), [row("a/x.md")], ["gone"])
    assert catalog.unverified() == {"a", "gone"}
    catalog.verified(CommitId("0"))
    assert catalog.unverified() == {"a", "gone"}
    catalog.verified(CommitId("1"))
    catalog.advance(CommitId("1"), CommitId("2"), [row("b/x.md")], [], ["b"])
    assert catalog.unverified() == {"b"}
    catalog.close()


# --- copies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_copy_begins_with_what_there_is_and_goes_its_own_way(tmp_path, is_kept):
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite" if is_kept else None)
    one, two = CommitId("1" * 40), CommitId("2" * 40)
    catalog.replace(one, [row("a/x.md"), row("b/y.md")])
    copy = catalog.copy(lambda: None)
    before = dump(catalog)
    assert dump(copy) == before
    copy.advance(one, two, [row("a/new.md", 7)], [MemoryPath("a/x.md")])
    assert [found.path for found in copy.rows()] == ["a/new.md", "b/y.md"]
    assert dump(catalog) == before
    catalog.advance(one, two, [], [MemoryPath("b/y.md")])
    assert [found.path for found in copy.rows()] == ["a/new.md", "b/y.md"]
    catalog.close()  # and its copies with it
    assert copy._file._connection is None
    copy.close()


def test_a_copy_knows_no_last_changes(world):
    memory = world.init()
    world.commit({"notes/a.md": "no date\n"})
    assert memory.notes.get("notes/a.md").updated_at
    assert world.catalog.dated() == world.connector.head()
    copy = world.catalog.copy(lambda: None)
    assert copy.commit() == world.connector.head()
    assert copy.dated() is None
    assert copy.last_change(MemoryPath("notes/a.md")) is None
    copy.close()


def test_a_copy_that_cannot_be_made_leaves_the_original_alone(tmp_path):
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
    catalog.replace(CommitId("1" * 40), [row("a/x.md")])
    before = dump(catalog)
    with closing(sqlite3.connect(":memory:")) as target:
        target.execute("PRAGMA page_size = 1024")  # which cannot hold a copy
        target.execute("CREATE TABLE other (id)")
        assert not catalog._file.copy_to(target)
    assert dump(catalog) == before
    catalog.close()

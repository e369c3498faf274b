"""The text of changed files is indexed later, and no answer shows that it is."""

import sqlite3
import threading
from contextlib import closing

import pytest
from pack_connectors.catalog import pending as catalog_behind
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.catalog.idle import IdleWork

from pack.catalog.questions import Filter
from pack.catalog.row import describe
from pack.files.note import Note
from pack.model import CommitId, MemoryPath, blob_id
from pack.search.query import Alternative, Clause, ClauseKind

pytestmark = pytest.mark.contract("C6")
SOON = 20
"""Seconds after which a test that waits for a thread fails."""


def row(path, text):
    made = describe(Note.stored(MemoryPath(path), blob_id(text.encode()), text.encode()))
    assert made is not None
    return made


def found(catalog, word):
    clause = Clause(word, ClauseKind.WORD, (Alternative((word,)),))
    return sorted(hit.path for hit in catalog.candidates([clause]))


def is_behind(catalog):
    return catalog._file.read(catalog_behind.is_behind)


@pytest.fixture
def catalog(tmp_path, monkeypatch):
    """One whose thread never finds time."""
    monkeypatch.setattr(IdleWork, "poke", lambda self: None)
    made = SqliteCatalog(tmp_path / "catalog.sqlite")
    made.replace(CommitId("0"), [row("a/1.md", "red"), row("a/2.md", "red"), row("b/3.md", "red")])
    yield made
    made.close()


def advance(catalog, number, files, gone=()):
    rows = [row(path, text) for path, text in files.items()]
    paths = [MemoryPath(path) for path in gone]
    catalog.advance(CommitId(str(number)), CommitId(str(number + 1)), rows, paths)


QUESTIONS = {
    "candidates": lambda catalog: found(catalog, "blue"),
    "frequencies": lambda catalog: catalog.frequencies(["red", "blue"]),
    "totals": lambda catalog: catalog.totals(),
    "stems": lambda catalog: catalog.with_stems([["blue"]], 5),
    "containing": lambda catalog: catalog.containing("lue", 5),
    "ending": lambda catalog: catalog.containing("lue", 5, at_end=True),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_every_question_about_text_sees_the_last_write(catalog, question):
    before = question(catalog)
    advance(catalog, 0, {"a/1.md": "blue blue blue"}, ["b/3.md"])
    assert is_behind(catalog)
    after = question(catalog)
    assert not is_behind(catalog)
    fresh = SqliteCatalog(None)
    fresh.replace(CommitId("1"), [row("a/1.md", "blue blue blue"), row("a/2.md", "red")])
    assert before != after == question(fresh)
    fresh.close()


def test_listings_do_not_wait_for_the_text(catalog):
    advance(catalog, 0, {"a/1.md": "---\ntags: [new]\n---\nblue\n"})
    assert catalog.list_rows(Filter(tag="new")).total == 1
    assert is_behind(catalog)


def test_a_file_that_gets_the_id_of_one_that_is_gone_takes_its_text_out(catalog):
    advance(catalog, 0, {}, ["b/3.md"])
    advance(catalog, 1, {"c/new.md": "blue\n"})
    advance(catalog, 2, {"c/new.md": "green\n"}, ["a/2.md"])
    assert (found(catalog, "red"), found(catalog, "blue")) == (["a/1.md"], [])
    assert found(catalog, "green") == ["c/new.md"]
    assert catalog.frequencies(["red", "blue", "green", "new"]) == {"red": 1, "green": 1, "new": 1}
    assert catalog.totals().passages == 2


def test_no_more_files_are_behind_than_are_soon_made_good(catalog):
    for number in range(catalog_behind.MOST):
        assert is_behind(catalog) == (number > 0)
        advance(catalog, number, {f"c/{number}.md": f"blue{number}\n"})
    assert not is_behind(catalog)


def test_questions_about_one_state_do_not_ask_again_whether_it_is_behind(catalog, monkeypatch):
    advance(catalog, 0, {"a/1.md": "blue\n"})
    with catalog.snapshot():
        monkeypatch.setattr(catalog_behind, "is_behind", None)
        for question in QUESTIONS.values():
            question(catalog)


def test_after_a_state_it_is_asked_again(catalog):
    with catalog.snapshot():
        assert found(catalog, "blue") == []
    advance(catalog, 0, {"a/1.md": "blue\n"})
    assert found(catalog, "blue") == ["a/1.md"]


def test_the_forms_of_a_word_come_with_how_often_each_is_there(catalog):
    advance(catalog, 0, {"a/1.md": "painted\n", "a/2.md": "painted paints\n"})
    asked = []
    with catalog.snapshot():
        catalog.with_stems([["paint"]], 5)
        catalog._file.read(lambda db: db.set_trace_callback(asked.append))
        assert catalog.frequencies(["painted", "paints"]) == {"painted": 2, "paints": 1}
        catalog._file.read(lambda db: db.set_trace_callback(None))
    assert not [statement for statement in asked if "term" in statement]


def test_an_idle_moment_is_used_one_file_at_a_time(catalog):
    advance(catalog, 0, {"a/1.md": "blue\n", "a/2.md": "blue\n"})
    assert catalog._use_idle_moment() is True
    assert catalog._use_idle_moment() is False
    assert catalog._use_idle_moment() is False
    assert found(catalog, "blue") == ["a/1.md", "a/2.md"]


@pytest.mark.parametrize("put_off", [True, False])
def test_an_idle_moment_waits_for_nobody_who_writes(catalog, tmp_path, put_off):
    advance(catalog, 0, {"a/1.md": "blue\n"})
    if not put_off:
        assert catalog.commit() == CommitId("1")
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert catalog._use_idle_moment() is False
        assert put_off or is_behind(catalog)
        other.execute("ROLLBACK")
    assert catalog._use_idle_moment() is False
    assert not is_behind(catalog)
    assert found(catalog, "blue") == ["a/1.md"]


def test_what_is_behind_is_known_to_the_next_process(catalog, tmp_path):
    advance(catalog, 0, {"a/1.md": "blue\n"})
    catalog.close()
    other = SqliteCatalog(tmp_path / "catalog.sqlite")
    assert found(other, "blue") == ["a/1.md"]
    other.close()


# --- the thread ---------------------------------------------------------------------------------


def test_a_change_is_indexed_without_a_question(tmp_path, monkeypatch):
    made_good = threading.Event()
    use = SqliteCatalog._use_idle_moment

    def told(self):
        is_more = use(self)
        if not is_more:
            made_good.set()
        return is_more

    monkeypatch.setattr(SqliteCatalog, "_use_idle_moment", told)
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
    catalog.replace(CommitId("0"), [])
    for number in range(3):
        advance(catalog, number, {f"a/{number}.md": "blue\n"})
    assert made_good.wait(SOON)
    assert not is_behind(catalog)
    catalog.close()
    assert catalog._idle._thread is not None
    assert not catalog._idle._thread.is_alive()


def test_idle_work_goes_on_while_there_is_more_and_begins_again():
    left, done = [3], threading.Semaphore(0)

    def step():
        left[0] -= 1
        if left[0] == 0:
            done.release()
        return left[0] > 0

    work = IdleWork(step, 0.0)
    for _ in range(2):
        left[0] = 3
        work.poke()
        assert done.acquire(timeout=SOON)
    work.close()
    work.poke()
    assert left[0] == 0


def test_idle_work_that_is_not_due_is_left_at_the_end():
    def step():
        raise AssertionError("it was not due")

    work = IdleWork(step, 3600.0)
    work.poke()
    work.poke()
    work.close()


def test_a_step_is_put_off_until_somebody_asks(catalog, tmp_path):
    other = SqliteCatalog(tmp_path / "catalog.sqlite")
    with closing(other):
        advance(catalog, 0, {"a/1.md": "blue"})
        assert other.commit() == CommitId("0")
        assert catalog.commit() == CommitId("1")
        assert other.commit() == CommitId("1")
        advance(catalog, 1, {"a/2.md": "blue"})
        assert found(catalog, "blue") == ["a/1.md", "a/2.md"]


def test_a_step_that_was_put_off_is_not_lost_at_the_end(catalog, tmp_path):
    advance(catalog, 0, {"a/1.md": "blue"})
    catalog.close()
    with closing(SqliteCatalog(tmp_path / "catalog.sqlite")) as other:
        assert other.commit() == CommitId("1")


def test_a_step_that_was_put_off_is_dropped_where_another_went_on(catalog, tmp_path):
    with closing(SqliteCatalog(tmp_path / "catalog.sqlite")) as other:
        advance(catalog, 0, {"a/1.md": "blue"})
        advance(other, 0, {"a/1.md": "green"})
        assert other.commit() == CommitId("1")
        assert found(catalog, "blue") == []
        assert found(catalog, "green") == ["a/1.md"]


def test_an_idle_moment_carries_out_what_was_put_off(catalog, tmp_path):
    with closing(SqliteCatalog(tmp_path / "catalog.sqlite")) as other:
        advance(catalog, 0, {"a/1.md": "blue"})
        assert catalog._use_idle_moment() is False
        assert other.commit() == CommitId("1")

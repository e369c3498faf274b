"""Search and listings of the catalog: after anything that happens as from one made anew."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_connectors.catalog import build as catalog_build
from pack_connectors.catalog import search as catalog_search
from pack_connectors.catalog.catalog import SqliteCatalog

from pack.catalog.questions import Filter, Sort, sort_key
from pack.catalog.row import describe
from pack.files.note import Note
from pack.model import CommitId, MemoryPath, blob_id
from pack.search.query import Alternative, Clause, ClauseKind
from pack.search.words import fold_text, index_terms, indexed_text
from tests.support import examples

pytestmark = pytest.mark.contract("C6")
PATHS = [
    MemoryPath(f"{d}/{n}.md") for d in ("a", "a/b", "ab", "日") for n in ("x", "Y-z", "é", "9")
]
WORDS = "red Red blue bluer snake_case CamelCase v1.2 café 検索 ok the the the 12345".split()
LONG = "\n\n".join(f"## Part {n}\n\n" + "filler text " * 60 for n in range(4))


@st.composite
def contents(draw):
    tags = draw(st.lists(st.sampled_from(["One", "one", "two words", "標"]), max_size=2))
    head = draw(st.sampled_from(["", "topic: Blue things\n", "topic: ÉTÉ\n"]))
    day = draw(st.sampled_from(["", "updated: 2026-01-02\n", "updated: 2026-01-02T10:00:00Z\n"]))
    body = " ".join(draw(st.lists(st.sampled_from(WORDS), max_size=6)))
    tail = draw(st.sampled_from(["", "", "\n# Head\n", LONG]))
    return f"---\n{head}tags: [{', '.join(tags)}]\n{day}---\n{body}\n{tail}"


def row(path, text):
    made = describe(Note.stored(path, blob_id(text.encode()), text.encode()))
    assert made is not None
    return made


FILES = st.dictionaries(st.sampled_from(PATHS), st.none() | contents(), max_size=4)
STEPS = st.lists(
    st.tuples(st.sampled_from(["advance", "advance", "edit", "edit", "drop", "replace"]), FILES),
    min_size=1,
    max_size=8,
)


class Model:
    """What a catalog should hold."""

    def __init__(self):
        self.number = 0
        self.committed = {}
        self.edited = {}

    @property
    def commit(self):
        return CommitId(str(self.number))

    def visible(self):
        found = {p: r for p, r in self.committed.items() if p not in self.edited}
        return found | {p: r for p, r in self.edited.items() if r is not None}

    def carry_out(self, catalog, action, files):
        rows = {path: row(path, text) for path, text in files.items() if text is not None}
        gone = [path for path, text in files.items() if text is None]
        if action == "edit":
            self.edited |= rows | dict.fromkeys(gone)
            catalog.edit(list(rows.values()), dict.fromkeys(gone), [])
        elif action == "drop":
            self.edited = {p: r for p, r in self.edited.items() if p not in files}
            catalog.edit([], {}, list(files))
        else:
            old, self.number = self.commit, self.number + 1
            before = {} if action == "replace" else self.committed
            self.committed = {p: r for p, r in (before | rows).items() if p not in gone}
            if action == "replace":
                self.edited = {}
                catalog.replace(self.commit, self.committed.values())
            else:
                catalog.advance(old, self.commit, list(rows.values()), gone)
                assert catalog.commit() == self.commit  # asked, it is no longer put off

    def fresh(self):
        catalog = SqliteCatalog(None)
        catalog.replace(self.commit, self.committed.values())
        shown = [r for r in self.edited.values() if r is not None]
        gone = {path: None for path, r in self.edited.items() if r is None}
        catalog.edit(shown, gone, [])
        return catalog


def tables(catalog):
    """What is stored, without the ids that depend on what came before."""
    catalog._idle.close()  # its thread would use the same connection
    db = catalog._file.open()
    db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    db.execute("INSERT INTO part (part, rank) VALUES ('integrity-check', 1)")
    place = "SELECT id, path FROM file UNION ALL SELECT id, path FROM edited"
    return (
        catalog.commit(),
        catalog.rows(),
        catalog.folders(),
        catalog.edits(),
        catalog.totals(),
        db.execute("SELECT term, doc, cnt FROM word_list ORDER BY term").fetchall(),
        db.execute("SELECT text, stem, passages FROM term ORDER BY text").fetchall(),
        db.execute("SELECT * FROM length WHERE files ORDER BY 1").fetchall(),
        db.execute(
            f"SELECT tag, path FROM tag JOIN ({place}) ON id = file ORDER BY 1, 2"
        ).fetchall(),
        db.execute(
            "SELECT path, line, heading, text FROM place JOIN passage USING (id) "
            f"JOIN ({place}) AS f ON f.id = place.file ORDER BY 1, 2"
        ).fetchall(),
    )


def clause(*phrases, prefix=False, required=False):
    ways = tuple(Alternative(tuple(index_terms(text)), prefix=prefix) for text in phrases)
    return Clause(phrases[0], ClauseKind.WORD, ways, required=required)


def found(catalog, clauses, *more, limit=1000):
    hits = catalog.candidates(clauses, *more, limit=limit)
    return sorted((hit.path, hit.line, hit.text) for hit in hits)


QUESTIONS = [
    clause("red", "Camel"),
    clause("検索"),
    clause("the the"),
    clause("snake case"),
    clause("blu", prefix=True),
    clause("ete"),
    clause("part"),
]


@settings(max_examples=examples(12))
@given(STEPS, st.booleans())
def test_after_any_steps_everything_is_as_in_a_fresh_one(tmp_path_factory, steps, turns):
    """Also where two connections take turns."""
    file = tmp_path_factory.mktemp("catalog") / "catalog.sqlite"
    catalogs = [SqliteCatalog(file), SqliteCatalog(file)]
    model = Model()
    catalogs[0].replace(model.commit, [])
    for number, (action, files) in enumerate(steps):
        model.carry_out(catalogs[number % 2 if turns else 0], action, files)
    fresh = model.fresh()
    for catalog in catalogs:
        assert tables(catalog) == tables(fresh)
        for question in QUESTIONS:
            assert found(catalog, [question]) == found(fresh, [question])
        catalog.close()
    fresh.close()


# --- listings -----------------------------------------------------------------------------------

FILTERS = st.builds(
    Filter,
    tag=st.none() | st.sampled_from(["one", "ONE", "two words", "none"]),
    topic=st.none() | st.sampled_from(["BLUE", "é", "x"]),
    folder=st.none() | st.sampled_from(["a", "a/b", "日", "none", ""]),
    since=st.none() | st.sampled_from(["2026-01-02", "2026-01-03"]),
    until=st.none() | st.sampled_from(["2026-01-01", "2026-01-02"]),
)


def passes(which, made):
    day = (made.updated or "")[:10]
    return (
        (which.tag is None or fold_text(which.tag) in map(fold_text, made.tags))
        and (which.topic is None or fold_text(which.topic) in fold_text(made.topic))
        and (not which.folder or made.path.startswith(f"{which.folder}/"))
        and (which.since is None or day >= which.since)
        and (which.until is None or "" < day <= which.until)
    )


def in_order(rows, sort):
    ordered = sorted(rows, key=lambda made: made.path)
    if sort is Sort.PATH:
        return ordered
    return sorted(ordered, key=lambda made: sort_key(made, sort)[0], reverse=True)


@settings(max_examples=examples(15))
@given(STEPS, FILTERS, st.sampled_from(Sort), st.integers(1, 4))
def test_a_listing_is_what_a_reader_sees_in_parts(steps, which, sort, limit):
    model = Model()
    catalog = SqliteCatalog(None)
    catalog.replace(model.commit, [])
    for action, files in steps:
        model.carry_out(catalog, action, files)
    expected = in_order([made for made in model.visible().values() if passes(which, made)], sort)
    listed, after = [], None
    while part := catalog.list_rows(which, sort, after, limit).rows:
        listed += part
        after = sort_key(part[-1], sort)
    assert listed == expected
    assert catalog.list_rows(which, sort, None, limit).total == len(expected)
    assert list(catalog.list_rows(which, sort).rows) == expected
    catalog.close()


# --- search -------------------------------------------------------------------------------------


def meets(question, made, passage):
    texts = (made.path, made.topic, "\n".join(made.tags), passage.heading, passage.text)
    return any(_has(index_terms(text), way) for text in texts for way in question.alternatives)


def _has(terms, way):
    *whole, last = way.terms
    for start in range(len(terms) - len(whole)):
        end = terms[start + len(whole)]
        if terms[start : start + len(whole)] == whole and (
            end == last or (way.prefix and end.startswith(last))
        ):
            return True
    return False


@settings(max_examples=examples(15))
@given(
    STEPS,
    st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(QUESTIONS), max_size=1),
    FILTERS,
)
@pytest.mark.parametrize("most", [2000, 0])
def test_candidates_are_what_meets_a_clause(most, steps, wanted, excluded, which):
    """All of them, where the words are rare; the ones of common words are not ranked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog_search, "_RANKED", most)
        model = Model()
        catalog = SqliteCatalog(None)
        catalog.replace(model.commit, [])
        for action, files in steps:
            model.carry_out(catalog, action, files)
        expected = sorted(
            (made.path, passage.line, passage.text)
            for made in model.visible().values()
            for passage in made.passages
            if passes(which, made)
            and any(meets(question, made, passage) for question in wanted)
            and not any(holds(question, made) for question in excluded)
        )
        assert found(catalog, wanted, excluded, which) == expected
        catalog.close()


@settings(max_examples=examples(15))
@given(STEPS, st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=3, unique=True), FILTERS)
@pytest.mark.parametrize("most", [2000, 0])
def test_a_file_meets_all_that_is_required_in_any_of_its_passages(most, steps, wanted, which):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog_search, "_RANKED", most)
        model = Model()
        catalog = SqliteCatalog(None)
        catalog.replace(model.commit, [])
        for action, files in steps:
            model.carry_out(catalog, action, files)
        expected = sorted(
            (made.path, passage.line, passage.text)
            for made in model.visible().values()
            for passage in made.passages
            if passes(which, made)
            and all(holds(question, made) for question in wanted)
            and any(meets(question, made, passage) for question in wanted)
        )
        required = [replace(question, required=True) for question in wanted]
        assert found(catalog, [*required, clause("filler")], (), which) == expected
        catalog.close()


def holds(question, made):
    return any(meets(question, made, passage) for passage in made.passages)


@pytest.fixture
def many():
    catalog = SqliteCatalog(None)
    texts = [f"common words, number{n}" + (" seldom" if n == 3 else "") for n in range(300)]
    rows = [row(MemoryPath(f"a/{n:03}.md"), text) for n, text in enumerate(texts)]
    catalog.replace(CommitId("1"), rows)
    yield catalog
    catalog.close()


def test_common_words_are_looked_for_among_the_last_but_never_missed(many, monkeypatch):
    monkeypatch.setattr(catalog_search, "_RANKED", 10)
    monkeypatch.setattr(catalog_search, "_READ", 30)
    last = many.candidates([clause("common")], limit=5)
    assert [hit.path for hit in last] == [f"a/{n}.md" for n in (299, 298, 297, 296, 295)]
    assert len(many.candidates([clause("common")], limit=200)) < 100
    both = [clause("common", required=True), clause("seldom", required=True)]
    assert [hit.path for hit in many.candidates(both)] == ["a/003.md"]
    assert many.candidates([clause("common"), clause("seldom")])[0].path == "a/003.md"


def test_a_word_that_is_common_elsewhere_is_ranked_in_a_small_folder(monkeypatch):
    monkeypatch.setattr(catalog_search, "_RANKED", 10)
    texts = {f"a/{n:03}.md": "common words" for n in range(300)}
    texts |= {f"b/{n}.md": f"common {'common ' * n}{'other ' * (9 - n)}" for n in range(4)}
    catalog = SqliteCatalog(None)
    catalog.replace(CommitId("1"), [row(MemoryPath(path), text) for path, text in texts.items()])
    everywhere = catalog.candidates([clause("common")], limit=5)
    assert {hit.score for hit in everywhere} == {0.0}
    inside = catalog.candidates([clause("common")], (), Filter(folder="b"))
    assert [hit.path for hit in inside] == ["b/3.md", "b/2.md", "b/1.md", "b/0.md"]
    catalog.close()


def test_a_derived_word_does_not_make_a_word_common(many, monkeypatch):
    derived = Alternative(("common",), weight=0.5)
    plain = clause("seldom")
    both = replace(plain, alternatives=(*plain.alternatives, derived))
    assert len(many.candidates([both], limit=500)) == 300
    monkeypatch.setattr(catalog_search, "_RANKED", 10)
    assert [hit.path for hit in many.candidates([both], limit=500)] == ["a/003.md"]


def test_terms_of_the_memory_are_found_by_what_is_in_them(many):
    assert many.frequencies(["common", "seldom", "nothing"]) == {"common": 300, "seldom": 1}
    both = ["common", "seldom"]
    assert many.with_stems([both, ["word"]], 5) == [{"common": 300, "seldom": 1}, {"words": 300}]
    assert many.with_stems([both], 1) == [{"common": 300}]
    assert many.with_stems([["common"]], 0) == many.with_stems([["words"]], 5) == [{}]
    assert many.containing("ommo", 5) == ["common"]
    assert many.containing("mm", 5) == ["common"]
    assert many.containing("mon", 5, at_end=True) == ["common"]
    assert many.containing("ommo", 5, at_end=True) == []
    assert len(many.containing("number", 7)) == 7
    assert many.totals().passages == 300


def test_neighbours_are_those_in_the_file_then_in_the_folder():
    catalog = SqliteCatalog(None)
    long = "start\n" + LONG
    files = {"a/1.md": "first", "a/2.md": long, "a/3.md": "third", "b/1.md": "else"}
    rows = [row(MemoryPath(path), text) for path, text in files.items()]
    catalog.replace(CommitId("1"), rows)
    edited = row(MemoryPath("a/25.md"), "between")
    catalog.edit([edited], {MemoryPath("a/3.md"): None}, [])
    (start,) = catalog.candidates([clause("between")])
    around = {hit.id: hit for hit in catalog.with_neighbours([start], 2)}
    here = around[start.id]
    assert (here.score, here.next) == (start.score, None)
    assert here.previous is not None
    before = around[here.previous]
    assert (before.path, before.heading, before.score) == ("a/2.md", "Part 3", 0.0)
    assert before.next == start.id
    assert before.previous in around
    assert len(around) == 3
    (last,) = catalog.candidates([clause("else")])
    assert [(h.previous, h.next) for h in catalog.with_neighbours([last], 2)] == [(None, None)]
    catalog.close()


def test_a_hand_edit_does_not_make_neighbours_cost_the_whole_folder():
    catalog = SqliteCatalog(None)
    catalog.replace(CommitId("1"), [row(MemoryPath(f"a/{n:03}.md"), "red") for n in range(1000)])
    edited = MemoryPath("a/500.md")
    catalog.edit([row(edited, "blue")], {}, [])
    (found,) = catalog.candidates([clause("blue")])
    steps = []
    catalog._file.open().set_progress_handler(lambda: steps.append(1), 100)
    near = catalog.with_neighbours([found], 1)
    assert sorted(one.path for one in near) == ["a/499.md", edited, "a/501.md"]
    assert len(steps) < 30  # 700 where SQLite sorts the folder for each passage
    catalog.close()


@pytest.mark.parametrize("ahead", [0, 2, 1000])
@pytest.mark.parametrize("which", [Filter(), Filter(folder="a"), Filter(folder="a", tag="one")])
def test_the_best_that_are_shown_are_the_same_however_they_are_found(monkeypatch, ahead, which):
    catalog = SqliteCatalog(None)
    files = {
        f"{'ab'[n % 2]}/{'a-' * (n % 3 == 0)}{n}.md": f"---\ntags: [{'one' if n % 5 else 'two'}]\n"
        f"---\n{'red ' * (n % 7)} red {'blue ' * (n % 4)} {'word ' * (n % 11)}\n"
        for n in range(80)
    }
    catalog.replace(CommitId("1"), [row(MemoryPath(p), text) for p, text in files.items()])
    gone = {MemoryPath(path): None for path in list(files)[:30:3]}
    catalog.edit([row(MemoryPath("a/new.md"), "red blue red")], gone, [])

    def best(limit):
        found = catalog.candidates([clause("red"), clause("blue")], which=which, limit=limit)
        return [(one.path, one.score) for one in found]

    with monkeypatch.context() as patch:
        patch.setattr(catalog_search._Visible, "_first_shown", lambda *_: None)
        expected = best(1000)
    assert len(expected) > 20
    monkeypatch.setattr(catalog_search, "_AHEAD", ahead)
    for limit in (1, 5, 20, 1000):
        assert best(limit) == expected[:limit]
    catalog.close()


def test_a_hand_edit_does_not_make_each_file_be_looked_up():
    catalog = SqliteCatalog(None)
    catalog.replace(CommitId("1"), [row(MemoryPath(f"a/{n:04}.md"), "red") for n in range(1500)])
    steps = []

    def cost():
        steps.clear()
        catalog._file.open().set_progress_handler(lambda: steps.append(1), 100)
        assert len(catalog.candidates([clause("red")], limit=40)) == 40
        return len(steps)

    without = cost()
    catalog.edit([row(MemoryPath("a/0500.md"), "blue")], {}, [])
    catalog.totals()  # so that it has been indexed
    assert cost() < 1.5 * without  # twice as many where each file is looked up
    catalog.close()


def test_what_is_excluded_is_not_looked_up_for_each_file():
    catalog = SqliteCatalog(None)
    rows = [row(MemoryPath(f"a/{n}.md"), "red" if n % 2 else "red blue") for n in range(1000)]
    catalog.replace(CommitId("1"), rows)
    steps = []
    catalog._file.open().set_progress_handler(lambda: steps.append(1), 100)
    found = catalog.candidates([clause("red")], [clause("blue")], limit=40)
    assert len(found) == 40
    assert len(steps) < 1000  # 17,000 where the list of what holds it is gone through for each
    catalog.close()


# --- the bulk build -----------------------------------------------------------------------------


def test_a_build_in_many_batches_gives_what_one_gives(monkeypatch):
    rows = [
        row(MemoryPath(f"a/{n}.md"), f"word{n} red\n{LONG if n % 3 else ''}") for n in range(50)
    ]
    dumps = []
    sizes = ((2000, 30_000, 8_000_000), (7, 40, 8_000_000), (7, 40, 3000), (16, 30_000, 8_000_000))
    for files, parameters, characters in sizes:
        monkeypatch.setattr(catalog_build, "_BATCH_FILES", files)
        monkeypatch.setattr(catalog_build, "_PARAMETERS", parameters)
        monkeypatch.setattr(catalog_build, "_BATCH_CHARACTERS", characters)
        catalog = SqliteCatalog(None)
        catalog.replace(CommitId("1"), iter(rows))
        dumps.append(tables(catalog))
        catalog.close()
    assert all(dump == dumps[0] for dump in dumps)


@given(
    st.lists(st.text(max_size=5) | st.sampled_from([*WORDS, "a\u0301", "\u0301", "aB", "\u0e33"]))
)
def test_texts_are_indexed_together_as_one_by_one(texts):
    assert list(catalog_build._indexed(texts)) == [indexed_text(text) for text in texts]


def test_who_waits_for_a_build_finds_it_done(tmp_path):
    first, second = (SqliteCatalog(tmp_path / "catalog.sqlite") for _ in range(2))
    first.replace(CommitId("1"), [row(PATHS[0], "red")])

    def not_needed():
        raise AssertionError("a row was asked for")
        yield

    second.replace(CommitId("1"), not_needed())
    assert second.find(PATHS[0]) is not None
    first.close()
    second.close()


def test_a_file_of_another_schema_is_replaced(tmp_path):
    file = tmp_path / "catalog.sqlite"
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE file (path TEXT)")
        db.execute("PRAGMA user_version = 4")
        db.commit()
    catalog = SqliteCatalog(file)
    catalog.replace(CommitId("1"), [row(PATHS[0], "red")])
    catalog.close()
    again = SqliteCatalog(file)
    assert again.commit() == "1"
    assert len(again.candidates([clause("red")])) == 1
    again.close()


def test_a_build_leaves_no_room_that_it_needed_only_for_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog_build, "_BATCH_FILES", 100)
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
    words = [[f"w{number * place % 997}" for place in range(200)] for number in range(600)]
    rows = [row(MemoryPath(f"a/{n}.md"), " ".join(text)) for n, text in enumerate(words)]
    catalog.replace(CommitId("1"), iter(rows))
    assert catalog._file.open().execute("PRAGMA freelist_count").fetchone() == (0,)
    catalog.close()

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files.markdown import split_lines
from pack.search.candidate import Candidate
from pack.search.forms import expand
from pack.search.query import parse_query
from pack.search.ranking import Statistics, rank, to_be_ranked
from pack.search.snippets import find_line
from pack.search.stems import stem_key
from pack.search.words import index_terms


def locate(query, found):
    return find_line(query, found.text, found.line)


class Words:
    """The vocabulary of some texts."""

    def __init__(self, texts):
        self.texts = [set(index_terms(text)) for text in texts]
        self.terms = sorted(set().union(*self.texts))

    def with_stems(self, wanted, limit):
        found = [[term for term in self.terms if stem_key(term) in keys] for keys in wanted]
        return [self.frequencies(terms[:limit]) for terms in found]

    def containing(self, part, limit, at_end=False):
        return [t for t in self.terms if (t.endswith(part) if at_end else part in t)][:limit]

    def frequencies(self, terms):
        counts = {term: sum(term in text for text in self.texts) for term in terms}
        return {term: count for term, count in counts.items() if count}


def note(number, text, path=None, **fields):
    known = {"topic": "T", "tags": (), "created": None, "updated": None, "line": 1, "heading": ""}
    return Candidate(number, path or f"n/{number:02}.md", text=text, **(known | fields))


def search(text, notes, *, with_context=True, eligible=None):
    """What the whole of a memory gives, as if stage 1 had proposed all of it."""
    words = Words(f"{one.text} {one.topic} {' '.join(one.tags)} {one.path}" for one in notes)
    query = expand(parse_query(text), words)
    counts = tuple(
        sum(words.frequencies({term for one in clause.alternatives for term in one.terms}).values())
        for clause in query.clauses
    )
    length = sum(len(one.text) for one in notes) / max(len(notes), 1)
    statistics = Statistics(len(notes), length, counts)
    vocabulary = words.frequencies if with_context else None
    return rank(query, notes, statistics, vocabulary, eligible)


def found(text, *texts, **options):
    notes = [one if isinstance(one, Candidate) else note(n, one) for n, one in enumerate(texts)]
    return [result.candidate.id for result in search(text, notes, **options)]


def in_a_row(*texts):
    """Notes of one folder, each beside the next."""
    last = len(texts) - 1
    return [
        note(n, text, previous=n - 1 if n else None, next=n + 1 if n < last else None)
        for n, text in enumerate(texts)
    ]


@given(st.text(min_size=1, max_size=8), st.text(max_size=30), st.text(max_size=30))
def test_what_stands_in_a_file_as_it_was_typed_is_found(query, before, after):
    text = f"{before}{query}{after}"
    if not query.strip() or not parse_query(query).phrase:
        return
    plain = query.strip('-"* ') == query and '"' not in query and " -" not in query
    if plain and " ".join(query.split()) == query:
        assert 0 in found(query, text, "other")


@given(st.text(max_size=20), st.lists(st.text(max_size=40), max_size=5))
def test_any_query_ranks_any_texts(query, texts):
    results = search(query, [note(n, text) for n, text in enumerate(texts)])
    assert all(result.score > 0 for result in results)
    assert [r.score for r in results] == sorted((r.score for r in results), reverse=True)
    for result in results:
        assert set(result.explanation.terms) <= {c.text for c in parse_query(query).clauses}
        line, snippet = locate(result.query, result.candidate)
        assert 1 <= line <= max(len(split_lines(result.candidate.text)), 1)
        assert len(snippet) <= 162


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("HELLO", "say hello"),
        ("straße", "STRASSE"),
        ("café", "cafe\u0301"),
        ("cafe", "Café"),
        ("検索", "全文検索エンジン"),
        ("two words", "words, and two"),
        ("painted", "she paints"),
        ("the", "the end"),
        ("!!!", "wow!!!"),
        ("a  b", "a  b"),
        ("foo-bar", "foo-bar"),
        ("user", "getUserName()"),
        ("C++", "C++ and C"),
        ("gres", "postgres"),
        ("v1.2.3", "since v1.2.3"),
        ("conf*", "configuration"),
    ],
)
def test_what_is_found(query, text):
    assert found(query, text) == [0]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("zebra", "abc"),
        ("the cat", "the dog"),
        ("?", "!"),
        ('"blue car"', "a car, blue"),
        ("-red", "a blue car"),
    ],
)
def test_what_is_not_found(query, text):
    assert found(query, text) == []


def test_a_note_is_found_in_topic_tags_heading_and_path():
    one = note(0, "body", "a/x.md", topic="Garden", tags=("spring",), heading="Bulbs")
    for query in ("garden", "spring", "bulbs", "a/x", "x.md"):
        assert [result.candidate for result in search(query, [one])] == [one]


def test_the_query_as_it_was_typed_comes_first():
    others = ["blue, blue, car, car, a blue, a car", "car and blue, " * 30]
    assert found("blue car", *others, "x " * 200 + "one Blue Car")[0] == 2
    assert found("blue car", *others, note(2, "x", topic="The blue car"))[0] == 2


def test_a_word_inside_a_name_is_not_the_query_as_it_was_typed():
    points = {one.candidate.id: one for one in search("hub", [note(1, "GitHub"), note(2, "a hub")])}
    assert points[2].explanation.boosts["phrase"] > points[1].explanation.boosts["phrase"]


def test_rare_words_count_more_and_near_ones_too():
    assert found("ann zebra", "ann", "ann", "ann", "zebra")[0] == 3
    filler = "and then there was much more to say of it " * 5
    assert found("zebra owl", f"owl {filler} zebra", f"the owl a zebra {filler}")[0] == 1


def test_forms_of_a_word_count_as_one_word():
    assert found("paint", "painted", "paint") == [1, 0]
    results = search("painting boats", [note(0, "we painted a boat"), note(1, "unpainted")])
    assert [result.candidate.id for result in results] == [0]


def test_a_file_stands_once_at_its_best_passage():
    passages = [
        note(1, "something of a zebra", "a/long.md", line=10),
        note(2, "a zebra, an owl", "a/long.md", line=30),
        note(3, "an owl " * 9, "a/other.md"),
    ]
    results = search("zebra owl", passages)
    assert [result.candidate.path for result in results] == ["a/long.md", "a/other.md"]
    assert locate(results[0].query, results[0].candidate) == (30, "a zebra, an owl")


def test_a_short_note_shares_in_what_stands_beside_it():
    notes = in_a_row("zebra x", "nothing", "zebra y", "the owl asked of the zebra", "zebra z")
    results = search("zebra owl", notes, with_context=False)
    order = [result.candidate.id for result in results]
    assert order[0] == 3
    assert set(order[1:3]) == {2, 4}
    assert 1 not in order
    assert results[1].explanation.boosts["neighbours"] > 0


def test_a_long_note_speaks_for_itself():
    long = "zebra " + "word " * 2000
    notes = in_a_row(long, "the owl and the zebra", "zebra")
    boosts = {r.candidate.id: r.explanation.boosts for r in search("zebra owl", notes)}
    assert boosts[0]["neighbours"] < boosts[2]["neighbours"] / 100


def test_who_speaks_counts():
    lines = ["Bob: Ann painted it", "Ann: I painted it"]
    assert found("What has Ann painted?", *lines, with_context=False) == [1, 0]


def test_a_date_in_the_question_is_compared_with_the_notes_dates():
    notes = [note(0, "we met", created="2023-04-08"), note(1, "we met", created="2023-05-08")]
    results = search("Who met in May 2023?", notes)
    assert [result.candidate.id for result in results] == [1, 0]
    assert results[0].explanation.boosts["date"] > 0


def test_a_place_counts_where_one_is_asked_for():
    notes = [note(0, "She stays well, to be fair"), note(1, "She stays up in Porto, I think")]
    where, how = (search(text, notes) for text in ("Where does she stay?", "How does she stay?"))
    assert [result.candidate.id for result in where] == [1, 0]
    assert where[0].explanation.boosts["place"] > 0
    assert "place" not in where[1].explanation.boosts
    assert all("place" not in result.explanation.boosts for result in how)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("Where did Ann go from Porto?", {}),
        ("Where does she stay?", {"topic": "Porto"}),
        ("Where does she stay?", {"heading": "Trips > Porto"}),
    ],
)
def test_a_place_that_the_question_or_the_title_names_is_no_answer(query, fields):
    (result,) = search(query, [note(0, "Ann and she stay in Porto", **fields)])
    assert "place" not in result.explanation.boosts


def test_a_derived_word_is_found_after_the_forms_of_the_typed_one():
    assert found("paint", "a painter, she", "she paints it", "she is here") == [1, 0]


def test_words_of_the_best_passages_count():
    texts = ["zebra grass savanna", "zebra grass savanna lions", "zebra stripes", "zebra savanna"]
    texts = [f"wild {text}" for text in texts] + [f"other {n}" for n in range(20)]
    notes = [note(n, text) for n, text in enumerate(texts)]
    with_it = search("a zebra is wild", notes)
    assert with_it[-1].candidate.id == 2
    assert "context" in with_it[0].explanation.boosts
    assert all("context" not in one.explanation.boosts for one in search("zebra", notes))


def test_where_the_best_are_of_few_files_others_are_ranked_too():
    def of(path, *numbers):
        return [note(n, "x", path) for n in numbers]

    long = of("long.md", *range(38)) + of("b.md", 38, 39)
    beyond = of("long.md", 40) + of("c.md", 41, 42) + of("d.md", 43)
    many = [note(n, "x", f"e{n}.md") for n in range(44, 60)]
    chosen = [one.id for one in to_be_ranked(long + beyond + many)]
    assert chosen == [*range(40), 41, 43, 44]
    assert to_be_ranked(long + beyond[:1]) == long
    assert to_be_ranked(long + of("long.md", *range(40, 48)) + of("f.md", 48)) == long
    pairs = [note(n, "x", f"p{n // 2}.md") for n in range(48)]
    assert to_be_ranked(pairs) == [*pairs[:41], pairs[42], pairs[44]]
    assert to_be_ranked([note(0, "x", "q.md"), *pairs[1:]]) == [note(0, "x", "q.md"), *pairs[1:40]]
    apart = [note(n, "x") for n in range(60)]
    assert to_be_ranked(apart) == apart[:40]
    assert to_be_ranked(apart[:7]) == apart[:7]


def test_only_eligible_paths_are_results():
    assert found("zebra", "zebra", "zebra", eligible={"n/01.md"}) == [1]


def test_the_order_is_the_same_in_every_process_and_for_any_order_of_candidates():
    notes = in_a_row(*(f"zebra {n % 3} owl" for n in range(12)))
    forward = [result.candidate.id for result in search("zebra owl", notes)]
    backward = [result.candidate.id for result in search("zebra owl", notes[::-1])]
    assert forward == backward
    assert sorted(forward) == list(range(12))


def test_the_explanation_adds_up():
    notes = [note(0, "Ann saw a zebra in May", created="2023-05-01"), note(1, "an owl")]
    (result,) = search("zebra in May 2023", notes)
    why = result.explanation
    assert sum(why.terms.values()) + sum(why.boosts.values()) == pytest.approx(result.score)
    assert set(why.terms) == {"zebra", "May"}


def test_the_explanation_says_where_a_term_stands():
    one = note(0, "a zebra", "zoo/x.md", topic="Zebras", tags=("zoo", "owl"), heading="At the zoo")
    (result,) = search("zebra zoo owls lion", [one])
    assert result.explanation.columns == {
        "zebra": ("topic", "body"),
        "zoo": ("path", "tags", "heading"),
        "owls": ("tags",),
    }


def test_what_a_file_holds_in_several_passages_counts():
    filler = " and much more of that kind" * 3
    spread = [note(0, "a zebra" + filler, "a/x.md"), note(1, "an owl" + filler, "a/x.md")]
    twice = [note(2, "a zebra" + filler, "a/y.md"), note(3, "a zebra" + filler, "a/y.md")]
    others = [note(n, "other" + filler) for n in range(4, 9)]
    results = search("zebra owl", [*twice, *spread, *others], with_context=False)
    assert [result.candidate.path for result in results] == ["a/x.md", "a/y.md"]
    first, _ = (result.explanation for result in results)
    assert first.boosts["file"] > 0
    assert sum(first.terms.values()) + sum(first.boosts.values()) == pytest.approx(results[0].score)


@pytest.mark.parametrize("line", ["Ann: yes", "- **Ann** yes", "3. ann, yes", "## Ann\tyes"])
def test_a_line_that_begins_with_the_name_counts(line):
    texts = [f"more\n{line}\nmore", "more\nyes Ann\nmore"]
    results = search("What of Ann?", [note(n, text) for n, text in enumerate(texts)])
    assert [result.candidate.id for result in results] == [0, 1]
    assert results[0].score > results[1].score


def placed(query, text, line=1):
    one = note(0, text, line=line)
    return locate(search(query, [one, note(1, query)])[0].query, one)


def test_the_line_is_the_one_an_editor_shows():
    text = "one\x0b\x0c\x85\u2028two\r\nthree needle\rfour\n"
    assert placed("needle", text) == (2, "three needle")
    assert placed("needle", text, line=7) == (8, "three needle")


def test_the_best_line_is_shown():
    text = "car\nblue\nblue and car\na blue car\nblue car\n"
    assert placed("blue car", text) == (4, "a blue car")


@pytest.mark.parametrize("filler", ["x", "ß", "İ", "日", "e\u0301", " \t"])
def test_a_snippet_shows_the_match_in_a_long_line(filler):
    line, snippet = placed("Needle", f"first\n{filler * 5000} the needle {filler * 5000}\n")
    assert line == 2
    assert "needle" in snippet
    assert len(snippet) <= 162


def test_a_snippet_shows_another_form_of_the_word():
    _, snippet = placed("painting", f"{'x ' * 300} they painted {'y ' * 300}")
    assert "painted" in snippet


def test_what_stage_one_proposes_for_a_part_of_a_word_is_kept():
    one = note(0, "snake_cases")._replace(score=1.0)
    query = parse_query("snake-case")
    assert [r.candidate for r in rank(query, [one], Statistics(1, 10.0, (0,)))] == [one]


@pytest.mark.parametrize(("passages", "first"), [(1, 0), (2, 0), (6, 9)])
def test_a_file_that_is_long_for_its_memory_gains_little_by_that(passages, first):
    parts = [note(n, "The car is mentioned.", "n/a.md", passages=passages) for n in range(6)]
    assert found("red car", *parts, note(9, "The car."))[0] == first

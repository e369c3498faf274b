import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.search.forms import expand, inside_words
from pack.search.query import (
    MAX_CLAUSES,
    STOP_WORDS,
    Alternative,
    ClauseKind,
    parse_query,
)
from pack.search.stems import stem_key
from pack.search.words import index_terms


class Words:
    """A vocabulary of some words, most frequent first."""

    def __init__(self, *terms):
        self.terms = terms

    def with_stems(self, wanted, limit):
        found = [[term for term in self.terms if stem_key(term) in keys] for keys in wanted]
        return [dict.fromkeys(terms[:limit], 1) for terms in found]

    def containing(self, part, limit, at_end=False):
        return [t for t in self.terms if (t.endswith(part) if at_end else part in t)][:limit]

    def frequencies(self, terms):
        return {term: n for term, n in dict.fromkeys(self.terms, 1).items() if term in terms}


def wanted(text):
    return [clause.alternatives[0].terms for clause in parse_query(text).clauses]


@given(st.text(st.sampled_from('ab"*- \t\n()+^:{}検\x00\udc80é_.'), max_size=30) | st.text())
def test_every_text_is_a_query_of_index_terms(text):
    query = parse_query(text)
    for clause in (*query.clauses, *query.excluded):
        for one in clause.alternatives:
            assert one.terms
            assert all(term in index_terms(text) for term in one.terms)
            assert 0 < one.weight <= 1
    assert len(query.clauses) <= MAX_CLAUSES
    assert expand(query, Words("a", "ab")).clauses is not None


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("blue car", [("blue",), ("car",)]),
        ("the blue car", [("blue",), ("car",)]),
        ("the who", [("the",), ("who",)]),
        ("blue Blue, BLUE!", [("blue",)]),
        ("paint painted painting", [("paint",)]),
        ("What is Ann's car?", [("ann",), ("car",)]),
        ("the kids' room", [("kids",), ("room",)]),
        ("snake_case", [("snake", "case")]),
        ("v1.2.3", [("v1", "2", "3")]),
        ("全文検索", [("全文",), ("文検",), ("検索",)]),
        ("検", [("検",)]),
        ("!!!", []),
        ("", []),
        ("-", []),
        ("-car", []),
        ("AND OR NOT NEAR", [("near",)]),
    ],
)
def test_what_is_looked_for(text, terms):
    assert wanted(text) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("What kind of car?", [("car",)]),
        ("types of engine", [("engine",)]),
        ("a kind person", [("kind",), ("person",)]),
        ("kind of", [("kind",)]),
        ("the type of the", [("type",)]),
        ('"kind of blue"', [("kind", "of", "blue")]),
    ],
)
def test_kind_of_something_is_looked_for_as_that(text, terms):
    assert wanted(text) == terms


def test_a_quotation_is_required_as_it_is():
    (clause,) = parse_query('"the Blue car"').clauses
    assert clause.kind is ClauseKind.PHRASE
    assert clause.required
    assert clause.alternatives == (Alternative(("the", "blue", "car")),)
    assert parse_query('"the Blue car"').phrase == "the blue car"
    assert parse_query('"open end').clauses[0].alternatives[0].terms == ("open", "end")


@pytest.mark.parametrize("mark", ["?", " ? ", "？", "؟"])
def test_a_quotation_in_a_question_is_a_title(mark):
    (asked, title) = parse_query(f'Who wrote "The Four Seasons"{mark}').clauses
    assert asked.text == "wrote"
    assert (title.text, title.kind) == ("The Four Seasons", ClauseKind.PHRASE)
    assert not title.required
    whole, *words = title.alternatives
    assert whole == Alternative(("the", "four", "seasons"))
    assert [word.terms for word in words] == [("four",), ("seasons",)]
    assert all(word.weight < whole.weight for word in words)
    assert parse_query('"really?"').clauses[0].required


def test_a_star_makes_a_beginning():
    first, second = parse_query("col* snake_c*").clauses
    assert first.kind is ClauseKind.PREFIX
    assert first.alternatives == (Alternative(("col",), prefix=True),)
    assert second.alternatives == (Alternative(("snake", "c"), prefix=True),)


def test_a_minus_excludes():
    query = parse_query('car -red -"dark blue" -')
    assert [clause.alternatives[0].terms for clause in query.clauses] == [("car",)]
    assert [clause.alternatives[0].terms for clause in query.excluded] == [
        ("red",),
        ("dark", "blue"),
    ]
    assert not parse_query("well-known").excluded


def test_an_identifier_is_found_by_its_parts_for_less():
    whole, *parts = parse_query("max_file_no").clauses[0].alternatives
    assert whole == Alternative(("max", "file", "no"))
    assert [part.terms for part in parts] == [("max",), ("file",)]
    assert all(part.weight < whole.weight for part in parts)


def test_a_word_is_looked_for_in_the_forms_that_the_memory_has():
    query = expand(parse_query("painted"), Words("paint", "paints", "pain"))
    assert query.clauses[0].alternatives == tuple(map(word, ["painted", "paint", "paints"]))


def word(term):
    return Alternative((term,))


def test_what_was_quoted_has_no_other_forms():
    query = expand(parse_query('"painted" paint*'), Words("paint", "paints"))
    assert [len(clause.alternatives) for clause in query.clauses] == [1, 1]


def test_an_excluded_word_excludes_its_forms():
    query = expand(parse_query("-cars"), Words("car", "cars"))
    assert {one.terms[0] for one in query.excluded[0].alternatives} == {"car", "cars"}


def test_text_with_the_query_in_the_middle_of_words_is_met():
    words = Words("postgres", "progress", "sql")
    inside = inside_words(parse_query("gres"), words)
    assert {one.terms for one in inside.alternatives} == {("gres",), ("postgres",), ("progress",)}
    inside = inside_words(parse_query("gres conf"), words)
    assert Alternative(("postgres", "conf"), prefix=True) in inside.alternatives
    assert ("progress", "conf") not in {one.terms for one in inside.alternatives}
    assert parse_query("!!!").containing == ()


def test_a_few_words_are_also_looked_for_in_a_row():
    assert parse_query("blue car").typed.alternatives == (Alternative(("blue", "car")),)
    assert parse_query("car").typed is None
    assert parse_query("a " * 7).typed is None


@pytest.mark.parametrize(
    ("text", "wholes"),
    [
        ("GitHub", [("github",), ("git", "hub")]),
        ('"GitHub Actions"', [("github", "actions"), ("git", "hub", "actions")]),
        ("getUser*", [("getuser",), ("get", "user")]),
        ("get_user_name", [("get", "user", "name")]),
    ],
)
def test_a_word_with_a_capital_inside_is_one_word_or_its_parts_in_their_place(text, wholes):
    (clause,) = parse_query(text).clauses
    assert [way.terms for way in clause.alternatives if way.weight == 1] == wholes
    (excluded,) = parse_query(f"-{text}").excluded
    assert [way.terms for way in excluded.alternatives] == wholes


def test_the_phrase_is_folded_and_collapsed():
    assert parse_query("  Blue \n CAR ").phrase == "blue car"
    assert parse_query("!!!").phrase == "!!!"


def test_names_are_words_with_a_capital_after_the_first():
    assert parse_query("When did Ann meet Bob? Then what?").names == {"ann", "bob"}
    assert parse_query("Ann met bob").names == set()


def test_stop_words_are_index_terms():
    assert all(index_terms(word) == [word] for word in STOP_WORDS)

import sqlite3
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.search import words
from pack.search.words import (
    fold_text,
    index_terms,
    indexed_text,
    is_in_place,
    is_unspaced,
    searchable_text,
    searchable_texts,
)
from tests.support import examples

TRICKY = st.sampled_from(
    "aZ09_-. \n\0#éÉßİıſŒﬁ½²µΣςЙё検索全ガがｶﾞ한글กำน้ເມືອမြန်មានहिन्दीالعَرَبָּ👍🏽❤️’–“…"
    "\u200d\ufe0f\u0301\u0489"
    "ǅ𝐀𞤀𐐀ꬰꟑ𖹀\U00010d00\U0001e900\ue000\U000e0041\u2028\ufeff"
)
TEXTS = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.text(TRICKY, max_size=20),
        st.sampled_from(["getUserName", "HTTPServer2go", "snake_case", "v1.2.3", "全文検索", " "]),
    ),
    max_size=6,
).map("".join)


def fts5_tokens(text):
    """What FTS5 makes of the text that is indexed."""
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='unicode61 remove_diacritics 2')")
        db.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
        db.execute("INSERT INTO t VALUES (?)", (indexed_text(text),))
        tokens = [term for (term,) in db.execute("SELECT term FROM v ORDER BY offset")]
    db.close()
    return tokens


@settings(max_examples=examples(10))
@given(st.lists(TEXTS | st.text("aB. -\n’–", max_size=20), max_size=5))
def test_many_texts_are_made_searchable_as_each_is(texts):
    assert searchable_texts(texts) == [searchable_text(text) for text in texts]


@given(st.text("aZ ßé", max_size=8) | TEXTS)
def test_folding_knows_no_case(text):
    assert fold_text(text) == unicodedata.normalize(
        "NFC", unicodedata.normalize("NFC", text).casefold()
    )


@given(TEXTS)
def test_terms_are_what_fts5_makes_of_a_text(text):
    assert index_terms(text) == fts5_tokens(text)


def test_terms_are_what_fts5_makes_of_every_letter_there_is():
    characters = [chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000]
    for start in range(0, len(characters), 4096):
        text = " ".join(f"a{character}b" for character in characters[start : start + 4096])
        assert index_terms(text) == fts5_tokens(text)


@given(TEXTS)
def test_searchable_text_holds_the_terms_in_their_order(text):
    searchable = searchable_text(text)
    assert searchable.split() == index_terms(text)
    assert searchable[0] == searchable[-1] == " "
    assert set(filter(str.isspace, searchable)) == {" "}


@given(TEXTS)
def test_case_and_normal_form_do_not_matter(text):
    if not any(unicodedata.category(character) == "Lo" for character in text):
        assert index_terms(unicodedata.normalize("NFD", text)) == index_terms(
            unicodedata.normalize("NFC", text)
        )
    if text.isascii():
        assert set(index_terms(text.lower())) <= set(index_terms(text))


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_prose_is_indexed_as_it_is(text):
    assert indexed_text(text).startswith(text)
    if text == text.lower():
        assert indexed_text(text) == text


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Café naïve ÅNGSTRÖM", "cafe naive angstrom"),
        ("Straße", "strasse"),
        ("Йод ёлка", "иод елка"),
        ("ｆｕｌｌ ﬁt", "full fit"),
        ("全文検索", "全文 文検 検索"),
        ("検", "検"),
        ("Python検索test", "python 検索 test"),
        ("カ\u3099ス", "ガス"),
        ("한국어 검색", "한국어 검색"),
        ("snake_case kebab-case", "snake case kebab case"),
        ("v1.2.3", "v1 2 3"),
        ("https://ab.example/c?d=e", "https ab example c d e"),
        ("getUserName", "getusername get user name"),
        ("the HTTPServer runs", "the httpserver runs http server"),
        ("it’s – “so” 👍", "it s so"),
        ("", ""),
        ("!!!", ""),
    ],
)
def test_the_terms_of_a_text(text, terms):
    assert index_terms(text) == terms.split()


def test_any_part_of_a_text_without_spaces_is_a_phrase_of_it():
    whole = "คำภาษาไทยและ全文検索エンジン"
    terms = index_terms(whole)
    for run in ("คำภาษาไทยและ", "全文検索エンジン"):
        for start in range(len(run) - 1):
            for end in range(start + 2, len(run) + 1):
                part = run[start:end]
                if unicodedata.category(part[0]) != "Mn":
                    wanted = index_terms(part)
                    places = range(len(terms) - len(wanted) + 1)
                    assert any(terms[at : at + len(wanted)] == wanted for at in places), part


def test_lone_surrogates_are_no_error():
    assert index_terms("a\udc80b") == ["a", "b"]
    assert index_terms("検\udc80b") == ["検", "b"]


def test_which_text_has_no_spaces():
    assert is_unspaced("a 検")
    assert not is_unspaced("déjà vu")


def test_text_is_compared_without_case_and_in_one_normal_form():
    assert fold_text("É") == fold_text("e\u0301") == "é"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a Blue-car.\n", True), ("", True), ("fooBar", False), ("café", False), ("a — b", False)],
)
def test_only_plain_text_is_in_place(text, expected):
    assert is_in_place(text, searchable_text(text)) is expected


def indexed_as_one(text):
    """What is indexed of a text where nothing is done by parts of it."""
    text = unicodedata.normalize("NFC", text)
    whole = text + words._camel_parts(text)
    plain = unicodedata.normalize("NFKD", whole).translate(words._MARKS)
    folded = unicodedata.normalize("NFKC", plain.casefold())
    return words._UNSPACED_RUN.sub(words._pairs, folded).translate(words._LETTERS)


@given(TEXTS)
def test_what_is_indexed_by_parts_is_what_is_indexed_as_one(text):
    if words._without_signs(text).isascii():
        text += "é"
    assert indexed_text(text) == indexed_as_one(text)


@pytest.mark.parametrize("around", ["a{}b", "={}", "A {}\u0301x", "é{}é", "検{}索", "{}\u093f"])
def test_every_character_is_indexed_by_itself_as_among_others(around):
    characters = [chr(code) for code in range(128, 0x30000) if not 0xD800 <= code < 0xE000]
    for start in range(0, len(characters), 4096):
        text = "é" + " ".join(map(around.format, characters[start : start + 4096]))
        assert indexed_text(text) == indexed_as_one(text)


def test_only_names_have_parts():
    text = "getUserName HTTPServer Go ABC abc a1B2 ABcd Abc getUserName x" + "aB" * 50
    assert words._camel_parts(text) == " get User Name HTTP Server a 1 B 2 A Bcd"

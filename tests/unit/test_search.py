import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack.search import fold_text, locate, parse_query, score

from pack.catalog import describe
from pack.markdown import split_lines
from pack.model import MemoryPath, blob_id


def points(query, text, path="a/x.md"):
    content = text.encode()
    return score(parse_query(query), describe(MemoryPath(path), blob_id(content), content), text)


@given(st.text(min_size=1, max_size=8), st.text(max_size=30), st.text(max_size=30))
def test_what_stands_in_a_file_as_it_was_typed_is_found(query, before, after):
    text = f"{before}{query}{after}".encode("utf-8", "replace").decode()
    query = query.encode("utf-8", "replace").decode()
    if query.strip():
        assert points(query, text) > 0
        line, snippet = locate(parse_query(query), text)
        assert 1 <= line <= max(len(split_lines(text)), 1)
        assert len(snippet) <= 162


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("HELLO", "say hello"),
        ("straße", "STRASSE"),
        ("café", "cafe\u0301"),
        ("検索", "全文検索エンジン"),
        ("two words", "words, and two"),
        ("the", "the end"),
        ("!!!", "wow!!!"),
        ("a  b", "a  b"),
        ("İstanbul", "i\u0307stanbul"),
        ("foo-bar", "foo-bar"),
        ("C++", "C++ and C"),
    ],
)
def test_what_is_found(query, text):
    assert points(query, text) > 0


@pytest.mark.parametrize(("query", "text"), [("zebra", "abc"), ("the cat", "the dog"), ("?", "!")])
def test_what_is_not_found(query, text):
    assert points(query, text) == 0


def test_the_order_of_results():
    query = "blue car"
    ordered = [
        points(query, "# Blue car\n\na blue car\n"),
        points(query, "a blue car\n"),
        points(query, "# Car\n\nblue, blue\n"),
        points(query, "a car, and blue\n"),
        points(query, "a car\n"),
    ]
    assert ordered == sorted(ordered, reverse=True)
    assert len(set(ordered)) == len(ordered)


def test_a_query_may_be_found_in_topic_tags_and_path_only():
    text = "---\ntopic: Garden\ntags: [spring]\n---\nbody\n"
    for query in ("garden", "spring", "a/x", "x.md"):
        assert points(query, text) > 0
    assert locate(parse_query("x.md"), text)[0] == 1


def test_the_line_is_the_one_an_editor_shows():
    text = "one\x0b\x0c\x85\u2028two\r\nthree needle\rfour\n"
    assert locate(parse_query("needle"), text) == (2, "three needle")


def test_the_best_line_is_shown():
    text = "car\nblue\nblue and car\na blue car\nblue car\n"
    assert locate(parse_query("blue car"), text) == (4, "a blue car")


@pytest.mark.parametrize("filler", ["x", "ß", "İ", "日", "e\u0301", " \t"])
def test_a_snippet_shows_the_match_in_a_long_line(filler):
    line, snippet = locate(
        parse_query("Needle"), f"first\n{filler * 5000} the needle {filler * 5000}\n"
    )
    assert line == 2
    assert "needle" in snippet
    assert len(snippet) <= 162


def test_text_is_compared_without_case_and_in_one_normal_form():
    assert fold_text("É") == fold_text("e\u0301") == "é"


def test_a_search_gives_filters_pages_and_places(world):
    memory = world.init()
    memory.update("a/one.md", "---\ntags: [X]\n---\nneedle\n")
    memory.update("a/b/two.md", "# Needle\n")
    memory.update("ab/three.md", "nothing\nneedle here\n")
    found = memory.search("needle")
    assert [match.path for match in found.matches] == ["a/b/two.md", "a/one.md", "ab/three.md"]
    assert found.matches[2].line == 7
    assert found.matches[2].snippet == "needle here"
    assert [m.path for m in memory.search("needle", tag="x").matches] == ["a/one.md"]
    for folder in ("a", "a/", "/a"):
        assert memory.search("needle", dir=folder).total == 2
    assert memory.search("needle", dir="").total == 3
    assert memory.search("nowhere").matches == ()


def test_listings_are_filtered(world):
    memory = world.init()
    memory.update("a/one.md", "---\ntopic: First Thing\ntags: [Work, home]\n---\n")
    memory.update("a/b/two.md", "---\ntags: [work out]\n---\n")
    memory.update("ab/x.md", "x\n")

    def listed(**filters):
        return [file.path for file in memory.list(**filters).files]

    assert listed(tag="WORK") == ["a/one.md"]
    assert listed(tag=" home ") == ["a/one.md"]
    assert listed(topic="thing") == ["a/one.md"]
    assert listed(dir="a") == ["a/b/two.md", "a/one.md"]
    assert listed(dir="a/b", tag="work out") == ["a/b/two.md"]
    assert listed(tag="nope") == []
    assert listed(dir="context", limit=1) == ["context/general.md"]


def test_a_reader_sees_hand_edits_at_once(git_world):
    memory = git_world.init()
    memory.update("a/x.md", "old\n")
    git_world.edit("a/x.md", "---\ntags: [new]\n---\nfresh needle\n")
    git_world.edit("a/new.md", "another needle\n")
    assert memory.search("needle").total == 2
    assert memory.search("old").total == 0
    assert [file.path for file in memory.list(tag="new").files] == ["a/x.md"]
    assert "fresh needle" in memory.get_all().content
    git_world.edit("a/x.md", None)
    assert [file.path for file in memory.list(dir="a").files] == ["a/new.md"]
    assert set(memory.status().uncommitted) == {"a/new.md", "a/x.md"}


def test_changes_since_a_commit(world):
    memory = world.init()
    start = world.connector.head()
    assert memory.changes_since(start).changed == ()
    made = memory.update("a/x.md", "x\n")
    found = memory.changes_since(start)
    assert (set(found.changed), found.gone, found.listing_changed) == (
        {"a/x.md", "index.md"},
        (),
        True,
    )
    memory.delete("a/x.md", made.sha)
    found = memory.changes_since(made.commit)
    assert found.gone == ("a/x.md",)
    assert found.head == world.connector.head()
    assert memory.changes_since("0" * 40).listing_changed
    assert memory.changes_since(None).listing_changed

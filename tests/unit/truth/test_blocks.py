import pytest

from pack.truth.blocks import Between, Place, heading_level


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ([], Place()),
        (["text"], Place()),
        (["```sh"], Place("```")),
        (["````", "```", "x"], Place("````")),
        (["```", "x", "```"], Place()),
        (["~~~", "```"], Place("~~~")),
        (["``` not ` a fence"], Place()),
        (["<!-- a --> b"], Place()),
        (["a <!-- b"], Place("", in_comment=True)),
        (["<!--", "```", "-->", "x"], Place()),
        (["```", "<!--", "```"], Place()),
    ],
)
def test_what_is_open_after_some_lines(lines, place):
    assert Place().after(lines) == place


def test_a_heading_has_a_level():
    assert [heading_level(one) for one in ("# a", "### a", "#a", "    # a")] == [1, 3, 7, 7]


def settled(above, below, old, new):
    return Between(above, below, Place(), old, new).settled("\n")


def test_blank_lines_stay_as_they_are():
    assert settled("a", "b", ["\n"], ["\n", "\n"]) == ["\n"]
    assert settled("a", "b", ["\n"], []) == ["\n"]
    assert settled("a", "b", [], ["\n"]) == []
    assert settled("a", "b", ["\n", "mine\n", "\n"], []) == ["\n", "\n"]


def test_a_line_is_set_apart_where_it_would_join_a_paragraph():
    assert settled("a", "b", ["\n"], ["\n", "new\n"]) == ["\n", "new\n", "\n"]
    assert settled("a", "b", ["\n"], ["new\n", "\n"]) == ["\n", "new\n", "\n"]
    assert settled("- a", None, [], ["- new\n"]) == ["- new\n"]


def test_nothing_comes_between_the_lines_of_a_block():
    assert settled("a", "b", [], ["new\n"]) is None
    assert settled("- a", "- b", [], ["- new\n"]) == ["- new\n"]
    assert settled("1. a", "2. b", [], ["1. new\n"]) is None
    assert settled("# A", "b", [], ["new\n"]) == ["new\n", "\n"]


def test_a_heading_takes_nothing_under_itself():
    assert settled("a", "b", ["\n"], ["\n", "## New\n", "\n"]) is None
    assert settled("a", "## B", ["\n"], ["\n", "## New\n", "\n"]) == ["\n", "## New\n", "\n"]
    assert settled("a", "### B", ["\n"], ["\n", "## New\n", "\n"]) is None
    assert settled("a", "b", ["## M\n"], ["## N\n"]) == ["## N\n"]
    assert settled("a", "b", ["## M\n"], ["\n"]) is None

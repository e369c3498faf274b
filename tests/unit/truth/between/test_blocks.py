import pytest

from pack.truth.between.blocks import Between, words_of


def settled(above, below, old, new, **more):
    return Between(above, below, old, new, **more).settled("\n")


def test_words_are_what_is_not_blank():
    assert words_of(["a  \n", "\n", "  b\r\n", " \t\n"]) == ["a", "  b"]


def test_blank_lines_stay_as_they_are():
    assert settled("a", "b", ["\n"], ["\n", "\n"]) == ["\n"]
    assert settled("a", "b", ["\n"], []) == ["\n"]
    assert settled("a", "b", [], ["\n"]) == []
    assert settled("a", "b", ["\n", "mine\n", "\n"], []) == ["\n"]
    assert settled(None, "b", ["mine\n", "\n"], []) == []
    assert settled("a", "b", ["mine\n", "\n", "\n"], []) == ["\n", "\n"]
    assert settled("a", "b", ["mine\n", "\n", "mine\n"], []) == ["\n"]


@pytest.mark.parametrize(
    ("above", "new"),
    [
        ("a", "new"),
        ("Never push.", "Except on Fridays."),
        ("Name: Ada", "Job: nurse"),
        ("a", "---"),
        ("a", "==="),
        ("a", "- new"),
        ("- a", "1. new"),
        ("- a", "new"),
        ("> a", "> new"),
        ("a", "| new |"),
        ("a", "```"),
    ],
)
def test_a_line_is_set_apart_where_it_would_join_a_paragraph(above, new):
    assert settled(above, None, [], [f"{new}\n"]) == ["\n", f"{new}\n"]
    assert settled(above, "b", ["\n"], [f"{new}\n", "\n"]) == ["\n", f"{new}\n", "\n"]
    assert settled(above, None, ["old\n"], [f"{new}\n"], joined=(True, False)) == [f"{new}\n"]


def test_so_is_one_that_a_paragraph_would_join():
    assert settled(None, "a", [], ["new\n"]) == ["new\n", "\n"]
    assert settled("# A", "a", ["\n"], ["\n", "- new\n"]) == ["\n", "- new\n", "\n"]


@pytest.mark.parametrize(
    ("above", "new"),
    [("- a", "- new"), ("1. a", "2. new"), ("# A", "new"), ("a", "# New"), ("| a |", "| new |")],
)
def test_a_line_that_is_one_by_itself_stays_where_it_is(above, new):
    assert settled(above, None, [], [f"{new}\n"]) == [f"{new}\n"]


def test_nothing_comes_between_the_lines_of_a_block():
    assert settled("a", "b", [], ["new\n"]) is None
    assert settled("- a", "- b", [], ["- new\n"]) == ["- new\n"]
    assert settled("1. a", "2. b", [], ["1. new\n"]) is None
    assert settled("# A", "b", [], ["new\n"]) == ["new\n", "\n"]
    assert settled("a", "b", ["\n"], ["\n", "new\n", "\n"], is_one=True) is None
    both = (True, True)
    assert settled("a", "b", ["x\n"], ["new\n"], is_one=True, joined=both) == ["new\n"]


def test_an_item_is_not_continued():
    assert settled("- a", None, [], ["  new\n"]) is None


@pytest.mark.parametrize("above", ["- a", "* [ ] a", "10. a", "  - a", "  a", "-    a"])
@pytest.mark.parametrize("new", ["{}new", "\n{}new", "\n{}> new", "{}- b\n\n{}new"])
def test_nor_is_one_across_blank_lines_and_items_in_it(above, new):
    inside = " " * (len(above) - 1 if "[" not in above else 2)
    lines = new.format(inside, inside).splitlines(keepends=True)
    assert settled(above, None, [], lines) is None
    old = [f"{inside}mine\n"]
    assert settled(above, None, old, [f"{inside}new\n"], joined=(True, False)) is not None
    assert settled(above, None, ["\n", *old], ["\n", f"{inside}new\n"]) is not None


@pytest.mark.parametrize("new", ["- new\n\n  more", "\n more", "  - new\n\n    more", "\nmore"])
def test_an_item_of_its_own_may_have_paragraphs(new):
    lines = [f"{line}\n" for line in new.split("\n")]
    assert settled("- a", None, [], lines) == lines

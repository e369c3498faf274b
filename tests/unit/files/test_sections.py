"""A section is found by its title, by an end of its path, or by number where paths are the same."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.errors import AmbiguousSection, NotFound
from pack.files.markdown import headings, split_lines
from pack.files.sections import address, section_span
from tests.support import is_soak

LINE_ENDS = ["\n", "\r\n", "\r"]
FRAGMENTS = st.sampled_from(
    [
        "", " ", "## Two", "# One", "### Three", "text", "---", "===", "```", "~~~~", "> ## quoted",
        "- ## listed", "    ## code", "<!-- c", "-->", "<div>", "##", "\f## feed", "a\u2028## b",
        "\u0085## c", "\x00", "\ufeff## bom", "[x](y.md)", "\t## tab", "`a", "1. b",
        "[r]: z.md",
    ]
)  # fmt: skip
TEXTS = st.lists(st.tuples(FRAGMENTS, st.sampled_from(LINE_ENDS))).map(
    lambda rows: "".join(text + end for text, end in rows)
)

SECTIONS = "intro\n# A\n## B\ntext\n### C\ndeep\n## D\n\nlast\n# E\n"


@pytest.mark.parametrize(
    ("title", "span"),
    [
        ("A", (2, 9)), ("B", (3, 6)), ("C", (5, 6)), ("D", (7, 9)), ("E", (10, 10)),
        ("## B", (3, 6)), ("  B  ", (3, 6)), ("## B ##", (3, 6)), ("**B**", (3, 6)),
    ],
)  # fmt: skip
def test_a_section_ends_before_the_next_of_its_rank(title, span):
    assert section_span(SECTIONS, title) == span


def test_a_section_is_found_by_its_title_with_and_without_markup():
    body = "## The `run()` **step**\nx\n"
    assert (
        section_span(body, "The run() step") == section_span(body, "The `run()` **step**") == (1, 2)
    )


def test_a_title_is_compared_in_nfc():
    assert section_span("## Cafe\u0301\n", "Café") == (1, 1)


def test_a_title_that_begins_with_a_number_sign_is_no_level():
    assert section_span("## #1 issue\n", "#1 issue") == (1, 1)


def test_a_section_that_is_not_there_is_not_found():
    with pytest.raises(NotFound, match="'Nope'"):
        section_span(SECTIONS, "Nope")
    with pytest.raises(NotFound):
        section_span(SECTIONS, "# B")
    with pytest.raises(NotFound):
        section_span(SECTIONS, "B", level=3)


def test_two_sections_of_one_title_are_ambiguous_until_the_level_tells():
    body = "# A\n## A\n### A\n## A\n"
    with pytest.raises(AmbiguousSection) as caught:
        section_span(body, "A")
    assert caught.value.lines == (1, 2, 3, 4)
    assert section_span(body, "# A") == section_span(body, "A", level=1) == (1, 4)
    assert section_span(body, "A", level=3) == (3, 3)


@given(TEXTS)
def test_sections_of_level_two_end_where_the_next_begins(text):
    found = [heading for heading in headings(text) if heading.level <= 2]
    ends = [heading.line - 1 for heading in found[1:]] + [len(split_lines(text))]
    once = Counter((heading.level, heading.title) for heading in found)
    for heading, end in zip(found, ends, strict=False):
        if heading.level == 2 and heading.title and once[2, heading.title] == 1:
            assert section_span(text, heading.title, level=2) == (heading.line, end)


PLAN = """# Plan

## May

### Tasks

- alpha

## June

### Tasks

- beta

### Tasks

- gamma

## A > B

x

### Tasks
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Plan > May > Tasks", 5),
        ("May > Tasks", 5),
        ("May>Tasks", 5),
        ("May  >   Tasks", 5),
        ("**May** > Tasks", 5),
        ("### May > Tasks", 5),
        ("June", 9),
        ("Plan > June > Tasks [1]", 11),
        ("June > Tasks [2]", 15),
        ("June > Tasks[2]", 15),
        ("Tasks [1]", 5),
        ("Tasks [3]", 15),
        ("### Tasks [4]", 23),
        ("A > B", 19),
        ("B", 19),
        ("Plan > A > B", 19),
        ("A > B > Tasks", 23),
        ("asks", None),
        ("Plan > Tasks", None),
        ("June > Tasks [3]", None),
        ("June > Tasks [0]", None),
        ("Plan > May > Tasks > ", None),
        ("", None),
        (" > ", None),
    ],
)
def test_a_section_is_named_by_the_end_of_its_path(name, line):
    if line is None:
        with pytest.raises(NotFound):
            section_span(PLAN, name)
    else:
        assert section_span(PLAN, name)[0] == line


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    ("name", "names"),
    [
        (
            "Tasks",
            (
                "Plan > May > Tasks",
                "Plan > June > Tasks [1]",
                "Plan > June > Tasks [2]",
                "Plan > A > B > Tasks",
            ),
        ),
        ("June > Tasks", ("Plan > June > Tasks [1]", "Plan > June > Tasks [2]")),
    ],
)
def test_a_name_that_fits_several_is_refused_with_names_that_tell_them_apart(name, names):
    with pytest.raises(AmbiguousSection) as caught:
        section_span(PLAN, name)
    assert caught.value.names == names
    assert all(repr(each) in caught.value.remedy for each in names)
    assert len({section_span(PLAN, each) for each in names}) == len(names)


def test_a_heading_alone_is_not_meant_by_the_end_of_a_longer_path():
    body = "# Tasks\n\nx\n\n# June\n\n## Tasks\n"
    with pytest.raises(AmbiguousSection) as caught:
        section_span(body, "Tasks")
    assert caught.value.names == ("Tasks [1]", "June > Tasks")
    assert section_span(body, "Tasks [1]") == (1, 4)


def test_a_title_with_a_number_of_its_own_means_itself():
    body = "## A [2]\n## A\n## A\n"
    assert section_span(body, "A [2]") == (1, 1)
    assert section_span(body, "## A [2]") == (1, 1)


def test_headings_without_text_have_no_name_and_give_none():
    body = "# A\n##\n### B\n"
    assert section_span(body, "A") == (1, 3)
    assert section_span(body, "A > B") == (3, 3)


def test_a_wrong_name_is_answered_with_those_like_it():
    with pytest.raises(NotFound) as caught:
        section_span(PLAN, "Jun")
    assert "Did you mean 'Plan > June'?" in caught.value.remedy


@pytest.mark.parametrize("name", [" " * 100_000, "> " * 50_000, "[1]" * 30_000, "#" * 100_000])
def test_a_hostile_name_is_looked_for_at_once(name):
    with pytest.raises(NotFound):
        section_span(PLAN * (100 if is_soak() else 25), name)


@given(st.lists(st.sampled_from(["# A", "## A", "## B", "### A", "#", "x"]), max_size=12))
def test_every_section_with_a_title_has_a_name_that_means_it_alone(lines):
    body = "\n".join(lines) + "\n"
    found = headings(body)
    paths, above = [], []
    for heading in found:
        above = [outer for outer in above if outer.level < heading.level] + [heading]
        paths.append(" > ".join(each.title for each in above if each.title))
    named = [(number, heading) for number, heading in enumerate(found) if heading.title]
    titled = [paths[number] for number, _ in named]
    for number, (_, heading) in enumerate(named):
        assert section_span(body, address(titled, number))[0] == heading.line


def test_lines_are_counted_from_the_first():
    assert section_span("x\n## A\ny\n## B\n", "A", first_line=6) == (7, 8)

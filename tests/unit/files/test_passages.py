from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pack.files.markdown import split_lines
from pack.files.passages import (
    TARGET_CHARACTERS,
    Passage,
    bare_lines,
    cut_passages,
    heading_above,
    heading_paths,
    split_passages,
)

LINES = st.sampled_from(
    "# A|## B ##|### |Title\n===|x\n---|- a\n---|```|~~~ md|| |text|\r|#no|    # code".split("|")
) | st.just("word " * 60)
BODIES = st.lists(LINES, max_size=40).map("\n".join) | st.text(max_size=200)


@given(BODIES, st.integers(1, 50))
def test_the_passages_are_the_body(body, first_line):
    passages = split_passages(body, first_line)
    assert "".join(passage.text for passage in passages) == body
    line = first_line
    for passage in passages:
        assert passage.text
        assert passage.line == line
        line += len(split_lines(passage.text))


@given(BODIES)
def test_no_passage_is_much_too_long(body):
    longest = max(map(len, split_lines(body)), default=0)
    for passage in split_passages(body):
        assert len(passage.text) <= max(TARGET_CHARACTERS, longest)


def headings(body):
    return [(passage.line, passage.heading) for passage in split_passages(body)]


def test_a_short_file_without_headings_is_one_passage():
    assert split_passages("one\n\ntwo\n", 5) == [Passage(5, "", "one\n\ntwo\n")]
    assert split_passages("") == []


def test_sections_have_the_headings_above_them():
    body = "intro\n# A\ntext\n## B ##\nx\n### C\n# D\ny\n"
    assert headings(body) == [(1, ""), (2, "A"), (4, "A > B"), (6, "A > B > C"), (7, "D")]


def test_underlined_headings():
    assert headings("A\n===\nx\nB\n---\ny\n") == [(1, "A"), (4, "A > B")]
    assert headings("- item\n---\n\n---\n| a |\n---\n") == [(1, "")]


def test_what_looks_like_a_heading_in_a_fence_is_none():
    assert headings("````\n# no\n```\n# no\n````\n# yes\n") == [(1, ""), (6, "yes")]
    assert headings("~~~\n```\n# no\n~~~\n# yes\n") == [(1, ""), (5, "yes")]
    assert headings("#tag\n    # code\n####### seven\n") == [(1, "")]


def test_a_long_section_is_cut_at_blank_lines():
    paragraph = "word " * 150 + "\n"
    passages = split_passages("# A\n" + "\n".join([paragraph] * 6))
    assert len(passages) > 2
    assert {passage.heading for passage in passages} == {"A"}
    assert all(passage.text.startswith(("# A", "word")) for passage in passages)
    assert all(passage.text.endswith("\n\n") for passage in passages[:-1])


def test_lines_without_a_blank_one_are_cut_between_lines():
    passages = split_passages("x" * 100 + "\n", 1)
    assert len(passages) == 1
    passages = split_passages(("x" * 99 + "\n") * 40, 3)
    assert [passage.line for passage in passages] == [3, 11, 19, 27, 35]


@given(BODIES, st.integers(1, 50))
def test_text_is_cut_without_headings(text, first_line):
    passages = cut_passages(text, first_line)
    assert "".join(passage.text for passage in passages) == text
    assert {passage.heading for passage in passages} <= {""}
    longest = max(map(len, split_lines(text)), default=0)
    for before, passage in pairwise(passages):
        assert passage.line == before.line + len(split_lines(before.text))
        assert len(before.text) <= max(TARGET_CHARACTERS, longest)
    assert [passage.line for passage in passages[:1]] == [first_line][: len(passages)]


LINES = st.lists(st.sampled_from(["a", "# A", " ## B", "B", "===", "-", "```", "", " ", "\x0b"]))


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_lines_without_ends_are_the_same_lines(lines, end, is_ended):
    text = end.join(lines) + (end if is_ended else "")
    expected = [line.rstrip("\r\n") for line in split_lines(text)]
    assert [line.rstrip("\r\n") for line in bare_lines(text)] == expected
    for count in range(len(expected) + 1):
        above = heading_above(heading_paths(text), count)
        assert above == heading_above(heading_paths(f"{text}\r"), count)


@given(LINES, st.sampled_from(["\n", "\r\n"]))
def test_the_headings_above_a_line_do_not_depend_on_what_follows(lines, end):
    text = end.join(lines)
    there = split_lines(text)
    for count in range(len(there) + 1):
        before = heading_paths("".join(there[:count]))
        assert heading_above(heading_paths(text), count) == (before[-1].path if before else "")

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.errors import EditFailed, LimitExceeded
from pack.files import frontmatter
from pack.files.edits import Append, Edit, Replace, ReplaceSection, apply_edits

NOTE = """---
topic: T
tags: [a]
---
# T

Intro.

## Alpha

- one

### Deep

deep

## Beta
two
"""


def replace(old: str, new: str, *, everywhere: bool = False) -> Replace:
    return Replace(old=old, new=new, all=everywhere)


def append(text: str, section: str | None = None) -> Append:
    return Append(text=text, section=section)


def replace_section(section: str, text: str) -> ReplaceSection:
    return ReplaceSection(section=section, text=text)


def failure(text: str, *edits: Edit) -> EditFailed:
    with pytest.raises(EditFailed) as caught:
        apply_edits(text, edits)
    return caught.value


# --- replace ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        ("a b c", replace("b", "x"), "a x c"),
        ("a b c", replace(" b", ""), "a c"),
        ("a\nb\n", replace("a\nb", "x\ny"), "x\ny\n"),
        ("aXbXc", replace("X", "-", everywhere=True), "a-b-c"),
        ("aXb", replace("X", "XX", everywhere=True), "aXXb"),
        (".*", replace(".*", r"\1"), r"\1"),
        (NOTE, replace("tags: [a]", "tags: [a, b]"), NOTE.replace("[a]", "[a, b]")),
        ("\ufeffa", replace("a", "b"), "\ufeffb"),
    ],
)
def test_replace(text: str, edit: Replace, expected: str) -> None:
    assert apply_edits(text, [edit]) == expected


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        # the line ends of the file, whichever the edit came with
        ("a\r\nb\r\nc\r\n", "a\nb", "x\ny", "x\r\ny\r\nc\r\n"),
        ("a\r\nb\r\nc\r\n", "b", "x\ny", "a\r\nx\r\ny\r\nc\r\n"),
        ("a\r\nb\r\nc\r\n", "\nb", "\nx", "a\r\nx\r\nc\r\n"),
        ("a\r\nb\r\nc\r\n", "a\n", "", "b\r\nc\r\n"),
        ("a\nb\nc\n", "a\r\nb", "x\r\ny", "x\ny\nc\n"),
        ("a\rb\rc\r", "a\nb", "x\ny", "x\ry\rc\r"),
        ("ab", "a", "x\r\ny", "x\nyb"),
        # a part that is unlike the rest keeps its own
        ("a\r\nb\r\nc\r\nd\ne\n", "d\ne", "x\ny", "a\r\nb\r\nc\r\nx\ny\n"),
        # a carriage return that ends no line is content
        ("a\rb\nc\nd\n", "a\rb", "x\ry", "x\ry\nc\nd\n"),
    ],
)
def test_line_ends_follow_the_file(text: str, old: str, new: str, expected: str) -> None:
    assert apply_edits(text, [replace(old, new)]) == expected


@pytest.mark.parametrize(
    ("text", "old", "words"),
    [
        ("a\nb a\na", "a", "occurs 3 times (lines 1, 2, 3)"),
        ("aaa", "aa", "occurs 2 times (lines 1)"),
        ("a\r\na\r\n", "a\n", "occurs 2 times (lines 1, 2)"),
        ("x\n" * 10_000, "x", "more than 5 times (lines 1, 2, 3, 4, 5, …)"),
        ("one\ntwo  three\nfour", "two three four", "line 2 differs only in white space"),
        ("one\n\ttwo three", "    two three", "line 2 differs only in white space"),
        ("one\nthe quick brown fox", "the quick brown cat", "line 2, column 17"),
        ("one\r\nthe quick brown fox\r\njumps", "the quick brown fox\nruns", "line 3, column 1"),
        ("one\nthe quick brown fox\n", "\nThe quick brown fox", "line 2 is the most similar"),
        ("one\ntwo", "three hundred", "neither was anything similar"),
        ("", "a", "neither was anything similar"),
        ("a", " ", "neither was anything similar"),
    ],
)
def test_replace_fails_with_a_reason(text: str, old: str, words: str) -> None:
    error = failure(text, replace(old, "new"))
    assert words in error.reason
    assert error.number == 1


def test_a_failure_names_no_content() -> None:
    error = failure("password: hunter2\npassword: hunter3\n", replace("password: ", "x"))
    assert "hunter" not in str(error)
    assert "hunter" not in str(
        failure("password: hunter2 is it\n", replace("password: hunter3", "x"))
    )


def test_replacing_everywhere_needs_an_occurrence() -> None:
    assert failure("a", replace("b", "c", everywhere=True)).number == 1


# --- append ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "added", "expected"),
    [
        ("", "x", "x\n"),
        ("a", "x", "a\nx\n"),
        ("a\n", "x\n", "a\nx\n"),
        ("a\n", "\nx", "a\n\nx\n"),
        ("a\r\nb", "x\ny", "a\r\nb\r\nx\r\ny\r\n"),
        ("a\rb\r", "x", "a\rb\rx\r"),
        ("\ufeff", "x", "\ufeffx\n"),
        ("a", "", "a\n"),
    ],
)
def test_append(text: str, added: str, expected: str) -> None:
    assert apply_edits(text, [append(added)]) == expected


def test_append_to_a_section() -> None:
    assert apply_edits(NOTE, [append("more", "Deep")]) == NOTE.replace("deep\n", "deep\nmore\n")
    assert apply_edits(NOTE, [append("more", "Alpha")]) == NOTE.replace("deep\n", "deep\nmore\n")
    assert apply_edits(NOTE, [append("\nmore\n", "## Beta")]) == NOTE + "\nmore\n"
    assert apply_edits(NOTE[:-1], [append("more", "Beta")]) == NOTE + "more\n"
    assert apply_edits("# A\n# B\n", [append("x", "A")]) == "# A\nx\n\n# B\n"
    assert apply_edits("A\n=\nB\n=\n", [append("x", "A")]) == "A\n=\nx\n\nB\n=\n"
    assert apply_edits("a\r\n\r\n# A", [append("x\ny", "A")]) == "a\r\n\r\n# A\r\nx\r\ny\r\n"


# --- replace_section -------------------------------------------------------------------------


@pytest.mark.parametrize("sent", ["new", "\n\nnew\n\n", "## Alpha\n\nnew\n", "\n## Alpha\nnew"])
def test_replace_section_keeps_heading_and_blank_lines(sent: str) -> None:
    expected = NOTE.replace("- one\n\n### Deep\n\ndeep\n", "new\n")
    assert apply_edits(NOTE, [replace_section("Alpha", sent)]) == expected


@pytest.mark.parametrize(
    ("text", "section", "sent", "expected"),
    [
        (NOTE, "Deep", "", NOTE.replace("### Deep\n\ndeep\n\n", "### Deep\n\n")),
        (NOTE, "Beta", "x\ny", NOTE.replace("two\n", "x\ny\n")),
        ("# A\n# B\n", "A", "x", "# A\nx\n\n# B\n"),
        ("# A\n\n# B\n", "A", "x", "# A\n\nx\n\n# B\n"),
        ("# A", "A", "x", "# A\nx\n"),
        ("# A\r\n\r\nold\r\n", "A", "x\ny", "# A\r\n\r\nx\r\ny\r\n"),
        ("A\nB\n===\nold\n\nC\n===\n", "A B", "x", "A\nB\n===\nx\n\nC\n===\n"),
        ("\ufeff# A\nold\n", "A", "x", "\ufeff# A\nx\n"),
        ("---\na: 1\n---\n# A\nold", "A", "    x  ", "---\na: 1\n---\n# A\n    x  \n"),
        ("```\n# A\n```\n# A\nold\n", "A", "x", "```\n# A\n```\n# A\nx\n"),
    ],
)
def test_replace_section(text: str, section: str, sent: str, expected: str) -> None:
    assert apply_edits(text, [replace_section(section, sent)]) == expected


@pytest.mark.parametrize("edit", [append("x", "No"), replace_section("No", "x")])
def test_a_section_that_is_not_there(edit: Edit) -> None:
    error = failure(NOTE, edit)
    assert "'No' does not exist" in error.reason
    assert "headings" in error.remedy


def test_a_section_that_is_there_twice() -> None:
    error = failure("---\na: 1\n---\n# A\n## A\n", append("y"), append("x", "A"))
    assert error.number == 2
    assert "4, 5" in error.reason
    assert error.remedy == "Name one of them: 'A [1]', 'A > A'."
    assert apply_edits("# A\n## A\n", [append("x", "## A")]) == "# A\n## A\nx\n"


def test_frontmatter_has_no_sections() -> None:
    text = "---\n# A\ntopic: x\n---\nbody\n"
    assert failure(text, append("x", "A")).number == 1


# --- several ---------------------------------------------------------------------------------


def test_each_edit_is_made_on_the_result_of_the_one_before() -> None:
    edits = [
        replace("two", "three"),
        append("## Gamma"),
        append("x", "Gamma"),
        replace("three", "4"),
    ]
    assert apply_edits(NOTE, edits) == NOTE.replace("two", "4") + "## Gamma\nx\n"
    assert apply_edits(NOTE, []) == NOTE


@pytest.mark.contract("C1")
def test_the_edit_that_fails_is_named() -> None:
    assert failure(NOTE, replace("two", "three"), replace("two", "x")).number == 2


names = st.sampled_from(["a", "b", "\n", "\r\n", "# A\n", "# B\n", "é", "\n\n", " "])
texts = st.lists(names, max_size=12).map("".join)


@given(texts, texts, texts)
@pytest.mark.contract("C1")
def test_a_replacement_keeps_all_around_it(before: str, old: str, after: str) -> None:
    text = f"{before}\n<{old}>\n{after}"
    result = apply_edits(text, [replace(f"<{old}>", "@")])
    assert result == f"{before}\n@\n{after}"


@given(texts, texts)
@pytest.mark.contract("C1")
def test_an_appended_text_comes_after_all_there_was(text: str, added: str) -> None:
    result = apply_edits(text, [append(added)])
    assert result.startswith(text)
    assert result[len(text) :].split() == added.split()


@given(texts, texts, texts)
@pytest.mark.contract("C1")
def test_a_section_edit_keeps_the_other_sections(before: str, old: str, added: str) -> None:
    plain_old, plain_added = old.replace("#", "-"), added.replace("#", "-")
    head, tail = f"---\nt: 1\n---\n{before}\n\n# Mine\n", "\n# Last\n\ntail\n"
    text = head + plain_old + tail
    for edit in (append(plain_added, "Mine"), replace_section("Mine", plain_added)):
        result = apply_edits(text, [edit])
        assert result.startswith(head)
        assert result.endswith(tail.lstrip("\n"))
        kept = plain_old.split() if isinstance(edit, Append) else []
        assert result[len(head) : -len(tail.lstrip("\n"))].split() == kept + plain_added.split()
        assert frontmatter.read(result).fields == {"t": 1}


# --- hostile sizes: work that grows with the square would take hours --------------------------

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("word text\n" * 200_000, "x" * MIB),
        ("a" * 2 * MIB, "a" * MIB),
        ("a" * 2 * MIB, "a" * MIB + "b"),
        ("a" * 2 * MIB, "b" + "a" * MIB),
        ("ab" * MIB, "ab"),
        ("a " * MIB, "a a" * 1000 + "b"),
        ("\n" * 2 * MIB, "a\n" * 1000),
        ("".join(f"line {n} of many\n" for n in range(100_000)), "lime 777 of  manny"),
        ("ab" * 100 + "\n" + "ba" * 100 + "\n" * 1000, "aabb" * 1000),
    ],
)
def test_a_hopeless_search_ends_soon(text: str, old: str) -> None:
    assert failure(text, replace(old, "x")).number == 1


def test_replacing_ten_thousand_occurrences() -> None:
    text = "some text, old\n" * 10_000
    expected = "some text, newer\n" * 10_000
    assert apply_edits(text, [replace("old", "newer", everywhere=True)]) == expected


def test_no_edit_makes_a_file_too_large() -> None:
    with pytest.raises(LimitExceeded):
        apply_edits("a" * MIB, [replace("a", "b" * MIB, everywhere=True)])
    with pytest.raises(LimitExceeded):
        apply_edits("a" * MIB, [append("b" * (MIB + 1))])
    with pytest.raises(LimitExceeded):
        apply_edits("a\n", [append("b")] * 101)


def test_section_edits_of_a_large_file_are_few() -> None:
    text = "# A\n" + ("text " * 100 + "\n") * 3000
    assert failure(text, *[append("x", "A")] * 5).number == 3

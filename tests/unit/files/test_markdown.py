import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files.markdown import (
    Heading,
    Link,
    code_blocks,
    headings,
    html_links,
    links,
    split_lines,
)
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


def titles(body):
    return [(heading.level, heading.title) for heading in headings(body)]


def lines_of_twos(body):
    return [heading.line for heading in headings(body) if heading.level == 2]


@given(st.text() | TEXTS)
def test_split_lines_joined_are_the_text(text):
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line.rstrip("\r\n") or line in LINE_ENDS for line in lines)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\r\nb\rc\nd", ["a\r\n", "b\r", "c\n", "d"]),
        ("\n\r\r\n", ["\n", "\r", "\r\n"]),
        ("a\fb\vc\u2028d\u0085e\x1cf", ["a\fb\vc\u2028d\u0085e\x1cf"]),
    ],
)
def test_only_lf_cr_and_crlf_end_a_line(text, lines):
    assert split_lines(text) == lines


@given(TEXTS | st.text("#-=`> \n\r\t\f\u2028ab\x00"))
def test_the_lines_of_a_heading_are_lines_of_split_lines(text):
    lines = split_lines(text)
    for heading in headings(text):
        assert 1 <= heading.line <= heading.end_line <= len(lines)
        first = lines[heading.line - 1].removeprefix("\ufeff").strip(" \t\r\n")
        last = lines[heading.end_line - 1].strip(" \t\r\n")
        assert first.startswith("#" * heading.level) or set(last) in ({"-"}, {"="})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [" ", "text", "## heading", "a\u2028b\fc\u0085d", "x\x00y", "## \x1c ##"]
            ),
            st.sampled_from(LINE_ENDS),
        )
    )
)
def test_a_heading_is_found_on_the_line_it_was_written_on(rows):
    body = "".join(text + end for text, end in rows)
    expected = [number for number, (text, _) in enumerate(rows, 1) if text.startswith("##")]
    assert lines_of_twos(body) == expected


@pytest.mark.parametrize("end", LINE_ENDS)
def test_line_numbers_do_not_depend_on_the_line_end(end):
    body = end.join(["# A", "", "two", "lines", "---", "", "text", "## B", "x"])
    assert headings(body) == [
        Heading(1, "A", 1, 1),
        Heading(2, "two lines", 3, 5),
        Heading(2, "B", 8, 8),
    ]


def test_form_feed_and_line_separator_do_not_shift_lines():
    assert lines_of_twos("a\fb\u2028c\u0085d\n\n## B\n") == [3]


def test_a_byte_order_mark_hides_no_heading():
    assert headings("\ufeff## A\n\n## B") == [Heading(2, "A", 1, 1), Heading(2, "B", 3, 3)]


def test_first_line_is_added_to_all_numbers():
    assert headings("\n## A\n", first_line=6) == [Heading(2, "A", 7, 7)]
    assert links("\n[a](b.md)\n", first_line=6) == [Link("b.md", 7, 5)]


@pytest.mark.parametrize(
    "body",
    [
        "```\n## no\n```",
        "~~~\n## no\n```\n## no\n~~~",
        "````\n```\n## no\n```\n## no\n````",
        "```\n## unclosed",
        "<!--\n## no\n-->",
        "<div>\n## no\n</div>",
        "<pre>\n\n## no\n\n</pre>",
        "> ## no",
        "- ## no\n  ## no",
        "1. a\n\n   ## no",
        "##no",
        "    ## no",
        "\t## no",
        "####### no",
        "\\## no",
        "#\u00a0no",
        "[a]: <\n",
    ],
)
def test_what_only_looks_like_a_heading_is_none(body):
    assert headings(body) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("## Title ##", (2, "Title")),
        ("## Title #", (2, "Title")),
        ("## C#", (2, "C#")),
        ("   ## three blanks", (2, "three blanks")),
        ("##\ttab", (2, "tab")),
        ("##", (2, "")),
        ("Title\n---", (2, "Title")),
        ("Title\n=", (1, "Title")),
        ("## `a()` / **b** *i* [l](x.md) ![p *q*](y.png)", (2, "a() / b i l p q")),
        ("## a &amp; \\* <b>c</b> &#x41;", (2, "a & * c A")),
        ("## 🔑 Ключ 目的 المعمارية", (2, "🔑 Ключ 目的 المعمارية")),
        ("## `##`", (2, "##")),
    ],
)  # fmt: skip
def test_titles_are_plain_text(body, expected):
    assert titles(body) == [expected]


def test_headings_after_a_closed_block_are_found():
    body = "```\n## no\n```\n## yes\n<!-- ## no -->\n## also\n> q\n\n## last"
    assert lines_of_twos(body) == [4, 6, 9]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[a](b.md)", [Link("b.md", 1, 5)]),
        ("x ![a](b%20c.png)", [Link("b c.png", 1, 8)]),
        ("[a](<b c.md> 'title')", [Link("b c.md", 1, 6)]),
        ("[a](b.md#part) [c](d.md?x=1)", [Link("b.md", 1, 5), Link("d.md", 1, 20)]),
        ("[a](../b/c.md)", [Link("../b/c.md", 1, 5)]),
        ("[a](/b.md)", [Link("/b.md", 1, 5)]),
        ("[a](b_(c).md)", [Link("b_(c).md", 1, 5)]),
        ("[![i](p.png)](t.md)", [Link("t.md", 1, 15), Link("p.png", 1, 7)]),
        ("# [a](b.md)\n\n> [c](d.md)", [Link("b.md", 1, 7), Link("d.md", 3, 7)]),
        ("- x\n- [e](f.md)", [Link("f.md", 2, 7)]),
        ("a\nb [c](d.md)\n[c](d.md)", [Link("d.md", 2, 7), Link("d.md", 3, 5)]),
        ("[目](目的/é.md)", [Link("目的/é.md", 1, 5)]),
        ("\ufeff[a](b.md)", [Link("b.md", 1, 5)]),
        ("x\r\n\r\n[a](b.md)\r\n", [Link("b.md", 3, 5)]),
        ("| a |\n|---|\n| [b](c.md) |", [Link("c.md", 3, 7)]),
    ],
)  # fmt: skip
def test_relative_links_have_their_place(body, expected):
    assert links(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x\n[a][r]\n\n[r]: b.md", Link("b.md", 1, 1)),
        ("`[a](b.md)`\n[a](b.md)", Link("b.md", 1, 1)),
        ("x\n[a](b\\_c.md)", Link("b_c.md", 1, 1)),
        ("x\n[a](b&amp;c.md)", Link("b&c.md", 1, 1)),
    ],
)
def test_a_link_whose_place_is_uncertain_is_at_the_begin_of_its_block(body, expected):
    assert links(body) == [expected]


@pytest.mark.parametrize(
    "body",
    [
        "[a](https://x.example/b.md)",
        "[a](mailto:x@y.example)",
        "[a](//x.example/b.md)",
        "[a](#part)",
        "[a](?q)",
        "[a]()",
        "<https://x.example>",
        "`[a](b.md)`",
        "```\n[a](b.md)\n```",
        "<!-- [a](b.md) -->",
        "\\[a](b.md)",
        "[[wiki]]",
        "[a][b]",
        "plain",
    ],
)
def test_what_leads_elsewhere_is_no_relative_link(body):
    assert links(body) == []


def test_links_of_a_huge_link_list_are_all_found_where_they_are():
    rows = 25_000 if is_soak() else 5_000
    found = links("[a](b.md)\n" * rows)
    assert found == [Link("b.md", line, 5) for line in range(1, rows + 1)]


@given(TEXTS | st.text("[]()<>!`\\ab.#%/:\n\r"))
def test_links_have_places_in_the_text(text):
    lines = split_lines(text.removeprefix("\ufeff"))
    for link in links(text):
        assert link.target
        assert 1 <= link.line <= len(lines)
        assert 1 <= link.column <= len(lines[link.line - 1])


@pytest.mark.parametrize("unit", ["[", "![[](", "- a\n", "> ", "## a\n", "[a](b.md) ", "<!-- "])
def test_hostile_text_is_read_to_its_end(unit):
    body = unit * ((100_000 if is_soak() else 10_000) // len(unit))
    assert len(headings(body)) == (body.count("\n") if unit == "## a\n" else 0)
    assert len(links(body)) == (body.count("](b.md)") if "b.md" in unit else 0)


def test_html_has_links_too_but_not_in_code() -> None:
    text = (
        "<p>\n<img src='a%20b.png'\n  href=\"c.md#x\">\n</p>\n\n"
        "See `<a href='no.md'>`, and\nx <A HREF=d.md>it</A> or <a data-href=no.md>.\n\n"
        "```\n<a href='no.md'>\n```\n<a href='https://example.org'><a href='&#101;.md'>\n"
    )
    found = [(link.target, link.line) for link in html_links(text, 11)]
    assert found == [("a b.png", 12), ("c.md", 13), ("d.md", 17), ("e.md", 22)]
    assert html_links("a\nb") == []


def test_code_blocks_have_their_lines_wherever_they_stand() -> None:
    text = "a\n\n```json x\n{}\n```\n- b\n\n  ~~~\n  c\n  ~~~\n\n```\nopen\n"
    found = [(one.info, one.content, one.line, one.end_line) for one in code_blocks(text)]
    assert found == [("json x", "{}\n", 3, 5), ("", "c\n", 8, 10), ("", "open\n", 12, 13)]
    assert code_blocks("a") == []

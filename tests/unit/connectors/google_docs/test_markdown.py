"""Every construct of markdown in both formats of a document, without loss of text."""

from __future__ import annotations

import html
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_connectors.google_docs.markdown import rich_paragraphs
from pack_connectors.google_docs.text import DocumentFormat, Paragraph, TextRun, storable

from tests.google_docs_support import Desk

known_desk = cache(Desk)
CONSTRUCTS = [
    "# One\n\n## Two\n\n### Three\n\n#### Four\n\n##### Five\n\n###### Six #####",
    "Setext\n======\n\nsecond\nline\n---",
    "#notaheading\n\n####### seven",
    "plain paragraph\nwith soft break  \nhard\\\nharder",
    "*emph* _under_ **strong** __dunder__ ***both*** ~~struck~~ a*in*word",
    "`code` ``with ` tick`` `` ` ``",
    '[inline](https://x.example/page "its title") [relative](../projects/other.md#part)',
    '[full][ref] [collapsed][] [shortcut]\n\n[ref]: https://ref.example "reftitle"\n'
    "[collapsed]: <https://coll.example>\n[shortcut]: relative/short.md\n[unused]: /never 'used'",
    "> [quoted]: https://inquote.example\n> after\n\n- [initem]: /listed\n- item",
    "<https://auto.example/path> <mailto:who@example.org> https://bare.example",
    "[](https://empty.example) [![alttext](https://img.example/i.png)](https://outer.example)",
    '![picture](https://img.example/p.png "caption") ![](https://img.example/noalt.png)'
    " ![rel](i/p.png)",
    "[日本語](日本/目的.md) [encoded](https://例え.example/日本)",
    "- dash\n- second\n\n* star\n\n+ plus",
    "- outer\n  - inner\n    - deepest\n- outer again",
    "1. first\n2. second\n   1. nested\n3. third",
    "7. seven\n8. eight",
    "1) paren\n2) second",
    "1. one\n   - mixed\n2. two\n\n   second paragraph\n\n   > quote inside\n3. three",
    "- loose\n\n- items\n\n      code in item\n\n- # heading in item"
    "\n- ```\n  fenced in item\n  ```",
    "- [ ] open task\n- [x] done task\n  - [X] nested task\n- no task",
    "1. [ ] ordered task\n2. [x] second",
    "-\n- after empty\n-\n",
    "- - - nested at once",
    "-\ttabbed\n-\t\tmore",
    "- &#9;tab entity",
    "    indented code\n\n    more code",
    "```python title=x\ndef f():\n\treturn 1\n\n\nlast\n```\n\n~~~\ntildes\n~~~\n\n```\nunclosed",
    "> quote\n> second\n>\n> > nested quote\n>\n> - list in quote\n>   1. numbered",
    "| Head | Right | Center |\n|------|------:|:------:|"
    "\n| a `code` | **b** | [l](https://t.example) |"
    "\n| esc \\| pipe | | 日本 |\n| short |",
    "| wide | " + "word " * 60 + "|\n|---|---|\n| x | y |",
    "***\n\n---\n\n___",
    "<div class='c'>\nblock *html*\n</div>\n\n<!-- comment -->"
    "\n\ninline <b>html</b> <br/> <a\nhref='x'>y</a>",
    "<details>\n<summary>sum</summary>\n\ninside\n\n</details>",
    "&amp; &copy; &#35; &#x1F600; &nosuch; \\*escaped\\* \\[brackets\\]",
    "---\ntopic: frontmatter-like\ntags: [a, b]\n---\n\nbody",
    "[^1] footnote\n\n[^1]: its text",
    "a<sup>2</sup> H~2~O $x^2$ ==mark== :smile:",
    "  \n\n\n\ntext after blanks\n\n\n",
    "\ufeff# after a byte-order mark",
    "1. a\n\n<!-- -->\n\n1. b",
    "> " * 30 + "too deep\n" + "> " * 30 + "for the parser",
    "- a\n" + "".join(f"{'  ' * n}- level {n}\n" for n in range(1, 14)),
    "x &#10; newline entity &#xE0B0; private &#13; return",
    "👩‍🚀 *é* 日**本**語 مرحبا",
]  # fmt: skip


def words(text: str) -> Counter[str]:
    bare = re.sub(r"[*_~`]", "", html.unescape(text))  # emphasis may stand in a word
    return Counter(re.findall(r"\w+", bare))


def written(markdown: str) -> Counter[str]:
    """The words of a source; not the markers of lists and tasks, which others stand for."""
    text = re.sub(r"(?m)^([\s>*+-]*)\d{1,9}[.)](?=\s)", r"\1", markdown)
    return words(re.sub(r"(?m)^([\s>]*(?:[-*+][ \t]+)*)\[[xX ]\]", r"\1", text))


def shown(paragraphs: list[Paragraph]) -> Counter[str]:
    """The words of a document, and of the addresses that its links lead to."""
    runs = [run for paragraph in paragraphs for run in paragraph.runs]
    links = "\n".join(run.look.link or "" for run in runs)
    return words("\n".join(paragraph.text for paragraph in paragraphs)) + words(links)


def spread(paragraphs: list[Paragraph]) -> list[object]:
    """Paragraphs in few words."""
    found: list[object] = []
    for paragraph in paragraphs:
        mark = paragraph.style.removeprefix("NORMAL_TEXT") or (paragraph.indent or "")
        if paragraph.bullet:
            kind = "1" if paragraph.bullet.is_ordered else "-"
            mark = kind * (paragraph.bullet.level + 1) + ("!" if paragraph.bullet.begins else "")
        found.append(f"{mark}|{paragraph.text}")
    return found


@pytest.mark.contract("C3")
@pytest.mark.parametrize("markdown", CONSTRUCTS, ids=lambda text: text[:24])
def test_no_construct_loses_text(markdown: str) -> None:
    plain, rich = known_desk(DocumentFormat.PLAIN), known_desk(DocumentFormat.RICH)
    for desk in (plain, rich):
        desk.begin()
        desk.deliver(markdown)
    assert plain.text == markdown.removesuffix("\n") + "\n"
    assert rich.paragraphs == rich_paragraphs(markdown)
    if "日本" not in markdown:  # such addresses are percent-encoded where they are links
        assert written(markdown) - shown(rich.paragraphs) == Counter()


@pytest.mark.contract("C3")
@given(st.lists(st.sampled_from(CONSTRUCTS[:-1]), max_size=4).map("\n\n".join))
def test_no_sequence_of_constructs_loses_text(markdown: str) -> None:
    if "日本" not in markdown:
        # A definition of a reference that is there twice counts once, wherever it is used.
        lost = written(markdown) - shown(rich_paragraphs(markdown))
        assert set(lost) <= {"https", "ref", "coll", "example", "reftitle"}


@pytest.mark.contract("C3")
def test_real_memories_are_shown_without_loss(shared_data: Path) -> None:
    files = sorted(shared_data.glob("*/**/*.md"))
    assert len(files) > 20
    plain, rich = known_desk(DocumentFormat.PLAIN), known_desk(DocumentFormat.RICH)
    for file in files:
        text = file.read_bytes().decode("utf-8")
        for desk in (plain, rich):
            desk.begin()
            desk.deliver(text)
        lines = storable(text)  # one has characters for private use
        assert plain.text == lines.removesuffix("\n") + "\n", file.name
        assert rich.paragraphs == rich_paragraphs(text), file.name
        lost = written(lines) - shown(rich.paragraphs)
        assert lost == Counter(), file.name


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# A\n\ntext\n\nmore\n\n## B", ["HEADING_1|A", "|text", "|", "|more", "HEADING_2|B"]),
        ("- a\n  - b\n- c", ["-!|a", "--|b", "-|c"]),
        ("1. a\n2. b\n   1. c", ["1!|a", "1|b", "11|c"]),
        ("3. a\n4. b", ["18|3. a", "18|4. b"]),
        ("1. a\n   - b\n2. c", ["18|1. a", "36|◦ b", "18|2. c"]),
        ("1. a\n\n   more\n2. b", ["18|1. a", "18|more", "18|2. b"]),
        ("- [ ] a\n- [x] b\n- c", ["18|☐ a", "18|☑ b", "18|• c"]),
        ("1. [x] a", ["18|1. ☑ a"]),
        ("-\n- b", ["-!|", "-|b"]),
        ("> a\n>\n> > b", ["18|a", "36|b"]),
        ("a\nb  \nc", ["|a b\vc"]),
        ("| a | b |\n|-|-|\n| 日 | c |", ["|| a  | b |", "||----|---|", "|| 日 | c |"]),
        ("```py\na\n\tb\n```", ["|py", "|a", "|\tb"]),
        ("a\n\n---\n\nb", ["|a", "|", f"|{'─' * 24}", "|", "|b"]),
        ("[x]: /y\n\na", ["|[x]: /y", "|", "|a"]),
        ("[x](a.md) [](b.md)", ["|x (a.md) b.md"]),
        ("![](https://i.example/p.png)", ["|https://i.example/p.png"]),
        ("\ufeff# A", ["HEADING_1|A"]),
        ("", ["|"]),
    ],
)
def test_how_a_construct_is_shown(markdown: str, expected: list[object]) -> None:
    assert spread(rich_paragraphs(markdown)) == expected


def test_how_text_looks() -> None:
    (paragraph,) = rich_paragraphs("a **b *c*** ~~d~~ `e` [f **g**](https://h.example/日)")
    looks = [(run.text, run.look) for run in paragraph.runs if run.text.strip()]
    names = ("bold", "italic", "strike", "code", "link")
    assert [(text, [n for n in names if getattr(look, n)]) for text, look in looks] == [
        ("a ", []), ("b ", ["bold"]), ("c", ["bold", "italic"]), ("d", ["strike"]),
        ("e", ["code"]), ("f ", ["link"]), ("g", ["bold", "link"]),
    ]  # fmt: skip
    assert looks[-1][1].link == "https://h.example/%E6%97%A5"


def test_only_whole_addresses_become_links() -> None:
    for target in ("../a.md", "/a", "#part", "ftp://x.example", f"https://x.example/{'a' * 3000}"):
        (paragraph,) = rich_paragraphs(f"[t](<{target}>)")
        assert paragraph.runs == (TextRun(f"t ({target})"),)


def test_hostile_nesting_is_shown_in_a_short_time() -> None:
    deep = "*a **b " * 2000 + "c** d*" * 2000
    brackets = "[" * 5000 + "x" + "](y)" * 10
    for markdown in (deep, brackets, ">" * 5000 + "x", "- " * 5000 + "x"):
        assert written(markdown) - shown(rich_paragraphs(markdown)) == Counter()

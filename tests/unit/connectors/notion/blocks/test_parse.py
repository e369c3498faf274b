"""Every construct of CommonMark and GFM in Notion, without loss of text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pack_connectors.notion.blocks.fit import MAX_TEXT, fitted, pieces
from pack_connectors.notion.blocks.model import Block, Spans, TextSpan, depth, plain
from pack_connectors.notion.blocks.parse import parse
from pack_connectors.notion.target import NotionPage

from tests.standins.notion import NotionStandIn

_HTML = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

_FILE = Path(__file__).with_name("notion_examples.txt")
WRITTEN = dict(
    part.split("\n", 1) for part in _FILE.read_text(encoding="utf-8").split("%% ") if part
)
MADE = {
    "long link": f"[long](https://e.example/{'a' * 2100})\n",
    "links elsewhere": "[a](../b.md) [b](#part) [c](javascript:alert) [](x.md) [d](</e f.md>)\n",
    "scripts": "日本語\n中文 한국어 עברית العربية ไทย\n\n🎉👩\u200d👧🇩🇪 e\u0301 ﬁ\u00a0x\u200by\n",
    "long lines": "word " * 3000 + "\n\n" + "語" * 5000 + "\n\n" + "🎉" * 3000 + "\n",
    "long code": "```\n" + "x = 1\n" * 4000 + "```\n",
    "many looks": "".join(f"**b{n}** c{n} " for n in range(150)) + "\n",
    "many items below one": "- top\n" + "".join(f"  - item {n}\n" for n in range(130)),
    "many rows": "| a | b |\n|---|---|\n" + "".join(f"| {n} | x{n} |\n" for n in range(130)),
    "many columns": f"|{' c |' * 120}\n|{'---|' * 120}\n|{' d |' * 120}\n",
    "deep quotes": ">" * 20 + " deep\n",
    "deeper than anyone": ">" * 200 + " deep\n",
    "deep lists": "".join("  " * n + f"- level {n}\n" for n in range(20)),
    "nothing": "",
    "only space": "\n \n\t\n",
    "unusual ends": "a\r\nb\r\n\r\n- c\r\n- d\fe\u2028f\n",
    "a long cell": "| a |\n|---|\n| " + "**w** v " * 60 + "|\n",
    "data image": f"![pic](data:image/png;base64,{'A' * 3000})\n",
}
CONSTRUCTS = WRITTEN | MADE


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def texts(blocks: Sequence[Block]) -> list[str]:
    """All text of a page in its order, block by block."""
    found: list[str] = []
    for block in blocks:
        spans: tuple[Spans, ...] = (block.spans, *block.cells)
        found += [text for text in (*map(plain, spans), block.url) if text]
        found += texts(block.children)
    return found


def reader_sees(markdown: str) -> list[str]:
    """The words that a browser shows of the CommonMark rendering; HTML shows as it is written."""
    shown = re.sub(r"(<li>\s*(?:<p>)?)\[[xX ]\](?=\s|<)", r"\1", _HTML.render(markdown))
    bare = re.sub(r"</?(?:em|strong|s|code|a)\b[^>]*>", "", shown.replace("<br />", " "))
    return words(html.unescape(re.sub(r"<[^>]*>", " ", bare)))


def lost(markdown: str, shown: str) -> str | None:
    """The first word of a text that a page does not show, in its order; `None` for none."""
    rest: Iterator[str] = iter(words(shown.replace("<br>", " ")))
    wanted = [word for word in reader_sees(markdown) if word != "br"]
    return next((word for word in wanted if word not in rest), None)


@pytest.fixture
def notion() -> Iterator[NotionStandIn]:
    made = NotionStandIn()
    yield made
    made.check()


@pytest.mark.contract("C1")
@pytest.mark.parametrize("name", CONSTRUCTS)
def test_no_text_is_lost_and_what_is_there_is_known_again(notion: NotionStandIn, name: str) -> None:
    text = CONSTRUCTS[name]
    page = NotionPage(notion.api(), notion.page.id)
    done = page.deliver(text, "k", "")
    assert lost(text, notion.shown()) is None
    assert not done.warnings
    made = notion.state.blocks_made
    again = page.deliver(text, "k", "")
    assert (again.changed, notion.state.blocks_made) == (False, made)


def test_what_survives_as_itself() -> None:
    text = "# T\n\n- [x] **done**\n\n```py\nx\n```\n\n> q\n\n[l](https://e.example)\n\n![i](https://e.example/i.png)\n"
    notion = NotionStandIn()
    NotionPage(notion.api(), notion.page.id).deliver(text, "k", "")
    nodes = notion.nodes()
    assert [node.type for node in nodes] == [
        "heading_1", "to_do", "code", "quote", "paragraph", "image",
    ]  # fmt: skip
    assert nodes[1].content["checked"] is True
    assert nodes[1].content["rich_text"][0]["annotations"]["bold"] is True
    assert nodes[2].content["language"] == "python"
    assert nodes[4].content["rich_text"][0]["href"] == "https://e.example"
    assert nodes[5].content["external"]["url"] == "https://e.example/i.png"
    notion.check()


@pytest.mark.contract("C1")
def test_a_reader_of_the_page_sees_the_real_memories(shared_data: Path) -> None:
    files = sorted(shared_data.rglob("*.md"))
    assert files
    notion = NotionStandIn()
    page = NotionPage(notion.api(), notion.page.id)
    with notion.unchecked():
        for file in files:
            text = file.read_text(encoding="utf-8")
            done = page.deliver(text, "k", "")
            assert lost(text, notion.shown()) is None, file
            assert not done.warnings, file
    notion.check()


# --- properties ---------------------------------------------------------------------------------

# Without HTML, which a browser would not show as the text that it is.
_LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "- a",
                "  - b",
                "    - c",
                "1. d",
                "> e",
                "```",
                "| f | g |",
                "|---|---|",
                "",
                "# h",
                "---",
                "\ti",
                "[x](y.md)",
                "- [ ] j",
                "***k*** l",
                "[^1]: m",
                "$$",
                "`n",
            ]
        ),
        st.text(alphabet=st.sampled_from("ab1 *_`[](){}|\\^~$#-+.!\"'日🎉"), max_size=30),
    ),
    max_size=14,
)


@pytest.mark.contract("C1")
@given(_LINES)
def test_no_word_of_any_text_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    notion = NotionStandIn()
    with notion.unchecked():
        page = NotionPage(notion.api(), notion.page.id)
        done = page.deliver(text, "k", "")
        assert lost(text, notion.shown()) is None
        assert not done.warnings
        assert not page.deliver(text, "k", "").changed
    notion.check()


@given(st.text(alphabet=st.sampled_from("a🎉語\n"), max_size=30).map(lambda text: text * 200))
def test_pieces_are_short_and_whole(text: str) -> None:
    made = pieces([TextSpan(text, bold=True)])
    flat = [span for part in made for span in part]
    assert "".join(span.text for span in flat) == text
    assert all(len(span.text.encode("utf-16-le")) // 2 <= MAX_TEXT for span in flat)


def test_a_block_that_is_too_long_goes_on() -> None:
    long = tuple(TextSpan(f"{n} ", bold=n % 2 == 0) for n in range(200))
    for kind in ("paragraph", "heading_2", "bulleted_list_item", "code", "quote"):
        made = fitted([Block(kind, long)])
        assert "".join(texts(made)) == plain(long), kind
        assert depth(made[0]) == (1 if kind in ("bulleted_list_item", "quote") else 0)


def test_a_paragraph_of_brackets_is_shown_as_it_is() -> None:
    text = "[" * 30_000
    assert "".join(texts(parse(text))) == text

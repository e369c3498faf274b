"""Nothing that others wrote acts: CommonMark sees it as code, whole and alone."""

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pack.distribution.notices.safe_text import code_block, code_span, plain_name, visible
from tests.support import examples

TEXTS = st.text(
    st.sampled_from("`~\\ \n\r\tab@#|<>!-[](){}*_&\u202e\u200b\0\x1b\ud800🙂"), max_size=60
)


@settings(max_examples=examples(150))
@given(TEXTS)
def test_a_span_is_one_piece_of_code(text: str) -> None:
    span = code_span(text)
    assert "\n" not in span
    (paragraph,) = [one for one in MarkdownIt().parse(f"- {span}: it") if one.type == "inline"]
    code, rest = paragraph.children or ()
    assert (code.type, rest.content) == ("code_inline", ": it")
    if text.isprintable() and text.strip():
        assert code.content.strip() == text.strip()


@settings(max_examples=examples(150))
@given(TEXTS)
def test_a_block_is_one_piece_of_code_whatever_follows(text: str) -> None:
    tokens = MarkdownIt().parse(f"{code_block(text, 'markdown')}\n# After\n")
    kinds = [token.type for token in tokens]
    assert kinds == ["fence", "heading_open", "inline", "heading_close"]
    shown = visible(text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n")
    assert tokens[0].content == f"{shown}\n"


def test_a_long_block_says_how_much_is_left_out() -> None:
    assert code_block("x\n" * 30, most_lines=10).endswith("x\n```\n\n(20 more lines)\n")
    assert code_block("x" * 100, most=10) == "```\nxxxxxxxxxx\n```\n"


def test_what_nobody_sees_is_shown_by_its_number() -> None:
    assert visible("a\u202eb\0\n\U000e0041") == "a\\u202eb\\u0000\n\\U000e0041"


@settings(max_examples=examples(100))
@given(TEXTS)
def test_a_name_is_words_alone(text: str) -> None:
    name = plain_name(text)
    assert name
    assert not set(name) & set("`@#|<>![](){}*&\\\n\r\t\0")


def test_a_name_stays_as_it_is_where_it_can() -> None:
    assert plain_name("AGENT-33 core") == "AGENT-33 core"
    assert plain_name("@all, closes #1") == "all- closes -1"

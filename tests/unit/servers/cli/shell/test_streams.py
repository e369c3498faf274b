"""What others wrote cannot change what a person sees on a terminal."""

import pytest
from pack_servers.cli.shell.streams import one_line, printable


def test_text_that_anybody_sees_stays_as_it_is() -> None:
    for text in ("", 'Plain, ünï, 日本, 👍 and "more".', "a" * 1000):
        assert one_line(text) == printable(text) == text


@pytest.mark.parametrize(
    "character",
    ["\n", "\r", "\t", "\x1b", "\x9b", "\u200b", "\u202e", "\u2028", "\u2029", "\ufeff", "\udc9b"],
)
def test_a_line_by_others_is_one_line(character: str) -> None:
    assert one_line(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_layout_stays_where_a_text_may_have_lines() -> None:
    assert printable("a\n\tb\x1b") == "a\n\tb\N{REPLACEMENT CHARACTER}"

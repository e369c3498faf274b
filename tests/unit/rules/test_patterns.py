"""One pattern, in its file."""

from __future__ import annotations

import pytest

from pack.rules.patterns import MAX_RULE_BYTES, Pattern, RuleFile


def pattern(text: str, folder: str = "") -> Pattern:
    return Pattern.parse(text.encode(), RuleFile(".gitignore", folder, b""))


@pytest.mark.parametrize(
    ("text", "folder", "path"),
    [
        ("x.md", "", "a/b/x.md"),
        ("/x.md", "", "x.md"),
        ("b/x.md", "a", "a/b/x.md"),
        ("/x.md", "a", "a/x.md"),
    ],
)
def test_it_is_relative_to_its_folder(text: str, folder: str, path: str) -> None:
    assert pattern(text, folder).matches(path, is_folder=False)


@pytest.mark.parametrize(("text", "path"), [("/x.md", "a/x.md"), ("b/x.md", "a/b/x.md")])
def test_a_slash_pins_it_to_the_folder(text: str, path: str) -> None:
    assert not pattern(text).matches(path, is_folder=False)


def test_a_slash_at_the_end_means_a_folder() -> None:
    assert pattern("private/").matches("a/private", is_folder=True)
    assert not pattern("private/").matches("a/private", is_folder=False)


def test_lines_are_cut_as_git_cuts_them() -> None:
    content = b"\xef\xbb\xbfa\n\nb\r\nc\0d\ne"
    assert RuleFile("f", "", content).lines() == [b"a", b"", b"b\r", b"c", b"e"]
    assert len(RuleFile("f", "", b"x" * (MAX_RULE_BYTES + 9)).lines()[0]) == MAX_RULE_BYTES

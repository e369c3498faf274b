"""The attributes of a path; tests/compat/test_rules_git.py compares with git."""

from __future__ import annotations

import pytest

from pack.rules.attributes import (
    attributes_of,
    find_conversion,
    may_convert,
    parse_attributes,
)
from pack.rules.patterns import RuleFile


def values(path: str, *files: str) -> dict[str, object]:
    lists = [
        parse_attributes(RuleFile(f"file{n}", "", text.encode()), may_define=True)
        for n, text in enumerate(files)
    ]
    return {name: setting.value for name, setting in attributes_of(path, lists).items()}


def conversion(line: str) -> str | None:
    lists = [parse_attributes(RuleFile("f", "", line.encode()), may_define=True)]
    found = find_conversion(attributes_of("a/x.md", lists))
    return found and f"{found.place} {found.text}"


def test_the_strongest_file_and_the_last_line_decide() -> None:
    assert values("a.md", "*.md text\n*.md -text\n") == {"text": False}
    assert values("a.md", "*.md !text\n", "*.md text eol=lf\n") == {"text": None, "eol": "lf"}


def test_macros() -> None:
    assert values("a.md", "*.md binary\n")["text"] is False
    assert values("a.md", "[attr]secret filter=x -diff\n*.md secret\n") == {
        "secret": True,
        "filter": "x",
        "diff": False,
    }
    inner = RuleFile("a/.gitattributes", "a", b"[attr]m filter=x\n*.md m\n")
    lists = [parse_attributes(inner, may_define=False)]
    assert attributes_of("a/b.md", lists).keys() == {"m"}


def test_quotes_comments_and_lines_that_git_does_not_accept() -> None:
    assert values("a b.md", '"a b.md" ident\n') == {"ident": True}
    assert values("ä.md", '"\\303\\244.md" ident\n') == {"ident": True}
    for line in ("# *.md ident", "!*.md ident", "*.md ident =x", "*.md -", "*.md " + "x" * 3000):
        assert values("a.md", line + "\n") == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("*.md filter=lfs diff=lfs", "f:1 filter=lfs"),
        ("a/** filter=x", "f:1 filter=x"),
        ("*.md working-tree-encoding=UTF-16LE", "f:1 working-tree-encoding=UTF-16LE"),
        ("*.md ident", "f:1 ident"),
        ("[attr]hidden filter=x\n*.md hidden", "f:2 filter=x"),
        ("*.md working-tree-encoding=utf-8", None),
        ("*.md filter", None),
        ("*.md -filter", None),
        ("*.md text eol=crlf", None),
        ("a/ filter=x", None),
    ],
)
def test_what_makes_git_store_other_bytes(line: str, found: str | None) -> None:
    assert conversion(line) == found


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("*.md filter=x", True),
        ("secret* ident", True),
        ("[attr]m filter=x", True),
        ("*.png filter=lfs -text", False),
        ("* text=auto", False),
        ("*.MD filter=x", True),
    ],
)
def test_most_lines_cannot_convert_a_note(line: str, may: bool) -> None:
    (parsed,) = parse_attributes(RuleFile("f", "", line.encode()), may_define=True)
    assert may_convert(parsed) is may

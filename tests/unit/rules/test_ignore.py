"""What git ignores; tests/compat/test_rules_git.py compares with git."""

from __future__ import annotations

from pack.rules.ignore import IgnoreList, find_ignore_rule, parse_ignores
from pack.rules.patterns import RuleFile


def rule(path: str, files: dict[str, str], *others: str) -> str | None:
    lists: dict[str, IgnoreList] = {
        folder: parse_ignores(RuleFile(f"{folder}/.gitignore", folder, text.encode()))
        for folder, text in files.items()
    }
    outer = [parse_ignores(RuleFile("outer", "", text.encode())) for text in others]
    found = find_ignore_rule(path, lambda folder: lists.get(folder, ()), outer)
    return found and f"{found.place} {found.text}"


def test_the_last_rule_and_the_deepest_file_decide() -> None:
    assert rule("a/b.md", {"": "*.md\n!b.md\n"}) is None
    assert rule("a/b.md", {"": "!b.md\n*.md\n"}) == "/.gitignore:2 *.md"
    assert rule("a/b.md", {"": "!b.md\n", "a": "b.md"}) == "a/.gitignore:1 b.md"
    assert rule("a/b.md", {"": "b.md\n", "a": "!b.md"}) is None


def test_nothing_below_an_ignored_folder_can_be_excepted() -> None:
    files = {"": "private/\n!private/a.md\n", "private": "!*\n"}
    assert rule("private/a.md", files) == "/.gitignore:1 private/"
    assert rule("private/a.md", {"": "private/*\n!private/a.md\n"}) is None


def test_lists_outside_of_the_folders_come_last() -> None:
    assert rule("a.md", {}, "x\n", "a.md") == "outer:1 a.md"
    assert rule("a.md", {}, "!a.md\n", "a.md") is None
    assert rule("a.md", {"": "!a.md"}, "a.md") is None


def test_comments_blanks_and_escapes() -> None:
    assert rule("#a.md", {"": "#a.md\n"}) is None
    assert rule("#a.md", {"": "\\#a.md\n"}) is not None
    assert rule("!a.md", {"": "\\!a.md\n"}) is not None
    assert rule("a.md", {"": "a.md  \r\n"}) is not None
    assert rule("a.md", {"": "a.md  \n"}) is not None
    assert rule("a ", {"": "a\\ \n"}) is not None


def test_a_folder_is_asked_about_with_a_slash() -> None:
    assert rule("private/", {"": "private/\n"}) is not None
    assert rule("private", {"": "private/\n"}) is None

"""Git's wildcards as regular expressions; tests/compat/test_rules_git.py compares with git."""

from __future__ import annotations

import pytest

from pack.rules.wildmatch import compile_pattern


def matches(pattern: str, path: str, *, whole_path: bool = True, fold: bool = False) -> bool:
    compiled = compile_pattern(pattern.encode(), whole_path=whole_path, fold=fold)
    return compiled.match(path.encode()) is not None


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a/*/c", "a/b/c"),
        ("a/**/c", "a/c"),
        ("a/**/c", "a/b/b/c"),
        ("**/a*b/c", "ax/ab/c"),
        ("**/x*/**/y", "x/a/x1/y"),
        ("a/**", "a/b/c"),
        ("[!a]b", "cb"),
        ("[]a]", "]"),
        ("[a-c-]", "-"),
        ("[[:upper:][:digit:]]x", "Ax"),
        ("\\*", "*"),
        ("a?c", "abc"),
        ("*b*b", "abab"),
    ],
)
def test_it_matches(pattern: str, path: str) -> None:
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a/*", "a/b/c"),
        ("*/c", "a/b/c"),
        ("?**/c", "ab/b/c"),
        ("[a", "a"),
        ("[[:vowel:]]", "a"),
        ("a\\", "a"),
        ("?", "é"),
        ("[!a]", "/"),
        ("x[z-a]", "xb"),
    ],
)
def test_it_does_not_match(pattern: str, path: str) -> None:
    assert not matches(pattern, path)


def test_a_name_has_no_slashes_to_stop_at_and_case_counts_only_where_git_says() -> None:
    assert matches("a*z", "a/b/z", whole_path=False)
    assert not matches("README", "readme", whole_path=False)
    assert matches("READ*", "readme", whole_path=False, fold=True)


def test_many_stars_give_nothing_back() -> None:
    # Would never end if a star tried again what it had taken.
    assert not matches("*a" * 60 + "b", "a" * 4000, whole_path=False)
    assert not matches("**/a/" * 20 + "b", "a/" * 2000 + "c")

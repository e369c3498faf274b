"""Where a file lies downstream, and which names may go there."""

import pytest

from pack.distribution.content.placing import Placing, check_path, checked_folder, rewritten
from pack.distribution.values import PathRewrite
from pack.errors import InvalidPath
from tests.distribution_support import rule_of

BOTH_WAYS = "docs/handbook/a.md"
FROM_TO = {"rewrite_paths": {"from": "guides/", "to": "docs/handbook/"}}


@pytest.mark.parametrize(
    ("rule", "path", "place"),
    [
        ({}, "guides/a.md", "docs/a.md"),
        ({}, "guides/x/a.md", "docs/x/a.md"),
        ({"target_path": ""}, "guides/x/a.md", "x/a.md"),
        ({"source": "**/*.md"}, "guides/a.md", "docs/guides/a.md"),
        ({"source": "guides/x/a.md"}, "guides/x/a.md", "docs/a.md"),
        ({"source": "{guides,notes}/*.md"}, "notes/a.md", "docs/notes/a.md"),
        # What the rule rewrites to may name the folder again, or be below it.
        ({"transforms": [FROM_TO]}, "guides/x/a.md", "docs/handbook/x/a.md"),
        (
            {"transforms": [FROM_TO], "target_path": "docs/handbook/"},
            "guides/a.md",
            "docs/handbook/a.md",
        ),
        ({"transforms": [FROM_TO], "target_path": "v/"}, "guides/a.md", "v/docs/handbook/a.md"),
        ({"transforms": [FROM_TO], "source": "**"}, "notes/a.md", "docs/notes/a.md"),
    ],
)
def test_a_file_lies_below_the_folder_of_its_rule(rule, path, place):
    assert Placing.of(rule_of(**rule)).place(path) == place


def test_the_first_rewrite_that_concerns_a_path_counts_and_names_are_whole():
    rewrites = [PathRewrite("a/b/", "x/"), PathRewrite("a", "y")]
    assert [rewritten(path, rewrites) for path in ("a/b/c", "a/c", "ab/c", "a")] == [
        "x/c",
        "y/c",
        "ab/c",
        "y",
    ]


@pytest.mark.parametrize("path", ["docs/a.md", ".github/x.md", ".cursor/rules/a.mdc", "ä/b c.md"])
def test_usual_names_may_go(path):
    check_path(path)


OUT = ["../a", "a/../b", "/a", "a//b", "a/./b", "x/.../y", ".", "", "C:/x"]
GITS = [".git/config", "x/.GIT/hooks", ".git ./x", "x/.gi\u200ct/y", "git~1/x"]
ODD = ["a\\b", "con.md", "a\nb", "a:b", "-x", "x ", "a\udce9"]
OWN = [".pack-overrides/a.md", ".Pack-Sync-State/x.json", ".pack-sync-vars.yaml"]


@pytest.mark.parametrize("path", [*OUT, *GITS, *ODD, *OWN])
def test_names_that_could_harm_may_not(path):
    with pytest.raises(InvalidPath):
        check_path(path)


def test_the_root_is_a_folder_too():
    assert [checked_folder(text) for text in ("", ".", "./", "docs", "docs/")] == [
        "",
        "",
        "",
        "docs/",
        "docs/",
    ]
    with pytest.raises(InvalidPath):
        checked_folder("/")

"""Rules that write one path, and rules that run in a circle, are refused and named."""

import pytest

from pack.distribution.running.clashes import PathClaim, find_circle, find_clashes

PLACE = "org/web"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("docs/a.md", "docs/a.md"),
        ("docs/A.md", "docs/a.md"),
        ("docs/caf\u00e9.md", "docs/cafe\u0301.md"),
        ("docs/a", "docs/a/b.md"),
        ("docs/a/b/c.md", "docs/a"),
    ],
)
def test_two_rules_for_one_path_name_each_other(first, second):
    found = find_clashes(
        [PathClaim("one", PLACE, [first]), PathClaim("two", PLACE, ["x.md", second])]
    )
    assert found.keys() == {"one", "two"}
    assert all("one and two" in said for said in found.values())


@pytest.mark.parametrize("place", [PLACE, "org/other"])
def test_rules_that_do_not_meet_are_free(place):
    paths = ["docs/b.md"] if place == PLACE else ["docs/a.md"]
    assert not find_clashes(
        [PathClaim("one", PLACE, ["docs/a.md"]), PathClaim("two", place, paths)]
    )


def test_a_rule_does_not_clash_with_itself():
    assert not find_clashes([PathClaim("one", PLACE, ["docs/a.md", "docs/a.md/b.md"])])


def test_a_circle_names_both_rules():
    found = find_circle("out", ["docs/a.md", "docs/b.md"], {"back": ["docs/B.md"]})
    assert found is not None
    assert "out" in found
    assert "back" in found
    assert find_circle("out", ["docs/a.md"], {"back": ["docs/b.md"]}) is None

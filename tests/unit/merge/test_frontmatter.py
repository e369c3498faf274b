from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files import yaml_block
from pack.merge.frontmatter import MergedBlock, merge_block

BASE = "topic: Rome\ntags: [a, b]\nupdated: 2026-01-01\n"


def merged(base: str, ours: str, theirs: str) -> str:
    """The merged block, which must be clean and the same for both sides."""
    result = merge_block(base, ours, theirs)
    assert result is not None
    assert result.is_clean
    assert merge_block(base, theirs, ours) == result
    return result.text


# --- keys ------------------------------------------------------------------------------------


def test_keys_that_one_side_each_changed() -> None:
    ours = "topic: Roma\ntags: [a, b]\nupdated: 2026-01-01\n"
    theirs = "topic: Rome\ntags: [a, b]\nupdated: 2026-01-01\nmood:  'x'  # mine\n"
    expected = "topic: Roma\ntags: [a, b]\nupdated: 2026-01-01\nmood:  'x'  # mine\n"
    assert merged(BASE, ours, theirs) == expected


def test_a_key_that_both_changed_stays_as_ours() -> None:
    ours, theirs = BASE.replace("Rome", "Roma"), BASE.replace("Rome", "Rom")
    assert merge_block(BASE, ours, theirs) == MergedBlock(ours, is_clean=False)
    assert merge_block(BASE, theirs, ours) == MergedBlock(theirs, is_clean=False)


def test_a_key_that_one_side_deleted_goes() -> None:
    assert merged(BASE, BASE.replace("topic: Rome\n", ""), BASE.replace("[a, b]", "[a]")) == (
        "tags: [a]\nupdated: 2026-01-01\n"
    )


def test_no_deletion_of_a_key_wins_over_an_edit() -> None:
    ours, theirs = BASE.replace("topic: Rome\n", ""), BASE.replace("Rome", "Roma")
    text = merged(BASE, ours, theirs)
    assert yaml_block.load(text)["topic"] == "Roma"


@pytest.mark.parametrize(
    ("key", "ours", "theirs", "result"),
    [
        ("updated", "2026-02-01", "2026-03-01", "2026-03-01"),
        ("created", "2026-02-01", "2026-03-01", "2026-02-01"),
        ("updated", "2026-02-01", "2026-02-01T09:30:00Z", "2026-02-01T09:30:00Z"),
        ("updated", "2026-02-01T12:00:00+05:00", "2026-02-01T09:30:00Z", "2026-02-01T09:30:00Z"),
        ("updated", "2026-02-01 12:00", "2026-02-01T13:00:00+02:00", "2026-02-01 12:00"),
    ],
)
@pytest.mark.parametrize("base", ["", "2026-01-01"])
def test_dates(key: str, ours: str, theirs: str, result: str, base: str) -> None:
    blocks = (f"{key}: {value}\n" if value else "" for value in (base, ours, theirs))
    assert merged(*blocks) == f"{key}: {result}\n"


def test_dates_that_are_none_conflict() -> None:
    result = merge_block("updated: x\n", "updated: soon\n", "updated: late\n")
    assert result == MergedBlock("updated: soon\n", is_clean=False)


def test_text_on_several_lines_is_merged_by_line() -> None:
    base = "people:\n  anna: 1\n  bob: 2\n  carl: 3\n"
    ours, theirs = base.replace("1", "one"), base.replace("3", "three")
    assert merged(base, ours, theirs) == "people:\n  anna: one\n  bob: 2\n  carl: three\n"


def test_a_changed_comment_and_a_changed_value() -> None:
    base = "x: 1\n# about y\ny: 2\nz: 3\n"
    ours, theirs = base.replace("about y", "all about y"), base.replace("y: 2", "y: two")
    assert merged(base, ours, theirs) == "x: 1\n# all about y\ny: two\nz: 3\n"


# --- lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        ("[a, b]", "[a, b, c]", "[a, b, d]", "[a, b, c, d]"),
        ("[a, b]", "[a]", "[a, b, c]", "[a, c]"),  # a removal wins over what is as it was
        ("[a, b]", "[b, a]", "[a, b, c]", "[b, a, c]"),  # one side changed the order
        ("[a, b]", "[x, a, b]", "[a]", "[x, a]"),
        ("[a]", "[]", "[a, b]", "[b]"),
        ("[a]", "[]", "[ ]", "[ ]"),
        ("", "[a]", "[b]", "[a, b]"),
        ("[2024]", '[2024, "2024"]', "[2024, 1.5]", '[2024, 1.5, "2024"]'),  # not one item
        ("[a]", "[a, 'b c']", '[a, "x, y"]', "[a, 'b c', \"x, y\"]"),
        ("[a]", "['a', b]", "[a, c]", "['a', b, c]"),
    ],
)
def test_lists_are_sets_that_keep_their_order(
    base: str, ours: str, theirs: str, result: str
) -> None:
    blocks = (f"tags: {value}\nz: 1\n" if value else "z: 1\n" for value in (base, ours, theirs))
    expected = yaml_block.load(f"tags: {result}\nz: 1\n")
    fields = yaml_block.load(merged(*blocks))
    assert fields == expected
    assert repr(fields["tags"]) == repr(expected["tags"])


def test_a_list_with_an_item_a_line_stays_one() -> None:
    base = "tags:\n  - a\n  - b\n"
    assert merged(base, base + "  - c\n", "tags:\n  - b\n  - d\n") == (
        "tags:\n  - b\n  - c\n  - d\n"
    )


def test_a_comment_that_has_no_place_in_the_merged_list_makes_a_conflict() -> None:
    base = "tags: [a]\n"
    ours = "tags: [a, b] # why b\n"
    result = merge_block(base, ours, "tags: [a, c]\n")
    assert result == MergedBlock(ours, is_clean=False)
    kept = "tags:\n  - a  # since 2020\n"
    result = merge_block(kept, kept + "  - b\n", kept + "  - c\n")
    assert result == MergedBlock(kept + "  - b\n", is_clean=False)


# --- blocks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "block", ["a: [\n", "{a: 1}\n", "? a\n: 1\n", "- a\n", "a: *x\n", "a: 1\na: 2\n"]
)
def test_what_cannot_be_taken_apart_is_not_merged_by_key(block: str) -> None:
    assert merge_block("", block, "b: 1\n") is None
    assert merge_block(block, "a: 2\n", "b: 1\n") is None


def test_entries_that_do_not_go_together_are_not_joined() -> None:
    # Below a key without a value, an indented one would become a part of it.
    assert merge_block("", "  a: 1\n", "b:\n") is None


ENTRIES = st.dictionaries(
    st.sampled_from(["topic", "tags", "created", "updated", "mine"]),
    st.sampled_from(["1", "x", "[a, b]", "[b]", "[c]", "2026-01-01", "2026-02-01", "\n  - a", ""]),
)


@given(st.tuples(ENTRIES, ENTRIES, ENTRIES))
def test_merging_is_fair(sides: tuple[dict[str, str], ...]) -> None:
    base, ours, theirs = ("".join(f"{k}: {v}\n" for k, v in side.items()) for side in sides)
    for result in (merge_block(base, ours, base), merge_block(base, ours, ours)):
        assert result is not None
        assert yaml_block.load(result.text) == yaml_block.load(ours)
        assert result.is_clean
    one, other = merge_block(base, ours, theirs), merge_block(base, theirs, ours)
    assert one is not None
    assert other is not None
    assert one.is_clean == other.is_clean
    if one.is_clean:
        assert one == other

"""One file of a downstream is merged, and the lines of a conflict are told with both texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.distribution.reconciling.three_way import is_same_text, merge_three
from pack.distribution.values import Region
from tests.support import examples

BASE = b"---\ntitle: a\ntags: [x]\n---\n# H\n\none\ntwo\nthree\n"


def merged(ours, theirs, base=BASE, path="a.md"):
    found = merge_three(path, base, ours, theirs)
    assert b"<<<" not in found.content
    return found


def test_lines_of_both_are_told_by_their_place_here():
    ours = b"\n" + BASE.replace(b"two", b"TWO\nmore")
    found = merged(BASE.replace(b"two", b"TWO\nmore"), BASE.replace(b"two", b"zwei"))
    assert found.regions == (Region(8, 9, "TWO\nmore\n", "zwei\n"),)
    assert merged(ours, BASE.replace(b"two", b"zwei")).regions[0].first == 9


def test_a_region_covers_what_either_side_changed():
    found = merged(
        BASE.replace(b"two", b"TWO"),
        BASE.replace(b"one\ntwo\nthree", b"all of\nthem"),
        path="a.txt",
    )
    assert found.regions == (Region(7, 9, "one\nTWO\nthree\n", "all of\nthem\n"),)


def test_lines_removed_there_and_changed_upstream_are_told_between_two_lines():
    found = merged(BASE.replace(b"two\n", b""), BASE.replace(b"two", b"zwei"))
    assert found.regions == (Region(8, 7, "", "zwei\n"),)


def test_a_key_of_the_frontmatter_is_told_by_its_lines():
    found = merged(BASE.replace(b"title: a", b"title: b"), BASE.replace(b"title: a", b"title: c"))
    assert found.regions == (Region(2, 2, "title: b\n", "title: c\n"),)
    assert b"title: b" in found.content


def test_keys_that_can_be_merged_are_no_conflict():
    ours, theirs = (BASE.replace(b"[x]", b"[x, %s]" % tag) for tag in (b"ours", b"theirs"))
    found = merged(ours, theirs)
    assert not found.is_conflict
    both = merged(ours.replace(b"two", b"TWO"), theirs.replace(b"two", b"zwei"))
    assert [one.first for one in both.regions] == [8]


def test_without_a_base_what_differs_is_told():
    found = merged(BASE.replace(b"two", b"TWO"), BASE.replace(b"two", b"zwei"), base=None)
    assert found.regions == (Region(8, 8, "TWO\n", "zwei\n"),)
    assert found.content == BASE.replace(b"two", b"TWO")


@pytest.mark.parametrize(("ours", "theirs"), [(b"\xff1", b"\xff2"), (b"\xff1", b"text")])
def test_what_is_no_text_has_no_lines(ours, theirs):
    found = merged(ours, theirs, base=b"\xff0", path="a.bin")
    assert (found.content, found.regions, found.is_conflict) == (ours, (), True)


def test_line_ends_are_no_change_of_text():
    ours = BASE.replace(b"\n", b"\r\n")
    found = merged(ours, BASE.replace(b"two", b"zwei"))
    assert (found.content, found.is_conflict) == (ours.replace(b"two", b"zwei"), False)
    assert is_same_text(ours, BASE)
    assert is_same_text(BASE, BASE.removesuffix(b"\n"))
    assert not is_same_text(BASE, BASE.replace(b"two", b"zwei"))
    assert not is_same_text(b"\xff\r\n", b"\xff\n")


LINES = st.lists(st.sampled_from(["# H", "a", "b", "c", "", "- x"]), max_size=8)


@given(base=LINES, ours=LINES, theirs=LINES)
@settings(max_examples=examples(60), deadline=None)
def test_every_line_of_a_downstream_that_upstream_did_not_touch_is_there_afterwards(
    base, ours, theirs
):
    texts = ["".join(f"{line}\n" for line in side).encode() for side in (base, ours, theirs)]
    found = merge_three("a.md", *texts)
    if texts[0] == texts[2]:
        assert found.content == texts[1]
    if texts[0] == texts[1]:
        assert found.content == texts[2]
    if texts[1] == texts[2]:
        assert found.content == texts[1]
    own = set(ours) - set(base)
    assert own <= set(found.content.decode().split("\n"))
    lines = texts[1].decode().splitlines(keepends=True)
    for one in found.regions:
        assert "".join(lines[one.first - 1 : one.last]) == one.ours
        assert one.theirs in texts[2].decode()
    assert bool(found.regions) == found.is_conflict

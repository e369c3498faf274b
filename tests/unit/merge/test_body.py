"""Three-way merge of markdown: by line, with an eye on the sections the lines are in."""

import pytest

from pack.merge.body import merge_body, merge_plain


def text(merged):
    return "".join(merged.lines)


def test_what_both_inserted_at_one_place_is_all_there_and_the_same_for_both_sides():
    base, ours, theirs = "a\n", "a\nb\n", "a\nc\n"
    assert (
        text(merge_body(base, ours, theirs)) == text(merge_body(base, theirs, ours)) == "a\nb\nc\n"
    )


def test_a_section_that_both_began_is_one():
    merged = merge_body("# D\n", "# D\n\n## Mon\n\n- a\n", "# D\n\n## Mon\n\n- b\n")
    assert merged.is_clean
    assert text(merged) == "# D\n\n## Mon\n\n- a\n- b\n"


def test_sections_that_one_side_moved_are_merged_by_their_headings():
    base = "## A\n\na\n\n## B\n\nb\n"
    moved, edited = "## B\n\nb\n\n## A\n\na\n", "## A\n\na changed\n\n## B\n\nb\n"
    merged = merge_body(base, moved, edited)
    assert merged.is_clean
    assert text(merged) == "## B\n\nb\n\n## A\n\na changed\n"


def test_one_line_changed_on_both_sides_is_a_conflict_and_stays_ours():
    merged = merge_body("a\n", "b\n", "c\n")
    assert not merged.is_clean
    assert text(merged) == "b\n"


@pytest.mark.parametrize("keep_both", [True, False])
def test_a_heading_means_nothing_in_plain_text(keep_both):
    merged = merge_plain("# D\n", "# D\n# x\n", "# D\n# y\n", keep_both=keep_both)
    assert merged.is_clean is keep_both
    assert text(merged) == ("# D\n# x\n# y\n" if keep_both else "# D\n# x\n")

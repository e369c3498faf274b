from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.limits import MAX_FILE_BYTES
from pack.merge import diff as line_diff
from pack.merge.file import Merged, merge_file, merge_mapping_file, merge_text_file
from tests.support import is_soak

NOTE = """---
topic: Trip
tags: [travel]
created: 2026-01-01
updated: 2026-01-02
---

# Trip

## Plan

- book a train

## Log

- 2026-01-02: began
"""


def merged(base: str, ours: str, theirs: str) -> str:
    """The merged text, which must be clean and the same for both sides."""
    result = merge_file(base.encode(), ours.encode(), theirs.encode())
    assert result.kept is None
    assert merge_file(base.encode(), theirs.encode(), ours.encode()) == result
    return result.content.decode()


def conflict(base: str | None, ours: str, theirs: str) -> str:
    """What stays in the file while the whole of theirs is kept."""
    old = base.encode() if base is not None else None
    result = merge_file(old, ours.encode(), theirs.encode())
    assert result.kept == theirs.encode()
    assert merge_file(old, theirs.encode(), ours.encode()).kept == ours.encode()
    return result.content.decode()


# --- examples ----------------------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_two_machines_that_append_to_a_journal() -> None:
    ours = NOTE.replace("updated: 2026-01-02", "updated: 2026-01-04") + "- 2026-01-04: arrived\n"
    theirs = NOTE.replace("updated: 2026-01-02", "updated: 2026-01-03") + "- 2026-01-03: left\n"
    expected = NOTE.replace("updated: 2026-01-02", "updated: 2026-01-04")
    assert merged(NOTE, ours, theirs) == (expected + "- 2026-01-03: left\n- 2026-01-04: arrived\n")


def test_two_sections_with_additions_each() -> None:
    ours = NOTE.replace("- book a train\n", "- book a train\n- pack\n")
    theirs = NOTE.replace("- book a train\n", "- book a train\n- passport\n") + "- more\n"
    assert merged(NOTE, ours, theirs) == NOTE.replace(
        "- book a train\n", "- book a train\n- pack\n- passport\n"
    ) + ("- more\n")


def test_the_same_addition_happens_once() -> None:
    ours = NOTE + "- both\n"
    assert merged(NOTE, ours, NOTE.replace("travel", "trains") + "- both\n") == NOTE.replace(
        "travel", "trains"
    ) + ("- both\n")


def test_the_same_day_begun_on_both_sides_is_one_section() -> None:
    ours = NOTE + "\n## 2026-02-01\n\n- sun\n"
    theirs = NOTE + "\n## 2026-02-01\n\n- rain\n\n## 2026-02-02\n\nsnow\n"
    assert merged(NOTE, ours, theirs) == (
        NOTE + "\n## 2026-02-01\n\n- rain\n- sun\n\n## 2026-02-02\n\nsnow\n"
    )


def test_what_goes_on_with_a_section_comes_before_a_new_one() -> None:
    ours, theirs = NOTE + "- 2026-01-03: went on\n", NOTE + "\n## After\n\nhome\n"
    assert merged(NOTE, ours, theirs) == NOTE + "- 2026-01-03: went on\n\n## After\n\nhome\n"


def test_a_new_subsection_stays_below_its_section() -> None:
    ours, theirs = NOTE + "\n### Details\n\nd\n", NOTE + "\n## After\n\nhome\n"
    assert merged(NOTE, ours, theirs) == NOTE + "\n### Details\n\nd\n\n## After\n\nhome\n"


def test_paragraphs_stay_paragraphs() -> None:
    assert merged("p\n", "p\n\nA1\n\nA2\n", "p\n\nB1\n\nB2\n") == "p\n\nA1\n\nA2\n\nB1\n\nB2\n"
    assert merged("p\n", "A\n\np\n", "B\n\np\n") == "A\n\nB\n\np\n"


def test_a_heading_in_a_fence_is_no_section() -> None:
    base = "# T\n"
    ours = "# T\n\n```sh\n# one\n## x\n```\n"
    theirs = "# T\n\n## x\n\ntext\n"
    assert merged(base, ours, theirs) == "# T\n\n```sh\n# one\n## x\n```\n\n## x\n\ntext\n"


def test_an_edit_follows_its_section_that_the_other_side_moved() -> None:
    base = "# T\n\n## X\n\nx\n\n## Y\n\ny\n\n## Z\n\nz\n"
    ours = "# T\n\n## Y\n\ny\n\n## Z\n\nz\n\n## X\n\nx\n"
    theirs = base.replace("\nx\n", "\nx, and more\n")
    # The text between moves with its section, so the blank line before it is where it was.
    assert merged(base, ours, theirs) == ours.replace("\nx\n", "\nx, and more\n")


def test_the_same_fact_learned_differently_is_a_conflict() -> None:
    ours = NOTE.replace("train", "plane")
    theirs = NOTE.replace("train", "ship") + "- 2026-01-03: seen\n"
    assert conflict(NOTE, ours, theirs) == ours + "- 2026-01-03: seen\n"


def test_a_section_deleted_and_added_to_is_a_conflict() -> None:
    ours = NOTE.replace("## Plan\n\n- book a train\n\n", "")
    theirs = NOTE.replace("- book a train\n", "- book a train\n- pack\n")
    assert conflict(NOTE, ours, theirs) == ours


def test_two_machines_that_merged_a_conflict_meet_without_another() -> None:
    ours, theirs = NOTE.replace("train", "plane"), NOTE.replace("train", "ship")
    here, there = conflict(NOTE, ours, theirs), conflict(NOTE, theirs, ours)
    # Git gives one of the two merged commits as the merge base.
    for base, result in ((ours, there), (theirs, here)):
        again = merge_file(base.encode(), here.encode(), there.encode())
        assert again == Merged(result.encode(), None)


def test_work_that_went_on_during_a_merge_is_merged_with_it() -> None:
    ours, theirs = NOTE + "- o\n", NOTE + "- t\n"
    here = merged(NOTE, ours, theirs)
    assert merged(theirs, here, theirs + "- t2\n") == NOTE + "- o\n- t\n- t2\n"


# --- frontmatter in a file -----------------------------------------------------------------------


def test_frontmatter_that_one_side_added() -> None:
    assert merged("x\n", "---\ntopic: T\n---\nx\n", "x\ny\n") == "---\ntopic: T\n---\nx\ny\n"


def test_frontmatter_that_one_side_removed() -> None:
    base = "---\ntopic: T\n---\nx\n"
    assert merged(base, "x\n", base + "y\n") == "x\ny\n"


def test_frontmatter_that_cannot_be_read_is_merged_by_line() -> None:
    base = "---\na: [\nb: 1\n---\nx\n"
    ours, theirs = base.replace("b: 1", "b: 2"), base + "y\n"
    assert merged(base, ours, theirs) == ours + "y\n"


def test_frontmatter_that_both_repaired_does_not_break_again() -> None:
    base = "---\na: [\n---\nx\n"
    ours, theirs = "---\na: []\nb: 1\n---\nx\n", "---\nb: 2\na: []\n---\nx\n"
    assert conflict(base, ours, theirs) == ours


def test_a_key_in_conflict_keeps_theirs_whole() -> None:
    ours, theirs = NOTE.replace("Trip\nt", "A\nt"), NOTE.replace("Trip\nt", "B\nt") + "- x\n"
    assert conflict(NOTE, ours, theirs) == ours + "- x\n"


# --- form ------------------------------------------------------------------------------------


def test_line_ends_that_one_side_changed() -> None:
    ours, theirs = NOTE.replace("\n", "\r\n"), NOTE + "- x\n"
    assert merged(NOTE, ours, theirs) == theirs.replace("\n", "\r\n")


def test_line_ends_stay_where_both_append() -> None:
    base = NOTE.replace("\n", "\r\n")
    assert merged(base, base + "- a\r\n", base + "- b\n") == base + "- a\r\n- b\n"
    assert merged(base, base + "- a\r\n", base + "- b\r\n") == base + "- a\r\n- b\r\n"


def test_a_missing_last_line_end_is_no_change_of_the_line() -> None:
    assert merged("- a", "- a\n- b", "- a\n- c") == "- a\n- b\n- c"
    assert merged("- a", "- a\n- b\n", "- a\n- c") == "- a\n- b\n- c\n"
    assert merged("- a\n", "- a\n- b", "- a\n- c\n") == "- a\n- b\n- c"


def test_a_byte_order_mark_that_one_side_added() -> None:
    assert merged(NOTE, "\ufeff" + NOTE, NOTE + "- x\n") == "\ufeff" + NOTE + "- x\n"
    assert merged("\ufeff" + NOTE, NOTE, "\ufeff" + NOTE + "- x\n") == NOTE + "- x\n"


def test_single_carriage_returns() -> None:
    assert merged("a\rb\r", "a!\rb\r", "a\rb\rc\r") == "a!\rb\rc\r"


# --- added on both sides -----------------------------------------------------------------------


def test_both_added_the_same() -> None:
    assert merge_file(None, b"x\n", b"x\n") == Merged(b"x\n", None)


def test_both_added_and_one_holds_the_other() -> None:
    ours = "---\ntags: [a]\nupdated: 2026-01-02\n---\n# T\n\n- 1\n"
    theirs = "---\ntags: [b]\nupdated: 2026-01-01\n---\n# T\n\n- 0\n- 1\n"
    result = merge_file(None, ours.encode(), theirs.encode())
    assert result == merge_file(None, theirs.encode(), ours.encode())
    expected = "---\ntags: [a, b]\nupdated: 2026-01-02\n---\n# T\n\n- 0\n- 1\n"
    assert result == Merged(expected.encode(), None)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("x\n", "y\n"), ("---\ntopic: A\n---\nx\n", "---\ntopic: B\n---\nx\n"), ("a\nb\n", "b\na\n")],
)
def test_both_added_different_files(ours: str, theirs: str) -> None:
    assert conflict(None, ours, theirs) == ours


# --- what is no text -----------------------------------------------------------------------------


@pytest.mark.contract("C1")
@pytest.mark.parametrize("other", [b"a\0b", b"\xff\xfe", b"x" * (MAX_FILE_BYTES + 1)])
def test_what_is_no_text_is_kept_whole(other: bytes) -> None:
    assert merge_file(b"a\n", b"b\n", other) == Merged(b"b\n", other)
    assert merge_file(b"a\n", other, b"b\n") == Merged(other, b"b\n")
    assert merge_file(other, b"b\n", b"c\n") == Merged(b"b\n", b"c\n")
    assert merge_file(other, b"b\n", other) == Merged(b"b\n", None)


def test_a_result_too_large_is_none() -> None:
    base = (b"x" * 99 + b"\n") * 10_000
    ours, theirs = (
        base + base[:600_000].replace(b"x", b"a"),
        base + base[:600_000].replace(b"x", b"b"),
    )
    assert merge_file(base, ours, theirs) == Merged(ours, theirs)


def test_hostile_sizes_cost_a_fixed_number_of_comparisons_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    budgets = []
    original = line_diff.budget_for

    def budget_for(old: list[str], new: list[str]) -> line_diff.Budget:
        budgets.append(original(old, new))
        return budgets[-1]

    monkeypatch.setattr(line_diff, "budget_for", budget_for)
    count = 50_000 if is_soak() else 10_000
    lines = [f"line {number % 300}\n" for number in range(count)]
    base, ours, theirs = lines, lines[::2] * 2, lines[::3] * 3
    result = merge_file(*("".join(text).encode() for text in (base, ours, theirs)))
    assert result.kept is not None
    assert sum(budget.spent for budget in budgets) <= 4 * count * 24


# --- other files ---------------------------------------------------------------------------------


def test_text_for_programs_is_not_joined_at_one_place() -> None:
    assert merge_text_file(b"a\n", b"a\nb\n", b"a\nc\n") == Merged(b"a\nb\nc\n", None)
    strict = merge_text_file(b"a\n", b"a\nb\n", b"a\nc\n", keep_both=False)
    assert strict == Merged(b"a\nb\n", b"a\nc\n")


def mapping(**pages: str) -> bytes:
    return (json.dumps(pages, indent=2, sort_keys=True) + "\n").encode()


def test_a_mapping_is_merged_by_key() -> None:
    base = mapping(a="1", b="2", c="3")
    ours, theirs = mapping(a="1", b="", d="4"), mapping(a="0", b="2", c="3", e="5")
    expected = Merged(mapping(a="0", b="", d="4", e="5"), None)
    assert merge_mapping_file(base, ours, theirs) == expected
    assert merge_mapping_file(base, theirs, ours) == expected
    assert merge_mapping_file(None, mapping(a="1"), mapping(b="2")).content == mapping(a="1", b="2")


def test_a_key_that_one_side_deleted_and_the_other_changed_stays() -> None:
    base, changed = mapping(a="1", b="1"), mapping(a="", b="1")
    deleted = mapping(b="2")
    for ours, theirs in ((changed, deleted), (deleted, changed)):
        assert merge_mapping_file(base, ours, theirs) == Merged(mapping(a="", b="2"), None)


def test_a_key_with_two_values_is_a_conflict() -> None:
    ours, theirs = mapping(a="1"), mapping(a="2", b="3")
    assert merge_mapping_file(b"{}", ours, theirs) == Merged(mapping(a="1", b="3"), theirs)


@pytest.mark.parametrize(
    "odd",
    [b'{"a": 1}', b"[]", b"{", b'{"a": "1", "a": "2"}', b'{"a": "\\ud800"}', b"\xff", b'"x"',
     b'{"\\ud800": ""}', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_mapping_is_kept_whole(odd: bytes) -> None:
    odd += b"\n"
    assert merge_mapping_file(mapping(a="0"), mapping(a="1"), odd) == Merged(mapping(a="1"), odd)


# --- properties ----------------------------------------------------------------------------------

LINE = st.sampled_from([
    "", "- a", "- b", "- c", "text", "# T", "## S", "### U", "## V", "===", "---", "```", "x: 1",
    "tags: [a]", "tags: [b, c]", "updated: 2026-01-01", "updated: 2026-01-02", "key: |", "  more",
    "# note",
])  # fmt: skip
END = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    end = draw(END)
    lines = draw(st.lists(LINE, max_size=12))
    head = draw(st.sampled_from(["", "", "\ufeff", f"---{end}", f"---{end}topic: T{end}---{end}"]))
    return head + end.join(lines) + draw(st.sampled_from(["", end]))


@st.composite
def edited(draw: st.DrawFn, text: str) -> str:
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(lines)))
        size = draw(st.integers(0, 2))
        lines[place : place + size] = draw(st.lists(LINE.map(lambda line: line + "\n"), max_size=3))
    return "".join(lines)


@st.composite
def versions(draw: st.DrawFn) -> tuple[str, str, str]:
    base = draw(texts())
    sides = draw(st.sampled_from(["edited", "edited", "edited", "other"]))
    if sides == "other":
        return base, draw(texts()), draw(texts())
    return base, draw(edited(base)), draw(edited(base))


def words(text: str) -> set[str]:
    """The lines of a text that hold something, but for what is merged by its meaning."""
    lines = (line.strip() for line in re.split(r"[\r\n]", text.removeprefix("\ufeff")))
    return {line for line in lines if line and not re.match(r"tags:|updated:", line)}


@pytest.mark.contract("C1")
@given(versions())
def test_no_line_of_either_side_is_lost(sides: tuple[str, str, str]) -> None:
    base, ours, theirs = sides
    result = merge_file(base.encode(), ours.encode(), theirs.encode())
    stays = words(result.content.decode()) | words((result.kept or b"").decode())
    assert (words(ours) | words(theirs)) - words(base) <= stays
    # A line that all have once is there; of one that stood twice, each side may remove another.
    once = {line for line in words(base) if base.count(line) == 1}
    assert once & words(ours) & words(theirs) <= stays
    assert result.kept in (None, theirs.encode())
    assert words(result.content.decode()) <= words(base) | words(ours) | words(theirs)


@given(versions())
def test_merging_is_fair(sides: tuple[str, str, str]) -> None:
    base, ours, theirs = (side.encode() for side in sides)
    assert merge_file(base, ours, base) == merge_file(base, base, ours) == Merged(ours, None)
    assert merge_file(base, ours, ours) == Merged(ours, None)
    result, other = merge_file(base, ours, theirs), merge_file(base, theirs, ours)
    assert (result.kept is None) == (other.kept is None)
    if result.kept is None:
        assert result == other


@given(versions())
def test_files_added_on_both_sides_lose_nothing(sides: tuple[str, str, str]) -> None:
    _, ours, theirs = sides
    result = merge_file(None, ours.encode(), theirs.encode())
    stays = words(result.content.decode()) | words((result.kept or b"").decode())
    assert words(ours) | words(theirs) <= stays


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_any_bytes_can_be_merged(base: bytes, ours: bytes, theirs: bytes) -> None:
    result = merge_file(base, ours, theirs)
    assert result.kept in (None, theirs)
    if b"<<<<<<<" not in base + ours + theirs:
        assert b"<<<<<<<" not in result.content

"""What of a text somebody of a level may change by themselves."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.core.truths import LineState, LineTruth, NoteTruth
from pack.files.markdown import split_lines
from pack.truth.rule import judge
from tests.rewrites import note, of_person, reworded, rewritten, truncated

pytestmark = pytest.mark.contract("C12")

NOTE = """\
---
topic: Rules
tags: [work]
updated: 2026-01-01
---

# Rules

Never push to main.
Ask before you delete a file.

- [ ] call the bank
- buy milk

~ I like tea, and
~ I drink it black.

## Old

Nothing here.
"""


def truth_of(text, levels=None):
    """The truth of a text: lines that begin with `~` are an AI's, the others the person's."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    found = [
        LineTruth(5 if line.startswith("~") else 1, "x", LineState.WRITTEN, None) for line in lines
    ]
    return NoteTruth(tuple(found))


def judged(after, before=NOTE, level=5):
    return judge(before, truth_of(before), after, level)


def edited(old, new, before=NOTE):
    assert before.count(old) == 1
    return before.replace(old, new)


FREE = {
    "a fact at the end": NOTE + "\nThe person likes green.\n",
    "a fact right after the last line": NOTE + "The person likes green.\n",
    "a new section": edited("## Old", "## New\n\nA fact.\n\n## Old"),
    "an item at the end of a list": edited("- buy milk\n", "- buy milk\n- buy tea\n"),
    "an item between two items": edited("bank\n", "bank\n- call the plumber\n"),
    "a task that is done": edited("- [ ] call", "- [x] call"),
    "its own line": edited("~ I drink it black.", "~ I drink it with milk."),
    "its own lines, gone": edited("~ I like tea, and\n~ I drink it black.\n\n", ""),
    "a paragraph between blocks": edited("\n## Old", "\nOne more.\n\n## Old"),
    "a system key": edited("2026-01-01", "2026-02-02"),
    "a new key": edited("tags:", "ttl: 30d\ntags:"),
    "a code block that ends": NOTE + "\n```\ncode\n```\n",
    "a table at the end": NOTE + "\n| a | b |\n|---|---|\n| 1 | 2 |\n",
}
HELD = {
    "one word": (edited("Never push", "Rarely push"), ["Never push to main."]),
    "a condition in a line": (
        edited("Never push to main.", "Never push to main on Fridays."),
        ["Never push to main."],
    ),
    "a line that is gone": (edited("Never push to main.\n", ""), ["Never push to main."]),
    "a line inside a paragraph": (
        edited("main.\nAsk", "main.\nUnless it is urgent.\nAsk"),
        ["Never push to main.", "Ask before you delete a file."],
    ),
    "a paragraph cut in two by text": (
        edited("main.\nAsk", "main.\n\nThat is over.\n\nAsk"),
        ["Never push to main.", "Ask before you delete a file."],
    ),
    "lines in another order": (
        edited(
            "Never push to main.\nAsk before you delete a file.\n",
            "Ask before you delete a file.\nNever push to main.\n",
        ),
        1,
    ),
    "a heading above a paragraph": (
        edited("Never push", "## No longer true\n\nNever push"),
        ["# Rules", "Never push to main."],
    ),
    "a comment around it": (
        edited("Never push", "<!--\n\nNever push").replace("- [ ]", "-->\n\n- [ ]"),
        ["# Rules", "Never push to main."],
    ),
    "a fence that stays open": (edited("\n## Old", "\n```\n\n## Old"), ["- buy milk", "## Old"]),
    "a key": (edited("topic: Rules", "topic: Hints"), ["topic: Rules"]),
    "a key that is gone": (edited("tags: [work]\n", ""), ["tags: [work]"]),
    "one more tag": (edited("[work]", "[work, old]"), ["tags: [work]"]),
    "more of an item": (
        edited("bank\n", "bank\n  or do not\n"),
        ["- [ ] call the bank", "- buy milk"],
    ),
    "the end of an item": (edited("milk\n", "milk\n  or do not\n"), ["- buy milk", "## Old"]),
    "the rest left out": ("# Rules\n\n[rest unchanged]\n", 8),
    "another indentation": (edited("- buy milk", "  - buy milk"), ["- buy milk"]),
    "an empty text": ("", 9),
}


@pytest.mark.parametrize("what", FREE)
def test_this_is_done(what):
    found = judged(FREE[what])
    assert found.protected == ()
    if what != "its own lines, gone":
        assert found.rest == FREE[what]


@pytest.mark.parametrize("what", HELD)
def test_this_waits_for_the_person(what):
    after, expected = HELD[what]
    found = judged(after)
    texts = [line.text for line in found.protected]
    assert (texts if isinstance(expected, list) else len(texts)) == expected
    lines = NOTE.split("\n")
    assert all(lines[one.line - 1] == one.text for one in found.protected)
    assert kept(NOTE, found.rest)


def test_a_file_goes_only_if_nothing_in_it_is_the_persons():
    assert [line.line for line in judged(None).protected] == [2, 3, 7, 9, 10, 12, 13, 18, 20]
    assert judged(None, "~ mine\n\n~ mine\n").protected == ()
    assert judged(None, level=1).protected == ()


def test_the_person_may_do_anything():
    assert judged("", level=1).rest == ""
    assert judged("", level=1).protected == ()


@pytest.mark.parametrize(
    "after",
    [
        NOTE.rstrip("\n"),
        NOTE + "\n\n\n",
        NOTE.replace("\n\n", "\n\n\n"),
        NOTE.replace(".\n", ".  \n"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("main.\nAsk", "main.\n\nAsk"),
        NOTE.replace("---\n\n", "---\n"),
    ],
)
def test_blanks_are_not_words_and_stay_as_the_person_set_them(after):
    found = judged(after.replace("~ ", ""), NOTE.replace("~ ", ""))
    assert found.protected == ()
    assert found.rest == NOTE.replace("~ ", "")


def test_what_would_run_into_the_persons_paragraph_is_set_apart():
    before = "I like tea and\ncake\n"
    assert judged(before + "but not cheese\n", before).rest == f"{before}\nbut not cheese\n"
    assert judged("so\n" + before, before).rest == f"so\n\n{before}"
    assert judged(before + "---\n", before).rest == f"{before}\n---\n"
    assert judged("Name: Ada\nCity: Paris\nJob: nurse\n", "Name: Ada\nCity: Paris\n").rest == (
        "Name: Ada\nCity: Paris\nJob: nurse\n"
    )


def test_a_text_without_a_last_line_end_is_added_to():
    assert judged("one.\nTwo.", "one.").rest == "one.\nTwo."
    assert judged("one.\r\ntwo.\r\nThree.\n", "one.\r\ntwo.").rest == "one.\r\ntwo.\r\nThree.\r\n"


def test_the_code_of_the_person_stays_whole():
    before = "Run:\n\n```sh\nmake\n\nmake test\n```\n"
    for after in (
        before.replace("make\n\n", "make\nrm -r x\n\n"),
        before.replace("make\n\n", "make\n\nrm -r x\n\n"),
        before.replace("```\n", "```\n", 1).replace("test\n", "test\nrm\n"),
    ):
        assert judged(after, before).protected
        assert judged(after, before).rest == before
    assert judged(before + "\nDone.\n", before).protected == ()


def test_a_comment_of_the_person_stays_whole_and_ends_where_it_did():
    before = "One.\n\n<!--\nhidden\n-->\n\nTwo.\n"
    assert judged(before.replace("hidden", "hidden\nmore"), before).protected
    assert judged(before.replace("Two.\n", "Two.\n\nThree.\n"), before).protected == ()
    assert judged(before.replace("-->\n", "-->\n\nThree.\n"), before).protected == ()


def test_numbered_steps_stay_together():
    before = "1. wash\n2. dry\n"
    assert judged("1. wash\n2. throw away\n2. dry\n", before).protected
    assert judged(before + "3. fold\n", before).protected == ()


def test_the_rest_of_a_rewrite_is_done_where_it_touches_nothing():
    after = NOTE.replace("Never push", "Rarely push").replace("black", "with milk") + "\nNew.\n"
    found = judged(after)
    assert [line.text for line in found.protected] == ["Never push to main."]
    assert found.rest == NOTE.replace("black", "with milk") + "\nNew.\n"


def test_frontmatter_that_cannot_be_read_is_compared_line_by_line():
    broken = edited("tags: [work]", "tags: [work")
    assert [line.text for line in judged(broken).protected] == ["tags: [work]"]
    assert judged(NOTE, broken).protected[0].text == "tags: [work"


def kept(before, after):
    """Whether each line of the person is there, byte for byte but for a box, and in its order."""
    wanted = [
        line
        for line, one in zip(lines_of(before), truth_of(before).lines, strict=True)
        if one.level == 1 and line.strip() and not line.startswith("updated:")
    ]
    there = iter([line.replace("[x]", "[ ]") for line in lines_of(after)])
    return all(line.replace("[x]", "[ ]") in there for line in wanted)


def lines_of(text):
    return [line.rstrip("\r\n") for line in re.findall(r"[^\n]*\n|[^\n]+", text)]


WORDS = st.sampled_from(
    ["", "", "# A", "## B", "text", "Text.", "- item", "1. step", "  more", "```", "> said", "<!--",
     "-->", "---", "| a |", "- [ ] do", "- [x] do", "~ mine", "~ - mine", "key: 1", "~"]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=12).map("\n".join)


@settings(max_examples=150)
@given(TEXTS, TEXTS, st.booleans())
def test_no_rewrite_changes_a_byte_of_the_persons(before, after, is_ended):
    before += "\n" * is_ended
    found = judged(after, before)
    assert kept(before, found.rest)
    again = judged(found.rest, before)
    assert again.protected == ()
    assert again.rest == found.rest


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from("dir"), st.integers(0, 40), WORDS), max_size=6))
def test_no_edit_changes_a_byte_of_the_persons(edits):
    lines = split_lines(NOTE)
    for what, place, words in edits:
        at = place % (len(lines) + 1)
        lines[at : at + (what != "i")] = [] if what == "d" else [f"{words}\n"]
    found = judged("".join(lines))
    assert kept(NOTE, found.rest)
    assert not judged(found.rest).protected


def owned(text):
    """The truth of a text whose lines say who wrote them."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    return NoteTruth(
        tuple(LineTruth(5 if "~m" in one else 1, "x", LineState.WRITTEN, None) for one in lines)
    )


def all_there(before, after):
    """Whether the person's lines are there in their order, whoever quotes them besides."""
    there = iter(of_person(after))
    return all(one in there for one in of_person(before))


def words_of(text):
    return [one.rstrip() for one in of_person(text)]


def rewrite_by_chance(times):
    """Judge so many rewrites of texts of two writers; returns how many needed the person."""
    chance, held = random.Random(13), 0
    for number in range(times):
        if number % 50 == 0:
            before = rewritten(note(chance, "u", 6), chance)
        after = rewritten(before, chance)
        found = judge(before, owned(before), after, chance.randint(2, 5))
        is_held = bool(found.protected)
        assert all_there(before, found.rest)
        if words_of(after) != words_of(before):
            assert is_held
        held += is_held
        if chance.random() < 0.3:
            before = found.rest
    return held


def test_rewrites_by_chance_change_nothing_of_the_persons():
    assert 1200 < rewrite_by_chance(3_000) < 2700


@pytest.mark.soak
@pytest.mark.timeout(14400)
def test_a_million_rewrites_change_nothing_of_the_persons():
    rewrite_by_chance(1_000_000)


def test_each_word_of_a_person_s_line_is_protected():
    chance = random.Random(3)
    for _ in range(200):
        before = note(chance, "u")
        after = reworded(before, chance)
        found = judge(before, owned(before), after, 5)
        assert len(found.protected) >= 1
        assert found.rest == before


def test_a_text_that_is_cut_short_takes_nothing_away():
    chance = random.Random(4)
    for _ in range(300):
        before = note(chance, "u")
        after = truncated(before, chance)
        found = judge(before, owned(before), after, 5)
        assert all_there(before, found.rest)
        assert bool(found.protected) or words_of(after) == words_of(before)

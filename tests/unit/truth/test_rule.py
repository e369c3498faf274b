"""What of a text somebody of a level may change by themselves."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.core.truths import LineState, LineTruth, NoteTruth
from pack.files import frontmatter, schema
from pack.files.markdown import split_lines
from pack.history.differences.line_owners import LineKeys
from pack.history.differences.line_owners import lines_of as lines_as_they_are
from pack.truth.passing_on import Version, pass_on
from pack.truth.rule import Judgement, judge
from tests.rewrites import note, of_person, reworded, rewritten, truncated
from tests.support import examples

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
    "a new section": edited("## Old", "## New\n\nA fact.\n\n## Old"),
    "an item at the end of a list": edited("- buy milk\n", "- buy milk\n- buy tea\n"),
    "an item between two items": edited("bank\n", "bank\n- call the plumber\n"),
    "a task that is done": edited("- [ ] call", "- [x] call"),
    "an item in an item": edited("- buy milk\n", "- buy milk\n  - cold\n\n    and fresh\n"),
    "an item of its own with a paragraph": edited(
        "- buy milk\n", "- buy milk\n- buy tea\n\n  green\n"
    ),
    "its own line": edited("~ I drink it black.", "~ I drink it with milk."),
    "its own lines, gone": edited("~ I like tea, and\n~ I drink it black.\n\n", ""),
    "a paragraph between blocks": edited("\n## Old", "\nOne more.\n\n## Old"),
    "a system key": edited("2026-01-01", "2026-02-02"),
    "a new key": edited("tags:", "pin: true\ntags:"),
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
    "a paragraph in an item": (
        edited("milk\n", "milk\n\n  or do not\n"),
        ["- buy milk", "## Old"],
    ),
    "a paragraph in an item, below items in it": (
        edited("milk\n", "milk\n  - cold\n\n  or do not\n"),
        ["- buy milk", "## Old"],
    ),
    "a quotation in an item": (edited("milk\n", "milk\n\n  > not\n"), ["- buy milk", "## Old"]),
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


def test_blank_lines_do_not_pile_up_where_a_machine_takes_its_text_away():
    for before, after in (
        ("~ a\n\n~ b\n\n\nmine\n", "mine\n"),
        ("\n~ a\n\n~ b\n\nmine\n", "\nmine\n"),
        ("mine\n\n~ a\n\n~ b\n\nmine too\n", "mine\n\nmine too\n"),
        ("- mine\n~ a\n\n~ b\n\n\n- mine too\n", "- mine\n\n\n- mine too\n"),
    ):
        asked = "".join(
            line for line in before.splitlines(True) if line.startswith(("mine", "- m"))
        )
        assert judged(asked, before) == Judgement((), after)


def test_what_would_run_into_the_persons_paragraph_is_set_apart():
    before = "I like tea and\ncake\n"
    assert judged(before + "but not cheese\n", before).rest == f"{before}\nbut not cheese\n"
    assert judged("so\n" + before, before).rest == f"so\n\n{before}"
    assert judged(before + "---\n", before).rest == f"{before}\n---\n"
    facts = "Name: Ada\nCity: Paris\n"
    assert judged(f"{facts}Job: nurse\n", facts).rest == f"{facts}\nJob: nurse\n"
    assert judged("Never push.\nExcept on Fridays.\n", "Never push.\n").rest == (
        "Never push.\n\nExcept on Fridays.\n"
    )


def test_a_text_without_a_last_line_end_is_added_to():
    assert judged("one.\nTwo.", "one.").rest == "one.\n\nTwo."
    assert judged("- a\n- b", "- a").rest == "- a\n- b"
    assert judged("- a\r\n- b\n", "- a").rest == "- a\n- b\n"
    assert judged("one.\r\ntwo.\r\nThree.\n", "one.\r\ntwo.").rest == (
        "one.\r\ntwo.\r\n\r\nThree.\r\n"
    )


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


RULES = "# A\n\nNever push.\n\nSecond rule, see [Policy], `x` and [^1].\n\n- a\n  - b\n"
HIDES = [
    "    ```\n\n```\n",
    "    ```\n\n<!--\n```\n",
    "See `<!--` here.\n\n```\n-->\n",
    "- Fact: x.\r```\n",
    "x\r\r~~~\n",
    "- a\n\n      ```\n\n```\n",
    "<script>\n",
    "<style>p { display: none }</style>\n",
    "<details hidden>\n",
    "<details>\n\nmore\n",
    "<x-note hidden>\n",
    "some <b>bold\n",
    "some <span hidden>\n",
    "* * *\n<textarea>\n",
    "<textarea></div>\n",
    "<div title='\n",
    "<xmp><!-- </xmp><div hidden> --></xmp>\n",
    "<noscript><!-- </noscript>\n",
    "a note <!-- and\n",
    "<div>\n<!--\n\nmore\n\n</div>\n",
    "<?\n",
    "%%\n",
    "more %% and\n",
    "$$\n",
    "[Policy]: http://evil\n",
    "[policy]:\nhttp://evil 'so'\n",
    "[^1]: It is void.\n",
    "## Void\n",
    "Void\n====\n",
    "Void\n----\n",
]


@pytest.mark.parametrize("hides", HIDES)
def test_nothing_hides_the_persons_text_or_changes_what_it_says(hides):
    for line in ("Never push.\n\n", "# A\n\n"):
        found = judged(edited(line, f"{line}{hides}\n", RULES), RULES)
        assert found.protected
        assert found.rest == RULES


def test_html_that_is_open_already_hides_no_other():
    before = "A note <!-- here\n\nNever push.\n"
    for more in ("<details hidden>", "<div>\n<!--\n</div>", "```"):
        after = before.replace("Never", f"{more}\n\nNever")
        assert judged(after, before).rest == before


@pytest.mark.parametrize(
    "hides", ["[Policy]: http://evil\n", "[^1]: It is void.\n", "<style></style>\n"]
)
def test_what_reaches_the_text_above_it_is_held_at_the_end_too(hides):
    assert judged(f"{RULES}\n{hides}", RULES).rest == RULES
    other = f"## B\n\n{RULES}\n## C\n\nMore.\n"
    assert judged(f"{other}\n{hides}", other).rest == other


SHOWS = [
    "```\n<!--\n%%\n```\n",
    "~~~~\n```\n~~~~\n",
    "<!-- a comment -->\n",
    "a <!-- comment --> and `<!--` and \\<!--\n",
    "<details>\n<summary>More</summary>\n\nmore\n\n</details>\n",
    "Dear <name>, `<div>` and <https://example.org> and 3 < 4 <br> x\n",
    "%% a comment %% and $$ x $$\n",
    "[other]: http://example.org\n",
    "[^2]: It is not.\n",
    "See [this](<my note.md>) and [that](x.md).\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "> said\n",
    "    code\n",
]


@pytest.mark.parametrize("shows", SHOWS)
def test_what_ends_where_it_should_goes_through(shows):
    for line in ("Never push.\n\n", "# A\n\n"):
        after = edited(line, f"{line}{shows}\n", RULES)
        assert judged(after, RULES) == Judgement((), after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- a\n  - b\n", "- a\n- new\n  - b\n"),
        ("- a\n  - b\n\n  more\n", "- a\n  - b\n- new\n\n  more\n"),
        ("<div>\n\ntext\n\n</div>\n", "<div>\n\n</div>\n\ntext\n\n</div>\n"),
        ("    code\n", "- new\n\n    code\n"),
        ("    one\n\n    two\n", "    one\n\n    and\n\n    two\n"),
        ("```\none\n", "```\none\nmore\n"),
        ("```\none\n\ntwo\n```\n", "```\none\n\n```\n\n```\n\ntwo\n```\n"),
        ("| a |\n", "| a |\n|---|\n"),
        ("a *b\n~ c\nd\n", "a *b\n~ c*\nd\n"),
        ("a `b\n~ c\nd\n", "a `b\n~ c` <!-- `\nd\n"),
        ("a\n~ c\nd [L]\n", "a\n~ [\nd [L]\n\n[L]: /x\n"),
        ("text\n", "---\ntext\n---\nmore\n"),
    ],
)
def test_no_line_gets_another_place(before, after):
    found = judged(after, before)
    assert kept(before, found.rest)
    if found.rest != before:
        assert judged(found.rest, before).protected == ()
        assert found.rest != after
    else:
        assert found.protected


def test_its_own_words_in_a_paragraph_of_both_a_machine_may_change():
    before = "Name: Ada *and*\n~ Job: nurse\nCity: `Paris`\n"
    after = before.replace("nurse", "*doctor*")
    assert judged(after, before) == Judgement((), after)


def test_numbered_steps_stay_together():
    before = "1. wash\n2. dry\n"
    for after in ("1. wash\n2. throw away\n2. dry\n", f"1. no\n{before}", f"3. no\n\n{before}"):
        assert judged(after, before).protected
        assert judged(after, before).rest == before
    assert judged(before + "3. fold\n", before).protected == ()
    assert judged(f"0. plan\n{before}", before).protected == ()


def test_the_rest_of_a_rewrite_is_done_where_it_touches_nothing():
    after = NOTE.replace("Never push", "Rarely push").replace("black", "with milk") + "\nNew.\n"
    found = judged(after)
    assert [line.text for line in found.protected] == ["Never push to main."]
    assert found.rest == NOTE.replace("black", "with milk") + "\nNew.\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_put_between_two_lines_that_wait_is_written(end):
    before = NOTE.replace("main.\nAsk", "main.\n\nAsk").replace("\n", end)
    asked = before.replace("Never push", "Rarely push").replace("delete a file", "delete files")
    for new in ("A fact.", "- one\n- two"):
        between = f"{end}{new}{end}{end}Ask".replace("\n", end).replace("\r\r", "\r")
        found = judged(asked.replace(f"{end}Ask", between), before)
        assert [line.text for line in found.protected] == [
            "Never push to main.",
            "Ask before you delete a file.",
        ]
        assert found.rest == before.replace(f"{end}Ask", between)
    # Nothing may be put inside one paragraph of the person's, even if its words are to change.
    joined = edited("Never", "Rarely").replace("main.\nAsk", "main.\nA fact.\nAsk")
    assert judged(joined.replace("a file", "files")).rest == NOTE


KEYS = ["topic: Rules", "tags: [work]"]


def test_frontmatter_that_cannot_be_read_takes_no_key_away():
    broken = edited("tags: [work]", "tags: [work")
    found = judged(broken + "\nNew.\n")
    assert [line.text for line in found.protected] == KEYS
    assert found.rest == NOTE + "\nNew.\n"
    assert judged(NOTE, broken).protected[0].text == "tags: [work"
    assert judged(broken + "\nNew.\n", broken).protected == ()


def test_no_rest_breaks_the_frontmatter():
    head, body = NOTE.split("---\n\n")
    indented = head.replace("tags: [work]\n", "more: 1\n").replace("\n", "\n  ")[:-2]
    found = judged(f"{indented}---\n\n{body}\nNew.\n")
    assert [line.text for line in found.protected] == KEYS
    assert found.rest == NOTE + "\nNew.\n"


@pytest.mark.parametrize(
    "after",
    [
        "---\nkey: 1\n\nSecret.\n\n---\n\nMore.\n",
        "```\n---\nttl: 3d\n---\nkey: 1\n\nSecret.\n\n---\n\nMore.\n```\n",
        "key: 1\n\nSecret.\n\n---\n\nMore.\n".join(("---\nttl: 3d\n", "")),
    ],
)
def test_no_text_of_the_person_becomes_frontmatter(after):
    before = "key: 1\n\nSecret.\n\n---\n\nMore.\n"
    found = judged(after, before)
    assert found.protected
    assert found.rest is None or before in found.rest


def test_no_code_fence_comes_around_a_whole_note_or_goes_from_it():
    wrapped = f"```\n{NOTE}```\n"
    assert judged(wrapped).protected
    assert judged(NOTE, wrapped).protected
    assert judged(edited("\n## Old", "\nNew.\n\n## Old", wrapped), wrapped).protected == ()


def test_where_nothing_is_the_persons_anything_goes():
    assert judged("---\n[\n---\n", "~ mine\n") == judged("---\n[\n---\n", "~\n")
    assert judged("---\n[\n---\n", "~ mine\n").rest == "---\n[\n---\n"


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


@settings(max_examples=examples(75))
@given(TEXTS, TEXTS, st.booleans())
def test_no_rewrite_changes_a_byte_of_the_persons(before, after, is_ended):
    before += "\n" * is_ended
    found = judged(after, before)
    assert kept(before, found.rest)
    again = judged(found.rest, before)
    assert again.protected == ()
    assert again.rest == found.rest


@settings(max_examples=examples(50))
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


def said(text):
    """What the person's keys say in the frontmatter, and what they mean to PACK."""
    found = frontmatter.read(text)
    own = [one for one in (found.block or "").split("\n") if "~u" in one]
    meta = schema.read_meta(found.fields)
    means = {"sync": meta.sync, "Pin": meta.pin, "title": meta.topic, "tags": str(meta.tags)}
    names = [name for name in found.fields if any(one.startswith(f"{name}:") for one in own)]
    return {name: (str(found.fields[name]), means.get(name)) for name in names}


def words_of(text):
    return [one.rstrip() for one in of_person(text)]


def rewrite_by_chance(times):
    """Judge so many rewrites of texts of two writers; returns how many needed the person."""
    chance, held = random.Random(13), 0
    for number in range(times):
        if number % 12 == 0:
            before = rewritten(note(chance, "u", 6), chance)
        after = rewritten(before, chance)
        found = judge(before, owned(before), after, chance.randint(2, 5))
        is_held = bool(found.protected)
        rest = before if found.rest is None else found.rest
        assert is_held or rest == found.rest
        assert all_there(before, rest)
        assert said(before).items() <= said(rest).items()
        if words_of(frontmatter.read(after).body) != words_of(frontmatter.read(before).body):
            assert is_held
        held += is_held
        if chance.random() < 0.3:
            before = rest
    return held


def test_rewrites_by_chance_change_nothing_of_the_persons():
    assert 400 < rewrite_by_chance(1_000) < 900


@pytest.mark.soak
@pytest.mark.timeout(14400)
def test_a_million_rewrites_change_nothing_of_the_persons():
    rewrite_by_chance(1_000_000)


def copy_and_drop_by_chance(rounds, seed):
    """Machines copy the person's lines and take some away, in many writes, each judged."""
    chance = random.Random(seed)
    for _ in range(rounds):
        first = text = note(chance, "u", 5)
        truth = owned(text)
        for _ in range(12):
            found = judge(text, truth, rewritten(text, chance, with_copies=True), 5)
            rest = text if found.rest is None else found.rest
            truth, text = stored(text, truth, rest), rest
            assert all_there(first, text)
            assert said(first).items() <= said(text).items()


def stored(before, truth, after):
    """The truth of a text once a machine has stored it in place of another."""
    known, old, new = LineKeys(), before.encode(), after.encode()
    version = Version(known.of(old), truth.lines, lines_as_they_are(old))
    found = pass_on(known.of(new), [version], None, lines_as_they_are(new)).truths
    its = LineTruth(5, "y", LineState.WRITTEN, None)
    return NoteTruth(tuple(one or its for one in found))


def test_no_number_of_copies_takes_anything_from_the_person():
    copy_and_drop_by_chance(60, 17)


@pytest.mark.soak
@pytest.mark.timeout(14400)
def test_nor_do_a_hundred_thousand_copies():
    copy_and_drop_by_chance(100_000, 18)


P = "Never deploy on Fridays, says Ann herself."


@pytest.mark.parametrize("rule", [P, f"- {P}", "Ask.", "- Ask."])
@pytest.mark.parametrize("copy", ["{}\n\nmade\n\n{}", "{}\n\n- made:\n\n  {}", "{}\n- made\n{}"])
@pytest.mark.parametrize("is_last", [True, False])
def test_a_copy_and_a_removal_take_nothing_away(rule, copy, is_last):
    first = text = f"# Rules\n\n{rule}\n\nLast.\n"
    truth = truth_of(text)
    copied = copy.format(rule, rule)
    left = copied.removesuffix(rule) if is_last else copied.removeprefix(rule)
    for old, new in ((rule, copied), (copied, left), (rule, "Other."), (f"  {rule}", "  No.")):
        after = judge(text, truth, text.replace(old, new, 1), 5).rest
        after = text if after is None else after
        truth, text = stored(text, truth, after), after
        assert kept(first, text)


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

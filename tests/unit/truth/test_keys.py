import pytest

from pack.core.truths import LineState, LineTruth, NoteTruth
from pack.files import frontmatter
from pack.history.differences.line_hunks import git_lines
from pack.truth.keys import judge_keys, refuse_keys

HEAD = "---\n# mine\ntopic: A\ntags:\n  - a\n  - ~b\nown: ~1\ncreated: 2026-01-01\n---\n"


def truth_of(text):
    """The truth of a text: lines with a `~` are an AI's, the others the person's."""
    return NoteTruth(
        tuple(
            LineTruth(5 if "~" in line else 1, "x", LineState.WRITTEN, None)
            for line in git_lines(text)
        )
    )


def judged(after, before=HEAD):
    return judge_keys(frontmatter.read(before), truth_of(before), frontmatter.read(after), 5)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("# mine\n", "", 2),
        ("topic: A", "topic: B", 3),
        ("  - ~b\n", "", 4),
        ("2026-01-01", "2025-01-01", 8),
    ],
)
def test_a_key_of_the_person_stays(old, new, line):
    found = judged(HEAD.replace(old, new))
    assert [one.line for one in found.protected] == [line]
    assert found.head == HEAD


def test_other_keys_are_free():
    for after in (
        HEAD.replace("own: ~1", "own: 2"),
        HEAD.replace("own: ~1\n", ""),
        HEAD.replace("own: ~1", "own: ~1\npin: true"),
        HEAD.replace("created:", "updated: 2026-01-02\ncreated:"),
    ):
        found = judged(after)
        assert found.protected == ()
        assert found.head == after


def test_a_text_without_frontmatter_loses_all_of_it():
    found = judged("text\n")
    assert [one.line for one in found.protected] == [2, 3, 4, 8]
    assert found.head == HEAD.replace("own: ~1\n", "")


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\r"])
def test_what_ends_a_line_for_yaml_alone_moves_no_key_to_other_lines(end):
    head = f'---\nits: "~{end * 3}b"\nown: never\nits2: ~2\n---\n'
    truth = tuple(
        LineTruth(5 if "~" in line else 1, "x", LineState.WRITTEN, None) for line in git_lines(head)
    )
    after = head.replace("never", "always").replace("~2", "3")
    found = judge_keys(frontmatter.read(head), NoteTruth(truth), frontmatter.read(after), 5)
    assert [(one.line, one.text) for one in found.protected] == [(3, "own: never")]
    assert found.head == head.replace("~2", "3")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("topic: A", "topic: ["),
        ("topic: A", "zz: : [\ntopic: A"),
        ("created:", "[\ncreated:"),
        ("topic: A", "topic: A\ntopic: A"),
        ("topic: A", "!!x zz: 1\ntopic: A"),
        ("own: ~1\n", "own: ~1\rsync: true\n"),
    ],
)
def test_what_cannot_be_read_takes_nothing_away(old, new):
    found = judged(HEAD.replace(old, new))
    assert [one.line for one in found.protected] == [2, 3, 4, 8]
    assert found.head == HEAD


def test_of_a_block_that_cannot_be_read_nothing_changes():
    broken = HEAD.replace("topic: A", "topic: [")
    assert judged(broken, broken) == judged(broken + "more\n", broken)
    assert judged(broken, broken).protected == ()
    for after in (HEAD, "text\n", f"---\nsync: true\n---\n{broken}"):
        found = judged(after, broken)
        assert found.protected
        assert found.head == broken


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("Sync: false", "sync: true"),
        ("sync: false", "SYNC: true"),
        ("title: Mine", "topic: Theirs"),
        ("topic: Mine", "title: Theirs"),
        ("tag: a", "tags: [b]"),
        ("Pin: true", "pin: false"),
        ("date: 2020-01-01", "created: 2026-01-01"),
    ],
)
def test_no_new_key_speaks_in_place_of_the_persons(own, other):
    before = f"---\n{own}\n---\n"
    for after in (f"---\n{own}\n{other}\n---\n", f"---\n{other}\n{own}\n---\n"):
        found = judged(after, before)
        assert [one.text for one in found.protected] == [own]
        assert found.head == before
    both = f"---\n{own}\n{other} # ~\n---\n"
    assert judged(both.replace("---\n", "---\nttl: 3d\n", 1), both).protected == ()
    assert judged(both.replace("# ~", "# x"), both).head == both


def test_what_is_put_together_says_what_the_persons_keys_said():
    found = judged(HEAD.replace("own: ~1\n", ""))
    assert found.holds_in(frontmatter.read(found.head + "text\n"))
    assert not found.holds_in(frontmatter.read(found.head.replace("topic: A", "topic: B")))
    assert not found.holds_in(frontmatter.read("text\n" + found.head))
    indented = judged("---\n  zz: 1\n  own: 2\n---\n")
    assert not indented.holds_in(frontmatter.read(indented.head))
    refused = refuse_keys(frontmatter.read(HEAD), truth_of(HEAD), 5)
    assert refused.holds_in(frontmatter.read(HEAD))


BODY = "# Rules\n\nNever push.\n"
ITS = "---\nzz: ~1\n---\n"


@pytest.mark.parametrize("head", ["", "---\n---\n", ITS, HEAD])
@pytest.mark.parametrize(
    "key", ["ttl: 2026-01-01", "TTL: 1d", "sync: false", "Sync: no", "ttl: 3d\nsync: off"]
)
def test_how_long_the_persons_text_is_kept_and_whether_it_is_copied_is_for_the_person(head, key):
    before = head + BODY
    keys = [*head.split("\n")[1:-2], key] if head else [key]
    after = "\n".join(["---", *keys, "---", BODY])
    found = judged(after, before)
    assert [one.text for one in found.protected] == ["# Rules"] * len(found.protected) != []
    assert found.head == head
    assert found.holds_in(frontmatter.read(head + BODY))
    assert judged(after, before.replace("Rules", "~").replace("Never", "~")).protected == ()


def test_of_its_own_keys_a_machine_keeps_those_that_decide_over_the_persons_text():
    before = "---\nttl: 30d # ~\nsync: false # ~\nzz: ~\n---\n" + BODY
    for old, new in (("30d", "3d"), ("false", "true"), ("sync: false # ~\n", "")):
        found = judged(before.replace(old, new).replace("zz: ~", "zz: 2"), before)
        assert len(found.protected) == 1
        assert sorted(found.head.split("\n")) == sorted(
            before.removesuffix(BODY).replace("zz: ~", "zz: 2").split("\n")
        )
    for old, new in (("ttl: 30d # ~\n", ""), ("zz: ~", "zz: 2"), ("# ~", "# more ~")):
        assert judged(before.replace(old, new), before).protected == ()
    for after in ("---\n{ttl: 1d, sync: false}\n---\n", "---\n{sync: true}\n---\n"):
        assert judged(after + BODY, "---\n{sync: false, a: ~}\n---\n" + BODY).protected


@pytest.mark.parametrize("head", ["", ITS, "---\ntopic: Rules # ~\n---\n"])
def test_a_note_is_called_by_the_persons_heading(head):
    before = head + BODY
    for key in ("topic: Void", "title: Void"):
        found = judged(f"---\n{key}\n---\n{BODY}", before)
        assert [one.text for one in found.protected] == ["# Rules"]
        assert "Void" not in found.head
    assert judged(f"---\ntopic: Rules\n---\n{BODY}", before).protected == ()
    assert judged(f"---\ntopic: Void\n---\n{BODY}", before.replace("# R", "# ~R")).protected == ()
    its = "---\ntopic: Other # ~\n---\n" + BODY
    assert judged(its.replace("Other", "Another"), its).protected == ()

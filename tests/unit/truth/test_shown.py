"""What a note says in its frontmatter about who wrote it."""

import pytest

from pack.core.truths import TruthMode
from pack.files import frontmatter
from pack.files.keys import TRUTH_KEYS
from pack.provenance import EDITOR, Origin, Source
from pack.results import WriteStatus
from tests.support import World

pytestmark = pytest.mark.contract("C12")

A = "notes/a.md"
PERSON = Origin(Source.USER, "cli")
CLOUD = Origin(Source.AI_CLOUD, "claude")
LOCAL = Origin(Source.AI_LOCAL, "llama")
RULE = Origin(Source.AUTOMATION, "nightly")


@pytest.fixture
def world(git_identity):
    made = World(None)
    made.open(truth=TruthMode.ENFORCE)
    made.init()
    yield made
    made.close()


def keys(world):
    fields = frontmatter.read(text(world)).fields
    return {key: value for key, value in fields.items() if key in TRUTH_KEYS}


def text(world):
    return world.memory.notes.get(A).content


def write(world, origin, content):
    memory = world.memory.written_by(origin)
    known = memory.notes.get(A).sha if A in world.listed() else None
    return memory.notes.update(A, content, known)


def shown(level, origin, by, *, accepted=False):
    return {
        "truth_level": level,
        "origin_source": origin,
        "accepted_by_user": accepted,
        "last_modified_by_level": by,
    }


def test_a_note_of_the_persons_says_nothing(world):
    write(world, PERSON, "---\ntopic: A\n---\nmine\n")
    assert keys(world) == {}


def test_a_note_of_a_machine_says_whose_it_is(world):
    assert write(world, LOCAL, "theirs\n").warnings == ()
    assert keys(world) == shown(3, "ai-local:llama", 3)
    write(world, RULE, f"{text(world)}more\n")
    assert keys(world) == shown(3, "ai-local:llama", 2)


def test_a_line_of_a_machine_in_the_persons_note(world):
    write(world, PERSON, "mine\n")
    write(world, CLOUD, f"{text(world)}theirs\n")
    assert keys(world) == shown(5, "ai-cloud:claude", 5)
    write(world, PERSON, f"{text(world)}mine again\n")
    assert keys(world) == shown(5, "ai-cloud:claude", 1)


def test_in_a_note_with_a_code_fence_around_it_each_line_counts(world):
    write(world, PERSON, "```\n---\ntopic: A\n---\nmine\n```\n")
    write(world, LOCAL, text(world).replace("mine", "theirs\n\nmine"))
    assert keys(world) == shown(3, "ai-local:llama", 3)


def test_the_keys_go_when_all_is_the_persons(world):
    write(world, PERSON, "---\ntopic: A\n# a comment\ntags: [x]\n---\nmine\n")
    before = text(world)
    write(world, CLOUD, f"{before}theirs\n")
    write(world, PERSON, text(world).replace("theirs\n", ""))
    assert text(world).rstrip() == before.rstrip()


def test_what_the_person_accepts_is_theirs(world):
    write(world, PERSON, "mine\n")
    write(world, CLOUD, f"{text(world)}one\ntwo\n")
    lines = text(world).splitlines()
    number = lines.index("one") + 1
    world.memory.written_by(PERSON).proposals.accept_text(A, f"{number}-{number}", via="tty")
    assert keys(world) == shown(5, "ai-cloud:claude", 1, accepted=True)
    write(world, Origin(Source.AI_CLOUD, "cursor"), f"{text(world)}three\n")
    assert keys(world) == shown(5, "ai-cloud:cursor", 5, accepted=True)
    world.memory.written_by(PERSON).proposals.accept_text(A, None, via="tty")
    assert keys(world) == {}


CLAIMS = [
    "truth_level: 1",
    "truth_level: " + "0" * 5000 + "1",
    'truth_level: "1"',
    "truth_level: true",
    "truth_level: 0",
    "truth_level: -5",
    "truth_level: \u0661",
    "accepted_by_user: true",
    "accepted_by_user: 'TRUE'",
    "origin_source: user:cli",
    "origin_source: me",
    "last_modified_by_level: 1",
    "Truth-Level: 1",
    "truthLevel: 1",
    '"truth\u200b_level": 1',
    "\uff54ruth_level: 1",
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_is_put_right_and_said(world, claim):
    done = write(world, CLOUD, f"---\ntopic: A\n{claim}\n---\ntheirs\n")
    assert any("claimed more" in warning for warning in done.warnings)
    fields = frontmatter.read(text(world)).fields
    assert fields.keys() == {"topic", "created", "updated", *TRUTH_KEYS}
    assert keys(world) == shown(5, "ai-cloud:claude", 5)
    assert "Pack-Event: lowered" in world.messages()[0]


@pytest.mark.parametrize("digits", ["9" * 5000, "0" * 5000 + "6", "6"])
def test_a_level_of_any_length_can_be_read(world, digits):
    done = write(world, CLOUD, f"---\ntopic: A\ntruth_level: {digits}\n---\ntheirs\n")
    assert done.warnings == ()
    assert keys(world) == shown(5, "ai-cloud:claude", 5)


UNREADABLE = [
    "truth_level: 1\ntopic: [",
    "topic: [\n'Truth-Level' : \"1\"",
    "topic: a\ntopic: b\naccepted_by_user: true",
    "{topic: A, topic: B, 'origin_source': user:cli}",
    "topic: [\ntruth_level: " + "0" * 5000 + "1",
]


@pytest.mark.parametrize("block", UNREADABLE)
def test_a_claim_that_cannot_be_put_right_is_said(world, block):
    done = write(world, CLOUD, f"---\n{block}\n---\ntheirs\n")
    (warning,) = [one for one in done.warnings if "claims more" in one]
    assert "counts for nothing" in warning
    assert block in text(world)
    assert "Pack-Event: lowered" in world.messages()[0]
    again = write(world, CLOUD, f"{text(world)}more\n")
    assert [one for one in again.warnings if "claims more" in one] == []


def test_a_claim_above_the_persons_text_is_said(world):
    world.commit({A: "mine\n"})
    done = write(world, RULE, "---\ntruth_level: 1\ntopic: [\n---\nmine\n")
    assert done.status is WriteStatus.WRITTEN
    assert any("claims more" in warning for warning in done.warnings)


def test_what_was_read_may_be_sent_back(world):
    write(world, RULE, "theirs\n")
    done = write(world, RULE, f"{text(world)}more\n")
    assert done.warnings == ()
    weak = write(world, CLOUD, "---\ntopic: A\ntruth_level: 5\n---\ntheirs\nmore\nnew\n")
    assert weak.warnings == ()


def test_the_person_claims_nothing(world):
    done = write(
        world, PERSON, "---\ntopic: A\ntruth_level: 1\naccepted_by_user: true\n---\nmine\n"
    )
    assert (keys(world), done.warnings) == ({}, ())


def test_a_ticked_box_makes_nothing_a_machines(world):
    write(world, PERSON, "- [ ] milk\n")
    write(world, CLOUD, text(world).replace("[ ]", "[x]"))
    assert keys(world) == {}


@pytest.mark.parametrize("head", ["---\n{topic: A}\n---\n", "---\ntopic: [\n---\n", ""])
def test_whatever_the_frontmatter_looks_like_the_text_is_stored(world, head):
    write(world, CLOUD, f"{head}theirs\n")
    assert text(world).endswith("theirs\n")


def test_hand_edits_and_moves_keep_their_bytes(git_identity, tmp_path):
    world = World(tmp_path / "memory")
    world.open(truth=TruthMode.ENFORCE)
    world.init()
    world.edit(A, "---\ntruth_level: 1\n---\nmine\n")
    world.memory.written_by(EDITOR).hand_edits.commit()
    assert text(world) == "---\ntruth_level: 1\n---\nmine\n"
    write(world, PERSON, f"{text(world)}more\n")
    assert keys(world) == {}
    world.close()


def test_where_levels_are_off_nothing_is_shown(git_identity):
    world = World(None)
    world.init()
    write(world, CLOUD, "---\ntruth_level: 1\n---\ntheirs\n")
    assert keys(world) == {"truth_level": 1}
    world.close()

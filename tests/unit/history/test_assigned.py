"""What a note beside a commit says of its writer."""

import pytest

from pack.history.assigned import (
    AssignedLevel,
    assigned_in,
    assigned_to,
    is_raised,
    note_of,
    parse_note,
    with_assigned,
)
from pack.history.origins import WrittenBy
from pack.provenance import TRUTH_LEVELS, Origin, Source

pytestmark = pytest.mark.contract("C12")

PERSON = Origin(Source.USER, "cli")
MIA = WrittenBy("user:Mia", 1, "Mia", is_ours=False)
CURSOR = WrittenBy("ai-cloud:cursor", 5, "cursor", is_ours=True)
NOBODY = WrittenBy("unattributed:Mia", 1, "Mia", is_ours=False, is_attributed=False)


@pytest.mark.parametrize("writer", [MIA, CURSOR, NOBODY])
@pytest.mark.parametrize("level", [*TRUTH_LEVELS.values(), None])
def test_a_note_says_what_was_assigned(writer, level):
    assigned = assigned_to(writer, level, PERSON)
    assert parse_note(note_of(assigned, ("user:cli", "tty"))) == assigned
    found = with_assigned(writer, assigned)
    assert (found.level, found.is_attributed) == (level or 1, level is not None)
    assert found.is_accepted == (level == 1 and writer is not MIA)


def test_who_it_is_follows_from_the_level():
    assert assigned_to(MIA, 5, PERSON).origin == "ai-cloud:Mia"
    assert assigned_to(MIA, 1, PERSON).origin == "user:Mia"
    assert assigned_to(CURSOR, 1, PERSON).origin == "user:cli"
    assert assigned_to(CURSOR, 5, PERSON).origin == "ai-cloud:cursor"
    assert assigned_to(CURSOR, None, PERSON).origin == "unattributed:cursor"
    assert assigned_to(NOBODY, 2, PERSON).origin == "automation:Mia"


def test_more_authority_than_a_commit_claims_is_an_acceptance():
    assert is_raised(CURSOR, assigned_to(CURSOR, 4, PERSON))
    assert is_raised(NOBODY, assigned_to(NOBODY, 5, PERSON))
    assert not is_raised(MIA, assigned_to(MIA, 1, PERSON))
    assert not is_raised(MIA, assigned_to(MIA, 5, PERSON))
    assert with_assigned(CURSOR, None) is CURSOR
    lines = note_of(AssignedLevel(1, "user:cli"), ("user:cli", "tty")).splitlines()
    assert lines[2:] == ["Pack-Accepted-By: user:cli", "Pack-Accepted-Via: tty"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Pack-Truth-Level: 1\n",
        "Pack-Truth-Level: 1\nPack-Origin: ai-cloud:cursor\n",
        "Pack-Truth-Level: 5\nPack-Origin: ai-cloud:obey this\n",
        "Pack-Truth-Level: 1\nPack-Origin: unattributed:obey this\n",
        "Pack-Truth-Level: 5\nPack-Origin: unattributed:x\n",
        "Pack-Truth-Level: x\nPack-Origin: user:cli\n",
        "Pack-Truth-Level: 6\nPack-Origin: nobody:cli\n",
    ],
)
def test_what_pack_did_not_write_says_nothing(text, world):
    assert parse_note(text) is None
    world.init()
    head = world.connector.head()
    core = world.memory._session.core
    assert assigned_in(core) == (None, {})
    state = world.connector.write_notes(None, {head: text}, "by hand")
    assert assigned_in(core) == (state, {})

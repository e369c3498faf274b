import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pack.log import ChangeKind, CommitFacts, FileChange
from pack.model import CommitId, MemoryPath
from pack.proposals.proposal import (
    NoProposal,
    ProposalStatus,
    is_id,
    make_id,
    may_be_older,
    read_proposal,
    tag_of,
)

A, B = MemoryPath("notes/a.md"), MemoryPath("notes/b.md")
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def facts(message, *files):
    return CommitFacts(CommitId("c" * 40), (CommitId("b" * 40),), message, NOW, files=tuple(files))


def test_an_id_fits_the_name_of_a_ref_and_ends_in_the_tag_of_its_file():
    ids = {make_id(A, NOW, number) for number in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch("[0-9a-z]{10}", one) and one.endswith(tag_of(A)) for one in ids)
    assert all(map(is_id, ids))
    assert tag_of(A) != tag_of(B)


@pytest.mark.parametrize(
    "name", ["", "0000abcxy", "0000abcxyzz", "0000ABCXYZ", "0000/bcxyz", "0000abcxil"]
)
def test_other_names_are_no_ids(name):
    assert not is_id(name)


def test_an_id_tells_about_when_it_was_made():
    made = make_id(A, NOW, 31)
    assert may_be_older(made, NOW + timedelta(days=1))
    assert may_be_older(made, NOW)
    assert not may_be_older(made, NOW - timedelta(hours=2))
    assert make_id(A, NOW + timedelta(days=30 * 365), 0) > made


def test_a_proposal_says_what_its_commit_says():
    found = read_proposal(
        make_id(B, NOW, 7),
        facts(
            "notes/b.md: edit (shorter)\n\nPack-Origin: ai-cloud:x\nPack-Truth-Level: 5\n"
            "Pack-Request: r",
            FileChange(A, ChangeKind.EDITED),
            FileChange(B, ChangeKind.EDITED),
        ),
        None,
    )
    assert (found.path, found.paths) == (B, (A, B))
    assert (found.origin, found.level, found.status) == ("ai-cloud:x", 5, ProposalStatus.OPEN)
    assert (found.message, found.time) == ("notes/b.md: edit (shorter)", NOW)


EDITED = FileChange(A, ChangeKind.EDITED)


def test_one_that_says_nothing_about_itself_is_of_the_weakest_level():
    found = read_proposal(make_id(A, NOW, 1), facts("by hand", EDITED), None)
    assert (found.origin, found.level, found.message) == ("unknown", 5, "by hand")


@pytest.mark.parametrize("level", ["9" * 5000, "1", "0", "6", "-1", "\u0662", "2.5", "two", ""])
def test_a_level_that_no_machine_has_is_the_weakest(level):
    message = f"m\n\nPack-Origin: ai-cloud:x\nPack-Truth-Level: {level}\nPack-Request: r"
    assert read_proposal(make_id(A, NOW, 1), facts(message, EDITED), None).level == 5


@pytest.mark.parametrize("origin", ["me", "user:", "ghost:x", "ai-cloud:\x1b[2Jx\u202e"])
def test_an_origin_is_one_or_unknown(origin):
    message = f"m\n\nPack-Origin: {origin}\nPack-Truth-Level: 5\nPack-Request: r"
    found = read_proposal(make_id(A, NOW, 1), facts(message, EDITED), None)
    assert found.origin in ("unknown", "ai-cloud:2Jx")


def test_a_commit_that_changes_nothing_or_is_made_on_none_is_no_proposal():
    for made in (facts("m"), replace(facts("m", EDITED), parents=())):
        with pytest.raises(NoProposal):
            read_proposal(make_id(A, NOW, 1), made, None)


def test_a_record_tells_why_it_was_refused():
    record = facts("x\n\nPack-Proposal-Status: rejected\nPack-Reason: too \x1b long")
    found = read_proposal(make_id(A, NOW, 1), facts("m", EDITED), record)
    assert (found.status, found.reason, found.decided) == (
        ProposalStatus.REJECTED,
        "too long",
        NOW,
    )

"""Which branch of a remote is the memory's."""

from __future__ import annotations

import pytest

from pack.errors import NotFound, SeveralBranches
from pack.model import CommitId
from pack.remote.branches import HeldBranches, choose_to_clone, choose_to_follow, named
from pack.remote.remote import RemoteBranch, Stop, StopKind

A, B = CommitId("a" * 40), CommitId("b" * 40)


def branch(there: str = "main", local: str = "main") -> RemoteBranch:
    return RemoteBranch("origin", "/r.git", there, local, there)


@pytest.mark.parametrize(
    ("held", "chosen"),
    [
        (HeldBranches((), "master", ()), None),
        (HeldBranches(["main"], "master", ()), "main"),
        (HeldBranches(["main"], None, ["main"]), "main"),
        (HeldBranches(["docs", "main"], "docs", ["main"]), "main"),
        (HeldBranches(["docs", "main"], "main", []), "main"),
        (HeldBranches(["draft", "main"], "main", ["draft", "main"]), "main"),
    ],
)
def test_a_clone_takes_the_branch_that_is_the_memory(
    held: HeldBranches, chosen: str | None
) -> None:
    assert choose_to_clone(held, None) == chosen


@pytest.mark.parametrize(
    "held",
    [
        HeldBranches(["main", "master"], "master", ["main", "master"], ["main"]),
        HeldBranches(["main", "trunk"], "master", ["main", "trunk"]),
        HeldBranches(["main", "trunk"], None, []),
    ],
)
def test_a_person_chooses_between_two_memories(held: HeldBranches) -> None:
    with pytest.raises(SeveralBranches, match="main, "):
        choose_to_clone(held, None)
    assert choose_to_clone(held, "main") == "main"


def test_a_branch_that_is_not_there_cannot_be_cloned() -> None:
    with pytest.raises(NotFound) as refusal:
        choose_to_clone(HeldBranches(["main"], "main", ["main"]), "other")
    assert "It has main." in refusal.value.remedy


@pytest.mark.parametrize(
    ("heads", "seen", "taken", "chosen"),
    [
        ({}, None, (), "main"),
        ({"main": A, "other": B}, None, (), "main"),
        ({"master": A}, None, (), "master"),
        ({"trunk": A}, A, (), "trunk"),
        ({"trunk": A, "other": B}, A, (), "trunk"),
        ({"one": B, "other": B}, A, (), "main"),
        ({"work": B}, A, ["work"], "main"),
    ],
)
def test_an_exchange_follows_what_is_there(
    heads: dict[str, CommitId], seen: CommitId | None, taken: list[str], chosen: str
) -> None:
    assert choose_to_follow(branch(), heads, seen, taken) == chosen


@pytest.mark.parametrize(
    ("heads", "taken"), [({"master": A, "trunk": B}, ()), ({"main": A}, ["main"])]
)
def test_a_second_branch_is_not_begun_without_being_asked(
    heads: dict[str, CommitId], taken: list[str]
) -> None:
    stop = choose_to_follow(branch("work", "work"), heads, None, taken)
    assert isinstance(stop, Stop)
    assert stop.kind is StopKind.BRANCH
    assert ", ".join(sorted(heads)) in stop.reason
    assert "`git push -u origin work`" in stop.remedy


def test_many_branches_are_not_all_named() -> None:
    assert named([str(number) for number in range(10, 40)]).endswith("29 and 10 more")

"""What an exchange does follows from where both sides are; when in doubt, nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.actions import Action
from pack.model import CommitId
from pack.remote.decision import Move, Permission, Position, plan_move
from pack.remote.remote import Stop, StopKind

A, B, C, D = (CommitId(letter * 40) for letter in "abcd")
EVERYTHING = Permission(accept=True, unrelated=True)


def kind(decision: Move | Stop) -> Move | StopKind:
    return decision.kind if isinstance(decision, Stop) else decision


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (Position(None, None), Move.NOTHING),
        (Position(None, None, seen=A), Move.NOTHING),
        (Position(A, None), Move.PUSH),
        (Position(None, A), Move.FAST_FORWARD),
        (Position(A, A, seen=A, base=A), Move.NOTHING),
        (Position(A, A, base=A), Move.NOTHING),
        (Position(B, A, seen=A, base=A), Move.PUSH),
        (Position(A, B, seen=A, base=A), Move.FAST_FORWARD),
        (Position(B, C, seen=A, base=A), Move.MERGE),
        (Position(B, C, base=A), Move.MERGE),
        # Somebody merged the rewritten history here by hand: both sides can go on.
        (Position(D, C, seen=B, base=C, has_seen=False), Move.PUSH),
        (Position(C, C, seen=B, base=C, has_seen=False), Move.NOTHING),
    ],
)
def test_both_sides_are_brought_together(position: Position, expected: Move) -> None:
    assert plan_move(position, "origin/main") is expected


STOPS = [
    (Position(A, None, seen=A), StopKind.VANISHED, Move.PUSH),
    (Position(B, C, seen=B, base=A, has_seen=False), StopKind.REWRITTEN, Move.MERGE),
    # Set back to an older commit: a push would quietly undo what somebody did on purpose.
    (Position(B, A, seen=B, base=A, has_seen=False, in_seen=True), StopKind.REWRITTEN, Move.PUSH),
    (Position(A, B, seen=A, base=A, is_emptied=True), StopKind.EMPTIED, Move.FAST_FORWARD),
    (Position(C, B, seen=A, base=A, is_emptied=True), StopKind.EMPTIED, Move.MERGE),
    (Position(A, B), StopKind.UNRELATED, Move.MERGE),
]


@pytest.mark.contract("C1")
@pytest.mark.parametrize(("position", "why", "when_allowed"), STOPS)
def test_what_could_lose_something_stops_until_a_person_decides(
    position: Position, why: StopKind, when_allowed: Move
) -> None:
    stop = plan_move(position, "origin/main")
    assert isinstance(stop, Stop)
    assert stop.kind is why
    assert "origin/main" in stop.reason
    told = (Action.ALLOW_UNRELATED, Action.ACCEPT_REMOTE_HISTORY)
    assert sum(action in stop.remedy for action in told) == 1
    assert plan_move(position, "origin/main", EVERYTHING) is when_allowed


def test_accepting_a_history_does_not_allow_an_unrelated_one() -> None:
    position = Position(A, B, seen=C, has_seen=False)
    assert kind(plan_move(position, "r", Permission(accept=True))) is StopKind.UNRELATED
    assert kind(plan_move(position, "r", Permission(unrelated=True))) is StopKind.REWRITTEN


@st.composite
def histories(draw: st.DrawFn) -> list[set[int]]:
    """For each of some commits, the commits that lead to it, itself included."""
    found: list[set[int]] = []
    for number in range(draw(st.integers(1, 7))):
        parents = draw(st.sets(st.integers(0, number - 1), max_size=2)) if number else set()
        found.append({number}.union(*(found[parent] for parent in parents)))
    return found


def commit(number: int) -> CommitId:
    return CommitId(f"{number:040x}")


def position_in(
    history: list[set[int]], ours: int | None, theirs: int | None, seen: int | None
) -> Position:
    before = [set[int]() if number is None else history[number] for number in (ours, theirs, seen)]
    common = before[0] & before[1]
    best = [c for c in common if not any(c in history[o] for o in common - {c})]
    names = (None if number is None else commit(number) for number in (ours, theirs, seen))
    return Position(
        *names,
        base=commit(min(best)) if best else None,
        has_seen=seen is None or seen in before[1],
        in_seen=theirs is not None and theirs in before[2],
    )


@pytest.mark.contract("C1")
@given(histories(), st.data())
def test_no_commit_of_either_side_is_ever_dropped(
    history: list[set[int]], data: st.DataObject
) -> None:
    some = st.none() | st.integers(0, len(history) - 1)
    ours, theirs, seen = (data.draw(some) for _ in range(3))
    decision = plan_move(position_in(history, ours, theirs, seen), "r")
    here = set() if ours is None else history[ours]
    there = set() if theirs is None else history[theirs]
    if isinstance(decision, Stop):
        return
    assert decision is not Move.PUSH or there < here
    assert decision is not Move.FAST_FORWARD or here < there
    assert decision is not Move.MERGE or (here & there and here - there and there - here)
    assert decision is not Move.NOTHING or here == there
    if seen is not None and ours != theirs:
        # What both had agreed on is still there, or was merged here by somebody.
        assert seen in there or (theirs in here and theirs not in history[seen])

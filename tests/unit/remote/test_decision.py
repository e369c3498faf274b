"""What an exchange does follows from where both sides are; when in doubt, nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.actions import Action
from pack.errors import Unavailable
from pack.limits import MAX_FILE_BYTES
from pack.model import CommitId, EntryType, MemoryPath
from pack.remote.decision import Move, Permission, Position, plan_move
from pack.remote.incoming import MAX_CHANGED_FILES, MAX_DEPTH, refuse, refuse_twins
from pack.remote.remote import Exchange, Incoming, Outcome, RemoteRecord, Stop, StopKind
from pack.remote.schedule import after_exchange, after_failure, is_due, retry_delay

A, B, C, D = (CommitId(letter * 40) for letter in "abcd")
EVERYTHING = Permission(accept=True, unrelated=True)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


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


# --- what a remote may bring --------------------------------------------------------------------


def brought(path: str, **fields: object) -> Incoming:
    plain = Incoming(MemoryPath(path), EntryType.FILE, is_new=True, is_changed_type=False, size=9)
    return replace(plain, **fields)  # type: ignore[arg-type]  # the tests name real fields


@pytest.mark.parametrize(
    "found",
    [
        brought("context/big.md", size=MAX_FILE_BYTES + 1),
        brought("sub", type=EntryType.SUBMODULE),
        brought("context/a.md", is_changed_type=True, type=EntryType.SYMLINK),
        brought("/".join(["d"] * (MAX_DEPTH + 1))),
        brought("context/\udcff.md"),
        brought("link", type=EntryType.SYMLINK, size=0),
        brought("link", type=EntryType.SYMLINK, size=5000),
    ],
)
def test_what_would_break_a_working_tree_is_refused(found: Incoming) -> None:
    stop = refuse([brought("context/fine.md"), found], "origin/main")
    assert stop is not None
    assert stop.kind is StopKind.REFUSED
    assert stop.reason.isprintable()


def test_more_than_can_be_handled_is_refused() -> None:
    many = [brought(f"context/{number}.md") for number in range(MAX_CHANGED_FILES + 1)]
    assert refuse(many[:-1], "r") is None
    assert refuse(many, "r") is not None
    large = [brought(f"context/{number}.md", size=MAX_FILE_BYTES) for number in range(257)]
    assert refuse(large, "r") is not None


def test_a_folder_that_becomes_a_link_is_refused() -> None:
    link = brought("context", type=EntryType.SYMLINK, size=5)
    gone = brought("context/deep/a.md", type=None, is_new=False)
    assert refuse([gone, link], "r") is not None
    assert refuse([gone, brought("contexts", type=EntryType.SYMLINK)], "r") is None


@pytest.mark.parametrize("other", ["context/A.md", "Context/b.md", "context/a.MD"])
def test_new_twins_are_refused_and_old_ones_are_not_its_fault(other: str) -> None:
    paths = ["context/a.md", "context/x.md", other]
    assert refuse_twins([brought(other)], paths, "r") is not None
    assert refuse_twins([brought("context/a.md")], paths, "r") is not None
    assert refuse_twins([brought("context/x.md", is_new=False)], paths, "r") is None
    assert refuse_twins([brought(other, type=None)], paths, "r") is None


# --- when ---------------------------------------------------------------------------------------


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_failures_make_the_next_attempt_later_up_to_an_hour(failures: int, jitter: float) -> None:
    delay = retry_delay(failures, jitter)
    assert 5 <= delay <= 3600
    assert retry_delay(failures + 1, jitter) >= delay
    assert failures < 10 or delay >= 1800


def test_a_failure_waits_and_the_next_success_forgets_it() -> None:
    record = RemoteRecord(exchanged_at="2026-02-01T00:00:00Z", agreed=A)
    for failures in (1, 2, 3):
        record = after_failure(record, NOW, Unavailable("offline"), 1.0)
        assert record.failures == failures
        assert (record.problem, record.exchanged_at) == ("offline", "2026-02-01T00:00:00Z")
    assert not is_due(record, NOW + timedelta(seconds=59), 1, has_news=True)
    assert is_due(record, NOW + timedelta(seconds=60), 1_000_000, has_news=False)
    done = after_exchange(record, NOW, Exchange(Outcome.SENT, agreed=B))
    assert done == RemoteRecord("2026-03-01T00:00:00Z", B, "2026-03-01T00:00:00Z")


def test_news_are_sent_at_once_and_the_remote_is_asked_at_intervals() -> None:
    record = after_exchange(RemoteRecord(), NOW, Exchange(Outcome.UP_TO_DATE, agreed=A))
    soon, later = NOW + timedelta(seconds=299), NOW + timedelta(seconds=300)
    assert is_due(record, soon, 300, has_news=True)
    assert not is_due(record, soon, 300, has_news=False)
    assert is_due(record, later, 300, has_news=False)
    assert is_due(record, NOW - timedelta(days=1), 300, has_news=False)  # the clock was set back
    assert is_due(RemoteRecord(), NOW, 300, has_news=False)


def test_what_stopped_or_waits_is_looked_at_again_at_intervals_only() -> None:
    stop = Stop(StopKind.REWRITTEN, "reason", "remedy")
    for done in (
        Exchange(Outcome.STOPPED, stop=stop),
        Exchange(Outcome.WAITING, reason="an edit is in the way"),
    ):
        record = after_exchange(RemoteRecord(agreed=A), NOW, done)
        assert record.agreed == A
        assert record.exchanged_at is None
        assert not is_due(record, NOW + timedelta(seconds=10), 300, has_news=True)
        assert is_due(record, NOW + timedelta(seconds=300), 300, has_news=True)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-01T00:00:00"])
def test_a_time_that_cannot_be_read_holds_nothing_off(text: str) -> None:
    assert is_due(RemoteRecord(attempted_at=text), NOW + timedelta(days=1), 300, has_news=False)
    assert is_due(RemoteRecord(not_before=text), NOW, 300, has_news=False)

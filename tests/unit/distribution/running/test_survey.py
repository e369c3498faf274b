"""How downstreams stand, also where what they have is of no memory that is known here."""

from dataclasses import replace

import pytest

from pack.distribution.running.context import RunContext
from pack.distribution.running.results import RunStatus
from pack.distribution.running.survey import survey
from pack.distribution.staleness import SyncStanding
from pack.errors import RefusedForSafety
from tests.distribution_repository import MemoryEngine
from tests.distribution_support import DAY_ONE, MemoryUpstream


class Renamed(MemoryEngine):
    """Another memory."""

    def context(self) -> RunContext:
        return replace(super().context(), name="other")


def begun(engine: MemoryEngine) -> MemoryEngine:
    engine.upstream.release("v1.0.0", {"guides/a.md": b"# A\n"})
    engine.downstream.merge(engine.run().branch or "", "merge")
    return engine


def rewritten() -> MemoryEngine:
    engine = begun(MemoryEngine())
    engine.upstream = MemoryUpstream()
    engine.upstream.commit({"guides/a.md": b"# A\n", "b.md": b"x"})
    engine.upstream.release("v1.1.0", {"guides/a.md": b"# A, more\n"})
    return engine


def test_a_history_that_was_rewritten_stops_nothing() -> None:
    engine = rewritten()
    found = survey(engine.context(), engine.rule, DAY_ONE)
    assert (found.error, found.version, found.missed) == ("", "v1.0.0", 1)
    assert found.status is SyncStanding.BEHIND
    engine.downstream.merge(engine.run().branch or "", "merge")
    assert engine.downstream.now()["docs/a.md"] == b"# A, more\n"


def test_the_commits_of_a_history_that_is_gone_are_not_asked_for() -> None:
    engine = rewritten()
    asked = []
    context = replace(engine.context(), subjects=lambda *said: asked.append(said) or ())
    engine.context = lambda: context  # type: ignore[method-assign]
    assert engine.run().status is RunStatus.OPENED
    assert asked == []


def test_what_another_memory_brought_is_left_to_it_and_named() -> None:
    engine = Renamed()
    engine.downstream = begun(MemoryEngine()).downstream
    engine.upstream.release("v2.0.0", {"guides/b.md": b"# B\n"})
    found = survey(engine.context(), engine.rule, DAY_ONE)
    assert "belongs to another memory, notes" in found.error
    done = engine.run()
    assert (done.status, done.message) == (RunStatus.FAILED, found.error)
    assert engine.downstream.pushes == ["notes-sync/v1.0.0/guides"]


def test_a_rollback_does_not_touch_what_another_memory_brought() -> None:
    engine = Renamed()
    engine.downstream = begun(MemoryEngine()).downstream
    engine.upstream.release("v2.0.0", {"guides/b.md": b"# B\n"})
    with pytest.raises(RefusedForSafety, match="another memory"):
        engine.take_back()


def test_what_was_taken_back_on_change_is_not_missed() -> None:
    engine = MemoryEngine(frequency="on_change")
    engine.upstream.commit({"guides/a.md": b"# A\n"})
    engine.downstream.merge(engine.run().branch or "", "merge")
    engine.downstream.merge(engine.take_back().branch, "merge")
    found = survey(engine.context(), engine.rule, DAY_ONE)
    assert (found.latest, found.missed, found.error) == (None, 0, "")
    engine.upstream.commit({"guides/a.md": b"# A, more\n"})
    assert survey(engine.context(), engine.rule, DAY_ONE).missed == 1

"""What takes a sync back says nothing that the downstream could not know, and keeps its log."""

import json
from dataclasses import replace

import pytest

from pack.distribution.content.placing import DECISIONS
from pack.distribution.ports import DownstreamEntry
from pack.distribution.values import CheckStatus
from pack.model import CommitId, blob_id
from tests.distribution_repository import HUMAN, MemoryEngine

STATE = ".pack-sync-state/guides.json"
FIRST = {"guides/a.md": b"# A\n", "people/jane.md": b"# Jane\n"}
SECOND = {**FIRST, "guides/a.md": b"# A\n\nMore.\n"}


def landed(engine: MemoryEngine) -> MemoryEngine:
    engine.downstream.merge(engine.run().branch or "", "squash")
    return engine


def twice() -> MemoryEngine:
    engine = MemoryEngine()
    engine.upstream.release("v1.0.0", FIRST)
    landed(engine)
    engine.upstream.release("v1.1.0", SECOND)
    return engine


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_forged_record_learns_no_name(is_listed: bool) -> None:
    engine = twice()
    state = json.loads(engine.downstream.now()[STATE])
    state["made_by"].update(source="**", target_path="")
    if not is_listed:
        state["files"] = {}
    forged = json.dumps(state).encode()
    engine.downstream.change({STATE: forged})
    engine.registry = replace(engine.registry, entries={})
    landed(engine)
    done = engine.take_back()
    assert engine.downstream.now()[STATE] != forged
    assert done.commit is not None
    said = repr(done) + engine.downstream.commits[done.commit].message
    assert "jane" not in said


def test_a_record_of_a_commit_that_is_gone_is_taken_back_too() -> None:
    engine = landed(twice())
    for one in engine.upstream.commits:
        object.__setattr__(one, "id", CommitId("e" * 40))
    done = engine.take_back()
    assert done.checks[0].status is CheckStatus.WARN
    engine.downstream.merge(done.branch, "merge")
    assert engine.downstream.now()["docs/a.md"] == FIRST["guides/a.md"]


def test_the_log_goes_on_from_what_the_way_back_makes_of_it() -> None:
    engine = MemoryEngine({DECISIONS: b"# Ours\n"})
    engine.upstream.release("v1.0.0", FIRST)
    landed(engine)
    engine.upstream.release("v1.1.0", SECOND)
    landed(engine)
    done = engine.take_back()
    engine.downstream.merge(done.branch, "merge")
    assert engine.downstream.now()[DECISIONS].startswith(b"# Ours\n")
    assert b"rollback:" in engine.downstream.now()[DECISIONS]


def test_a_log_that_is_a_link_is_left_alone_and_said() -> None:
    engine = landed(twice())
    link = DownstreamEntry("120000", blob_id(b"docs/log.md"))
    down = engine.downstream
    head = down.change({"x": b"x"})
    down.trees[head] = {**down.trees[head], DECISIONS: link}
    down.blobs[link.blob] = b"docs/log.md"
    done = engine.take_back()
    assert DECISIONS in " ".join(done.notes)
    assert done.commit is not None
    assert down.trees[done.commit][DECISIONS] == link
    assert down.commits[head].author == HUMAN

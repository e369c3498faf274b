from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.core.events import MemoryEvent, MemoryEventKind, read_events
from pack.history.origins import written_by
from pack.log import CommitFacts
from pack.model import CommitId
from pack.provenance import Origin, Source, commit_message
from tests.support import START

SHA = "a" * 40


def message(*events: MemoryEvent) -> str:
    origin = Origin(Source.AUTOMATION, "git remote")
    trailers = [event.trailer() for event in events]
    return commit_message("a.md: merge origin/main", origin, "request-1", trailers=trailers)


@given(st.sampled_from(list(MemoryEventKind)), st.text(max_size=60), st.text(max_size=60))
def test_what_a_commit_tells_is_read_again(kind: MemoryEventKind, kept: str, gone: str) -> None:
    events = [MemoryEvent(kind, "a b/ä-1.md", kept, gone), MemoryEvent(kind, "c.md")]
    assert list(read_events(message(*events))) == events


def test_the_writer_of_a_commit_with_events_is_still_known() -> None:
    text = message(MemoryEvent(MemoryEventKind.CONFLICT, "a.md", SHA, "b" * 40))
    writer = written_by(CommitFacts(CommitId(SHA), (), text, START))
    assert (writer.origin, writer.level, writer.is_attributed) == ("automation:git-remote", 2, True)


@pytest.mark.parametrize("value", ["x", "conflict a.md", "unknown - - a.md", "conflict - a.md"])
def test_what_is_no_event_is_left_out(value: str) -> None:
    assert list(read_events(f"a.md: update\n\nPack-Request: 1\nPack-Event: {value}")) == []


def test_a_long_value_is_cut() -> None:
    (event,) = read_events(message(MemoryEvent(MemoryEventKind.VALUE, "a.md", "x" * 5000, "")))
    assert event.kept == "x" * 200

"""Decisions are added once, in the seed's form, and nothing that people wrote changes."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.distribution.notices.decisions import (
    ConflictResolution,
    RollbackEntry,
    entry_text,
    has_decision,
    with_decision,
)
from tests.support import examples

KEPT = ConflictResolution(
    "2026-01-30",
    "v2.4.0",
    "docs/agent33/RELEASE_CADENCE.md",
    "Kept downstream override",
    "human-reviewer",
)
UNDONE = RollbackEntry(
    *("2026-01-30", "v2.4.0", "abc1234", "Schema failures", "v2.3.1 sync state"),
    *("AGENT-33#456", "operator"),
)


def test_the_forms_are_the_seeds() -> None:
    assert entry_text(KEPT) == (
        "conflict_resolution:\n"
        '  date: "2026-01-30"\n'
        '  sync_version: "v2.4.0"\n'
        '  file: "docs/agent33/RELEASE_CADENCE.md"\n'
        '  decision: "Kept downstream override"\n'
        '  resolved_by: "human-reviewer"\n'
    )
    assert list(yaml.safe_load(entry_text(UNDONE))["rollback"]) == [
        *("date", "sync_version", "reverted_commit", "reason", "restored_to", "follow_up_issue"),
        "logged_by",
    ]


def test_the_first_entry_begins_the_log() -> None:
    log = with_decision(None, KEPT)
    assert log.decode() == f"# Decisions\n\n```yaml\n{entry_text(KEPT)}```\n"
    assert has_decision(log, KEPT)
    assert not has_decision(log, UNDONE)
    assert not has_decision(None, KEPT)


BEFORE = [
    *(b"", b"x", b"# Ours\n\nText", b"a\r\nb\r\n", b"\xff\xfe\n", b"---\na: 1\n---\n"),
    *(b"```\nopen", b"~~~~ x\nopen\n", b"```\r\nopen\r\n", b"````\n```\n", b"- a\n\n  ```\n  x\n"),
    *(b"> ```\n> x\n", b"<!--\nopen\n", b"```\nclosed\n```\n", b"```", b"text\n\n    code\n"),
]


@pytest.mark.parametrize("before", BEFORE)
def test_an_entry_is_added_once_and_everything_before_it_stays(before: bytes) -> None:
    log = with_decision(before, UNDONE)
    assert log.startswith(before)
    assert has_decision(log, UNDONE)
    assert with_decision(log, UNDONE) == log
    both = with_decision(log, KEPT)
    assert both.startswith(log)
    assert has_decision(both, UNDONE)
    assert has_decision(both, KEPT)
    if b"\r\n" in before:
        assert log.count(b"\n") == log.count(b"\r\n")


@settings(max_examples=examples(60))
@given(
    st.text(st.sampled_from("`~\r\n -#><!ab:\t"), max_size=30),
    st.text(st.sampled_from("`~\r\n\"'\\:#ab\u2028"), max_size=20),
)
def test_any_log_takes_any_entry(before: str, said: str) -> None:
    entry = ConflictResolution("2026-01-30", "v1.0.0", said, said, said)
    log = with_decision(before.encode(), entry)
    assert log.startswith(before.encode())
    last = yaml.safe_load(log.decode().rpartition("```yaml")[2].rpartition("```")[0])
    assert last["conflict_resolution"]["decision"] == said
    assert with_decision(log, entry) == log

"""Who made a commit."""

from datetime import UTC, datetime

import pytest

from pack.history.origins import is_by, written_by
from pack.log import CommitFacts
from pack.model import Identity
from pack.provenance import EDITOR, Origin, Source, commit_message

AT = datetime(2026, 3, 1, tzinfo=UTC)
CLAUDE = Origin(Source.AI_CLOUD, "claude-code")


def commit(message, name="Ann Example"):
    return CommitFacts("1" * 40, (), message, AT, None, Identity(name, "a@example.org"))


@pytest.mark.parametrize(
    ("message", "origin", "level", "client"),
    [
        (commit_message("a", CLAUDE, "r"), "ai-cloud:claude-code", 5, "claude-code"),
        (commit_message("a", EDITOR, "r"), "user:editor", 1, "editor"),
        ("a plain commit", "user:Ann-Example", 1, "Ann Example"),
        ("x\n\nPack-Origin: ai-cloud:x", "user:Ann-Example", 1, "Ann Example"),
        ("x\n\nPack-Origin: x:y\nPack-Request: r", "user:Ann-Example", 1, "Ann Example"),
        ("x\n\nPack-Origin: user:y\nPack-Truth-Level: 9\nPack-Request: r", "user:y", 1, "y"),
    ],
)
def test_the_writer_of_a_commit(message, origin, level, client):
    found = written_by(commit(message))
    assert (found.origin, found.level, found.client) == (origin, level, client)


def test_an_author_without_a_name():
    assert written_by(commit("x", "")).origin == "user:unknown"


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        *((name, True) for name in ("ai-cloud:claude-code", "AI-Cloud", "claude", " Claude-Code ")),
        *((name, False) for name in ("user", "code", "ai-local", "cursor")),
    ],
)
def test_a_writer_is_named_by_origin_source_or_client(wanted, fits):
    assert is_by(commit(commit_message("a", CLAUDE, "r")), wanted) is fits

"""What a person calls the writers of commits."""

from datetime import UTC, datetime, timedelta

import pytest
from pack_servers.cli.shell.writers import when, writer_name

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("origin", "client", "name"),
    [
        ("user:cli", "cli", "you"),
        ("user:editor", None, "you"),
        ("user:Claude-Example", "Claude Example", "Claude Example"),
        ("ai-cloud:claude-code", "claude-code", "Claude"),
        ("ai-local:cursor-vscode", None, "Cursor"),
        ("ai-cloud:Visual-Studio-Code", None, "VS Code"),
        ("ai-cloud:you", None, "ai-cloud:you"),
        ("ai-cloud:You-by-hand", "You-by-hand", "ai-cloud:You-by-hand"),
        ("ai-local:user", None, "ai-local:user"),
        ("ai-lan:CLI", None, "ai-lan:CLI"),
        ("ai-cloud:editor", None, "ai-cloud:editor"),
        ("ai-cloud:unattributed-Ann", None, "ai-cloud:unattributed-Ann"),
        ("ai-cloud:youtube", None, "youtube"),
        ("automation:cli", None, "cli"),
        ("automation:notion", None, "notion"),
        ("odd", None, "odd"),
    ],
)
def test_a_writer(origin, client, name):
    assert writer_name(origin, client) == name


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ({"seconds": 5}, "just now (2026-03-01 11:59 UTC)"),
        ({"minutes": 1}, "1 minute ago (2026-03-01 11:59 UTC)"),
        ({"hours": 3}, "3 hours ago (2026-03-01 09:00 UTC)"),
        ({"days": 2}, "2 days ago (2026-02-27 12:00 UTC)"),
        ({"days": 90}, "2025-12-01 12:00 UTC"),
        ({"days": -1}, "2026-03-02 12:00 UTC"),
    ],
)
def test_how_long_ago(before, said):
    assert when((NOW - timedelta(**before)).isoformat(), NOW) == said

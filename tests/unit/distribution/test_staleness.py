"""From when on a downstream is behind or stale, and who hears of it."""

from datetime import UTC, datetime, timedelta

import pytest

from pack.distribution.notices.alerts import AlertType, Audience
from pack.distribution.staleness import (
    DownstreamState,
    SyncStanding,
    alerts_of,
    days_between,
    standing_of,
)
from pack.distribution.values import Frequency

AT = datetime(2026, 1, 30, 12, tzinfo=UTC)


def state(frequency: str = "on_release", days: int | None = 0, missed: int = 0, **more):
    return DownstreamState("r", "org/x", Frequency(frequency), days, missed, **more)


@pytest.mark.parametrize(
    ("frequency", "days", "missed", "standing"),
    [
        ("on_release", 0, 0, "Current"),
        ("on_release", 14, 0, "Current"),
        ("on_release", 15, 0, "Stale"),
        ("on_release", 3, 1, "Behind"),
        ("on_release", 3, 2, "Stale"),
        ("on_change", 7, 0, "Current"),
        ("on_change", 8, 0, "Stale"),
        ("on_change", 5, 1, "Behind"),
        ("manual", 400, 0, "Current"),
        ("manual", 400, 1, "Behind"),
        ("manual", 13, 2, "Stale"),
        ("on_release", None, 0, "Behind"),
        ("on_release", None, 1, "Behind"),
    ],
)
def test_standing(frequency: str, days: int | None, missed: int, standing: str) -> None:
    assert standing_of(state(frequency, days, missed)) is SyncStanding(standing)


def test_nobody_hears_of_what_is_within_the_limits() -> None:
    assert alerts_of(state(days=14, missed=1, failures=2), AT) == []
    assert alerts_of(state("manual", days=999), AT) == []


@pytest.mark.parametrize(
    ("more", "kind", "details", "audience"),
    [
        ({"days": 15}, AlertType.STALENESS, "15 days since", [Audience.OPERATOR]),
        ({"missed": 2}, AlertType.STALENESS, "2 releases behind", [Audience.OWNER]),
        ({"failures": 3}, AlertType.FAILURE, "3 attempts in a row", list(Audience)),
        ({"drift": ["a.md"]}, AlertType.DRIFT, "1 file was changed", [Audience.OWNER]),
        ({"drift": ["a.md"] * 12}, AlertType.DRIFT, "a.md and 2 more", [Audience.OWNER]),
    ],
)
def test_who_hears_of_what(more, kind, details, audience) -> None:
    (alert,) = alerts_of(state(**more), AT)
    assert (alert.type, alert.rule_id, alert.target_repo) == (kind, "r", "org/x")
    assert details in alert.details
    assert alert.action_required
    assert list(alert.audience) == audience


def test_days() -> None:
    assert days_between(None, AT) is None
    assert days_between(AT - timedelta(days=2, hours=23), AT) == 2
    assert days_between(AT + timedelta(days=2), AT) == 0

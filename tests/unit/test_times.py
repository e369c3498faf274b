"""Moments as text: ISO 8601, in UTC, to the second."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pack.times import NEVER, format_time, parse_time

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_moment_is_written_in_utc():
    east = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert format_time(east) == "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    "text", ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00", "2026-03-01T14:00:00+02:00"]
)
def test_a_text_without_a_time_zone_is_taken_for_utc(text):
    assert parse_time(text) == NOON


def test_what_cannot_be_read_is_earlier_than_everything():
    assert parse_time("tomorrow") < NOON
    assert parse_time("") == parse_time("tomorrow")


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"])
def test_a_moment_that_utc_does_not_have_is_none(text):
    assert parse_time(text) == NEVER

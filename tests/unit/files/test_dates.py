"""Dates in the forms that people and other tools use."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files.dates import as_iso, day_in_name, has_time, in_form_of, parse_day

NOW = datetime(2026, 11, 5, 9, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "iso", "again"),
    [
        ("2020-05-14", "2020-05-14", "2026-11-05"),
        ("2020/5/4", "2020-05-04", "2026/11/5"),
        ("2020_05_14", "2020-05-14", "2026_11_05"),
        ("20200514", "2020-05-14", "20261105"),
        (20200514, "2020-05-14", 20261105),
        ("14.05.2020", "2020-05-14", "05.11.2026"),
        ("[[2020-05-14]]", "2020-05-14", "[[2026-11-05]]"),
        ("2020-05-14T10:00:00Z", "2020-05-14T10:00:00Z", "2026-11-05T09:05:07Z"),
        ("2020-05-14 9:30", "2020-05-14T09:30:00Z", "2026-11-05 9:05"),
        ("2020-05-14T10:00:00.123Z", "2020-05-14T10:00:00.123Z", "2026-11-05T09:05:07.000Z"),
        ("2020/05/14 10:00 +0200", "2020-05-14T08:00:00Z", "2026/11/05 11:05 +0200"),
        ("202005141030", "2020-05-14T10:30:00Z", "202611050905"),
        (20200514103015, "2020-05-14T10:30:15Z", 20261105090507),
        (1589450400, "2020-05-14T10:00:00Z", 1793869507),
        (1589450400123, "2020-05-14T10:00:00Z", 1793869507000),
        ("1589450400123456", "2020-05-14T10:00:00Z", "1793869507000000"),
    ],
)
def test_a_date_is_read_and_written_in_its_form(written, iso, again):
    assert as_iso(written) == iso
    assert in_form_of(written, NOW) == again
    assert type(in_form_of(written, NOW)) is type(written)


@pytest.mark.parametrize(
    "value",
    [
        *("soon", "", "05/06/2026", "2026-02-30", "2026-13-01", "0000-00-00", "2020-05/14", "12"),
        *("[[2020-05-14", "2020-05-14]]", "9" * 400, "2020-05-14 25:00", "99999999999999"),
        *(None, True, 2026, 1.5, ["2020-05-14", "x"], {"a": 1}, "2020-05-14 10:00 +99:99"),
    ],
)
def test_what_is_no_date_is_not_understood(value):
    assert as_iso(value) is None
    assert in_form_of(value, NOW) is None


@given(st.integers() | st.text() | st.from_regex(r"[0-9_./: +-]{1,20}", fullmatch=True))
def test_what_is_written_again_is_understood(value):
    again = in_form_of(value, NOW)
    assert (again is None) == (as_iso(value) is None) or parse_day(value) is not None
    if again is not None:
        assert as_iso(again) is not None


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("journals/2020_05_14.md", "2020-05-14"),
        ("a/2020-05-14.md", "2020-05-14"),
        ("a/2020-05-14 A walk.md", "2020-05-14"),
        ("a/20200514.md", "2020-05-14"),
        ("a/20200514-x.md", None),
        ("a/2020-05-145.md", None),
        ("a/2020-13-01.md", None),
        ("a/1234.md", None),
        ("2020-05-14/x.md", None),
    ],
)
def test_the_day_in_a_name(path, day):
    assert day_in_name(path) == day


def test_days_and_times_are_told_apart():
    assert parse_day("2026-11-21 23:59") == date(2026, 11, 21)
    assert has_time("2026-11-21 23:59")
    assert not has_time("2026-11-21")

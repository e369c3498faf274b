"""Dates that a question speaks of."""

import pytest

from pack.search.dates import DateHint, date_hints


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("in 2022?", [DateHint(2022, None, None)]),
        ("in May 2023", [DateHint(2023, 5, None)]),
        ("on 7 May, 2023", [DateHint(2023, 5, 7)]),
        ("on the 7th of May", [DateHint(None, 5, 7)]),
        ("Sept 3rd, 2021", [DateHint(2021, 9, 3)]),
        ("since 2023-05-08", [DateHint(2023, 5, 8)]),
        ("2023-05 or 2024", [DateHint(2023, 5, None), DateHint(2024, None, None)]),
        ("in March", [DateHint(None, 3, None)]),
        ("it may march on", []),
        ("port 20221", []),
        ("", []),
    ],
)
def test_dates_in_a_question(text, hints):
    assert list(date_hints(text)) == hints


def test_what_a_date_covers():
    assert DateHint(2023, 5, None).covers("2023-05-08")
    assert DateHint(None, 5, 8).covers("1999-05-08T10:00:00Z")
    assert not DateHint(2023, 5, 9).covers("2023-05-08")
    assert not DateHint(2022, None, None).covers("2023")

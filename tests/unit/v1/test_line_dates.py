"""When the parts of a v1 file were written."""

from datetime import date

import pytest

from pack.files.markdown import Heading
from pack.v1.line_dates import Dates, dates_of, days_in_title, days_of_lines

D1, D2, D3 = date(2023, 1, 1), date(2023, 2, 1), date(2023, 3, 1)


def test_a_line_is_as_old_as_the_version_that_it_has_been_there_since():
    versions = [(D1, "a\nb\nb\n"), (D2, "new\na\nb\nc\n"), (D3, "new\nc\nb\nb\na\n")]
    assert days_of_lines(versions) == [D2, D2, D1, D3, D1]
    assert days_of_lines([]) == []


@pytest.mark.parametrize(
    ("title", "day"),
    [
        ("2024-05-02 Walk", "2024-05-02"),
        ("[1.4.0] - 2024/05/02", "2024-05-02"),
        ("Am 2.5.2024 in Rom", "2024-05-02"),
        ("May 2nd, 2024", "2024-05-02"),
        ("2 May 2024: x", "2024-05-02"),
        ("2. Mai 2024", "2024-05-02"),
        ("Sept. 3, 2024", "2024-09-03"),
        ("Version 7.3.10", None),
        ("Foo 2, 2024", None),
        ("2024-13-45", None),
        ("Roadmap 2024", None),
    ],
)
def test_the_day_in_a_heading(title, day):
    assert [found.isoformat() for found in days_in_title(title)] == ([day] if day else [])


def test_headings_come_before_lines_unless_those_were_edited():
    heads = [Heading(2, "2022-05-02", 1, 1), Heading(3, "2022-06-02", 2, 2)]
    first, last = date(2022, 5, 2), date(2022, 6, 2)
    assert dates_of(heads, []) == dates_of(heads, [D1, D1]) == Dates(first, last)
    assert dates_of(heads, [D1, D2]) == Dates(first, D2)
    assert dates_of([], [D2, D1]) == Dates(D1, D2)
    assert dates_of([Heading(2, "Due 2030-01-01", 1, 1)], [D1], today=D3) == Dates(D1, D1)
    assert dates_of([], []) == Dates()

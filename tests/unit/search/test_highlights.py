"""Where on a line the words of a query stand."""

import pytest

from pack.search.highlights import find_highlights


@pytest.mark.parametrize(
    ("query", "line", "marked"),
    [
        ("run", "He runs, ran and will run", ["runs", "ran", "run"]),
        ('"no sugar"', "Black, no Sugar at all", ["no Sugar"]),
        ("数据", "这个数据库很大", ["数据"]),
        ("cafe", "the Café is shut", ["Café"]),
        ("a", "nothing", []),
    ],
)
def test_what_a_person_sees_marked(query, line, marked):
    assert [line[start:end] for start, end in find_highlights(query, line)] == marked

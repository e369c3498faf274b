import pytest
from pack_connectors.import_sources.moments import first_moment, moment


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (1_714_557_600, "2024-05-01T10:00:00+00:00"),
        (1_714_557_600.25, "2024-05-01T10:00:00.250000+00:00"),
        (1_714_557_600_250, "2024-05-01T10:00:00.250000+00:00"),
        ("1714557600", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01", "2024-05-01T00:00:00+00:00"),
        ("01.05.2024", "2024-05-01T00:00:00+00:00"),
    ],
)
def test_a_value_stands_for_a_moment(value: object, wanted: str) -> None:
    found = moment(value)
    assert found is not None
    assert found.isoformat() == wanted


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "yesterday", 0, 0.0, -5, True, [], {}, float("nan"), float("inf"), 1e300),
        *("1970-01-01T00:00:00Z", "nan", "0", "2024-13-45", "9" * 400),
        *(10**400, -(10**400), "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"),
        *("1e400", "0001-01-01", "9" * 5000),
    ],
)
def test_what_stands_for_none_is_none(value: object) -> None:
    assert moment(value) is None


def test_the_first_that_stands_for_one_counts() -> None:
    assert first_moment(None, "x", 1_714_557_600, "2020-01-01") == moment(1_714_557_600)

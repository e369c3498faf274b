import pytest

from pack.imports.likeness import is_related, is_unique, is_within


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (b"", b"", True),
        (b"\xff", b"\xff", True),
        (b"\xff", b"\xfe", False),
        (b"one\n\ntwo\n", b"two\nthree\n", True),
        (b"---\na: 1\n---\none\n", b"---\na: 1\n---\ntwo\n", False),
        (b"# Goals\n\nof one\n", b"# Goals\n\nof the other\n", False),
        (b"# Goals\n", b"# Goals\n## More\n", True),
        (b"# Goals\n", b"# Goals\n\nmore\n", True),
        (b"one\n", b"", False),
        (b"1\n2\n3\n4\n5\n", b"5\n6\n7\n8\n9\n", False),
    ],
)
def test_versions_of_one_text_share_lines(one: bytes, other: bytes, expected: bool) -> None:
    assert is_related(one, other) is expected
    assert is_related(other, one) is expected


@pytest.mark.parametrize(
    ("source_id", "expected"),
    [
        ("6f9619ff-8b86-d011-b42d-00cf4fc964ff", True),
        ("project/6F9619FF-8B86-D011-B42D-00CF4FC964FF#2", True),
        ("Note 6f9619ff8b86d011b42d00cf4fc964ff.md", True),
        ("memory", False),
        ("Plan/Goals.md", False),
        ("day/2024-05-01", False),
    ],
)
def test_an_id_with_a_uuid_is_of_one_record(source_id: str, expected: bool) -> None:
    assert is_unique(source_id) is expected


def test_all_lines_of_a_text_are_in_another_in_any_order() -> None:
    assert is_within(b"---\na: 1\n---\none\n\ntwo\n", b"two\nmore\n  one\n")
    assert not is_within(b"one\n", b"ones\n")
    assert is_within(b"\xff", b"\xff")

import pytest

from pack.imports.likeness import is_related


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

"""A search gets whatever can be read."""

import pytest

from pack.distribution.content.readings import readings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_any_text(encoding: str) -> None:
    found = readings("é\nab\n".encode(encoding))
    assert any(text.split("\n")[1] == "ab" for text in found)


def test_a_broken_one_is_read_as_far_as_it_goes() -> None:
    assert readings(b"\xff\xfea\x00b")[0].startswith("a")
    assert readings(b"\xef\xbb\xbfa\x00 b")[-1] == "a\0 b"

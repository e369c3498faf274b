"""Text is what is UTF-8; a search gets whatever can be read."""

import pytest

from pack.distribution.checks.contents import any_text_of, text_of
from pack.distribution.values import MadeFile
from pack.model import MemoryPath


def made(content: bytes) -> MadeFile:
    return MadeFile("a.md", MemoryPath("a.md"), content)


def test_text() -> None:
    assert text_of(made("é".encode())) == "é"
    assert text_of(made(b"\xff")) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_any_text(encoding: str) -> None:
    assert "ab" in any_text_of(made("éab".encode(encoding)))


def test_a_broken_one_is_read_as_far_as_it_goes() -> None:
    assert any_text_of(made(b"\xff\xfea\x00b")).startswith("a")

"""Text is what is UTF-8."""

from pack.distribution.checks.contents import text_of
from pack.distribution.values import MadeFile
from pack.model import MemoryPath


def made(content: bytes) -> MadeFile:
    return MadeFile("a.md", MemoryPath("a.md"), content)


def test_text() -> None:
    assert text_of(made("é".encode())) == "é"
    assert text_of(made(b"\xff")) is None

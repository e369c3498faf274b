import pytest

from pack.imports.ledger import read_ledger, write_ledger
from pack.model import MemoryPath


def test_a_ledger_is_read_back() -> None:
    paths = {"a\nb": MemoryPath("x/ä.md"), "\ud800": MemoryPath("y.md")}
    assert read_ledger(write_ledger(paths)) == paths


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"a": 1}'])
def test_a_damaged_ledger_says_nothing(content: bytes) -> None:
    assert read_ledger(content) == {}

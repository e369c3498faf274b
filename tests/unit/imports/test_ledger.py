import pytest

from pack.imports.ledger import Ledger, digest_of, key_of, read_ledger, write_ledger
from pack.model import MemoryPath


def test_a_ledger_is_read_back() -> None:
    paths = {"a\nb": MemoryPath("x/ä.md"), "\ud800": MemoryPath("y.md")}
    for ledger in (
        Ledger(paths),
        Ledger(paths, held_back=frozenset({"a\nb"})),
        Ledger(paths, {digest_of("/a/\udcff"): 1, digest_of("/b"): 2}),
    ):
        assert read_ledger(write_ledger(ledger)) == ledger


def test_a_ledger_of_before_is_read() -> None:
    ledger = read_ledger(b'{"a": "x.md"}')
    assert (ledger.paths, ledger.places, ledger.last) == ({"a": "x.md"}, {}, 1)


def test_a_place_cannot_be_read_in_it() -> None:
    assert "secret" not in digest_of("/vaults/secret")


def test_a_key_is_the_id_as_long_as_there_is_one_source() -> None:
    assert key_of("a", 1) == "a"
    assert len({key_of("a", 1), key_of("a", 2), key_of("a", 3)}) == 3


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"a": 1}'])
def test_a_damaged_ledger_says_nothing(content: bytes) -> None:
    assert read_ledger(content) == Ledger()

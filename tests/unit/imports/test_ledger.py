import pytest

from pack.imports.ledger import (
    Ledger,
    digest_of,
    is_of_ledger,
    key_of,
    read_ledger,
    write_ledger,
)
from pack.limits import MAX_FILE_BYTES
from pack.model import MemoryPath


def test_a_ledger_is_read_back() -> None:
    paths = {"a\nb": MemoryPath("x/ä.md"), "\ud800": MemoryPath("y.md")}
    for ledger in (
        Ledger(paths),
        Ledger(paths, held_back=frozenset({"a\nb"})),
        Ledger(paths, {digest_of("/a/\udcff"): 1, digest_of("/b"): 2}),
    ):
        assert read_ledger(write_ledger(ledger).values()) == ledger
        assert list(write_ledger(ledger)) == [".pack-import.json"]


def test_a_ledger_of_many_records_is_in_files_that_a_memory_can_hold() -> None:
    ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(32_000)]
    paths = {one: MemoryPath(f"archive/claude/2025/a-long-title-{one}.md") for one in ids}
    ledger = Ledger(paths, {digest_of("/a"): 1}, frozenset(ids[::2]))
    files = write_ledger(ledger)
    assert len(files) > 1
    assert all(is_of_ledger(path) and len(files[path]) < MAX_FILE_BYTES for path in files)
    assert read_ledger(files.values()) == ledger
    assert not is_of_ledger("notes/.pack-import.json")


def test_a_ledger_of_before_is_read() -> None:
    ledger = read_ledger([b'{"a": "x.md"}'])
    assert (ledger.paths, ledger.places, ledger.last) == ({"a": "x.md"}, {}, 1)


def test_a_place_cannot_be_read_in_it() -> None:
    assert "secret" not in digest_of("/vaults/secret")


def test_a_key_is_the_id_as_long_as_there_is_one_source() -> None:
    assert key_of("a", 1) == "a"
    assert len({key_of("a", 1), key_of("a", 2), key_of("a", 3)}) == 3


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"a": 1}'])
def test_a_damaged_ledger_says_nothing(content: bytes) -> None:
    assert read_ledger([content]) == Ledger()

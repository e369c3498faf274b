"""What is remembered of the pages between two deliveries."""

from __future__ import annotations

import pytest

from pack.pages.cache import PagesCache

ID1, ID2 = "0" * 31 + "1", "00000000-0000-0000-0000-000000000002"


def test_a_memo_is_read_as_it_was_written() -> None:
    receipt = PagesCache(["a:b"])
    receipt.keep(ID2, "one")
    again = PagesCache.read(receipt.write())
    assert (again.receipt_of(ID2.replace("-", "")), again.sections) == ("one", ["a:b"])


def test_a_memo_has_room_for_what_is_newest() -> None:
    receipt = PagesCache()
    for number in range(5000):
        receipt.keep(f"{number:032x}", "x" * 100)
    text = receipt.write()
    assert len(text.encode()) <= 64 * 1024
    again = PagesCache.read(text)
    assert again.receipt_of(f"{4999:032x}")
    assert not again.receipt_of(f"{0:032x}")


@pytest.mark.parametrize("text", ["", "x", "[]", '{"sent": "a"}', '{"pages": []}'])
def test_a_foreign_memo_is_nothing(text: str) -> None:
    assert PagesCache.read(text) == PagesCache()


@pytest.mark.parametrize("sections", [3, 3000])
def test_a_memo_is_never_empty(sections: int) -> None:
    receipt = PagesCache(["0" * 25] * sections)
    for number in range(3000):
        receipt.keep(f"{number:032x}", "x" * 100)
    text = receipt.write()
    assert 0 < len(text) <= 64 * 1024
    again = PagesCache.read(text)
    assert again.receipt_of(f"{2999:032x}")
    assert again.sections == (receipt.sections if sections == 3 else [])

"""What a peer is told of the kits that another one offers."""

import json

import pytest

from pack.errors import InvalidContent
from pack.kits.manifest import Visibility
from pack.kits.sharing.listed import LARGEST_LIST, ListedKit, parse_listed, write_listed
from pack.kits.sharing.offer import KitOffer


def offer(name, visibility):
    return KitOffer(name, f"/kits/of-ann/{name}", "What for", visibility, "t", "Ann <ann@x>")


OFFERS = [
    offer("open", Visibility.PUBLIC),
    offer("hidden", Visibility.UNLISTED),
    offer("handbook", Visibility.PRIVATE).granted("desk", "t", "Ann"),
    offer("gone", Visibility.PUBLIC).withdrawn("t", "Ann"),
]


def test_a_peer_is_told_of_what_it_may_know_and_of_nothing_else() -> None:
    told = write_listed(OFFERS, "desk", lambda one: one.visibility)
    assert parse_listed(told.encode()) == [
        ListedKit("open", "What for", Visibility.PUBLIC),
        ListedKit("handbook", "What for", Visibility.PRIVATE),
    ]
    assert "ann" not in told.lower()
    assert [
        one.name
        for one in parse_listed(write_listed(OFFERS, "phone", lambda one: one.visibility).encode())
    ] == ["open"]


def test_the_longest_list_is_one_that_is_read() -> None:
    words = KitOffer("k" * 64, "/k", "\U0001f600" * 1024, Visibility.PUBLIC, "t", "Ann")
    told = write_listed([words] * 1001, "desk", lambda _: Visibility.PUBLIC).encode()
    assert len(told) < LARGEST_LIST
    assert len(parse_listed(told)) == 1000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[" * 9999,
        b'{"kits": [{"name": "../x", "visibility": "public"}]}',
        b'{"kits": [{"name": "a", "visibility": "secret"}]}',
        json.dumps({"kits": [{"name": "a", "visibility": "public"}] * 1001}).encode(),
    ],
)
def test_an_answer_that_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidContent):
        parse_listed(content)

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pack.errors import InvalidRequest
from pack.model import BlobId
from pack.truth.sync_items.item import ChainLink, SyncItem, read_item
from tests.support import START

LINK = ChainLink(5, "ai-cloud:x", "2026-01-31T09:30:00Z", ("c" * 40,))
ITEM = SyncItem(
    "1", "a/b.md", "t", 1, "user:web", (LINK,), True, 5, 7, START, "text", False, BlobId("a" * 40)
)


def test_an_item_is_read_as_it_was_sent() -> None:
    assert read_item(json.loads(json.dumps(ITEM.as_json()))) == ITEM
    gone = replace(ITEM, content=None, deleted=True, moved_from="c/d.md")
    assert read_item(gone.as_json()) == gone
    partly = replace(ITEM, accepted_lines=((1, 2), (4, 4)))
    assert read_item(json.loads(json.dumps(partly.as_json()))) == partly


def test_an_item_without_an_id_has_that_of_what_it_says() -> None:
    fields = {"entity_id": "a/b.md", "payload": {"content": "x"}}
    first, again = read_item(fields), read_item(dict(fields))
    assert first.id == again.id
    assert read_item({**fields, "sha": "a" * 40}).id != first.id


@pytest.mark.parametrize(
    "change",
    [
        {"entity_id": None},
        {"entity_id": ""},
        {"entity_id": "x" * 2000},
        {"entity_id": 1},
        {"id": "x" * 500},
        {"payload": None},
        {"payload": "text"},
        {"payload": {"content": 1}},
        {"deleted": True},
        {"deleted": "yes"},
        {"truth_level": 0},
        {"truth_level": 6},
        {"truth_level": True},
        {"truth_level": "1"},
        {"accepted_by_user": 1},
        {"origin_chain": {}},
        {"origin_chain": ["x"]},
        {"origin_chain": [{"level": 1}]},
        {"origin_chain": [{"level": 9, "source": "x"}]},
        {"origin_chain": [LINK.as_json()] * 51},
        {"accepted_lines": 1},
        {"accepted_lines": [1]},
        {"accepted_lines": [[1]]},
        {"accepted_lines": [[2, 1]]},
        {"accepted_lines": [[0, 1]]},
        {"accepted_lines": [[True, 1]]},
        {"accepted_lines": [[1, 1]] * 1001},
        {"last_modified_at": "yesterday"},
        {"version": 1.5},
    ],
)
def test_what_is_no_item_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        read_item({**ITEM.as_json(), **change})


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_an_item_is_an_object(value: object) -> None:
    with pytest.raises(InvalidRequest):
        read_item(value)

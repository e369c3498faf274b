from __future__ import annotations

from dataclasses import replace

import pytest

from pack.provenance import Source
from pack.truth.sync_items.claims import SyncCaller, chain_trailers, claimed_by
from pack.truth.sync_items.item import ChainLink, SyncItem

PLAIN = SyncItem("1", "a/b.md", content="x")


@pytest.mark.parametrize(
    ("role", "level", "source", "is_accepted", "counts"),
    [
        (Source.USER, None, None, False, "user:c"),
        (Source.USER, 1, "user:voice", False, "user:voice"),
        (Source.USER, 5, None, False, "ai-cloud:c"),
        (Source.USER, 1, "ai-cloud:x", False, "ai-cloud:x"),
        (Source.USER, 5, "ai-cloud:x", True, "user:c"),
        (Source.USER, None, "automation:rule-1", False, "automation:rule-1"),
        (Source.AUTOMATION, 1, "user:web", False, "automation:web"),
        (Source.AUTOMATION, 2, "automation:rule-1", False, "automation:rule-1"),
        (Source.AUTOMATION, 4, None, False, "ai-lan:c"),
        (Source.AI_CLOUD, 3, "ai-local:m", False, "ai-cloud:m"),
        (Source.AI_CLOUD, 1, "user:web", True, "ai-cloud:web"),
    ],
)
def test_a_claim_lowers_and_never_raises(
    role: Source, level: int | None, source: str | None, *, is_accepted: bool, counts: str
) -> None:
    one = replace(PLAIN, truth_level=level, origin_source=source, accepted_by_user=is_accepted)
    assert claimed_by(one, SyncCaller(role, "c")).origin.label == counts


def test_only_the_persons_client_accepts() -> None:
    one = replace(PLAIN, accepted_by_user=True, origin_chain=(ChainLink(5, "ai-cloud:x"),))
    for role, is_accepted in ((Source.USER, True), (Source.AI_CLOUD, False)):
        claimed = claimed_by(one, SyncCaller(role, "c"))
        names = [name for name, _ in chain_trailers(one, claimed)]
        assert claimed.is_accepted == is_accepted
        assert ("Pack-Accepted-By" in names) == is_accepted
        assert "Pack-Derived-From" in names

"""Which ways of finding others are used."""

import pytest

from pack.mesh.resolving.policy import Discovery, FindingPolicy


@pytest.mark.parametrize(
    ("discovery", "asks", "heeds"), [("hub", True, False), ("manual", False, True), ("both", 1, 1)]
)
def test_whose_word_counts(discovery, asks, heeds):
    policy = FindingPolicy(Discovery(discovery))
    assert (policy.asks_hubs, policy.heeds_manual) == (asks, heeds)


def test_the_defaults_are_those_of_the_plan():
    policy = FindingPolicy()
    assert (policy.discovery, policy.gossip) == (Discovery.BOTH, True)
    assert (policy.ttl, policy.hub_ttl, policy.every) == (2, 1, 2)
    assert (policy.most, policy.failures) == (50, 3)

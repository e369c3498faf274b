"""Upstream is read once, however many downstreams need the same."""

from pack.distribution.running.remembered import RememberedUpstream
from pack.model import MemoryPath
from tests.distribution_support import MemoryUpstream, rule_of


def test_each_part_is_read_once():
    upstream = MemoryUpstream()
    release = upstream.release("v1.0.0", {"guides/a.md": b"A\n", "other.md": b"O\n"})
    kept = RememberedUpstream(upstream)
    assert kept.read(release.commit, MemoryPath("guides/a.md")) == b"A\n"
    assert kept.read(release.commit, MemoryPath("gone.md")) is None
    assert kept.sources(rule_of(), release.commit).keys() == {"guides/a.md"}
    assert (kept.versions, kept.at("v1.0.0")) == (["v1.0.0"], release)
    upstream.blobs.clear()
    upstream.trees.clear()
    upstream.tags.clear()
    assert kept.read(release.commit, MemoryPath("guides/a.md")) == b"A\n"
    assert (kept.versions, kept.at("v1.0.0")) == (["v1.0.0"], release)

"""Which version a rule brings: the newest release, unless it is pinned out or another is named."""

from datetime import UTC, datetime

import pytest

from pack.distribution.running.wanted import find_wanted
from pack.distribution.values import Frequency, Release, Rule, Strategy
from pack.errors import InvalidRequest, NotFound
from pack.model import CommitId

AT = datetime(2026, 1, 30, tzinfo=UTC)
HEAD = Release("abcdef012345", CommitId("f" * 40), AT, is_tag=False)


class Releases:
    """An upstream that has these versions, the newest first."""

    def __init__(self, *versions):
        self._releases = [Release(name, CommitId("a" * 40), AT) for name in versions]

    def releases(self):
        return self._releases

    def changes(self, commit, folder):
        return iter(())

    def at(self, ref):
        if ref == "HEAD":
            return HEAD
        found = next((one for one in self._releases if one.version in (ref, f"v{ref}")), None)
        if found is None:
            raise NotFound(ref)
        return found


def rule(frequency=Frequency.ON_RELEASE, pinned_out=()):
    parts = ("r", "**", "org/web", "docs/", Strategy.COPY, frequency)
    return Rule(*parts, pinned_out=pinned_out)


ALL = Releases("v2.0.0-rc.1", "v1.2.0", "v1.1.0")


@pytest.mark.parametrize(
    ("of", "tag", "version"),
    [
        (rule(), None, "v1.2.0"),
        (rule(Frequency.MANUAL), None, "v1.2.0"),
        (rule(Frequency.ON_CHANGE), None, HEAD.version),
        (rule(Frequency.ON_CHANGE), "v1.1.0", "v1.1.0"),
        (rule(), "1.1.0", "v1.1.0"),
        (rule(), "v2.0.0-rc.1", "v2.0.0-rc.1"),
        (rule(pinned_out=["v1.2.0"]), None, "v1.1.0"),
        (rule(pinned_out=["1.2.0"]), None, "v1.1.0"),
    ],
)
def test_what_is_brought(of, tag, version):
    assert find_wanted(of, ALL, tag).version == version


def test_without_a_release_only_a_rule_that_needs_none_runs():
    with pytest.raises(NotFound):
        find_wanted(rule(), Releases(), None)
    assert find_wanted(rule(Frequency.MANUAL), Releases(), None) == HEAD


def test_what_is_pinned_out_does_not_go_even_if_it_is_named():
    with pytest.raises(InvalidRequest, match="pinned out"):
        find_wanted(rule(pinned_out=["v1.2.0"]), ALL, "1.2.0")
    with pytest.raises(NotFound):
        find_wanted(rule(pinned_out=["v1.2.0", "v1.1.0"]), ALL, None)
    with pytest.raises(NotFound):
        find_wanted(rule(), ALL, "v9.9.9")

"""Versions and ranges, by the rules of semver.org and npm."""

import pytest

from pack.errors import InvalidContent
from pack.versions import KitVersion, VersionRange

# Section 11 of Semantic Versioning 2.0.0, and its numeric parts.
RISING = (
    "0.0.1 0.1.0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 "
    "1.0.0-rc.1 1.0.0 1.2.0 1.10.0 2.0.0"
).split()


def test_versions_are_ordered_as_semver_says():
    versions = [KitVersion.parse(text) for text in RISING]
    assert sorted(versions, key=str) != versions
    assert sorted(versions) == versions
    assert [str(version) for version in versions] == RISING


@pytest.mark.parametrize("text", ["v1.2.3", "1.2.3+build.5", "1.2.3"])
def test_a_prefix_and_build_data_do_not_count(text):
    assert KitVersion.parse(text) == KitVersion((1, 2, 3))


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3.4", "x", "1.2.3 ", "9" * 200]
)
def test_what_is_no_version_is_refused(text):
    with pytest.raises(InvalidContent):
        KitVersion.parse(text)


@pytest.mark.parametrize(
    ("demand", "held", "not_held"),
    [
        (">=1.2.0", "1.2.0 1.3.0 9.0.0", "1.1.9 1.2.0-rc.1"),
        (">1.2.0", "1.2.1", "1.2.0"),
        (">1.2", "1.3.0", "1.2.9"),
        ("<2", "1.9.9 0.0.1", "2.0.0"),
        ("<=1.2.3", "1.2.3", "1.2.4"),
        ("<=1.2", "1.2.9", "1.3.0"),
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("~1.2.3", "1.2.9", "1.3.0"),
        ("~1", "1.9.0", "2.0.0"),
        ("1.2.3", "1.2.3", "1.2.4"),
        ("=1.2", "1.2.7", "1.3.0"),
        ("1.x", "1.0.0 1.9.0", "2.0.0"),
        ("*", "0.0.1 7.0.0", "1.0.0-rc.1"),
        ("", "0.0.1 7.0.0", "1.0.0-rc.1"),
        (">=1.2 <2", "1.2.0 1.9.0", "2.0.0 1.1.0"),
        (">=1.2, <2", "1.2.0 1.9.0", "2.0.0"),
        ("<1 || >=3", "0.9.0 3.0.0", "2.0.0"),
        (">=1.0.0-rc.1", "1.0.0-rc.1 1.0.0-rc.2 1.0.0", "1.0.0-beta 1.1.0-rc.1"),
    ],
)
def test_a_range_holds_what_npm_would_hold(demand, held, not_held):
    wanted = VersionRange.parse(demand)
    assert all(wanted.holds(KitVersion.parse(text)) for text in held.split())
    assert not any(wanted.holds(KitVersion.parse(text)) for text in not_held.split())


@pytest.mark.parametrize("text", ["latest", ">=", ">=1.2.3foo", "1..2", "git+https://x", "1" * 200])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(InvalidContent):
        VersionRange.parse(text)

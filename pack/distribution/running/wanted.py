"""Which version a rule brings."""

from __future__ import annotations

from typing import Final

from pack.distribution.ports import UpstreamHistory
from pack.distribution.running.last_change import as_last_changed, is_taken_back
from pack.distribution.values import Frequency, Release, Rule
from pack.errors import InvalidRequest, NotFound
from pack.versions import KitVersion

_NOW: Final = "HEAD"
_NO_RELEASE: Final = "Tag one, as in `git tag v1.0.0`; or have the rule run on_change."


def find_wanted(rule: Rule, upstream: UpstreamHistory, tag: str | None) -> Release:
    """The version that a rule brings.

    Args:
        rule: The rule.
        upstream: What has been released.
        tag: The version that was asked for; `None` for the newest. A pre-release is only brought
            where it is asked for.

    Raises:
        NotFound: There is no such version, or none at all.
        InvalidRequest: It is pinned out.
    """
    if tag is not None:
        release = upstream.at(tag)
        if rule.pins_out(release.version):
            reason = f"{release.version} is pinned out of {rule.id}"
            error = InvalidRequest(reason)
            error.remedy = "Take it out of pinned_out in the rule, if it shall go there after all."
            raise error
        return release
    if rule.frequency is Frequency.ON_CHANGE:
        return as_last_changed(rule, upstream, upstream.at(_NOW))
    newest = newest_release(rule, upstream)
    if newest is not None:
        return newest
    if rule.frequency is Frequency.MANUAL and not upstream.releases():
        return as_last_changed(rule, upstream, upstream.at(_NOW))
    raise NotFound(f"a release for {rule.id}", _NO_RELEASE)


def newest_release(rule: Rule, upstream: UpstreamHistory) -> Release | None:
    """The newest release that is not pinned out; `None` for none."""
    fit = (one for one in upstream.releases() if not rule.pins_out(one.version))
    return next((one for one in fit if not KitVersion.parse(one.version).before), None)


def is_all_pinned_out(rule: Rule, upstream: UpstreamHistory) -> bool:
    """Whether there is something for a rule, and none of it goes there any more."""
    if not rule.pinned_out:
        return False
    by_change = rule.frequency is Frequency.ON_CHANGE
    has_releases = not by_change and bool(upstream.releases())
    if by_change or (rule.frequency is Frequency.MANUAL and not has_releases):
        return is_taken_back(rule, upstream, upstream.at(_NOW))
    return newest_release(rule, upstream) is None and has_releases

"""Which version a rule brings.

Without releases it is the last commit that changed what the rule takes. Each run records something
in the memory, by a commit; if the newest commit were the version, each run would bring another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pack.distribution.content.globs import Glob
from pack.distribution.content.selection import going, select
from pack.distribution.ports import UpstreamHistory
from pack.distribution.values import Frequency, Release, Rule, Strategy
from pack.errors import InvalidRequest, NotFound
from pack.model import BlobId, CommitId, MemoryPath
from pack.versions import KitVersion

_NOW: Final = "HEAD"
_OWN: Final = ".pack/"
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


# --- without releases ----------------------------------------------------------------------------


def as_last_changed(rule: Rule, upstream: UpstreamHistory, release: Release) -> Release:
    """The oldest commit before a release that makes the same, without another in between.

    Args:
        rule: The rule.
        upstream: The memory's history.
        release: Where to begin.
    """
    folder = "" if _depends_on_all(rule) else Glob.parse(rule.source).base
    found = release.commit
    for commit in upstream.changes(release.commit, folder):
        if not makes_the_same(rule, upstream, commit, release.commit):
            break
        found = commit
    return release if found == release.commit else upstream.at(found)


def is_taken_back(rule: Rule, upstream: UpstreamHistory, release: Release) -> bool:
    """Whether a rule pins out a commit that makes the same as a release, by whatever name."""
    for pinned in rule.pinned_out:
        try:
            commit = upstream.at(pinned).commit
        except NotFound:
            continue
        if makes_the_same(rule, upstream, commit, release.commit):
            return True
    return False


def makes_the_same(rule: Rule, upstream: UpstreamHistory, one: CommitId, other: CommitId) -> bool:
    """Whether a rule takes the same of two commits."""
    if one == other:
        return True
    named, others = (_named(rule, upstream, commit) for commit in (one, other))
    is_same = named == others or _going(rule, upstream, one) == _going(rule, upstream, other)
    return is_same and (
        not _depends_on_all(rule) or _names(upstream, one) == _names(upstream, other)
    )


def _depends_on_all(rule: Rule) -> bool:
    """Whether it matters which other notes there are: links to them are changed."""
    is_changed = rule.strip_internal_links or bool(rule.rewrites)
    return is_changed and rule.strategy is not Strategy.REFERENCE


def _named(rule: Rule, upstream: UpstreamHistory, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
    files = upstream.files(commit)
    return {path: files[path] for path in select(rule, files).paths}


def _going(rule: Rule, upstream: UpstreamHistory, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
    """The same without what is internal."""
    files = upstream.files(commit)
    named = select(rule, files)
    contents = dict(upstream.read_blobs({files[path] for path in named.paths}))
    return {path: files[path] for path in going(named, files, contents).paths}


def _names(upstream: UpstreamHistory, commit: CommitId) -> frozenset[MemoryPath]:
    return frozenset(path for path in upstream.files(commit) if not path.startswith(_OWN))

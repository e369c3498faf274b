"""Which commit a rule without releases brings: the last one that changed what it takes.

Each run records something in the memory, by a commit. If the newest commit were the version, each
run would bring another one.
"""

from __future__ import annotations

from collections.abc import Mapping

from pack.distribution.content.globs import Glob
from pack.distribution.content.selection import going, select
from pack.distribution.ports import UpstreamHistory
from pack.distribution.values import Release, Rule, Strategy
from pack.errors import NotFound
from pack.model import BlobId, CommitId, MemoryPath

_OWN = ".pack/"


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

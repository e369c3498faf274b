"""The text of a pull request: what a sync brings, what the checks say, and what a person must see.

Whatever comes from others, such as paths, notes and both texts of a conflict, stands in code (see
`safe_text`). A host takes 65,536 characters; what is long is cut before that.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pack.deferred import dataclass, pattern
from pack.distribution.notices.changelog import gives_away
from pack.distribution.notices.safe_text import code_block, code_span, plain_name
from pack.distribution.ports import PullRequest
from pack.distribution.values import (
    CheckName,
    CheckResult,
    DownstreamConflict,
    PullRequestText,
    Region,
    Release,
    Rule,
    StaleOverride,
)

_CHECKS: Final[Mapping[CheckName, str]] = {
    CheckName.CHECKSUM: "Checksum verification",
    CheckName.LINK_INTEGRITY: "Link integrity",
    CheckName.SCHEMA_CHECK: "Schema compatibility",
    CheckName.SECRET_SCAN: "Secret scan",
    CheckName.VERSION_TAG: "Version tag match",
}
_HARMLESS: Final = pattern(r"[\w ,/.()]*")
_NOT_IN_A_REF: Final = pattern(r"[^\w.-]+|\.{2,}")
_MOST_TITLE: Final = 200
_MOST_LABEL: Final = 40
_MOST_BODY: Final = 60_000
_MOST_EXCERPT: Final = 8_000
_MOST_TEXT: Final = 3_000
_MOST_SHOWN: Final = 50
AUTO: Final = "auto-generated"
_MADE: Final = pattern(r"[^/]+-(?:sync|rollback)/.+/.+")
_WITHDRAWN: Final = "*The sync engine withdrew this.*"


@dataclass(frozen=True, slots=True)
class SyncUpdate:
    """What a pull request is about.

    Attributes:
        source: The memory's name.
        rule: The rule.
        release: What it brings.
        checks: What the checks say.
        added: Paths downstream that are new.
        modified: Those that change.
        removed: Those that go.
        changelog: What upstream says of the files concerned; any text.
        conflicts: What waits for a person.
        stale: Overrides that were made on older versions.
        notes: Sentences of PACK's own about what is lacking, such as a CODEOWNERS file.
        reviewers: Whom to ask.
    """

    source: str
    rule: Rule
    release: Release
    checks: Sequence[CheckResult]
    added: Sequence[str] = ()
    modified: Sequence[str] = ()
    removed: Sequence[str] = ()
    changelog: str = ""
    conflicts: Sequence[DownstreamConflict] = ()
    stale: Sequence[StaleOverride] = ()
    notes: Sequence[str] = ()
    reviewers: Sequence[str] = ()


def branch_prefix(source: str) -> str:
    """How the branches of a memory's syncs begin; others are never touched."""
    return f"{_ref_name(source)}-sync/"


def rollback_branch(source: str, version: str, rule_id: str) -> str:
    """The branch that takes a version back."""
    return f"{_ref_name(source)}-rollback/{_ref_name(version)}/{_ref_name(rule_id)}"


def is_made_branch(name: str) -> bool:
    """Whether a branch is called as those of a sync or a rollback are, of whatever memory."""
    return _MADE.fullmatch(name) is not None


def branch_name(source: str, version: str, rule_id: str) -> str:
    """The branch that offers a version to the downstream of a rule."""
    return f"{branch_prefix(source)}{_ref_name(version)}/{_ref_name(rule_id)}"


def labels_for(source: str) -> tuple[str, str]:
    """What a pull request is marked with; a host takes 50 characters."""
    return (f"{_ref_name(source)[:_MOST_LABEL]}-sync", AUTO)


def pull_request_text(update: SyncUpdate) -> PullRequestText:
    """The pull request of an update; the same values always make the same text."""
    name, version = plain_name(update.source), plain_name(update.release.version)
    return PullRequestText(
        title=f"sync({name}): Update {_spec_name(update)} from {version}"[:_MOST_TITLE],
        body=_body(update, name, version),
        labels=labels_for(update.source),
        reviewers=tuple(update.reviewers),
        branch=branch_name(update.source, update.release.version, update.rule.id),
    )


def withdrawn(pull: PullRequest) -> PullRequestText:
    """A pull request that says that PACK closes it, so that it is not taken for people's doing."""
    body = pull.body if is_withdrawn(pull) else f"{pull.body.rstrip()}\n\n{_WITHDRAWN}\n"
    return PullRequestText(pull.title, body, (), (), pull.branch)


def is_withdrawn(pull: PullRequest) -> bool:
    """Whether PACK has closed it."""
    return pull.body.rstrip().endswith(_WITHDRAWN)


def _ref_name(text: str) -> str:
    """A text as a part of a ref (git-check-ref-format(1))."""
    name = _NOT_IN_A_REF.sub("-", text).strip("-.")
    while name.endswith(".lock"):
        name = name.removesuffix(".lock").strip("-.")
    return name or "memory"


def _spec_name(update: SyncUpdate) -> str:
    """What changes: the name of the one file, or of the rule."""
    changed = [*update.added, *update.modified, *update.removed]
    if len(changed) != 1:
        return plain_name(update.rule.id)
    return plain_name(posixpath.splitext(posixpath.basename(changed[0]))[0])


def _body(update: SyncUpdate, name: str, version: str) -> str:
    count = len(update.added) + len(update.modified) + len(update.removed)
    head = [
        f"## Sync Update from {name}",
        "",
        f"**Source release:** {version}",
        f"**Sync rule:** {plain_name(update.rule.id)}",
        f"**Files changed:** {count}",
        "",
        "### Changelog Excerpt",
        "",
        _excerpt(update.changelog),
        "### Diff Summary",
        "",
        f"- Added: {len(update.added)} files",
        f"- Modified: {len(update.modified)} files",
        f"- Removed: {len(update.removed)} files",
        "",
        "### Validation Results",
        "",
        "| Check | Status | Details |",
        "|-------|--------|---------|",
        *map(_row, update.checks),
        "",
    ]
    foot = ["---", f"*This PR was auto-generated by the {name} sync engine.*", ""]
    room = _MOST_BODY - len("\n".join([*head, *foot]))
    parts = (_found(update.checks), _conflicts(update.conflicts), _stale(update.stale))
    return "\n".join([*head, *_fitting([*parts, _notes(update.notes)], room), *foot])


def _fitting(parts: Sequence[Iterator[str]], room: int) -> Iterator[str]:
    """The sections, without the ends of those that there is no room for."""
    for part in parts:
        is_begun = False
        for piece in part:
            room -= len(piece) + 1
            if room < 0:
                yield "(There is more; the branch has all of it.)\n"
                return
            is_begun = True
            yield piece
        if is_begun:
            yield ""


def _excerpt(changelog: str) -> str:
    if not changelog.strip():
        return "Nothing is said about these files.\n"
    return code_block(changelog, "markdown", most=_MOST_EXCERPT)


def _row(check: CheckResult) -> str:
    """A row of the table; what names files stands below it, where a path cannot end a cell."""
    details = check.details.partition(": ")[0] if check.findings else check.details
    shown = details if _HARMLESS.fullmatch(details) else "see below"
    return f"| {_CHECKS[check.name]} | {check.status} | {shown} |"


def _found(checks: Sequence[CheckResult]) -> Iterator[str]:
    lacking = [check for check in checks if check.findings]
    if lacking:
        yield "### Findings\n"
    for check in lacking:
        yield f"{_CHECKS[check.name]} ({check.status}):\n"
        for one in check.findings[:_MOST_SHOWN]:
            place = one.path if one.line is None else f"{one.path}:{one.line}"
            yield f"- {code_span(place)}: {code_span(one.what)}"
        yield from _more(len(check.findings))
        yield ""


def _conflicts(conflicts: Sequence[DownstreamConflict]) -> Iterator[str]:
    if not conflicts:
        return
    yield "### Conflicts\n"
    yield "They stay as they are here until somebody decides.\n"
    for conflict in conflicts[:_MOST_SHOWN]:
        lines = ", ".join(map(line_range, conflict.regions))
        where = f", {'lines' if lines else 'the whole file'} {lines}".rstrip()
        where = where if conflict.is_text else ""
        yield f"- {code_span(conflict.path)}{where}: {code_span(conflict.what)}"
    yield from _more(len(conflicts))
    yield ""
    for conflict in conflicts[:_MOST_SHOWN]:
        for region in conflict.regions[:_MOST_SHOWN]:
            yield f"#### {code_span(conflict.path)}, lines {line_range(region)}\n"
            yield f"Here:\n\n{code_block(region.ours, most=_MOST_TEXT)}"
            yield f"Upstream:\n\n{_upstream(region.theirs)}"


def _upstream(text: str) -> str:
    """Upstream's side of a conflict, unless it must not leave; a check has failed then already."""
    if gives_away(text):
        return "(It is not shown, as it holds what should not leave the memory.)\n"
    return code_block(text, most=_MOST_TEXT)


def line_range(region: Region) -> str:
    """The lines of a region: `12-15`, `12`, or where something would be put in."""
    if region.last < region.first:
        return f"before {region.first}"
    return str(region.first) if region.first == region.last else f"{region.first}-{region.last}"


def _stale(stale: Sequence[StaleOverride]) -> Iterator[str]:
    if not stale:
        return
    yield "### Stale Overrides\n"
    yield "They were made on an older version, and hide what upstream has changed since.\n"
    for one in stale[:_MOST_SHOWN]:
        versions = "1 version" if one.versions == 1 else f"{one.versions} versions"
        yield f"- {code_span(one.path)}: the override is {versions} old"
    yield from _more(len(stale))


def _notes(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield "### Notes\n"
    for note in notes[:_MOST_SHOWN]:
        yield f"- {note if _HARMLESS.fullmatch(note) else code_span(note)}"


def _more(count: int) -> Iterator[str]:
    if count > _MOST_SHOWN:
        yield f"- and {count - _MOST_SHOWN} more"

"""Whether a downstream has what a rule makes of a release, which anybody can make again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pack.distribution.checks.verifier import Recorded
from pack.distribution.ports import Downstream
from pack.distribution.reconciling.sync_state import SyncState, digest, state_path
from pack.distribution.running.context import RunContext
from pack.distribution.running.sync_commit import mark_of
from pack.distribution.running.view import DownstreamView
from pack.distribution.values import CheckName, CheckResult, CheckStatus, Rule
from pack.errors import NotFound

_SYNC: Final = "-sync"
_NOTHING: Final = "nothing of {} is there to compare with"
_UNPROVEN: Final = (
    "no sync commit there has this record, so what it says of {} files that were put there "
    "in the place of upstream's is not proven"
)


@dataclass(frozen=True, slots=True)
class VerifiedRule:
    """What a verification found.

    Attributes:
        rule: The rule.
        repo: Its repository.
        version: The version.
        branch: The branch that was looked at; `None` where no branch has anything of it.
        check: What was found.
        files: The hash of each file as the rule makes it, by path.
        contents: Their bytes.
    """

    rule: str
    repo: str
    version: str
    branch: str | None
    check: CheckResult
    files: Mapping[str, str]
    contents: Mapping[str, bytes] = field(repr=False)


def verify_rule(context: RunContext, rule: Rule, tag: str | None) -> VerifiedRule:
    """Make a downstream's files again, and compare.

    Args:
        context: Where everything is.
        rule: The rule.
        tag: The version; `None` for what the downstream has, or is offered.

    Raises:
        NotFound: There is no such version; or none was named, and it has nothing of the rule.
        PackError: It cannot be read, or the files cannot be made.
    """
    downstream = context.ends.downstreams.open(rule.target_repo)
    wanted = context.upstream.at(tag) if tag is not None else None
    found: list[VerifiedRule] = []
    for branch, view in _places(rule, downstream):
        content = view.read(state_path(rule.id))
        if content is None:
            continue
        state = SyncState.from_bytes(content, rule.id)
        if wanted is None or wanted.commit == state.commit:
            found.append(_compared(context, rule, branch, view, state))
    if found:  # that a branch is right says nothing of another one
        return next((one for one in found if one.check.status is CheckStatus.FAIL), found[0])
    if wanted is None:
        raise NotFound(f"a sync of {rule.id} in {rule.target_repo}", "Run the rule first.")
    made = context.remaker.make(rule, wanted, {}).contents()
    check = CheckResult(CheckName.CHECKSUM, CheckStatus.WARN, _NOTHING.format(wanted.version))
    return _verified(rule, wanted.version, None, check, made)


def _places(rule: Rule, downstream: Downstream) -> Iterator[tuple[str, DownstreamView]]:
    """Where something of a rule may be: what is offered, by whatever memory, and the default."""
    ending = f"/{rule.id}"
    for branch, head in downstream.branches("").items():
        if branch.endswith(ending) and branch.partition("/")[0].endswith(_SYNC):
            yield branch, DownstreamView(downstream, head)
    default, commit = downstream.default_branch()
    yield default, DownstreamView(downstream, commit)


def _compared(
    context: RunContext, rule: Rule, branch: str, view: DownstreamView, state: SyncState
) -> VerifiedRule:
    upstream = context.upstream
    release = upstream.at(state.version) if _is_tag(state) else upstream.at(state.commit)
    texts = view.read_all(state.files)
    found = {path: texts.get(path) for path in state.files}
    recorded = Recorded(state.files, state.variables, state.transforms, state.placed)
    check = context.verifier.check(rule, release, recorded, found)
    if state.placed and check.status is CheckStatus.PASS and not _is_proven(rule, view):
        details = f"{check.details}; {_UNPROVEN.format(len(state.placed))}"
        check = CheckResult(CheckName.CHECKSUM, CheckStatus.WARN, details)
    made = context.remaker.make(rule, release, state.variables).contents()
    return _verified(rule, release.version, branch, check, made)


def _is_proven(rule: Rule, view: DownstreamView) -> bool:
    """Whether a sync wrote the record that a branch has, and not somebody by hand."""
    path = state_path(rule.id)
    for commit in view.log():
        mark = mark_of(commit.message)
        if mark is None or mark.rule != rule.id:
            continue
        if view.of(commit.id).blob(path) == view.blob(path):
            return True
    return False


def _verified(
    rule: Rule, version: str, branch: str | None, check: CheckResult, made: Mapping[str, bytes]
) -> VerifiedRule:
    files = {path: digest(text) for path, text in made.items()}
    return VerifiedRule(rule.id, rule.target_repo, version, branch, check, files, made)


def _is_tag(state: SyncState) -> bool:
    return not state.commit.startswith(state.version)

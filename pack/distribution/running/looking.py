"""A look at one rule in its downstream: what it lacks, and what a release would do there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pack.distribution.content.making import Made
from pack.distribution.content.placing import VARIABLES
from pack.distribution.content.rule import is_rule_path, load_rules
from pack.distribution.content.selection import select
from pack.distribution.content.templating import read_variables
from pack.distribution.notices.safe_text import plain_name
from pack.distribution.ports import Downstream
from pack.distribution.reconciling.reconciling import Reconciled, SyncInput, reconcile
from pack.distribution.reconciling.recovery import find_synced
from pack.distribution.reconciling.sync_state import SyncState, digest, state_path
from pack.distribution.reconciling.synced import Synced
from pack.distribution.running.clashes import find_circle
from pack.distribution.running.context import RunContext
from pack.distribution.running.view import DownstreamView
from pack.distribution.values import Release, Rule
from pack.errors import RefusedForSafety
from pack.model import MemoryPath


@dataclass(frozen=True, slots=True)
class RuleLook:
    """What there is to do for one rule.

    Attributes:
        rule: The rule.
        release: The version that it brings.
        downstream: The downstream.
        branch: Its default branch.
        base: What is on that.
        synced: What it was given last; `None` for nothing.
        made: What the release makes.
        reconciled: What that does there.
        has_change: Whether people should be asked to take it.
    """

    rule: Rule
    release: Release
    downstream: Downstream
    branch: str
    base: DownstreamView
    synced: Synced | None
    made: Made
    reconciled: Reconciled
    has_change: bool

    @property
    def landed(self) -> str | None:
        """The version that the default branch has; `None` for none."""
        return self.synced.state.version if self.synced is not None else None

    @property
    def state_file(self) -> tuple[str, bytes]:
        """The file of the state, as it is to be."""
        return state_path(self.rule.id), self.reconciled.state.to_bytes()


def look(context: RunContext, rule: Rule, release: Release) -> RuleLook:
    """See what there is to do for a rule; nothing is written.

    Raises:
        RefusedForSafety: It would run in a circle; the tag was moved; all files would go.
        PackError: The downstream cannot be read, or the files cannot be made.
    """
    downstream = context.ends.downstreams.open(rule.target_repo)
    branch, head = downstream.default_branch()
    base = DownstreamView(downstream, head)
    synced = find_last(context, rule, downstream, base)
    state = synced.state if synced is not None else None
    variables = read_variables(base.read(VARIABLES))
    made = context.remaker.make(rule, release, variables)
    if not release.is_tag:
        release = _same_as_recorded(state, made, release)
    refuse_moved(context, rule, release, state)
    refuse_circle(context, rule, made, base)
    incoming = SyncInput(rule, context.name, release, made, context.upstream.versions)
    reconciled = reconcile(incoming, synced, base.files, downstream.read_blobs)
    has_change = _has_change(reconciled, synced, base, rule)
    parts = (downstream, branch, base, synced, made, reconciled, has_change)
    return RuleLook(rule, release, *parts)


def _same_as_recorded(state: SyncState | None, made: Made, release: Release) -> Release:
    """The commit that a downstream has already, where a later one makes the same files."""
    if state is None or state.files != {one.path: digest(one.content) for one in made.files}:
        return release
    return replace(release, version=state.version, commit=state.commit)


def _has_change(
    reconciled: Reconciled, synced: Synced | None, base: DownstreamView, rule: Rule
) -> bool:
    """Whether there is something to ask people for; a new number for the same files is not."""
    if reconciled.changes_files:
        return True
    if synced is None:
        return bool(reconciled.state.files or reconciled.conflicts)
    before = base.read(state_path(rule.id))
    if before is None:
        return False  # they removed the state: it comes back with the next files
    return bool(reconciled.conflicts) and before != reconciled.state.to_bytes()


def find_last(
    context: RunContext, rule: Rule, downstream: Downstream, base: DownstreamView
) -> Synced | None:
    """What a downstream was given last; `None` for nothing.

    Its history is only read where it should have a state and has none: it may be long.

    Raises:
        RefusedForSafety: Another memory has a rule of that name for it.
    """
    context.remaker.learn(rule)
    is_there = base.blob(state_path(rule.id)) is not None
    if not is_there and not _should_have_state(context, rule, downstream):
        return None
    found = find_synced(rule.id, downstream, base.commit, context.remaker)
    if found is not None:
        refuse_others(context, rule, found.state)
    if found is not None and not is_there and rule.pins_out(found.state.version):
        return None  # it was taken back, and nothing was there before it
    return found


def refuse_others(context: RunContext, rule: Rule, state: SyncState) -> None:
    """Do nothing, unless what a downstream was given is another memory's.

    Raises:
        RefusedForSafety: It is.
    """
    if state.source == context.name or context.upstream.has(state.commit):
        return
    raise RefusedForSafety(
        f"what {rule.target_repo} has of a rule {rule.id} belongs to another memory, "
        f"{plain_name(state.source)}",
        "Give one of the two rules another id.",
    )


def _should_have_state(context: RunContext, rule: Rule, downstream: Downstream) -> bool:
    """Whether something came to the default branch once, by what was recorded."""
    entry = context.registry.find_for(rule)
    if entry is None or entry.version is None:
        return False
    if entry.landed is not None or entry.offered is None:
        return True
    is_waiting = entry.offered.branch in downstream.branches(entry.offered.branch)
    return not is_waiting


def refuse_moved(
    context: RunContext, rule: Rule, release: Release, state: SyncState | None
) -> None:
    """Do nothing, unless the version led elsewhere when it was brought.

    Raises:
        RefusedForSafety: It did.
    """
    if not release.is_tag:
        return
    entry = context.registry.find_for(rule)
    known = [(state.version, str(state.commit))] if state is not None else []
    if entry is not None and entry.version is not None and entry.commit is not None:
        known.append((entry.version, entry.commit))
    for version, commit in known:
        if version == release.version and commit != release.commit:
            raise RefusedForSafety(
                f"the tag {version} was moved: {rule.target_repo} got {commit[:12]}, and now it "
                f"leads to {release.commit[:12]}",
                "Move it back, and give what is new a version of its own.",
            )


def refuse_circle(context: RunContext, rule: Rule, made: Made, base: DownstreamView) -> None:
    """Do nothing, unless what a rule brings would come back here.

    Raises:
        RefusedForSafety: It would; both rules are named.
    """
    downstreams = context.ends.downstreams
    if downstreams.is_upstream(rule.target_repo):
        raise RefusedForSafety(
            f"the rule {rule.id} sends the memory to itself", "Name another repository."
        )
    paths = [one.path for one in made.files]
    found = find_circle(rule.id, paths, _sent_back(context, rule, base, paths))
    if found is not None:
        raise RefusedForSafety(found, "Take the files out of one of the two rules.")


def _sent_back(
    context: RunContext, rule: Rule, base: DownstreamView, paths: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """What the downstream's own rules would send here of some files."""
    contents = base.read_all(path for path in base.files if is_rule_path(path))
    rules = load_rules({MemoryPath(path): text for path, text in contents.items()}).rules
    downstreams = context.ends.downstreams
    back = (
        stored.rule
        for stored in rules
        if downstreams.is_upstream(stored.rule.target_repo, rule.target_repo)
    )
    return {one.id: select(one, map(MemoryPath, paths)).paths for one in back}


def conflict_lines(look: RuleLook) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Where both sides changed each file; all of it where it has no lines to name.

    Something in the way of a file is no text, so that it has none.
    """
    for one in look.reconciled.conflicts:
        spans = [(region.first, region.last) for region in one.regions]
        whole = [(1, _lines(look.base.read(one.path)))] if one.is_text else []
        yield one.path, spans or whole


def _lines(content: bytes | None) -> int:
    return max(1, (content or b"").count(b"\n"))

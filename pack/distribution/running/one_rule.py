"""One rule in its downstream: looked at, checked, offered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pack.distribution.checks.checking import Checked
from pack.distribution.checks.report import all_pass, is_blocked
from pack.distribution.checks.verifier import Recorded
from pack.distribution.code_owners import CODE_OWNERS_PLACES, Reviewers, reviewers_for
from pack.distribution.content.placing import DECISIONS, OVERRIDES_DIR
from pack.distribution.content.selection import internal_reason
from pack.distribution.content.staying import staying, with_bare_names
from pack.distribution.notices.changelog import changelog_excerpt
from pack.distribution.notices.decisions import ConflictResolution, with_decision
from pack.distribution.notices.pull_request import (
    SyncUpdate,
    branch_name,
    branch_prefix,
    pull_request_text,
)
from pack.distribution.reconciling.sync_state import digest
from pack.distribution.running.context import RunContext
from pack.distribution.running.delivery import Handed, Parcel, deliver
from pack.distribution.running.looking import RuleLook, conflict_lines, look
from pack.distribution.running.offers import OfferFinder, OpenOffers, WantedFiles
from pack.distribution.running.results import ConflictLines, RepositoryResult, RunStatus
from pack.distribution.running.standing import ChosenStep, OfferStep, Situation, choose
from pack.distribution.running.sync_commit import SyncMark, sync_commit
from pack.distribution.running.trees import tree_after
from pack.distribution.values import CheckResult, MadeFile, PullRequestText, Release, Rule
from pack.errors import InvalidContent
from pack.model import MemoryPath
from pack.versions import KitVersion

_CHANGELOG = MemoryPath("CHANGELOG.md")
_STATUS: Mapping[OfferStep, RunStatus] = {
    OfferStep.NOTHING: RunStatus.UNCHANGED,
    OfferStep.OPEN: RunStatus.OPENED,
    OfferStep.UPDATE: RunStatus.UPDATED,
    OfferStep.WITHDRAW: RunStatus.UPDATED,
    OfferStep.LEAVE: RunStatus.UNCHANGED,
    OfferStep.WAIT: RunStatus.BLOCKED,
}
_KEPT = f"{OVERRIDES_DIR}.gitkeep"
_WRITING = (OfferStep.OPEN, OfferStep.UPDATE, OfferStep.WITHDRAW)
_DECISION = "Kept the text of this repository in {where}"
_RESOLVED_BY = "human-reviewer"
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class RulePlan:
    """What is to be done for a rule, decided and not begun.

    Attributes:
        look: What there is to do.
        writes: All that is written, with PACK's own files.
        checks: What the five checks say.
        text: The pull request.
        offers: What is offered already.
        choice: What is done.
        notes: What people should know.
    """

    look: RuleLook
    writes: Mapping[str, bytes]
    checks: Sequence[CheckResult]
    text: PullRequestText
    offers: OpenOffers
    choice: ChosenStep
    notes: Sequence[str]

    @property
    def is_blocked(self) -> bool:
        """Whether a check lets nothing out that would go out."""
        is_going = self.choice.step in (OfferStep.OPEN, OfferStep.UPDATE)
        return is_going and is_blocked(self.checks)


class OneRule:
    """Carries one rule to its downstream."""

    def __init__(self, context: RunContext, rule: Rule, release: Release) -> None:
        self._context = context
        self._rule = rule
        self._release = release
        self._branches = branch_prefix(context.name)

    def run(self, *, dry_run: bool) -> RepositoryResult:
        """Do what there is to do, and say what became of it.

        Raises:
            PackError: It cannot be done; what was done already is found by the next run.
        """
        plan = self.plan()
        if plan.is_blocked:
            return self._result(plan, Handed(), RunStatus.BLOCKED, has_written=False)
        if dry_run:
            return self._result(plan, _planned(plan), self._status(plan), has_written=False)
        handed = deliver(plan.look.downstream, plan.choice, plan.offers, self._parcel(plan))
        has_written = plan.choice.step in _WRITING
        return self._result(plan, handed, self._status(plan), has_written=has_written)

    def plan(self) -> RulePlan:
        """Decide what is to be done; nothing is written."""
        found = look(self._context, self._rule, self._release)
        self._release = found.release
        if self._is_older(found):
            found = replace(found, has_change=False)
        writes = dict(self._writes(found))
        branch = branch_name(self._context.name, found.release.version, self._rule.id)
        wanted = WantedFiles(found.release.version, writes, found.reconciled.removes)
        finder = OfferFinder(
            found.downstream, found.base, self._rule.id, self._branches, found.landed
        )
        offers = finder.find(wanted, branch)
        refused = () if self._context.reopens else self._refused(found, offers)
        choice = choose(Situation(found.release.version, found.has_change, offers.current, refused))
        is_needed = found.has_change or offers.current is not None
        private = self._private(found)
        checks = self._checks(found, writes, private) if is_needed else ()
        reviewers = self._reviewers(found) if found.has_change else Reviewers()
        text = self._text(found, checks, reviewers, private)
        notes = (*found.reconciled.notes, *reviewers.notes, *_lacking(found))
        return RulePlan(found, writes, checks, text, offers, choice, [*dict.fromkeys(notes)])

    # --- what is written -----------------------------------------------------------------------

    def _is_older(self, found: RuleLook) -> bool:
        """Whether the downstream has something newer than what nobody asked for by its name."""
        if self._context.is_asked or not found.release.is_tag or found.landed is None:
            return False
        try:
            landed = KitVersion.parse(found.landed)
        except InvalidContent:
            return False  # a commit
        return landed > KitVersion.parse(found.release.version)

    def _writes(self, found: RuleLook) -> Mapping[str, bytes]:
        path, content = found.state_file
        decisions = self._decisions(found)
        own = {DECISIONS: decisions} if decisions is not None else {}
        folders = {_KEPT: b""} if self._needs_folder(found) else {}
        return {**found.reconciled.writes, path: content, **own, **folders}

    def _needs_folder(self, found: RuleLook) -> bool:
        """Whether people there should find the folder for their own versions."""
        return self._context.begins and not found.base.below(OVERRIDES_DIR)

    def _decisions(self, found: RuleLook) -> bytes | None:
        """What merging decides about each conflict; `None` where there is none."""
        existing = found.base.read(DECISIONS)
        if not found.reconciled.conflicts or (existing is None and DECISIONS in found.base.files):
            return None
        content = existing
        for path, spans in conflict_lines(found):
            if not spans:
                continue  # nobody has chosen a text by merging this
            where = ", ".join(f"lines {first}-{last}" for first, last in spans)
            entry = ConflictResolution(
                date=f"{found.release.at:%Y-%m-%d}",
                sync_version=found.release.version,
                file=path,
                decision=_DECISION.format(where=where),
                resolved_by=_RESOLVED_BY,
            )
            content = with_decision(content, entry)
        return content if content != existing else None

    def _refused(self, found: RuleLook, offers: OpenOffers) -> set[str]:
        """The versions that people closed, took back, or removed the branch of."""
        taken_back = {one for one in offers.merged if not _is_passed(one, found.landed)}
        refused = {*offers.refused, *taken_back}
        entry = self._context.registry.find_for(self._rule)
        offered = entry.offered if entry is not None else None
        if offered is not None and found.downstream.pull_requests is None:
            is_there = offered.branch in found.downstream.branches(offered.branch)
            if not is_there and offered.version != found.landed:
                refused |= {offered.version}
        return refused

    # --- what is said --------------------------------------------------------------------------

    def _checks(
        self, found: RuleLook, writes: Mapping[str, bytes], private: Sequence[MemoryPath]
    ) -> Sequence[CheckResult]:
        made, done = found.made, found.reconciled
        after = tree_after(found.base.files, writes, done.removes)
        kept = {path for path in done.state.placed if path not in done.writes}
        changed = self._changed_there(found)
        files = [
            MadeFile(one.path, one.source, done.writes.get(one.path, one.content))
            for one in made.files
            if one.path in after and one.path not in kept
        ]
        texts = {path: done.writes.get(path, found.base.read(path)) for path in done.state.files}
        on_branch = {
            path: text
            for path, text in texts.items()
            if path not in changed and path in after  # what people changed is theirs
        }
        digests = {one.path: digest(one.content) for one in made.files}
        recorded = Recorded(digests, done.state.variables, placed=done.state.placed)
        checksum = self._context.verifier.check(found.rule, found.release, recorded, on_branch)
        version, present = found.release.version, after.keys()
        checked = Checked(found.rule, version, files, present, private, shown=made.files)
        return self._context.checker.run(checked, checksum)

    @staticmethod
    def _changed_there(found: RuleLook) -> set[str]:
        """The files that hold what people wrote, outside of overrides."""
        made, done = found.made.contents(), found.reconciled
        return {
            path
            for path in done.state.files
            if path not in done.state.placed
            and done.writes.get(path, found.base.read(path)) != made[path]
        }

    def _private(self, found: RuleLook) -> list[MemoryPath]:
        """The notes that do not go; what downstream has already is no secret there."""
        files = self._context.upstream.files(found.release.commit)
        return staying(files, found.made, found.base.files)

    def _reviewers(self, found: RuleLook) -> Reviewers:
        owners = (found.base.read(path) for path in CODE_OWNERS_PLACES)
        done = found.reconciled
        paths = [*done.added, *done.modified, *done.removed]
        return reviewers_for(paths, next((text for text in owners if text is not None), None))

    def _text(
        self,
        found: RuleLook,
        checks: Sequence[CheckResult],
        reviewers: Reviewers,
        private: Sequence[MemoryPath],
    ) -> PullRequestText:
        done = found.reconciled
        update = SyncUpdate(
            source=self._context.name,
            rule=found.rule,
            release=found.release,
            checks=checks,
            added=done.added,
            modified=done.modified,
            removed=done.removed,
            changelog=self._changelog(found, private),
            conflicts=done.conflicts,
            stale=done.stale,
            notes=(*done.notes, *reviewers.notes),
            reviewers=reviewers.names,
        )
        return pull_request_text(update)

    def _changelog(self, found: RuleLook, private: Sequence[MemoryPath]) -> str:
        content = self._context.upstream.read(found.release.commit, _CHANGELOG)
        if content is not None and internal_reason(_CHANGELOG, content) is not None:
            content = None  # nobody downstream may read it
        synced, done = found.synced, found.reconciled
        changed = {*done.added, *done.modified}
        sources = {one.source for one in found.made.files if one.path in changed}
        since = synced.state if synced is not None else None
        is_known = since is None or self._context.upstream.has(since.commit)
        until = found.release.commit
        subjects = (
            self._context.subjects(since.commit if since else None, until, sources)
            if is_known
            else ()
        )
        text = content.decode("utf-8", "replace") if content is not None else None
        version = since.version if since else None
        unnamed = with_bare_names(private, [one.source for one in found.made.files])
        return changelog_excerpt(text, version, found.release.version, sources, subjects, unnamed)

    # --- what is handed over -------------------------------------------------------------------

    def _parcel(self, plan: RulePlan) -> Parcel:
        found, release = plan.look, plan.look.release
        mark = SyncMark(found.rule.id, release.version, release.commit)
        base = (found.base.commit, found.base.files)
        changes = (plan.writes, found.reconciled.removes)
        commit = sync_commit(plan.text.title, mark, base, changes, release)
        done = found.reconciled
        may_merge = all_pass(plan.checks) and not done.conflicts and not done.stale
        entry = self._context.registry.find_for(self._rule)
        offered = entry.offered if entry is not None else None
        is_finished = offered is not None and offered.version == release.version
        return Parcel(commit, plan.text, found.branch, may_merge, is_finished)

    def _status(self, plan: RulePlan) -> RunStatus:
        status = _STATUS[plan.choice.step]
        offer = plan.offers.current
        is_offered = status in (RunStatus.OPENED, RunStatus.UPDATED) or (
            status is RunStatus.UNCHANGED and offer is not None and offer.is_wanted
        )
        has_conflicts = bool(plan.look.reconciled.conflicts) and plan.look.has_change
        return RunStatus.CONFLICT if has_conflicts and is_offered else status

    def _result(
        self, plan: RulePlan, handed: Handed, status: RunStatus, *, has_written: bool
    ) -> RepositoryResult:
        found, done = plan.look, plan.look.reconciled
        is_shown = found.has_change
        blocked = status is RunStatus.BLOCKED and plan.choice.step is not OfferStep.WAIT
        return RepositoryResult(
            rule=found.rule.id,
            repo=found.rule.target_repo,
            version=found.release.version,
            status=status,
            branch=handed.branch,
            commit=handed.commit,
            pull_request=plan.text if handed.branch is not None else None,
            url=handed.url,
            checks=plan.checks,
            added=done.added if is_shown else (),
            modified=done.modified if is_shown else (),
            removed=done.removed if is_shown else (),
            conflicts=_conflicts(found) if is_shown else (),
            notes=(*plan.notes, *handed.notes),
            message=_BLOCKED if blocked else plan.choice.why,
            delivered=self._delivered(plan, status),
            source=found.release.commit,
            landed=found.landed,
            has_written=has_written,
        )

    @staticmethod
    def _delivered(plan: RulePlan, status: RunStatus) -> str | None:
        """The version that the downstream has or is offered."""
        found, offer = plan.look, plan.offers.current
        is_going = plan.choice.step in (OfferStep.OPEN, OfferStep.UPDATE)
        is_brought = is_going and status is not RunStatus.BLOCKED
        if is_brought or not found.has_change:
            return found.release.version
        return offer.version if offer is not None else found.landed


def _lacking(found: RuleLook) -> Iterator[str]:
    """What of a rule does not go, for those who wrote it alone: it names notes."""
    if not found.made.files:
        yield f"no file of {found.release.version} goes by this rule"
    for one in found.made.refused[:_MOST_NAMED]:
        yield f"{one.path} does not go: {one.reason}"
    if (more := len(found.made.refused) - _MOST_NAMED) > 0:
        yield f"{more} more do not go for such reasons"


def _conflicts(found: RuleLook) -> list[ConflictLines]:
    what = {one.path: one.what for one in found.reconciled.conflicts}
    return [ConflictLines(path, spans, what[path]) for path, spans in conflict_lines(found)]


def _is_passed(version: str, landed: str | None) -> bool:
    """Whether what was merged once is there, or something newer is."""
    try:
        return landed is not None and KitVersion.parse(version) <= KitVersion.parse(landed)
    except InvalidContent:  # a commit
        return version == landed


_BLOCKED = "a check failed, so nothing was offered"


def _planned(plan: RulePlan) -> Handed:
    """What would be handed over."""
    offer = plan.offers.current
    if plan.choice.step is OfferStep.OPEN:
        return Handed(plan.text.branch)
    if offer is None or plan.choice.step is OfferStep.WITHDRAW:
        return Handed()
    url = offer.pull.url if offer.pull is not None else None
    is_renamed = plan.choice.step is OfferStep.UPDATE and offer.pull is None
    return Handed(plan.text.branch if is_renamed else offer.branch, None, url)

"""The branch and the pull request that take a sync back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pack.distribution.checks.checking import Checked
from pack.distribution.checks.verifier import Recorded
from pack.distribution.code_owners import CODE_OWNERS_PLACES, reviewers_for
from pack.distribution.content.placing import DECISIONS
from pack.distribution.content.staying import staying
from pack.distribution.notices.decisions import RollbackEntry, with_decision
from pack.distribution.notices.issue_drafts import rollback_issue
from pack.distribution.notices.pull_request import rollback_branch
from pack.distribution.ports import Downstream
from pack.distribution.reconciling.sync_state import SyncState, digest
from pack.distribution.running.context import RunContext
from pack.distribution.running.looking import refuse_others
from pack.distribution.running.results import ConflictLines, RolledBack
from pack.distribution.running.rollback import WayBack, WayBackFinder
from pack.distribution.running.rollback_text import RollbackNotice, rollback_text
from pack.distribution.running.sync_commit import SyncMark, is_ours, sync_commit
from pack.distribution.running.trees import tree_after
from pack.distribution.running.view import DownstreamView
from pack.distribution.values import (
    CheckName,
    CheckResult,
    CheckStatus,
    MadeFile,
    PullRequestText,
    Release,
    Rule,
)
from pack.errors import NotFound, RefusedForSafety
from pack.model import CommitId, MemoryPath

_FIRST = "before the first sync"
_UNKNOWN = CheckResult(
    CheckName.CHECKSUM, CheckStatus.WARN, "what was there before cannot be made again"
)


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """What is asked for.

    Attributes:
        reason: Why; empty if nobody says.
        dry_run: Whether nothing is written.
        is_filed: Whether the branch only becomes a file, so that nothing is offered to anybody yet.
    """

    reason: str = ""
    dry_run: bool = False
    is_filed: bool = False


class TakeBack:
    """Takes the sync of one rule back, by a pull request like that which brought it."""

    def __init__(
        self, context: RunContext, rule: Rule, request: RollbackRequest, by: str, at: datetime
    ) -> None:
        self._context = context
        self._rule = rule
        self._request = request
        self._by = by
        self._at = at
        self._downstream = context.ends.downstreams.open(rule.target_repo)
        self._default, head = self._downstream.default_branch()
        self._base = DownstreamView(self._downstream, head)

    def run(self) -> RolledBack:
        """Offer the way back.

        Raises:
            NotFound: Nothing of the rule is there.
            PackError: The downstream failed or refused.
        """
        way = WayBackFinder(self._downstream, self._base, self._rule).find()
        refuse_others(self._context, self._rule, way.now)
        entry = self._entry(way)
        checks = self._checks(way)
        text = self._text(way, entry, checks)
        commit, url, notes = self._offer(way, entry, text)
        name, repo = self._context.name, self._rule.target_repo
        issue = rollback_issue(name, self._rule.id, repo, entry)
        return RolledBack(
            rule=self._rule.id,
            repo=repo,
            version=way.now.version,
            reverted=way.reverted,
            restored_to=way.before.version if way.before is not None else None,
            branch=text.branch,
            commit=commit,
            pull_request=text,
            url=url,
            checks=checks,
            conflicts=[
                ConflictLines(one.path, [(r.first, r.last) for r in one.regions], one.what)
                for one in way.conflicts
            ],
            issue={"title": issue.title, "body": issue.body},
            notes=notes,
        )

    # --- what is said --------------------------------------------------------------------------

    def _entry(self, way: WayBack) -> RollbackEntry:
        before = f"{way.before.version} sync state" if way.before is not None else _FIRST
        return RollbackEntry(
            date=f"{self._at:%Y-%m-%d}",
            sync_version=way.now.version,
            reverted_commit=way.reverted[:12],
            reason=self._request.reason or "not said",
            restored_to=before,
            follow_up_issue="to be opened from the draft",
            logged_by=self._by,
        )

    def _checks(self, way: WayBack) -> Sequence[CheckResult]:
        """The five checks on what is there again; none where nothing of the rule is."""
        before = way.before
        if before is None:
            return ()
        after = tree_after(self._base.files, way.writes, way.removes)
        texts = {**self._base.read_all(before.files), **way.writes}
        files = [
            MadeFile(path, MemoryPath(path), texts[path]) for path in before.files if path in texts
        ]
        checked = Checked(before.rule, before.version, files, after.keys())
        self._context.remaker.learn(self._rule)
        again = self._context.remaker.again(before, before.version, before.commit)
        if not again or {path: digest(text) for path, text in again.items()} != before.files:
            # Its rule may be one that somebody made up to learn what there is.
            return self._context.checker.run(checked, _UNKNOWN)
        release, rule = self._release(before, way), self._context.remaker.rule_of(before)
        made = self._context.remaker.make(rule, release, before.variables)
        shown = [one for one in made.files if texts.get(one.path) == one.content]
        notes = self._context.upstream.files(before.commit) if shown else ()
        private = staying(notes, made, self._base.files)
        checked = replace(checked, private=private, shown=shown)
        # What people have changed, then or since, nobody can make again.
        found = {
            path: texts[path]
            for path in before.files
            if path in texts and digest(texts[path]) == before.expected(path)
        }
        recorded = Recorded(before.files, before.variables, before.transforms, before.placed)
        checksum = self._context.verifier.check(rule, release, recorded, found)
        return self._context.checker.run(checked, checksum)

    def _text(
        self, way: WayBack, entry: RollbackEntry, checks: Sequence[CheckResult]
    ) -> PullRequestText:
        owners = (self._base.read(path) for path in CODE_OWNERS_PLACES)
        content = next((text for text in owners if text is not None), None)
        reviewers = reviewers_for([*way.writes, *way.removes], content).names
        branch = rollback_branch(self._context.name, way.now.version, self._rule.id)
        notice = RollbackNotice(
            self._context.name, self._rule.id, branch, way, entry, checks, reviewers
        )
        return rollback_text(notice)

    # --- what is done --------------------------------------------------------------------------

    def _release(self, state: SyncState, way: WayBack) -> Release:
        try:
            at = self._context.upstream.at(state.commit).at
        except NotFound:  # it is not of this memory any more, and its way back is there still
            at = next(iter(self._downstream.log(way.reverted))).at
        is_tag = not state.commit.startswith(state.version)
        return Release(state.version, state.commit, at, is_tag=is_tag)

    def _offer(
        self, way: WayBack, entry: RollbackEntry, text: PullRequestText
    ) -> tuple[CommitId | None, str | None, Sequence[str]]:
        """The commit, where people see it, and what could not be done."""
        if self._request.dry_run:
            return None, None, ()
        logged, notes = self._logged(way, entry)
        writes = {**way.writes, **logged}
        removes = [path for path in way.removes if path not in writes]
        mark = SyncMark(self._rule.id, way.now.version, way.now.commit)
        base = (self._base.commit, self._base.files)
        release = self._release(way.now, way)
        wanted = sync_commit(text.title, mark, base, (writes, removes), release)
        commit = self._downstream.commit(wanted)
        self._move(self._downstream, text.branch, commit)
        pulls = self._downstream.pull_requests
        if pulls is None:
            return commit, None, notes
        pull = pulls.open(text, self._default)
        asked = [*pulls.ask(pull, text.reviewers)] if text.reviewers else []
        return commit, pull.url, (*notes, *asked, *pulls.label(pull, text.labels))

    def _logged(
        self, way: WayBack, entry: RollbackEntry
    ) -> tuple[Mapping[str, bytes], Sequence[str]]:
        """The log of decisions with the entry, and why there is none; it may go back too."""
        existing = way.writes.get(DECISIONS, self._base.read(DECISIONS))
        if existing is None and DECISIONS in self._base.files:
            return {}, (f"{DECISIONS} is no file there, so the decision is not logged in it",)
        return {DECISIONS: with_decision(existing, entry)}, ()

    def _move(self, downstream: Downstream, branch: str, commit: CommitId) -> None:
        there = downstream.branches(branch).get(branch)
        if there == commit:
            return
        if there is not None and not all(map(is_ours, downstream.log(there, self._base.commit))):
            raise RefusedForSafety(
                f"{branch} has commits of others", "Merge or remove that branch first."
            )
        downstream.move_branch(branch, commit, there)

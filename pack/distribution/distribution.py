"""What a memory gives to other repositories: run, look, take back, begin, end.

The rules and the registry are in the memory; the repositories that they name are behind `Ends`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache

from pack.core.session import Session
from pack.distribution.checks.checking import Checker
from pack.distribution.checks.verifier import Verifier
from pack.distribution.content.rule import RuleSet, read_rule
from pack.distribution.content.rule_edits import with_pinned
from pack.distribution.notices.alerts import SyncAlert
from pack.distribution.notices.issue_drafts import IssueDraft, drift_issue
from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.registry import Registry
from pack.distribution.running.adding import (
    AddedRule,
    EndedRule,
    NewRule,
    archived,
    listed,
    refuse_other,
    relisted,
    withdraw_offers,
)
from pack.distribution.running.context import RunContext
from pack.distribution.running.ends import Ends
from pack.distribution.running.remembered import RememberedUpstream
from pack.distribution.running.results import (
    DownstreamStatus,
    RepositoryResult,
    RolledBack,
    RunReport,
)
from pack.distribution.running.run import Run, RunRequest, Tell, recorded
from pack.distribution.running.stored import FilesAfter, StoredDistribution, named
from pack.distribution.running.survey import alerts_for, survey, unreadable
from pack.distribution.running.take_back import RollbackRequest, TakeBack
from pack.distribution.running.verifying import VerifiedRule, verify_rule
from pack.errors import PackError
from pack.log import LogQuery
from pack.model import CommitId, MemoryPath

_MOST_SUBJECTS = 100


class Distribution:
    """The distribution of a memory, for one writer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core
        self._stored = StoredDistribution(session)

    def rules(self) -> RuleSet:
        """The rules, and the files that hold no usable one."""
        return self._stored.rules()

    def registry(self) -> Registry:
        """What was recorded of earlier runs."""
        return self._stored.registry()

    # --- running -------------------------------------------------------------------------------

    def run(self, ends: Ends, request: RunRequest, tell: Tell = lambda _: None) -> RunReport:
        """Bring each rule's files to its repository, and record what became of it.

        Args:
            ends: Where files come from and go to.
            request: What is asked for.
            tell: Told of each result as soon as it is there.

        Raises:
            NotFound: A rule or a version that was named is not there.
            PackError: The memory cannot be read.
        """
        every = self._stored.rules()
        wanted = named(every, request.rules)
        if request.tag is not None:
            ends.upstream.at(request.tag)  # a mistyped one is no failure of any downstream
        is_asked = request.tag is not None
        context = replace(
            self._context(ends),
            reopens=request.reopens or request.is_filed,
            is_asked=is_asked,
            begins=request.begins,
        )
        results: list[RepositoryResult] = []

        def keep(result: RepositoryResult) -> None:
            results.append(result)
            tell(result)

        unrecorded: PackError | None = None
        try:
            Run(context, request, every).carry(wanted, keep)
        finally:  # what was done is recorded, also if somebody ends the run
            try:
                if not request.dry_run and not request.is_filed:
                    self._record(every, context.name, results)
            except PackError as error:
                unrecorded = error
        return RunReport(results, unrecorded)

    def _record(
        self, every: RuleSet, name: str, results: Sequence[RepositoryResult]
    ) -> CommitId | None:
        rules = {one.rule.id: one.rule for one in every.rules}
        now = self._core.clock()

        def change(registry: Registry) -> Registry:
            return replace(recorded(registry, rules, results, now), source=name)

        if not any(result.rule in rules for result in results):
            return None
        return self._stored.record(change, ".pack/distribution/registry.yaml: record a run")

    def _context(self, ends: Ends) -> RunContext:
        registry = self._stored.registry()
        upstream = RememberedUpstream(ends.upstream)
        return RunContext(
            ends=ends,
            name=registry.source or ends.name,
            upstream=upstream,
            remaker=Remaker(upstream),
            checker=Checker(),
            verifier=Verifier(upstream),
            registry=registry,
            subjects=self._find_subjects(),
        )

    def _find_subjects(self) -> Callable[..., Sequence[str]]:
        connector = self._core.connector

        @cache
        def changed(
            since: CommitId | None, until: CommitId
        ) -> Sequence[tuple[str, frozenset[MemoryPath]]]:
            query = LogQuery(until, since=since, with_files=True, limit=_MOST_SUBJECTS)
            return [
                (one.message.partition("\n")[0], frozenset(file.path for file in one.files or ()))
                for one in connector.log(query)
            ]

        def subjects(
            since: CommitId | None, until: CommitId, paths: Collection[MemoryPath]
        ) -> Sequence[str]:
            return [said for said, files in changed(since, until) if not files.isdisjoint(paths)]

        return subjects

    # --- looking -------------------------------------------------------------------------------

    def status(self, ends: Ends, rules: Sequence[str] = ()) -> list[DownstreamStatus]:
        """How each downstream stands; nothing is written.

        Raises:
            NotFound: A rule that was named is not there.
        """
        context, now = self._context(ends), self._core.clock()
        found = named(self._stored.rules(), rules)
        broken = [unreadable(one) for one in found.broken]
        return [*broken, *(survey(context, stored.rule, now) for stored in found.rules)]

    def alerts(self, found: Sequence[DownstreamStatus]) -> list[SyncAlert]:
        """What somebody should hear of."""
        rules = {one.rule.id: one.rule for one in self._stored.rules().rules}
        now = self._core.clock()
        known = [one for one in found if one.rule in rules]
        return [alert for one in known for alert in alerts_for(one, rules[one.rule], now)]

    def drift_draft(self, ends: Ends, one: DownstreamStatus) -> IssueDraft | None:
        """An issue for a downstream whose files were changed; `None` where none was."""
        if not one.drift or one.version is None:
            return None
        name = self._stored.registry().source or ends.name
        return drift_issue(name, one.rule, one.version, one.drift)

    def verify(self, ends: Ends, rule_id: str, tag: str | None = None) -> VerifiedRule:
        """Make the files of a downstream again, from release and rule alone, and compare.

        Raises:
            NotFound: There is no such rule, or the downstream has nothing of it.
        """
        return verify_rule(self._context(ends), self._stored.get(rule_id).rule, tag)

    # --- taking back ---------------------------------------------------------------------------

    def rollback(self, ends: Ends, rule_id: str, request: RollbackRequest) -> RolledBack:
        """Offer the way back from the last sync, and pin its version out.

        Raises:
            NotFound: There is no such rule, or nothing of it is there.
            PackError: The downstream failed or refused.
        """
        stored = self._stored.get(rule_id)
        by, now = self._session.origin.label, self._core.clock()
        done = TakeBack(self._context(ends), stored.rule, request, by, now).run()
        if not request.dry_run and not request.is_filed:
            content = self._stored.read(stored.path) or b""
            pinned = with_pinned(content, stored.path, done.version)
            subject = f"{stored.path}: pin {done.version} out"
            self._stored.record(lambda registry: registry, subject, {stored.path: pinned})
        return done

    # --- beginning and ending ------------------------------------------------------------------

    def add(self, ends: Ends, new: NewRule, *, dry_run: bool = False) -> AddedRule:
        """Begin with a downstream: a rule, its first sync, and then what it is to be.

        After a failure the rule stays one that only runs by hand; the same call goes on with it.

        Raises:
            InvalidRequest: There is another rule of that name.
            InvalidConfig: It cannot be a rule.
        """
        first = new.first()
        every = self._stored.rules().rules
        known = next((one for one in every if one.rule.id == new.id), None)
        refuse_other(new, known)
        rule = read_rule(first, new.file)
        if dry_run:
            return AddedRule(new.file, None, None)
        if known is None:
            subject = f"{new.file}: begin with {rule.target_repo}"
            self._stored.record(lambda one: listed(one, rule), subject, {new.file: first})
        report = self.run(ends, RunRequest([new.id], begins=True))
        (result,) = report.results
        if result.is_bad:
            return AddedRule(new.file, result, None)
        content = new.as_wanted(self._stored.read(new.file) or first)
        wanted = read_rule(content, new.file)
        subject = f"{new.file}: run {wanted.frequency}, as the first sync is offered"
        files: FilesAfter = {new.file: content}
        commit = self._stored.record(lambda one: relisted(one, wanted), subject, files)
        return AddedRule(new.file, result, commit)

    def remove(self, ends: Ends, rule_id: str, *, dry_run: bool = False) -> EndedRule:
        """End with a downstream: its rule is archived, its files stay, and offers are withdrawn.

        Raises:
            NotFound: There is no such rule.
        """
        stored = self._stored.get(rule_id)
        repo = stored.rule.target_repo
        path, content = archived(stored, self._stored.read(stored.path) or b"")
        if dry_run:
            return EndedRule(rule_id, repo, path, None)
        files: FilesAfter = {stored.path: None, path: content}
        subject = f"{stored.path}: end with {repo}"
        context = self._context(ends)
        commit = self._stored.record(lambda one: one.without(rule_id), subject, files)
        return EndedRule(rule_id, repo, path, commit, withdraw_offers(context, stored.rule))

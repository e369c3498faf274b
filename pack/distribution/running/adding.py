"""Beginning and ending with a downstream, in steps that can be gone on with.

A rule begins as one that only runs by hand. Once its first sync is offered, it becomes what it is
to be. What an ended rule has brought stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pack.distribution.content.rule import ARCHIVED_DIR, RULES_DIR, StoredRule, read_rule
from pack.distribution.content.rule_edits import with_value
from pack.distribution.notices.pull_request import branch_prefix
from pack.distribution.reconciling.sync_state import SyncState, state_path
from pack.distribution.registry import Registry, RegistryEntry
from pack.distribution.running.context import RunContext
from pack.distribution.running.delivery import leave_to_people, withdraw
from pack.distribution.running.offers import OfferFinder, WantedFiles
from pack.distribution.running.results import RepositoryResult
from pack.distribution.running.view import DownstreamView
from pack.distribution.staleness import SyncStanding
from pack.distribution.values import Frequency, Rule, Strategy
from pack.distribution.yaml_form import to_yaml
from pack.errors import InvalidRequest, PackError, UnusableInput
from pack.model import CommitId, MemoryPath

_WHY: Final = "the rule has ended, so nothing more comes of it"
_NOTHING: Final = WantedFiles("", {}, ())


@dataclass(frozen=True, slots=True)
class NewRule:
    """What a rule is to say.

    Attributes:
        id: Its name.
        repo: The repository.
        source: Glob of the memory's paths.
        path: The folder there.
        strategy: What a file becomes there.
        frequency: What makes the rule run.
        include: Globs of which a path must meet one.
        exclude: Globs of which a path must meet none.
    """

    id: str
    repo: str
    source: str
    path: str = ""
    strategy: str = Strategy.COPY
    frequency: str = Frequency.ON_RELEASE
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    @property
    def file(self) -> MemoryPath:
        """Where it is kept."""
        return MemoryPath(f"{RULES_DIR}{self.id}.yaml")

    def content(self, strategy: str, frequency: str) -> bytes:
        """Its file, with another strategy and frequency."""
        fields: dict[str, object] = {
            "id": self.id,
            "source": self.source,
            "target_repo": self.repo,
            "target_path": self.path,
            "strategy": strategy,
            "frequency": frequency,
        }
        filters = {"include": list(self.include), "exclude": list(self.exclude)}
        given = {name: globs for name, globs in filters.items() if globs}
        if given:
            fields["filters"] = given
        return to_yaml({"sync_rule": fields}).encode("utf-8")

    def first(self) -> bytes:
        """Its file for the first sync.

        Raises:
            InvalidConfig: It cannot be a rule.
        """
        read_rule(self.content(self.strategy, self.frequency), self.file)
        return self.content(self.strategy, Frequency.MANUAL)

    def as_wanted(self, content: bytes) -> bytes:
        """Its file as it is to be, from what it is."""
        return with_value(content, self.file, "frequency", str(self.frequency))


@dataclass(frozen=True, slots=True)
class AddedRule:
    """What beginning with a downstream came to.

    Attributes:
        path: The rule's file.
        result: What became of its first sync; `None` if it was only planned.
        commit: The last commit in the memory; `None` if there is none.
    """

    path: MemoryPath
    result: RepositoryResult | None
    commit: CommitId | None


@dataclass(frozen=True, slots=True)
class EndedRule:
    """What ending with a downstream came to.

    Attributes:
        rule: The rule.
        repo: Its repository, which keeps what it has.
        path: Where the rule's file is now.
        commit: The commit in the memory; `None` if it was only planned.
        notes: What people should know of what was offered.
    """

    rule: str
    repo: str
    path: MemoryPath
    commit: CommitId | None
    notes: Sequence[str] = ()


def refuse_other(new: NewRule, known: StoredRule | None) -> None:
    """Do nothing, unless there is another rule of that name, or it runs already.

    Raises:
        InvalidRequest: There is.
    """
    if known is None:
        return
    rule = known.rule
    is_begun = rule.frequency is Frequency.MANUAL
    wanted = read_rule(new.first(), new.file)
    is_same = _kept(rule) == _kept(wanted)
    if not is_begun or not is_same:
        error = InvalidRequest(f"the rule {new.id} is there already, in {known.path}")
        error.remedy = "Take another id, or have the distribution remove this rule first."
        raise error


def _kept(rule: Rule) -> tuple[str, ...]:
    """What must not differ for a rule to be the one that was begun; the rest may be corrected."""
    return rule.target_repo, rule.source, rule.target_path, str(rule.strategy)


def listed(registry: Registry, rule: Rule) -> Registry:
    """A registry that has the downstream of a rule."""
    if registry.find(rule.id) is not None:
        return registry
    entry = RegistryEntry(
        repo=rule.target_repo,
        rule=rule.id,
        strategy=rule.strategy,
        frequency=rule.frequency,
        status=SyncStanding.BEHIND,
    )
    return registry.with_entry(entry)


def relisted(registry: Registry, rule: Rule) -> Registry:
    """A registry that has what a rule says now."""
    entry = registry.find(rule.id)
    if entry is None:
        return registry
    return registry.with_entry(replace(entry, strategy=rule.strategy, frequency=rule.frequency))


def archived(stored: StoredRule, content: bytes) -> tuple[MemoryPath, bytes]:
    """Where the file of an ended rule goes, and what it says there."""
    name = stored.path.removeprefix(RULES_DIR)
    manual = with_value(content, stored.path, "frequency", str(Frequency.MANUAL))
    return MemoryPath(f"{ARCHIVED_DIR}{name}"), manual


def withdraw_offers(context: RunContext, rule: Rule) -> list[str]:
    """Withdraw what a rule offers; returns what was done, and what could not be, in words.

    The rule has ended whatever happens here, so that a failure is no error.
    """
    try:
        return _withdrawn(context, rule)
    except PackError as error:
        return [f"what is offered there could not be withdrawn: {error}; close it by hand"]


def _withdrawn(context: RunContext, rule: Rule) -> list[str]:
    downstream = context.ends.downstreams.open(rule.target_repo)
    _, head = downstream.default_branch()
    base = DownstreamView(downstream, head)
    prefix = branch_prefix(context.name)
    finder = OfferFinder(downstream, base, rule.id, prefix, _landed(base, rule))
    offers = finder.find(_NOTHING, "")
    notes: list[str] = []
    for offer in (*offers.others, *([offers.current] if offers.current is not None else [])):
        if offer.is_touched:
            leave_to_people(downstream, offer)
            notes.append(f"{offer.branch} has commits of others, so it is left to them")
        else:
            withdraw(downstream, offer, _WHY)
            notes.append(f"{offer.branch} was withdrawn")
    return notes


def _landed(base: DownstreamView, rule: Rule) -> str | None:
    content = base.read(state_path(rule.id))
    try:
        return SyncState.from_bytes(content, rule.id).version if content is not None else None
    except UnusableInput:
        return None

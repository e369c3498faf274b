"""All downstreams of a memory, `.pack/distribution/registry.yaml`: how each stands.

The engine writes it; the same entries always make the same bytes. What only a newer PACK knows
stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.deferred import dataclass
from pack.distribution.staleness import SyncStanding
from pack.distribution.values import Frequency, Rule, Strategy
from pack.distribution.yaml_form import to_yaml
from pack.errors import InvalidContent, UnusableInput
from pack.files import yaml_block
from pack.limits import MAX_FILE_BYTES

REGISTRY: Final = ".pack/distribution/registry.yaml"
_Text = Annotated[str, Field(max_length=1000)]


class _OfferPart(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    branch: _Text
    version: _Text
    commit: _Text


class _EntryPart(BaseModel):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    repo: _Text
    rule: _Text
    strategy: Strategy
    frequency: Frequency
    last_sync: _Text | None = None
    version: _Text | None = None
    status: SyncStanding | None = None
    failures: Annotated[int, Field(ge=0)] = 0
    commit: _Text | None = None
    landed: _Text | None = None
    offered: _OfferPart | None = None


class _RegistryFile(BaseModel):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    source: _Text | None = None
    downstreams: list[_EntryPart] = []


@dataclass(frozen=True, slots=True)
class Offered:
    """What was offered to a downstream last.

    Attributes:
        branch: The branch there.
        version: The version.
        commit: The commit there.
    """

    branch: str
    version: str
    commit: str


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """A downstream.

    Attributes:
        repo: The repository.
        rule: The rule.
        strategy: What a file becomes there.
        frequency: What makes the rule run.
        last_sync: When it got its version, such as `2026-01-28`; `None` if it has none yet.
        version: The version that it has.
        status: How it stood when this was written.
        failures: How many attempts in a row have failed.
        commit: The commit of upstream that the version was.
        landed: The version that its default branch had when something was offered last.
        offered: What was offered last, whether or not it was taken.
        more: What only a newer PACK knows.
    """

    repo: str
    rule: str
    strategy: Strategy
    frequency: Frequency
    last_sync: str | None = None
    version: str | None = None
    status: SyncStanding | None = None
    failures: int = 0
    commit: str | None = None
    landed: str | None = None
    offered: Offered | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registry:
    """All of them.

    Attributes:
        entries: By their rules, sorted.
        source: The memory's name, as it was at the first run.
        more: What only a newer PACK knows.
    """

    entries: Mapping[str, RegistryEntry] = field(default_factory=dict)
    source: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def find(self, rule_id: str) -> RegistryEntry | None:
        """The downstream of a rule."""
        return self.entries.get(rule_id)

    def find_for(self, rule: Rule) -> RegistryEntry | None:
        """What is known of the repository that a rule brings files to, and of no other."""
        entry = self.entries.get(rule.id)
        return entry if entry is not None and entry.repo == rule.target_repo else None

    def with_entry(self, entry: RegistryEntry) -> Registry:
        """A registry with an entry, in the place of the one that its rule had."""
        return self._of({**self.entries, entry.rule: entry})

    def without(self, rule_id: str) -> Registry:
        """A registry without the downstream of a rule."""
        return self._of({rule: one for rule, one in self.entries.items() if rule != rule_id})

    def _of(self, entries: Mapping[str, RegistryEntry]) -> Registry:
        return replace(self, entries=dict(sorted(entries.items())))


def read_registry(content: bytes | None) -> Registry:
    """The registry in a file; an empty one if there is no file.

    Raises:
        InvalidContent: It is none; the message names the line, or the key.
        LimitExceeded: It is too large.
    """
    if content is None:
        return Registry()
    try:
        known = yaml_block.load(content.decode("utf-8-sig"), MAX_FILE_BYTES)
        found = _RegistryFile.model_validate(known)
    except UnicodeDecodeError as error:
        raise UnusableInput(f"{REGISTRY} is not UTF-8 text") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UnusableInput(f"{REGISTRY}: {where}: {first['msg']}") from error
    except InvalidContent as error:  # its lines count from a fence that is not there
        line = error.line - 1 if error.line is not None else None
        raise UnusableInput(f"{REGISTRY}: {error.reason}", line, error.column) from error
    return _registry(found)


def _registry(found: _RegistryFile) -> Registry:
    entries: dict[str, RegistryEntry] = {}
    for part in found.downstreams:
        if part.rule in entries:
            raise UnusableInput(f"{REGISTRY}: rule {part.rule[:60]!r} occurs twice")
        entries[part.rule] = _entry(part)
    return Registry(dict(sorted(entries.items())), found.source, dict(found.model_extra or {}))


def _entry(part: _EntryPart) -> RegistryEntry:
    known = {name: getattr(part, name) for name in _EntryPart.model_fields if name != "offered"}
    offer = part.offered
    offered = Offered(offer.branch, offer.version, offer.commit) if offer is not None else None
    return RegistryEntry(**known, offered=offered, more=dict(part.model_extra or {}))


def write_registry(registry: Registry) -> bytes:
    """The bytes of a registry."""
    fields: dict[str, object] = {"source": registry.source} if registry.source is not None else {}
    fields["downstreams"] = [_fields_of(entry) for entry in registry.entries.values()]
    return to_yaml({**fields, **registry.more}).encode("utf-8")


def _fields_of(entry: RegistryEntry) -> Mapping[str, object]:
    fields = {name: getattr(entry, name) for name in RegistryEntry.__slots__}
    del fields["more"], fields["offered"]
    for name in ("commit", "landed"):
        if fields[name] is None:
            del fields[name]
    if (offer := entry.offered) is not None:
        names = ("branch", "version", "commit")
        fields["offered"] = {name: getattr(offer, name) for name in names}
    return {**fields, **entry.more}

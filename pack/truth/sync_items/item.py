"""A sync item: one version of one file, in the same shape both ways."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from pack.errors import InvalidRequest
from pack.model import BlobId
from pack.provenance import TRUTH_LEVELS
from pack.times import format_time, parse_time
from pack.truth.acceptances import Span
from pack.truth.sync_items.accepted import MOST_SPANS

NOTE: Final = "note"
"""The only type of entity: a memory file."""
_MOST_LINKS: Final = 50
_MOST_CHARACTERS: Final = 200
_MOST_LINES: Final = 10**9
_LEVELS: Final = frozenset(TRUTH_LEVELS.values())
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One step of where a text comes from.

    Attributes:
        level: How far its writer was trusted, from 1 to 5.
        source: Who that was: `ai-cloud:claude-code`.
        timestamp: When it was written, in ISO 8601; `None` if that is not known here.
        ref_ids: The commits that it was written in.
    """

    level: int
    source: str
    timestamp: str | None = None
    ref_ids: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Its fields."""
        found: dict[str, object] = {"level": self.level, "source": self.source}
        return {**found, "timestamp": self.timestamp, "ref_ids": list(self.ref_ids)}


@dataclass(frozen=True, slots=True)
class SyncItem:
    """A version of a file, and who made it.

    Attributes:
        id: Names the change; a push of the same id is done once.
        entity_id: The path of the file.
        tenant_id: The memory: its first commit. `None`, in a push, is the memory that is asked.
        truth_level: How far the text is trusted, from 1 (the person) to 5; in a push, what its
            sender claims.
        origin_source: Who wrote it, as `source:client`.
        origin_chain: What it was taken over from, oldest first.
        accepted_by_user: Whether the person took over what another had written.
        accepted_lines: The lines of the text that they took over as they were, each part by its
            first and last line, from 1; beside what the item changes. `None` for all.
        is_named: Whether its sender gave it the id; otherwise another item may say the same.
        base: The text of `sha`, if this memory may never have had it; it is not sent.
        last_modified_by_level: The level of whoever changed the file last.
        version: The height of the commit: how many commits lead to it, itself included.
        last_modified_at: When it was changed.
        content: Its text; `None` for a file that is gone.
        deleted: Whether it is gone.
        sha: The blob of the text; in a push, that of the version that the change was made on.
        base_sha: The blob that the change was made on; only in what is pulled.
        moved_from: Where a moved file was before.
        entity_type: What it is.
    """

    id: str
    entity_id: str
    tenant_id: str | None = None
    truth_level: int | None = None
    origin_source: str | None = None
    origin_chain: tuple[ChainLink, ...] = ()
    accepted_by_user: bool = False
    last_modified_by_level: int | None = None
    version: int | None = None
    last_modified_at: datetime | None = None
    content: str | None = None
    deleted: bool = False
    sha: BlobId | None = None
    base_sha: BlobId | None = None
    moved_from: str | None = None
    entity_type: str = NOTE
    accepted_lines: tuple[Span, ...] | None = None
    is_named: bool = field(default=True, compare=False)
    base: str | None = field(default=None, compare=False)

    def as_json(self) -> dict[str, object]:
        """All its fields, as they are sent."""
        at = format_time(self.last_modified_at) if self.last_modified_at is not None else None
        lines = self.accepted_lines
        return {
            "id": self.id,
            "entity_type": self.entity_type,
            "entity_id": self.entity_id,
            "tenant_id": self.tenant_id,
            "truth_level": self.truth_level,
            "origin_source": self.origin_source,
            "origin_chain": [link.as_json() for link in self.origin_chain],
            "accepted_by_user": self.accepted_by_user,
            "accepted_lines": None if lines is None else [list(span) for span in lines],
            "last_modified_by_level": self.last_modified_by_level,
            "version": self.version,
            "last_modified_at": at,
            "payload": None if self.content is None else {"content": self.content},
            "deleted": self.deleted,
            "sha": self.sha,
            "base_sha": self.base_sha,
            "moved_from": self.moved_from,
        }


def read_item(value: object) -> SyncItem:
    """The item that a client sent. Fields that are not known here are ignored.

    Raises:
        InvalidRequest: It is none; the message names the field.
    """
    fields = _Fields(value)
    deleted = fields.get("deleted", bool) or False
    payload = fields.get("payload", dict)
    content = _Fields(payload).get("content", str) if payload is not None else None
    if (content is None) != deleted:
        raise InvalidRequest("an item has either payload.content or `deleted`: true")
    entity_id = fields.name("entity_id")
    if entity_id is None:
        raise InvalidRequest("an item without entity_id")
    sha = fields.name("sha")
    moved_from = fields.name("moved_from")
    own_id = fields.name("id")
    return SyncItem(
        own_id or _derived_id(entity_id, sha, content, moved_from),
        entity_id,
        fields.name("tenant_id"),
        fields.level("truth_level"),
        fields.name("origin_source"),
        _chain(fields.get("origin_chain", list) or []),
        fields.get("accepted_by_user", bool) or False,
        fields.level("last_modified_by_level"),
        fields.get("version", int),
        fields.time("last_modified_at"),
        content,
        deleted,
        BlobId(sha) if sha is not None else None,
        None,
        moved_from,
        fields.name("entity_type") or NOTE,
        _spans(fields.get("accepted_lines", list)),
        own_id is not None,
    )


def _derived_id(*parts: str | None) -> str:
    """The id of an item that has none: another push of the same change has the same one."""
    text = json.dumps(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:32]


def _chain(links: Sequence[object]) -> tuple[ChainLink, ...]:
    if len(links) > _MOST_LINKS:
        raise InvalidRequest(f"origin_chain has more than {_MOST_LINKS} links")
    found = []
    for link in links:
        fields = _Fields(link)
        level, source = fields.level("level"), fields.name("source")
        if level is None or source is None:
            raise InvalidRequest("a link of origin_chain needs level and source")
        refs = [ref for ref in fields.get("ref_ids", list) or [] if isinstance(ref, str)]
        at = fields.time("timestamp")
        told = format_time(at) if at is not None else None
        found.append(ChainLink(level, source, told, tuple(refs[:_MOST_LINKS])))
    return tuple(found)


def _spans(values: Sequence[object] | None) -> tuple[Span, ...] | None:
    if values is None:
        return None
    found = [tuple(value) if isinstance(value, list) else () for value in values[:MOST_SPANS]]
    if len(found) < len(values) or not all(map(_is_span, found)):
        raise InvalidRequest("accepted_lines must be parts such as [3, 5], not too many")
    return tuple((first, last) for first, last in found)


def _is_span(value: tuple[object, ...]) -> bool:
    numbers = [one for one in value if isinstance(one, int) and not isinstance(one, bool)]
    is_pair = len(value) == len(numbers) == 2
    return is_pair and 1 <= numbers[0] <= numbers[1] < _MOST_LINES


class _Fields:
    """What a JSON object says, each field of the type that it must have."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, Mapping):
            raise InvalidRequest("an item must be a JSON object")
        self._fields = value

    def get(self, name: str, kind: type[_T]) -> _T | None:
        found = self._fields.get(name)
        if found is None:
            return None
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise InvalidRequest(f"{name} must be {_WORDS[kind]}")
        return found

    def name(self, name: str) -> str | None:
        found = self.get(name, str)
        if found is not None and not (0 < len(found) <= _LONGEST.get(name, _MOST_CHARACTERS)):
            raise InvalidRequest(f"{name} is empty or too long")
        return found

    def level(self, name: str) -> int | None:
        found = self.get(name, int)
        if found is not None and found not in _LEVELS:
            raise InvalidRequest(f"{name} must be from 1 to 5")
        return found

    def time(self, name: str) -> datetime | None:
        found = self.get(name, str)
        if found is None:
            return None
        moment = parse_time(found)
        if moment.year == 1:  # what `parse_time` makes of any other text
            raise InvalidRequest(f"{name} must be a time such as 2026-01-31T09:30:00Z")
        return moment


_LONGEST: Final = {"entity_id": 1024, "moved_from": 1024}
_WORDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    str: "text",
    dict: "an object",
    list: "a list",
}

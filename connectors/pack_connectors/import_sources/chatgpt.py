"""ChatGPT's export: conversations, and in them what ChatGPT remembers and was told to heed.

The conversations are in `conversations.json`, in exports of 2026 in `conversations-000.json` and so
on, as an array or in `{"conversations": […]}`. What ChatGPT has saved to its memory is only in the
messages to its tool `bio`; the custom instructions are messages of type `user_editable_context`.

Seen in exports of 2023 to 2026; the format is not documented.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pack.imports.records import (
    NOT_ASKED_FOR,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    RecordClass,
    SkippedRecord,
)
from pack_connectors.import_sources.chatgpt_messages import (
    ChatMessage,
    active_path,
    instructions_of,
    memory_of,
    spoken_by,
)
from pack_connectors.import_sources.distilled import Gathered, of_account, transcript
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.json_lines import read_json
from pack_connectors.import_sources.json_stream import items, top_level
from pack_connectors.import_sources.moments import first_moment
from pack_connectors.import_sources.skips import (
    BROKEN,
    EMPTY,
    OTHER_FILES,
    TO_BE_FORGOTTEN,
)
from pack_connectors.import_sources.source import ImportSource, SourceFile

_CONVERSATIONS: Final = re.compile(r"conversations(?:-\d+)?\.json", re.IGNORECASE)
_MAPPING: Final = re.compile(rb'"mapping"\s*:\s*\{')
_USER: Final = "user.json"
_BESIDE: Final = ("chat.html", "message_feedback.json", "shared_conversations.json")


def _conversation_files(source: ImportSource) -> list[SourceFile]:
    named = [
        one
        for one in source.files
        if _CONVERSATIONS.fullmatch(one.name) and not one.is_in_hidden_folder
    ]
    return named or source.lone_json(_MAPPING)


def _recognises(source: ImportSource) -> bool:
    files = _conversation_files(source)
    if any(_MAPPING.search(source.peek(one)) for one in files):
        return True
    return bool(files and source.named(*_BESIDE))


def _account(source: ImportSource) -> str:
    """Whose export it is, as ChatGPT knows them; empty if it does not say."""
    for file in source.named(_USER)[:1]:
        said = read_json(source.peek(file))
        if isinstance(said, dict) and isinstance(said.get("id"), str):
            return str(said["id"])
    return ""


class ChatGptExport:
    """Reads one export."""

    kind = ImportKind.CHATGPT

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        self._files = _conversation_files(source)
        source.expect(self._files)

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`."""
        yield from self._source.left_out
        found = _Distilled(_account(self._source))
        counts = Counter[str]()
        for file in self._files:
            prefix = "item" if top_level(self._source, file) == "[" else "conversations.item"
            for called, item in items(self._source, file, prefix):
                one = self._record(item, called, file, found, counts)
                if one is not None and (transcripts or isinstance(one, SkippedRecord)):
                    yield one
                elif one is not None:
                    counts[NOT_ASKED_FOR] += 1
        yield from found.records()
        yield from self._counted(counts)

    def _record(
        self,
        item: object,
        called: str,
        file: SourceFile,
        found: _Distilled,
        counts: Counter[str],
    ) -> ImportedRecord | SkippedRecord | None:
        """One conversation; what it holds of the memory is added to what was found."""
        if isinstance(item, SkippedRecord):
            return item
        conversation = _Conversation.of(item)
        if conversation is None:
            return SkippedRecord(_identity(item) or called, BROKEN)
        if conversation.is_to_be_forgotten:
            counts[TO_BE_FORGOTTEN] += 1
            return None
        messages = conversation.messages()
        found.add(conversation, messages)
        created, updated = conversation.dates(messages)
        shown = transcript(map(spoken_by, messages))
        if not shown:
            return SkippedRecord(conversation.id or called, EMPTY)
        return ImportedRecord(
            RecordClass.TRANSCRIPT,
            conversation.id or called,
            conversation.title,
            shown,
            created=created or file.modified,
            updated=updated or created or file.modified,
            fields=conversation.fields(),
        )

    def _counted(self, counts: Counter[str]) -> Iterator[SkippedRecord]:
        for why, count in counts.items():
            yield SkippedRecord("conversations", why, count, RecordClass.TRANSCRIPT)
        others = len(self._source.files) - len(self._files)
        if others:
            yield SkippedRecord("other files", OTHER_FILES, others)


@dataclass(slots=True)
class _Distilled:
    """What ChatGPT remembers, and was told to heed, as it is found from conversation to another."""

    account: str
    memories: Gathered = field(default_factory=Gathered)
    instructions: str = ""
    given: datetime | None = None
    first_given: datetime | None = None

    def add(self, conversation: _Conversation, messages: list[ChatMessage]) -> None:
        """What one conversation holds."""
        began, _ = conversation.dates(messages)
        for message in messages:
            at = message.at or began
            memory = memory_of(message)
            if memory:
                self.memories.add(memory, at)
            told = instructions_of(message)
            if told:
                self._told(told, at)

    def _told(self, text: str, at: datetime | None) -> None:
        """The instructions that count are the newest; they were given when they first occur."""
        if text == self.instructions:
            dates = [one for one in (self.first_given, at) if one is not None]
            self.first_given = min(dates, default=None)
        elif self.given is None or (at is not None and at >= self.given):
            self.instructions, self.first_given = text, at
        if at is not None and (self.given is None or at > self.given):
            self.given = at

    def records(self) -> Iterator[ImportedRecord]:
        """What there is of both."""
        yield from self.memories.record(ImportKind.CHATGPT, "ChatGPT memories", self.account)
        if self.instructions:
            yield ImportedRecord(
                RecordClass.INSTRUCTION,
                of_account(self.account, "custom-instructions"),
                "ChatGPT custom instructions",
                transcript([(None, self.instructions)]),
                folder="profiles",
                created=self.first_given,
                updated=self.first_given,
                former_id="custom-instructions",
            )


@dataclass(frozen=True, slots=True)
class _Conversation:
    """One conversation, as far as it could be understood."""

    id: str
    title: str
    mapping: Mapping[str, Any]
    said: Mapping[str, Any]

    @classmethod
    def of(cls, item: object) -> _Conversation | None:
        mapping = item.get("mapping") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(mapping, dict):
            return None
        title = item.get("title")
        return cls(_identity(item), title if isinstance(title, str) else "", mapping, item)

    @property
    def is_to_be_forgotten(self) -> bool:
        return self.said.get("is_do_not_remember") is True

    def messages(self) -> list[ChatMessage]:
        """Those that its person sees, from the first to the last."""
        return active_path(self.mapping, self.said.get("current_node"))

    def dates(self, messages: list[ChatMessage]) -> tuple[datetime | None, datetime | None]:
        """When it began, and when something was last said in it."""
        times = [one.at for one in messages if one.at is not None]
        began = first_moment(self.said.get("create_time")) or min(times, default=None)
        ended = first_moment(self.said.get("update_time")) or max(times, default=None)
        return began, ended

    def fields(self) -> dict[str, object]:
        """What it says of itself that a search may want."""
        project = self.said.get("conversation_template_id") or self.said.get("gizmo_id")
        found = {"model": self.said.get("default_model_slug"), "chatgpt_project": project}
        return {key: value for key, value in found.items() if isinstance(value, str) and value}


def _identity(item: object) -> str:
    if not isinstance(item, dict):
        return ""
    found = item.get("conversation_id") or item.get("id")
    return found if isinstance(found, str) else ""


FORMAT: Final = ExportFormat(ImportKind.CHATGPT, _recognises, ChatGptExport, opens_archives=True)

"""Gemini in Google Takeout: `My Activity/Gemini Apps/MyActivity.json`, one entry for each prompt.

The folders' names and the words in front of a prompt are in the person's language; the header is
the product's name. Answers are HTML. No entry says which conversation it belongs to, so a
transcript is a day.

Seen in exports of 2024 to 2026; Google documents no format.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final

from markdownify import markdownify

from pack.imports.records import (
    NOT_ASKED_FOR,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    RecordClass,
    SkippedRecord,
)
from pack.provenance import Origin, Source
from pack_connectors.import_sources.distilled import transcript
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.json_stream import items
from pack_connectors.import_sources.moments import moment
from pack_connectors.import_sources.skips import BROKEN, OTHER_FILES
from pack_connectors.import_sources.source import ImportSource, SourceFile

_GEMINI: Final = Origin(Source.AI_CLOUD, "gemini")
_PRODUCT: Final = re.compile(
    rb'"(?:header|products)"\s*:\s*\[?\s*"[^"]{0,40}\b(?:Gemini|Bard)', re.IGNORECASE
)
_IS_PRODUCT: Final = re.compile(r"\b(?:gemini|bard)\b", re.IGNORECASE)
_TITLE: Final = re.compile(rb'"title"\s*:\s*"((?:[^"\\]|\\.)*)"')
_ENTRY: Final = re.compile(rb'"title"\s*:[^{}]*"time"\s*:|"safeHtmlItem"\s*:')
_PREFIX: Final = re.compile(r"[^\W\d_][\w’' ()-]{0,40}?\s?[:：]\s*")
_UNSHOWN: Final = re.compile(r"<(script\b|style\b|!--)", re.IGNORECASE)
_UNSHOWN_ENDS: Final = {
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
    "!--": re.compile("-->"),
}
_STRAY: Final = re.compile(r"<(?!/?[A-Za-z][^<>]*>)")
"""What begins no mark; over marks that never end, the parser takes quadratic time."""
_MARK: Final = re.compile(r"<[^<>]*>")
_SAYS_PROMPT: Final = re.compile("prompt", re.IGNORECASE)
_ENGLISH: Final = ("Prompted ", "Asked ", "Said ")
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def _recognises(source: ImportSource) -> bool:
    return any(_is_activity(source, file) for file in source.files)


def _is_activity(source: ImportSource, file: SourceFile) -> bool:
    """Whether a file is the activity of Gemini, whatever the language calls it."""
    if not file.name.lower().endswith(".json") or file.is_in_hidden_folder:
        return False
    begin = source.peek(file, 16_384)
    return bool(_PRODUCT.search(begin) and _ENTRY.search(begin))


class GeminiExport:
    """Reads one export."""

    kind = ImportKind.GEMINI

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        self._files = [one for one in source.files if _is_activity(source, one)]
        source.expect(self._files)

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`."""
        yield from self._source.left_out
        left_out = 0
        for one in self._days():
            if isinstance(one, SkippedRecord):
                yield one
            elif transcripts:
                yield one.record()
            else:
                left_out += 1
        if left_out:
            yield SkippedRecord("conversations", NOT_ASKED_FOR, left_out, RecordClass.TRANSCRIPT)
        others = len(self._source.files) - len(self._files)
        if others:
            yield SkippedRecord("other files", OTHER_FILES, others)

    def _days(self) -> Iterator[_Day | SkippedRecord]:
        days = _Days()
        for file in self._files:
            before = _before_prompts(self._source.peek(file))
            for called, item in items(self._source, file):
                entry = _Entry.of(item, before, file)
                if isinstance(item, SkippedRecord):
                    yield item
                elif entry is None:
                    yield SkippedRecord(called, BROKEN)
                else:
                    yield from days.add(entry)
        yield from days.rest()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One prompt and its answer."""

    prompt: str
    answer: str
    at: datetime | None
    file: SourceFile

    @classmethod
    def of(cls, item: object, before: str, file: SourceFile) -> _Entry | None:
        if not isinstance(item, dict) or not isinstance(item.get("title"), str):
            return None
        header = item.get("header")
        if isinstance(header, str) and not _IS_PRODUCT.search(header):
            return None
        prompt, answer = _prompt_of(item["title"], before), _answer_of(item)
        if not prompt and not answer:
            return None
        return cls(prompt, answer, moment(item.get("time")), file)


def _before_prompts(begin: bytes) -> str:
    """The words that the product puts in front of each prompt, in the language of an export."""
    titles = [_unescaped(found[1]) for found in _TITLE.finditer(begin)]
    titles = [title for title in titles if not title.startswith(_ENGLISH)]
    counts = Counter(found[0] for title in titles if (found := _PREFIX.match(title)))
    if not counts:
        return ""
    prefix, count = counts.most_common(1)[0]
    return prefix if count * 2 >= len(titles) else ""


def _unescaped(text: bytes) -> str:
    try:
        found = json.loads(b'"' + text + b'"')
    except ValueError:
        return ""
    return _spaced(str(found))


def _spaced(text: str) -> str:
    return text.replace("\xa0", " ").replace("\u202f", " ").strip()


def _prompt_of(title: str, before: str) -> str:
    """What the person typed: the title without the words that the product puts in front."""
    text = _spaced(title)
    for begin in filter(None, (before, *_ENGLISH)):
        if text.startswith(begin):
            return text.removeprefix(begin).strip()
    found = _PREFIX.match(text)
    is_said_so = found is not None and _SAYS_PROMPT.search(found[0]) is not None
    return text[found.end() :].strip() if found is not None and is_said_so else text


def _answer_of(item: Mapping[str, Any]) -> str:
    blocks = item.get("safeHtmlItem")
    pages = [
        one["html"]
        for one in (blocks if isinstance(blocks, list) else ())
        if isinstance(one, dict) and isinstance(one.get("html"), str)
    ]
    return "\n\n".join(filter(None, map(markdown_of, pages)))


def markdown_of(html: str) -> str:
    """HTML as markdown, or as plain text if it is nested too deep; no scripts, no styles."""
    shown = _STRAY.sub("&lt;", _shown(html))
    try:
        text = markdownify(shown, heading_style="ATX", bullets="-")
    except RecursionError:
        text = unescape(_MARK.sub(" ", shown))
    lines = (line.rstrip() for line in text.replace("\xa0", " ").splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _shown(html: str) -> str:
    """What a page shows of it: no scripts, no styles, no comments."""
    kept: list[str] = []
    at = 0
    while begin := _UNSHOWN.search(html, at):
        end = _UNSHOWN_ENDS[begin[1].lower()].search(html, begin.end())
        if end is None:
            break
        kept.append(html[at : begin.start()])
        at = end.end()
    return "".join((*kept, html[at:]))


@dataclass(slots=True)
class _Day:
    """What was said on one day, newest first, as the export has it."""

    key: str
    entries: list[_Entry] = field(default_factory=list)

    def record(self) -> ImportedRecord:
        """The day as a transcript, oldest first."""
        said: list[tuple[Origin | None, str]] = []
        self.entries.reverse()
        for entry in sorted(self.entries, key=lambda one: one.at or _NEVER):
            said += [(None, entry.prompt), (_GEMINI, entry.answer)]
        times = [entry.at for entry in self.entries if entry.at is not None]
        first = min(times, default=self.entries[0].file.modified)
        return ImportedRecord(
            RecordClass.TRANSCRIPT,
            f"day/{self.key}",
            f"Gemini {self.key}",
            transcript(said),
            created=first,
            updated=max(times, default=first),
            grows=True,
        )


class _Days:
    """The days of an export, of which only the present one is held, as they come in order."""

    def __init__(self) -> None:
        self._open: _Day | None = None
        self._undated = _Day("undated")
        self._seen = Counter[str]()

    def add(self, entry: _Entry) -> Iterator[_Day]:
        """Take an entry, and give the day before it if it is complete."""
        if entry.at is None:
            self._undated.entries.append(entry)
            return
        key = entry.at.date().isoformat()
        if self._open is not None and not self._open.key.startswith(key):
            yield self._open
            self._open = None
        if self._open is None:
            self._seen[key] += 1
            again = self._seen[key]  # where the export is not in order
            self._open = _Day(key if again == 1 else f"{key} ({again})")
        self._open.entries.append(entry)

    def rest(self) -> Iterator[_Day]:
        """What is left at the end."""
        if self._open is not None:
            yield self._open
        if self._undated.entries:
            yield self._undated


FORMAT: Final = ExportFormat(ImportKind.GEMINI, _recognises, GeminiExport, opens_archives=True)

"""Splits a v1 file into the files of a v2 memory, with a proof that no line is lost (C1).

There are three steps, so that each can be shown, edited and checked separately: `plan` says which
lines go where, `apply` makes the files, and `prove` compares them with the original byte by byte.

Decisions:
- The file is split where a reader would cut it (`pack.v1.outline`). What comes before the first
  section goes to `context/general.md`, or to that section if it is blank.
- A section is as old as its headings and lines say (`pack.v1.line_dates`).
- Frontmatter of the original goes to the file that gets line 1. It is not changed: its values win,
and
  only missing keys are added. Frontmatter that cannot be extended (broken YAML, not a mapping) is
  treated as text.
- A byte-order mark is dropped from the new files; the original that is kept has it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from pack.actions import Action
from pack.errors import InvalidContent, InvalidPlan, LimitExceeded
from pack.files import frontmatter
from pack.files.keys import CREATED, TAGS, TOPIC, UPDATED, key_meant
from pack.files.markdown import BOM, Heading, headings, split_lines
from pack.model import MemoryPath, blob_id
from pack.paths import GENERAL
from pack.v1.line_dates import dates_of
from pack.v1.outline import FileSection, find_sections
from pack.v1.plan import (
    OWN_KEYS,
    LineRange,
    MigrationPlan,
    PlannedFile,
    byte_lines,
    check_fit,
    checked_path,
    parse_plan,
    prove,
)
from pack.v1.taxonomy import PathClaims, classify, slug

__all__ = ["MigrationPlan", "PlannedFile", "apply", "checklist", "parse_plan", "plan", "prove"]

_MAX_TOPIC: Final = 200  # characters; frontmatter has a limit, and listings have a width
_GENERAL_TOPIC: Final = "General"
_UNTITLED: Final = "Untitled"
_PROBE: Final = "x" * 2500  # as long as the longest topic with every character escaped
_NO_TAGS: Final[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class _Original:
    """A v1 file, taken apart.

    Attributes:
        lines: All lines without the byte-order mark.
        fence: The line of the fence that closes its frontmatter; 0 if it has none.
        head_lines: The number of frontmatter lines, if keys can be added to them: `fence`, or 0.
        fields: What that frontmatter says.
    """

    lines: list[str]
    fence: int
    head_lines: int
    fields: Mapping[str, object]


def plan(
    content: bytes,
    source: str,
    taken: Collection[str] = (),
    days: Sequence[date] = (),
    today: date | None = None,
) -> MigrationPlan:
    """The plan for a v1 file: one file per section, and each line in exactly one of them.

    Args:
        content: The exact bytes of the file.
        source: Its path, for the record.
        taken: Paths already in use in the memory.
        days: For each line, when it was written, if that is known.
        today: Headings that name a later day are about the future.

    Raises:
            InvalidContent: The file is not UTF-8.
    """
    original = _source(content)
    claims = PathClaims(taken)
    outline = _outline(original)
    title, sections = find_sections(outline, original.lines)
    files = []
    for span, section in _spans(original, sections):
        file = _planned(original, span, section, title, claims)
        inside = [heading for heading in outline if span[0] <= heading.line <= span[1]]
        lines = range(span[0] - 1, min(span[1], len(days)))
        written = [days[number] for number in lines if original.lines[number].strip()]
        known = dates_of(inside, written, today)
        stated = {
            "created": known.created and known.created.isoformat(),
            "updated": known.updated and known.updated.isoformat(),
        }
        files.append(file.model_copy(update=stated))
    return MigrationPlan(source=source, source_sha=blob_id(content), files=tuple(files))


def apply(made: MigrationPlan, content: bytes, today: date) -> list[tuple[MemoryPath, bytes]]:
    """The new files: frontmatter, then exactly the lines the plan names.

    A line break is added only where the file's last line has none and another range follows it.

    Raises:
        InvalidPlan: The plan does not fit the file, or drops or repeats a line.
        InvalidContent: The file is not UTF-8.
    """
    original = _source(content)
    check_fit(made, content)
    _check_head_is_whole(made, original.head_lines)
    return [
        (checked_path(file.path), (_head(original, file, today) + _body(original, file)).encode())
        for file in made.files
    ]


def checklist(made: MigrationPlan) -> list[str]:
    """What to check after the migration, one item each."""
    paths = [file.path for file in made.files]
    untagged = sum(1 for file in made.files if not file.tags)
    return [
        f"{made.source} is unchanged, and legacy/{made.source.rpartition('/')[2]} holds the same"
        f" bytes. Remove {made.source} only when no client reads it any more.",
        f"Read index.md. New files: {len(paths)} ({', '.join(paths[:3])}"
        f"{', …' if len(paths) > 3 else ''}).",
        f"To move a file that is in the wrong folder, {Action.MOVE}; the words of the headings"
        " decided where each section went.",
        f"Add tags where they help you find things. Files without tags: {untagged}.",
        f"{Action.VALIDATE}: relative links were relative to the root, and may need ../ now.",
        "Give your clients the v2 system prompt, which uses paths. The old one keeps working.",
    ]


# --- reading the original --------------------------------------------------------------------


def _source(content: bytes) -> _Original:
    text = _decoded(content).removeprefix(BOM)
    lines = split_lines(text)
    parts = frontmatter.split(text)
    fence = parts.body_line - 1 if parts.block is not None else 0
    fields = _extendable(lines[:fence])
    return _Original(lines, fence, 0 if fields is None else fence, fields or {})


def _outline(original: _Original) -> list[Heading]:
    """The headings, except for anything inside frontmatter."""
    body = "".join(original.lines[original.head_lines :])
    found = headings(body, original.head_lines + 1)
    # If frontmatter counts as text, its closing fence would turn the last key into a heading.
    return [heading for heading in found if heading.end_line != original.fence]


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = len(byte_lines(before)) + (before[-1:] in (b"", b"\r", b"\n"))
        column = len(re.split(rb"[\r\n]", before)[-1].decode("utf-8")) + 1
        raise InvalidContent("it is not valid UTF-8", line, column) from error


def _extendable(head: Sequence[str]) -> Mapping[str, object] | None:
    """The fields of a frontmatter block that keys can be added to; `None` if it is just text."""
    if not head:
        return None
    text = "".join(head)
    read = frontmatter.read(text)
    if read.problem is not None:
        return None
    missing = {key: _PROBE for key in OWN_KEYS if key not in read.fields}
    try:
        extended = frontmatter.set_fields(text, missing)
    except (InvalidContent, LimitExceeded):
        return None
    appended = extended.startswith("".join(head[:-1]))  # a flow mapping grows within its line
    return read.fields if appended else None


# --- planning --------------------------------------------------------------------------------


def _spans(
    original: _Original, sections: Sequence[FileSection]
) -> Iterator[tuple[LineRange, FileSection | None]]:
    """Consecutive ranges that cover all lines, each with its section; the general part has none."""
    count = len(original.lines)
    if not count:
        return
    starts = [section.start for section in sections]
    preamble = original.lines[original.head_lines : starts[0] - 1] if starts else original.lines
    if starts and not any(line.strip() for line in preamble):
        starts[0] = 1
        heads: list[FileSection | None] = [*sections]
    else:
        starts.insert(0, 1)
        heads = [None, *sections]
    for (first, following), heading in zip(pairwise([*starts, count + 1]), heads, strict=True):
        yield (first, following - 1), heading


def _planned(
    original: _Original,
    span: LineRange,
    section: FileSection | None,
    title: Heading | None,
    claims: PathClaims,
) -> PlannedFile:
    if section is None:
        folder, _, name = GENERAL.rpartition("/")
        path = claims.claim(folder, name.removesuffix(".md"))
        topic, tags = (title.title if title else "") or _GENERAL_TOPIC, _NO_TAGS
    else:
        body = "".join(original.lines[section.heading.end_line : span[1]])
        placement = classify(section.name, body)
        path = claims.claim(placement.folder, slug(section.name))
        topic, tags = section.name or _UNTITLED, placement.tags
    topic = topic if len(topic) <= _MAX_TOPIC else f"{_whole_words(topic, _MAX_TOPIC - 1)}…"
    if span[0] == 1:
        own_topic, own_tags = _own(original.fields)
        topic = topic if own_topic is None else own_topic
        tags = tags if own_tags is None else own_tags
    return PlannedFile(path=path, topic=topic, tags=tags, lines=(span,))


def _whole_words(text: str, size: int) -> str:
    """The first words of a text; the beginning of a word that is too long by itself."""
    cut = text[: size + 1].rpartition(" ")[0].rstrip()
    return cut or text[:size].rstrip()


def _own(fields: Mapping[str, object]) -> tuple[str | None, tuple[str, ...] | None]:
    """Topic and tags from the original's frontmatter, if they have the usual types."""
    topic, tags = fields.get(TOPIC.name), fields.get(TAGS.name)
    own_tags = None
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        own_tags = tuple(str(tag) for tag in tags)
    return (topic if isinstance(topic, str) else None), own_tags


# --- making the files ------------------------------------------------------------------------


def _head(original: _Original, file: PlannedFile, today: date) -> str:
    """The frontmatter of a new file, with the line ends of the original."""
    wanted = {
        TOPIC.name: file.topic,
        TAGS.name: list(file.tags),
        **({CREATED.name: file.created} if file.created else {}),
        UPDATED.name: file.updated or today.isoformat(),
    }
    if original.head_lines and any(first == 1 for first, _ in file.lines):
        _check_own(original, file)
        known = {key_meant(key) for key in original.fields}
        missing = {key: value for key, value in wanted.items() if key not in known}
        return frontmatter.set_fields("".join(original.lines[: original.head_lines]), missing)
    return frontmatter.set_fields("", wanted).replace("\n", frontmatter.line_end(original.lines[0]))


def _check_own(original: _Original, file: PlannedFile) -> None:
    topic, tags = _own(original.fields)
    for key, own, planned in ((TOPIC.name, topic, file.topic), (TAGS.name, tags, file.tags)):
        if own is not None and own != planned:
            raise InvalidPlan(
                f"{file.path} receives the frontmatter of the original, which has its own {key};"
                " change it after migrating"
            )


def _body(original: _Original, file: PlannedFile) -> str:
    ranges = [
        original.lines[max(first - 1, original.head_lines) : last] for first, last in file.lines
    ]
    pieces: list[str] = []
    for piece in filter(None, map("".join, ranges)):
        if pieces and not pieces[-1].endswith(("\n", "\r")):
            pieces.append(frontmatter.line_end(original.lines[0]))
        pieces.append(piece)
    return "".join(pieces)


def _check_head_is_whole(made: MigrationPlan, head_lines: int) -> None:
    for file in made.files:
        ends = [min(last, head_lines) - first + 1 for first, last in file.lines]
        if sum(count for count in ends if count > 0) not in (0, head_lines):
            raise InvalidPlan(
                f"lines 1 to {head_lines} are frontmatter and must stay together ({file.path})"
            )

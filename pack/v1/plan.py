"""The plan of a migration, and the proof that its result has lost no line of the original (C1).

Why this is separate from `pack.v1.divide`: a proof is worth something only if it shares no code
with what it checks. This module never puts lines into files; it only compares bytes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.errors import InvalidPath, InvalidPlan, LimitExceeded
from pack.files import frontmatter
from pack.files.keys import CREATED, TAGS, TOPIC, UPDATED
from pack.files.markdown import BOM
from pack.model import MemoryPath, blob_id
from pack.paths import fold, parse_memory_path

OWN_KEYS: Final = tuple(key.name for key in (TOPIC, TAGS, CREATED, UPDATED))
"""Frontmatter keys that a migration adds if they are missing."""

_BYTE_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ADDED: Final = re.compile(rb"(topic|tags|created|updated):[^\r\n]*(?:\r\n|\r|\n)")
_FENCE: Final = re.compile(rb"---(?:\r\n|\r|\n)")

Day = Annotated[str | None, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
"""An ISO date, if it is known."""
LineNumber = Annotated[int, Field(ge=1)]
LineRange = tuple[LineNumber, LineNumber]
"""First and last line, both included, 1-based."""


class PlannedFile(BaseModel):
    """One file to create: its path, frontmatter, and the lines it gets, in order.

    Without `created` or `updated`, nobody knows; then the file has no `created`, and is as new as
    the migration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: str
    topic: str
    tags: tuple[str, ...]
    created: Day = None
    updated: Day = None
    lines: Annotated[tuple[LineRange, ...], Field(min_length=1)]


class MigrationPlan(BaseModel):
    """Which line of a v1 file goes to which new file. Users may edit everything but the source.

    Attributes:
        version: The version of this format.
        source: The path of the v1 file in the memory.
        source_sha: The git blob id of the bytes that the plan was made for.
        files: The new files, in the order in which they are to be listed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1] = 1
    source: str
    source_sha: str
    files: tuple[PlannedFile, ...]

    def to_json(self) -> str:
        """The plan for people to edit: each range on one line, and no Unicode escapes."""
        text = self.model_dump_json(indent=2)
        return re.sub(r"\[\n\s+(\d+),\n\s+(\d+)\n\s+\]", r"[\1, \2]", text) + "\n"


def parse_plan(text: str | bytes) -> MigrationPlan:
    """The plan that a JSON text describes.

    Raises:
        InvalidPlan: It is not JSON, or a field is missing, unknown or of the wrong type.
    """
    try:
        return MigrationPlan.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidPlan(f"{where}: {first['msg']}" if where else first["msg"]) from error


def byte_lines(content: bytes) -> list[bytes]:
    """The lines of a file with their line ends, which are LF, CR or CR LF."""
    return _BYTE_LINE.findall(content)


def check_fit(plan: MigrationPlan, content: bytes) -> None:
    """Check that the plan was made for these bytes and names each of their lines exactly once.

    Raises:
        InvalidPlan: It was not, or does not; the message names the first line concerned.
    """
    if plan.source_sha != blob_id(content):
        raise InvalidPlan(f"{plan.source} was changed since the plan was made")
    count = len(byte_lines(content.removeprefix(BOM.encode())))
    expected = 1
    for first, last in sorted(lines for file in plan.files for lines in file.lines):
        if last < first:
            raise InvalidPlan(f"the range [{first}, {last}] ends before it begins")
        if first > expected:
            raise InvalidPlan(f"line {expected} is in no file")
        if first < expected:
            raise InvalidPlan(f"line {first} is in more than one place")
        expected = last + 1
    if expected <= count:
        raise InvalidPlan(f"line {expected} is in no file")
    if expected > count + 1:
        raise InvalidPlan(f"it names line {expected - 1}, but the file has {count}")


def check_paths(plan: MigrationPlan, taken: Collection[str] = ()) -> None:
    """Check that all paths can be memory files, are free, and are distinct on every file system.

    Raises:
        InvalidPlan: A path fails the check; the message names it.
    """
    used = {fold(path): path for path in taken}
    folders = {parent: path for path in taken for parent in _folders(path)}
    for file in plan.files:
        key = fold(checked_path(file.path))
        parents = _folders(file.path)
        clash = (
            used.get(key) or folders.get(key) or next(filter(None, map(used.get, parents)), None)
        )
        if clash:
            raise InvalidPlan(f"{file.path} is already used by {clash}")
        used[key] = file.path
        folders |= dict.fromkeys(parents, file.path)


def _folders(path: str) -> list[str]:
    parts = fold(path).split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def checked_path(path: str) -> MemoryPath:
    """The path of a planned file.

    Raises:
        InvalidPlan: No memory file can have it.
    """
    try:
        return parse_memory_path(path)
    except (InvalidPath, LimitExceeded) as error:
        raise InvalidPlan(str(error)) from error


def prove(
    plan: MigrationPlan,
    content: bytes,
    files: Sequence[tuple[MemoryPath, bytes]],
    taken: Collection[str] = (),
) -> None:
    """Return only if every line of the original is in exactly one of the new files.

    It checks the bytes of the result: the plan covers lines 1..n once; the body of each file is
    exactly its lines, byte for byte; frontmatter of the original is complete in either the
    frontmatter or the body of one file; all paths are valid, free, and distinct on every file
    system.

    Args:
        plan: What was to be done.
        content: The exact bytes of the v1 file.
        files: The result, in the plan's order.
        taken: Paths already in use in the memory.

    Raises:
            InvalidPlan: One of these checks failed; the message says which.
    """
    check_fit(plan, content)
    check_paths(plan, taken)
    if [file.path for file in plan.files] != [path for path, _ in files]:
        raise InvalidPlan("the new files are not the planned ones")
    original = content.removeprefix(BOM.encode())
    lines = byte_lines(original)
    fence = _head_length(original)
    for file, (path, result) in zip(plan.files, files, strict=True):
        numbers = [number for first, last in file.lines for number in range(first, last + 1)]
        body = [lines[number - 1] for number in numbers]
        rest = [lines[number - 1] for number in numbers if number > fence]
        as_frontmatter = fence > 0 and len(body) - len(rest) == fence
        if _holds(result, [], body) or (as_frontmatter and _holds(result, lines[:fence], rest)):
            continue
        raise InvalidPlan(f"{path} does not hold exactly the lines that the plan names")


def _head_length(original: bytes) -> int:
    """The number of lines in the frontmatter of a file, including its fences."""
    try:
        parts = frontmatter.split(original.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidPlan("the original is not valid UTF-8") from error
    return 0 if parts.block is None else parts.body_line - 1


def _holds(result: bytes, head: list[bytes], body: list[bytes]) -> bool:
    """Whether a file is `head` as frontmatter, with only PACK's own keys added, and then `body`."""
    length = _head_length(result)
    lines = byte_lines(result)
    if length == 0 or b"".join(lines[length:]) not in _joined(body):
        return False
    keys = [match[1] for line in lines[:length] if (match := _ADDED.fullmatch(line))]
    return len(keys) == len(set(keys)) and _only_adds(head, lines[:length])


def _only_adds(head: list[bytes], lines: list[bytes]) -> bool:
    """Whether `lines` are those of `head` in order, plus PACK's keys (and fences, if new)."""
    expected = iter([*head, None])
    following = next(expected)
    for line in lines:
        if line == following:
            following = next(expected)
        elif not _ADDED.fullmatch(line) and (head or not _FENCE.fullmatch(line)):
            return False
    return following is None


def _joined(lines: list[bytes]) -> list[bytes]:
    """The lines joined; if one of them lacks a line break, once with each kind of break added."""
    gap = next(
        (at for at, line in enumerate(lines[:-1], 1) if not line.endswith((b"\r", b"\n"))), None
    )
    if gap is None:
        return [b"".join(lines)]
    before, after = b"".join(lines[:gap]), b"".join(lines[gap:])
    return [before + end + after for end in (b"\n", b"\r\n", b"\r")]

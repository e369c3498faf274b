"""All notes as one markdown text, and the notes of such a text.

Comments, which no reader of the text sees, say where each note begins and ends, and what precedes
its body. What ends it is named by its content, so no note can hold its own end.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pack.deferred import pattern
from pack.errors import UnusableInput
from pack.exports.values import ExportedNote, ExportedPiece, RestoredNote
from pack.files.schema import first_title

_HEAD: Final = "# Memory\n"
_NOTE: Final = "<!-- pack:note "
_START: Final = pattern(r"^<!-- pack:note (\{.*\}) -->\r?\n", re.MULTILINE)
_BEGIN: Final = "<!-- BEGIN PACK MEMORY -->\n"
_END: Final = "<!-- END PACK MEMORY -->\n"
_CRLF: Final = "\r\n"
_MARK: Final = "\ufeff"
_SAID: Final = (
    "<!-- PACK made this block. Change the notes; what is changed here is replaced. -->\n"
)


def write_markdown(notes: Iterable[ExportedNote]) -> Iterator[ExportedPiece]:
    """One text, with a heading where a note has none."""
    yield ExportedPiece("", _HEAD.encode())
    for one in notes:
        yield ExportedPiece("", f"\n{_one(one)}".encode())


def write_agents(notes: Iterable[ExportedNote]) -> Iterator[ExportedPiece]:
    """The same, as a block for a file that has other text too."""
    yield ExportedPiece("", (_BEGIN + _SAID).encode())
    yield from write_markdown(notes)
    yield ExportedPiece("", _END.encode())


def _one(one: ExportedNote) -> str:
    parts = one.note.head.parts
    above = "".join((parts.prefix, parts.opening, parts.block or "", parts.closing))
    below = parts.suffix
    body = parts.body
    ends = not body or body.endswith("\n")
    fields = {
        "path": one.path,
        "above": above,
        **({"below": below} if below else {}),
        **({} if ends else {"open": True}),
        "id": _id(one.note.content, body),
        "created": one.created,
        "updated": one.updated,
    }
    # Nothing but `>` could end the comment.
    said = json.dumps(fields, ensure_ascii=False).replace(">", "\\u003e")
    title = "" if first_title(body) else f"# {' '.join(one.topic.split())}\n\n"
    end = _end(fields["id"])
    return f"{title}{_NOTE}{said} -->\n{body}{'' if ends else chr(10)}{end}"


def _id(content: bytes, body: str) -> str:
    digest = hashlib.sha256(content).hexdigest()
    while _end(digest[:16]) in body:
        digest = hashlib.sha256(digest.encode()).hexdigest()
    return digest[:16]


def _end(id_: object) -> str:
    return f"<!-- pack:end {id_} -->\n"


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text of which some is an export.

    Attributes:
        notes: The notes in it.
        broken: How many notes cannot be read: somebody changed what is around them.
        rest: The text without the block of notes.
    """

    notes: tuple[RestoredNote, ...]
    broken: int
    rest: str


def is_exported(text: str) -> bool:
    """Whether a text has notes that were exported into it."""
    return _START.search(text) is not None


def read_markdown(text: str) -> ReadText:
    """The notes of a text that is an export as a whole."""
    notes, broken, _ = _notes(text, 0)
    return ReadText(tuple(notes), broken, "")


def read_agents(text: str) -> ReadText:
    """The notes of the block in a text, and what is around it.

    Raises:
        UnusableInput: The block does not end.
    """
    found = _block(text)
    if found is None:
        return ReadText((), 0, text)
    block = text[found[0] : found[1]]
    if not block.startswith(_BEGIN):  # an editor, or git, has changed all line ends
        block = block.replace(_CRLF, "\n")
    notes, broken, _ = _notes(block, 0)
    return ReadText(tuple(notes), broken, text[: found[0]] + text[found[1] :])


def with_block(text: str, block: str) -> str:
    """A text with its block replaced, or with the block at its end; all else stays.

    Raises:
        UnusableInput: It has a block that does not end.
    """
    found = _block(text)
    if found is not None:
        return text[: found[0]] + block + text[found[1] :]
    if not text.strip():
        return block
    return text + ("\n" if text.endswith("\n") else "\n\n") + block


def _block(text: str) -> tuple[int, int] | None:
    """Where the block begins and ends; `None` if there is none.

    It is found again with a byte order mark in front and with other line ends.
    """
    mark = len(text) - len(text.removeprefix(_MARK))
    plain = text[mark:].replace(_CRLF, "\n")
    start = 0 if plain.startswith(_BEGIN) else plain.find("\n" + _BEGIN) + 1
    if not plain.startswith(_BEGIN, start):
        return None
    _, _, after = _notes(plain, start)
    end = plain.find(_END, after)
    if end < 0:
        raise UnusableInput(f"the block that begins with {_BEGIN.strip()} does not end")
    end += len(_END)
    if mark + len(plain) == len(text):
        return mark + start, mark + end
    return _after_lines(text, plain.count("\n", 0, start), mark), _after_lines(
        text, plain.count("\n", 0, end), mark
    )


def _after_lines(text: str, lines: int, start: int) -> int:
    """Where so many lines end."""
    for _ in range(lines):
        start = text.index("\n", start) + 1
    return start


def _notes(text: str, start: int) -> tuple[list[RestoredNote], int, int]:
    """The notes from a place on, how many are broken, and where the last one ends."""
    notes: list[RestoredNote] = []
    broken, at = 0, start
    while (begun := _START.search(text, at)) is not None:
        found = _read(begun[1])
        end = text.find(_end(found["id"]), begun.end()) if found is not None else -1
        if found is None or end < 0:
            broken += 1
            at = begun.end()
            continue
        notes.append(_restored(found, text[begun.end() : end]))
        at = end + len(_end(found["id"]))
    return notes, broken, at


def _read(said: str) -> dict[str, object] | None:
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return None
    needed = ("path", "above", "id")
    is_whole = isinstance(found, dict) and all(isinstance(found.get(key), str) for key in needed)
    return found if is_whole else None


def _restored(found: dict[str, object], body: str) -> RestoredNote:
    if found.get("open") is True:
        body = body.removesuffix("\n")
    below = found.get("below")
    text = f"{found['above']}{body}{below if isinstance(below, str) else ''}"
    dates = (found.get("created"), found.get("updated"))
    created, updated = (date if isinstance(date, str) else None for date in dates)
    content = text.encode("utf-8", "replace")
    is_changed = _id(content, body) != found["id"]
    return RestoredNote(str(found["path"]), content, created, updated, is_changed)

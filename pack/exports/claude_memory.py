"""The folder in which Claude Code keeps what it remembers: an index, and a file for each topic.

A topic's frontmatter begins with what Claude Code looks for, then says where the note is in the
memory; the note follows as it is. Taking our lines away gives the note back.

Source: Claude Code's documentation of auto memory (2.1.214): the index is read up to 200 lines and
25 KB, and a write that leaves it longer is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from pack.deferred import pattern
from pack.errors import PackError
from pack.exports.values import ExportedNote, ExportedPiece, RestoredNote, known_date, seal
from pack.files import frontmatter
from pack.files.frontmatter import Frontmatter
from pack.v1.taxonomy import PathClaims

INDEX_NAME: Final = "MEMORY.md"
_MOST_LINES: Final = 180
_MOST_BYTES: Final = 22_000
_MOST_HOOK: Final = 120
_TYPES: Final = {"profiles": "user", "projects": "project"}
_JOINED, _BELOW = "pack_path", "pack_note"
"""Says where the note is: the lines that follow belong to it, or it begins below the block."""
_OURS: Final = pattern(
    r"---\n(?:name: [^\n]*\n)?(?:description: [^\n]*\n)?(?:metadata:\n(?:  [^\n]*\n)+)?"
    r"(?:pack_seal: (?P<seal>[^\n]*)\n)?(?:pack_created: (?P<created>[^\n]*)\n)?"
    r"(?:pack_updated: (?P<updated>[^\n]*)\n)?(?P<form>pack_path|pack_note): (?P<path>\"[^\n]*\")\n"
)
_SEALED: Final = pattern(r"<!-- made by PACK, ([0-9a-f]{16}) -->\n")
_TITLE: Final = "# Memory\n\n"
_MARKUP: Final = "#->*+ \t`"


def write_claude_memory(notes: Iterable[ExportedNote]) -> Iterator[ExportedPiece]:
    """A file for each topic, then the index."""
    claims = PathClaims([f"x/{INDEX_NAME}"])
    lines: list[str] = []
    for one in notes:
        name = _name(claims, one.path)
        hook = _hook(one)
        text = _topic(one, name, hook)
        yield ExportedPiece(name, text.encode("utf-8"), one.updated)
        title = " ".join(one.topic.split()).replace("[", "(").replace("]", ")")[:_MOST_HOOK]
        lines.append(f"- [{title}](<{name}>)" + (f": {hook}" if hook else ""))
    body = _TITLE + "".join(f"{line}\n" for line in _fitting(lines))
    index = f"<!-- made by PACK, {seal(body)} -->\n{body}"
    yield ExportedPiece(INDEX_NAME, index.encode("utf-8"))


def _fitting(lines: list[str]) -> list[str]:
    """The lines of the index that Claude Code reads, and how many more there are."""
    taken: list[str] = []
    size = 0
    for line in lines:
        size += len(line.encode()) + 1
        if len(taken) == _MOST_LINES or size > _MOST_BYTES:
            more = len(lines) - len(taken)
            return [*taken, f"- and {more} more, each in a file of this folder"]
        taken.append(line)
    return taken


def _name(claims: PathClaims, path: str) -> str:
    stem = path.removesuffix(".md").replace("/", "-")[:100]
    try:
        return claims.claim("x", stem).removeprefix("x/")
    except PackError:  # a name that only this file system accepts
        return claims.claim("x", f"note-{seal(path)}").removeprefix("x/")


def _hook(one: ExportedNote) -> str:
    """The first words of a note that are not its title, on one line."""
    for line in one.note.head.body.splitlines():
        text = " ".join(line.strip().strip(_MARKUP).split())
        if text and text != one.topic and not line.startswith("#"):
            return text if len(text) <= _MOST_HOOK else f"{text[: _MOST_HOOK - 1].rstrip()}…"
    return ""


def _topic(one: ExportedNote, name: str, hook: str) -> str:
    head = one.note.head
    is_joined = _can_join(head)
    own = head.fields if is_joined else {}
    lines = []
    if "name" not in own:
        lines.append(f"name: {_quoted(name.removesuffix('.md'))}")
    if "description" not in own:
        lines.append(f"description: {_quoted(hook or ' '.join(one.topic.split()))}")
    if "metadata" not in own:
        kind = _TYPES.get(one.path.partition("/")[0], "reference")
        lines += ["metadata:", "  node_type: memory", f"  type: {kind}"]
        lines += [f"  modified: {one.updated}"] if one.updated else []
    lines.append(f"pack_seal: {seal(one.note.text)}")
    dates = {"pack_created": one.created, "pack_updated": one.updated}
    lines += [f"{key}: {_quoted(date)}" for key, date in dates.items() if date is not None]
    lines.append(f"{_JOINED if is_joined else _BELOW}: {_quoted(one.path)}")
    ours = "".join(f"{line}\n" for line in lines)
    parts = head.parts
    if is_joined:
        return f"---\n{ours}{parts.block}{parts.closing}{parts.body}"
    return f"---\n{ours}---\n{one.note.text}"


def _can_join(head: Frontmatter) -> bool:
    """Whether lines at the beginning of its frontmatter leave it readable."""
    parts = head.parts
    is_usual = head.problem is None and not parts.prefix and parts.opening == "---\n"
    if not is_usual or parts.is_wrapped or {_JOINED, _BELOW} & head.fields.keys():
        return False
    begins = (parts.block or "").lstrip("\n")[:1]
    return begins not in (" ", "\t", "{")  # a mapping that no line can join


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def read_topic(text: str) -> RestoredNote | None:
    """The note that a topic was exported from; `None` if it was from none.

    When it was last changed is not known of one that was changed there.
    """
    found = _OURS.match(text)
    if found is None:
        return None
    try:
        path, created, updated = (
            json.loads(found[key] or "null") for key in ("path", "created", "updated")
        )
    except ValueError:
        return None
    if found["form"] == _JOINED:
        content = f"---\n{text[found.end() :]}"
    else:
        parts = frontmatter.split(text)
        content = parts.body + parts.suffix
    is_changed = found["seal"] != seal(content)
    return RestoredNote(
        str(path),
        content.encode("utf-8", "replace"),
        known_date(created),
        None if is_changed else known_date(updated),
        is_changed,
    )


def is_made_index(text: str) -> bool:
    """Whether an index is as it was exported: it says nothing that its topics do not."""
    found = _SEALED.match(text)
    return found is not None and found[1] == seal(text[found.end() :])

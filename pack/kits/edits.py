"""What was changed in the files that a kit shipped, as upstream would want to see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pack.core.truths import SYSTEM_KEYS
from pack.deferred import dataclass
from pack.errors import InvalidContent
from pack.files import frontmatter
from pack.files.schema import first_title
from pack.history.differences.file_diff import FileDiff
from pack.history.differences.line_hunks import LineOp, git_lines, line_hunks
from pack.history.differences.patch import patch_of
from pack.log import ChangeKind
from pack.model import MemoryPath
from pack.outgoing.leaks import OutgoingText

_TOPIC: Final = "topic"
_EMPTY_BLOCK: Final = frozenset(("", "\n", "\r\n"))


@dataclass(frozen=True, slots=True)
class KitEdit:
    """A file that upstream shipped and that was changed here.

    Attributes:
        path: Where it is in the memory.
        inside: Its path below the kit's folder.
        before: As upstream shipped it.
        here: As it is here.
        after: The same without what PACK itself noted in its frontmatter.
    """

    path: MemoryPath
    inside: MemoryPath
    before: str
    here: str
    after: str

    def patch(self, folder: str = "") -> str:
        """The change as a patch of git, for a repository in which the kit is in this folder."""
        path = MemoryPath(f"{folder}/{self.inside}" if folder else self.inside)
        return patch_of(FileDiff(path, ChangeKind.EDITED, None, self.before, self.after))

    def written_at(self, number: int, text: str) -> int | None:
        """The number here of a line of the new text; `None` if it is not as it is here."""
        lines = git_lines(self.here)
        shift = len(lines) - len(git_lines(self.after))
        for at in (number + shift, number):
            if 0 < at <= len(lines) and lines[at - 1] == text:
                return at
        return None

    def added(self) -> list[tuple[int, str]]:
        """The lines that are not upstream's, with their numbers in the new text."""
        found = []
        for hunk in line_hunks(self.before, self.after):
            number = hunk.new_start
            for line in hunk.lines:
                if line.op is LineOp.NEW:
                    found.append((number, line.text))
                number += line.op is not LineOp.OLD
        return found


def edit_of(path: MemoryPath, inside: MemoryPath, before: bytes, here: bytes) -> KitEdit | None:
    """The change of one file; `None` if it is no text, or if only PACK noted something in it."""
    try:
        old, new = before.decode("utf-8"), here.decode("utf-8")
    except UnicodeDecodeError:
        return None
    after = without_notes(old, new)
    return KitEdit(path, inside, old, new, after) if after != old else None


def without_notes(before: str, after: str) -> str:
    """A text without the keys that PACK wrote into it; those that upstream has keep its values."""
    head, upstream = frontmatter.read(after), frontmatter.read(before)
    ours = SYSTEM_KEYS & head.fields.keys()
    if head.fields.get(_TOPIC) == first_title(head.body):  # noted because a note has to have one
        ours |= {_TOPIC} - upstream.fields.keys()
    try:
        plain = frontmatter.without_fields(head, ours - upstream.fields.keys())
        theirs = {
            key: value
            for key in sorted(ours & upstream.fields.keys())
            if isinstance(value := upstream.fields[key], str | int)
        }
        plain = frontmatter.with_fields(plain, theirs)
    except InvalidContent:
        return after
    if upstream.block is None and plain.block in _EMPTY_BLOCK:
        return plain.body.removeprefix(frontmatter.line_end(plain.body))
    return plain.parts.join()


def outgoing(edits: Iterable[KitEdit]) -> Iterator[OutgoingText]:
    """What would go to upstream that it does not have: the lines that were added."""
    for edit in edits:
        added = frozenset(number for number, _ in edit.added())
        yield OutgoingText(edit.path, edit.after, lines=added)

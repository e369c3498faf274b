"""The truth of what a commit brought: that of its writer, as far as its message can be believed.

An import is the person's, and one commit. What a tool wrote is in it too: such a commit says so in
a trailer, and the note in its frontmatter and its headings (`pack.imports.rendering`). Those marks
lower what a line is trusted and never raise it, so nothing is gained by forging them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pack.core.truths import STRONGEST, LineState, LineTruth
from pack.deferred import pattern
from pack.files import frontmatter
from pack.files.keys import ORIGIN_SOURCE
from pack.history.assigned import AssignedLevel, with_assigned
from pack.history.differences.line_hunks import git_lines
from pack.history.origins import UNATTRIBUTED, WrittenBy, written_by
from pack.index.format import is_generated, may_be_generated
from pack.log import CommitFacts
from pack.model import BlobId
from pack.paths import INDEX
from pack.provenance import WRITTEN_TOO_BY
from pack.truth.seals import holds, is_sealed, is_text

_STATED: Final = pattern(rb"^truth_level:[ \t]*[2-5]\b", re.MULTILINE)
_STATED_KEY: Final = b"truth_level:"
ReadBlob = Callable[[BlobId | None], bytes]


def credit_of(
    commit: CommitFacts,
    read: ReadBlob,
    assigned: AssignedLevel | None = None,
    *,
    is_joined: bool = False,
) -> LineTruth:
    """The truth of the lines that a commit brought.

    Args:
        commit: With its files.
        read: The bytes of a blob; none for `None`.
        assigned: What the person says of it, which outweighs all else; `None` for nothing.
        is_joined: Whether it is of a history that began elsewhere; see `pack.history.joined`.
    """
    writer = _believed(commit, read)
    if is_joined and writer.level == STRONGEST:  # whoever that was there, it may be somebody else
        writer = _unknown(writer)
    writer = with_assigned(writer, assigned)
    state = LineState.WRITTEN
    if not writer.is_attributed:
        state = LineState.UNATTRIBUTED
    elif writer.is_accepted:
        state = LineState.ACCEPTED
    return LineTruth(writer.level, writer.origin, state, commit.id)


def _believed(commit: CommitFacts, read: ReadBlob) -> WrittenBy:
    """The writer; one made again is believed if it brought what PACK wrote, others less."""
    if len(commit.parents) > 1 or not is_sealed(commit):
        return _plain(commit, read)
    writer = written_by(replace(commit, authored_at=None))
    if not writer.is_ours:
        return _plain(commit, read)
    if not writer.is_attributed or holds(commit, read):
        return writer
    return _unknown(writer)


def _plain(commit: CommitFacts, read: ReadBlob) -> WrittenBy:
    """The writer as the message has it; nobody if the person made one commit of PACK's work.

    Somebody who squashes commits under a message of their own leaves nothing else: the memory index
    that PACK writes with each of its commits, and what it says in the frontmatter of a note.
    """
    writer = written_by(commit)
    is_one_line = len(commit.parents) == 1 and writer.is_attributed and not writer.is_ours
    return _unknown(writer) if is_one_line and _holds_packs_work(commit, read) else writer


def _holds_packs_work(commit: CommitFacts, read: ReadBlob) -> bool:
    for change in commit.files or ():
        content = read(change.sha) if change.sha != change.old_sha else b""
        if may_be_generated(change.path) and content:
            fields = frontmatter.read(content.decode("utf-8", "replace")).fields
            if change.path == INDEX or is_generated(change.path, fields):
                return True
        elif is_text(change.path) and not _stated(content) <= _stated(read(change.old_sha)):
            return True
    return False


def _stated(content: bytes) -> set[bytes]:
    """The levels that a note says it has; to look for a line's beginning takes long, so last."""
    return set(_STATED.findall(content)) if _STATED_KEY in content else set()


def _unknown(writer: WrittenBy) -> WrittenBy:
    name = writer.origin.partition(":")[2]
    return writer._replace(origin=f"{UNATTRIBUTED}:{name}", level=STRONGEST, is_attributed=False)


# --- imports -----------------------------------------------------------------------------------


def holds_others_lines(commit: CommitFacts) -> bool:
    """Whether the commit is an import with lines that a tool wrote."""
    return WRITTEN_TOO_BY in commit.trailers


def truths_of_import(content: bytes, own: LineTruth) -> Sequence[LineTruth]:
    """The truth of each line of a note as an import brought it.

    Args:
        content: The note.
        own: The truth of the commit, which holds for what the person wrote.
    """
    # Here, as few memories have an import with lines of a tool, and a hook waits for this module.
    from pack.imports.rendering import writers_in  # noqa: PLC0415

    text = content.decode("utf-8", "replace")
    lines = git_lines(text)
    said = frontmatter.read(text).fields.get(ORIGIN_SOURCE.name)
    found = []
    for writer in writers_in((line.removesuffix("\n") for line in lines), said):
        if writer is None or writer.level <= own.level:
            found.append(own)
        else:
            of_tool = replace(own, level=writer.level, origin=writer.label)
            found.append(replace(of_tool, state=LineState.WRITTEN))
    return found

"""Who wrote the lines of a note that an import brought: the person, or the tool that it is from.

An import is the person's, and one commit. What a tool wrote is in it too: such a commit says so in
a trailer, and the note in its frontmatter and its headings (`pack.imports.rendering`). Those marks
lower what a line is trusted and never raise it, so nothing is gained by forging them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pack.core.truths import LineState, LineTruth
from pack.files import frontmatter
from pack.files.keys import ORIGIN_SOURCE
from pack.history.differences.line_hunks import git_lines
from pack.imports.rendering import writers_in
from pack.log import CommitFacts
from pack.provenance import WRITTEN_TOO_BY


def holds_others_lines(commit: CommitFacts) -> bool:
    """Whether the commit is an import with lines that a tool wrote."""
    return WRITTEN_TOO_BY in commit.trailers


def truths_of_import(content: bytes, own: LineTruth) -> Sequence[LineTruth]:
    """The truth of each line of a note as an import brought it.

    Args:
        content: The note.
        own: The truth of the commit, which holds for what the person wrote.
    """
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

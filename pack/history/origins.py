"""Who made a commit, as history names the writer.

PACK's own commits say it in their trailers. Any other commit was made by a person with git: its
origin is `user:` and the author's name, and its level that of a user.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pack.log import CommitFacts
from pack.provenance import TRUTH_LEVELS, Origin, Source, is_ours

ORIGIN_TRAILER: Final = "Pack-Origin"
LEVEL_TRAILER: Final = "Pack-Truth-Level"


class WrittenBy(NamedTuple):
    """The writer of a commit.

    Attributes:
        origin: `source:client`, such as `ai-cloud:claude-code` or `user:editor`.
        level: How far it is trusted, from 1 (the user) to 5 (see `TRUTH_LEVELS`).
        client: The part of the origin after the colon.
        is_ours: Whether PACK made the commit; otherwise the client is the author's name.
    """

    origin: str
    level: int
    client: str
    is_ours: bool


def written_by(commit: CommitFacts) -> WrittenBy:
    """The writer of a commit, whoever made it and with whatever tool."""
    trailers = commit.trailers if is_ours(commit.message) else {}
    stated = trailers.get(LEVEL_TRAILER, "")
    source, colon, client = trailers.get(ORIGIN_TRAILER, "").partition(":")
    if colon and source in TRUTH_LEVELS:
        known = stated in map(str, TRUTH_LEVELS.values())
        level = int(stated) if known else TRUTH_LEVELS[Source(source)]
        return WrittenBy(f"{source}:{client}", level, client, is_ours=True)
    name = commit.author.name if commit.author else ""
    origin = Origin(Source.USER, name)
    return WrittenBy(origin.label, TRUTH_LEVELS[Source.USER], name or "unknown", is_ours=False)


def is_by(commit: CommitFacts, wanted: str) -> bool:
    """Whether a commit is by a writer that a caller names; case does not matter.

    Args:
        commit: The commit.
        wanted: An origin (`ai-cloud:claude-code`), a source (`user`, `ai-cloud`), a client
            (`claude-code`), or the beginning of any of them.
    """
    writer, text = written_by(commit), wanted.strip().casefold()
    return any(name.casefold().startswith(text) for name in (writer.origin, writer.client))

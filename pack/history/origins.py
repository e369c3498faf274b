"""Who made a commit, as history names the writer, and how far that can be believed.

PACK's own commits say it in their trailers. Any other commit was made by a person with git: its
origin is `user:` and the author's name, and its level that of a user, unless it names a coding
agent (`pack.history.marks`) or a bot.

What a commit says is believed only as far as nothing speaks against it, and a claim lowers
authority, but never raises it. The writer of a commit is not known, and what it brought is
*unattributed*, where

- it was made again after it was written, by an amend, a rebase, a cherry-pick or a patch: the two
  dates of such a commit differ, and what was put into it meanwhile may be anybody's;
- its message joins those of several commits, as a squash leaves it, on GitHub too;
- its trailers are not as PACK writes them, or are contradicted by its author or an agent's name;
- an agent recorded edits that it found in the folder, or was at work there (`RECORDED_BY`);
- a shallow clone lacks what it was made on, so that it seems to have brought everything.

Unattributed text is protected like the user's, and never shown as accepted. What nobody can see
here, such as `git reset --soft` and a new commit, is the word of whoever has the repository.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from pack.deferred import pattern
from pack.history.marks import agent_in_commit
from pack.log import CommitFacts
from pack.model import CommitId
from pack.provenance import (
    ACCEPTED_BY,
    DERIVED_FROM,
    LEVEL_TRAILER,
    MODEL_TRAILER,
    ORIGIN_TRAILER,
    OUR_ADDRESSES,
    RECORDED_BY,
    REQUEST_TRAILER,
    TRUTH_LEVELS,
    Origin,
    Source,
    parse_label,
)

UNATTRIBUTED: Final = "unattributed"
"""Stands in the place of the source where nobody knows the writer."""
OLDER: Final = f"{UNATTRIBUTED}:older"
"""The origin of a line that is older than the oldest version that was looked at."""
_USER: Final = TRUTH_LEVELS[Source.USER]
_BOT: Final = "[bot]"
_LEVELS: Final = frozenset(map(str, TRUTH_LEVELS.values()))
_TRAILER: Final = pattern(r"([A-Za-z][A-Za-z0-9-]*): ?([^\r\n]*)")
_CLAIM: Final = pattern(
    r"pack-(?:origin|truth-level|request|accepted-by|accepted-via|derived-from|proposal|model)"
    r"[ \t]*[:=]",
    re.IGNORECASE,
)
_SQUASHED: Final = pattern(
    r"^Squashed commit of the following:|^# This is a combination of \d+ commits|"
    r"\A\S[^\n]* \(#\d+\)\n\n(?:[^\n]*\n)*?\* \S[^\n]*\n(?:[^\n]*\n)*?\* \S",
    re.MULTILINE,
)
_SOURCES: Final = frozenset({*Source, "ai-network", UNATTRIBUTED})
_SAID: Final = (ORIGIN_TRAILER, LEVEL_TRAILER, REQUEST_TRAILER)


class WrittenBy(NamedTuple):
    """The writer of a commit.

    Attributes:
        origin: `source:client`, such as `ai-cloud:claude-code` or `user:editor`; with
            `unattributed` for the source where the writer is not known.
        level: How far it is trusted, from 1 (the user) to 5 (see `TRUTH_LEVELS`); 1 where the
            writer is not known.
        client: The part of the origin after the colon.
        is_ours: Whether PACK made the commit; otherwise the client is the author's name.
        is_attributed: Whether the writer is known.
        is_accepted: Whether the user took over, with this commit, what another had written.
        model: The model behind it, as `provider/name`, if that is known.
    """

    origin: str
    level: int
    client: str
    is_ours: bool
    is_attributed: bool = True
    is_accepted: bool = False
    model: str | None = None


class Derivation(NamedTuple):
    """What a commit took text over from: one link of its chain of origins."""

    commit: CommitId
    level: int
    origin: str


def written_by(commit: CommitFacts) -> WrittenBy:
    """The writer of a commit, whoever made it and with whatever tool."""
    name, address = (commit.author.name, commit.author.email) if commit.author else ("", "")
    is_ours, claimed = _claimed(commit.message)
    if is_ours:
        found = _ours(claimed, commit) if not _is_made_again(commit) else None
        return found or _unknown(name, is_ours=True)
    is_joined = _SQUASHED.search(commit.message) is not None
    if _is_made_again(commit) or is_joined or address.endswith(OUR_ADDRESSES):
        return _unknown(name)
    agent = agent_in_commit(commit.author, commit.message)
    if agent is not None:
        return _plain(Origin(Source.AI_CLOUD, agent), agent)
    if name.endswith(_BOT):  # on GitHub, no person can have such a name
        return _plain(Origin(Source.AUTOMATION, name.removesuffix(_BOT)), name)
    return _plain(Origin(Source.USER, name), name or "unknown")


def derivations(commit: CommitFacts) -> tuple[Derivation, ...]:
    """Where the text of a commit of PACK comes from, as far as its message says, oldest first."""
    found = []
    _, claimed = _claimed(commit.message)
    for name, value in claimed if written_by(commit).is_attributed else ():
        parts = value.split(" ", 2)
        if name == DERIVED_FROM and len(parts) == len(Derivation._fields) and parts[1] in _LEVELS:
            found.append(Derivation(CommitId(parts[0]), int(parts[1]), parts[2]))
    return tuple(found)


def is_named(writer: WrittenBy, wanted: str) -> bool:
    """Whether a caller names this writer; see `is_origin_named`."""
    return is_origin_named(writer.origin, writer.client, wanted)


def is_origin_named(origin: str, client: str, wanted: str) -> bool:
    """Whether a caller names a writer; case does not matter.

    Args:
        origin: The writer's origin, as a trailer has it.
        client: What the writer is called.
        wanted: An origin (`ai-cloud:claude-code`), a source (`user`, `ai-cloud`), a client
            (`claude-code`), or the beginning of any of them. A whole source is never taken for a
            client, as a client can call itself `user`.
    """
    text = wanted.strip().casefold()
    if text in _SOURCES:
        return origin.partition(":")[0] == (Source(text) if text != UNATTRIBUTED else text)
    return any(name.casefold().startswith(text) for name in (origin, client))


def _is_made_again(commit: CommitFacts) -> bool:
    is_later = commit.authored_at is not None and commit.authored_at != commit.at
    return is_later or commit.is_cut


def _claimed(message: str) -> tuple[bool, Sequence[tuple[str, str]]]:
    """Whether a message says that PACK made the commit, and its trailers if PACK wrote them.

    PACK writes one paragraph of them, at the end. It indents what its callers say if that could
    pass for a trailer, and writes no character that cannot be printed.
    """
    if not any(_CLAIM.match(line) for line in message.splitlines()):
        return False, ()
    before, _, last = message.strip("\n").rpartition("\n\n")
    found = [_TRAILER.fullmatch(line) for line in last.split("\n")]
    is_plain = all(line.isprintable() for line in last.split("\n"))
    is_joined = any(_CLAIM.match(line) for line in before.splitlines())
    if not is_plain or is_joined or not all(found):
        return True, ()
    return True, [(match[1], match[2].strip()) for match in found if match]


def _ours(claimed: Sequence[tuple[str, str]], commit: CommitFacts) -> WrittenBy | None:
    """The writer that PACK's trailers name; `None` if they are not as PACK writes them."""
    values = dict(claimed)
    counts = [sum(name == said for name, _ in claimed) for said in _SAID]
    origin = parse_label(values.get(ORIGIN_TRAILER, ""))
    stated = values.get(LEVEL_TRAILER, "")
    if origin is None or counts != [1, 1, 1] or stated not in _LEVELS:
        return None
    level = max(int(stated), origin.level)
    recorder = parse_label(values.get(RECORDED_BY, ""))
    is_by_another = recorder is not None and recorder.level > _USER
    if level == _USER and (is_by_another or _is_of_another(commit)):
        return None
    is_accepted = level == _USER and values.get(ACCEPTED_BY, "").startswith(f"{Source.USER}:")
    label, model = f"{origin.source}:{origin.client}", values.get(MODEL_TRAILER)
    return WrittenBy(label, level, origin.client, True, True, is_accepted, model)


def _is_of_another(commit: CommitFacts) -> bool:
    """Whether the author or a trailer names somebody else than the user."""
    last = commit.message.rpartition("\n\n")[2]
    address = commit.author.email if commit.author else ""
    return address.endswith(OUR_ADDRESSES) or agent_in_commit(commit.author, last) is not None


def _plain(origin: Origin, client: str) -> WrittenBy:
    return WrittenBy(origin.label, origin.level, client, is_ours=False)


def _unknown(name: str, *, is_ours: bool = False) -> WrittenBy:
    client = Origin(Source.USER, name).label.partition(":")[2]
    return WrittenBy(f"{UNATTRIBUTED}:{client}", _USER, name or "unknown", is_ours, False)

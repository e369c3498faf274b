"""`pack attribution`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Final
from uuid import NAMESPACE_URL, uuid5

import typer

from pack._version import __version__
from pack.core.truths import LineState
from pack.model import CommitId
from pack.times import format_time
from pack.truth.attribution import AttributedLines, AttributedNote
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    AsOfOption,
    GithubOption,
    LocalOption,
    complete_path,
)
from pack_servers.cli.shell.output import past_fields, show_json

EXAMPLES: Final = """\
  pack attribution > who-wrote-what.json
  pack attribution projects/website.md --as-of 2026-01-31
  pack attribution --format agent-trace    for tools that read Agent Trace"""

_TRACE_VERSION: Final = "0.1.0"
_PERSON: Final = 1
_FIRST_AI: Final = 3


class TraceFormat(StrEnum):
    """The form of the answer."""

    JSON = "json"
    AGENT_TRACE = "agent-trace"


def run(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Files; leave them out for the whole memory.",
            autocompletion=complete_path,
            show_default=False,
        ),
    ] = None,
    as_of: AsOfOption = None,
    answer: Annotated[
        TraceFormat,
        typer.Option(
            "--format", help="PACK's own form, or that of Agent Trace.", show_default=True
        ),
    ] = TraceFormat.JSON,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Say who wrote each line of the memory, for other programs."""
    with opened(local, github) as present:
        memory = present.as_of(as_of)
        attribution = memory.attribution
        revision, notes = attribution.revision(), list(attribution.of(paths or ()))
        at = format_time(memory.now())
    if answer is TraceFormat.AGENT_TRACE:
        show_json(agent_trace(notes, revision, at))
        return
    files = list(map(_file, notes))
    show_json({"revision": revision, "files": files} | past_fields(memory.past))


def _file(note: AttributedNote) -> dict[str, object]:
    return {
        "path": note.path,
        "sha": note.sha,
        "level": note.level,
        "origin": note.origin,
        "lines": list(map(_lines, note.runs)),
    }


def _lines(run_of_lines: AttributedLines) -> dict[str, object]:
    truth = run_of_lines.truth
    return {
        "first": run_of_lines.first,
        "last": run_of_lines.last,
        "level": truth.level,
        "origin": truth.origin,
        "state": truth.state,
        "commit": truth.commit,
        **({"model": run_of_lines.model} if run_of_lines.model else {}),
    }


def agent_trace(
    notes: Iterable[AttributedNote], revision: CommitId | None, at: str
) -> dict[str, object]:
    """A trace record.

    Source: cursor/agent-trace, `schemas.ts` of RFC 0.1.0.

    Args:
        notes: What it is about.
        revision: The commit that they are of.
        at: When it is made.
    """
    files = [{"path": note.path, "conversations": [*_conversations(note)]} for note in notes]
    vcs = {"vcs": {"type": "git", "revision": revision}} if revision else {}
    return {
        "version": _TRACE_VERSION,
        "id": str(uuid5(NAMESPACE_URL, f"pack:{revision}:{at}")),
        "timestamp": at,
        **vcs,
        "tool": {"name": "pack", "version": __version__},
        "files": files,
    }


def _conversations(note: AttributedNote) -> Iterator[dict[str, object]]:
    """The lines of each contributor; each range with the digest of its text."""
    ranges: dict[tuple[str, str], list[dict[str, object]]] = {}
    for one in note.runs:
        found = ranges.setdefault((_contributor(one), one.model or ""), [])
        found.append(
            {
                "start_line": one.first,
                "end_line": one.last,
                "content_hash": f"sha256:{one.digest}",
            }
        )
    for (kind, model), own in ranges.items():
        contributor = {"type": kind} | ({"model_id": model} if model else {})
        yield {"contributor": contributor, "ranges": own}


def _contributor(run_of_lines: AttributedLines) -> str:
    """What Agent Trace calls a writer; it has no word for automations."""
    truth = run_of_lines.truth
    if truth.state is LineState.ACCEPTED:
        return "mixed"
    if truth.state is LineState.UNATTRIBUTED:
        return "unknown"
    if truth.level == _PERSON:
        return "human"
    return "ai" if truth.level >= _FIRST_AI else "unknown"

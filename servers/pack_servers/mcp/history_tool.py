"""The tool that shows the past: the log, or what one commit changed.

A commit is named by twelve characters of its id, which every tool and command takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, NotRequired

from mcp.server import MCPServer
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from typing_extensions import TypedDict

from pack.core.requests import fitting
from pack.errors import InvalidRequest, PackError
from pack.limits import SHOWN_FILES
from pack.memory import Memory
from pack_servers.mcp import results as answers

if TYPE_CHECKING:
    from pack.history.commits import CommitEntry, TouchedFile
    from pack.history.comparisons import Comparison

_TOKENS: Final = 1_500
_DIFF_TOKENS: Final = 4_000
_MAX_LIMIT: Final = 500
_SHORT_ID: Final = 12
_MESSAGE_CHARACTERS: Final = 400
_READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)

When = Annotated[str, Field(description="commit, date or 7d")]


class ChangedFile(TypedDict):
    """What a commit did to a file."""

    path: str
    old_path: NotRequired[str]
    change: str
    added: NotRequired[int]
    removed: NotRequired[int]


class LoggedChange(TypedDict):
    """A commit."""

    commit: str
    time: str
    origin: str
    level: int
    message: str
    files: list[ChangedFile]
    more_files: NotRequired[int]


class HistoryResult(TypedDict):
    """The answer of memory_history."""

    commits: list[LoggedChange]
    next_cursor: NotRequired[str]
    diff: NotRequired[str]
    notice: NotRequired[str]


class HistoryTool:
    """The tool. It runs on worker threads."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def memory_history(
        self,
        path: Annotated[str, Field(description="file or folder")] = "",
        *,
        since: When = "",
        until: When = "",
        by: Annotated[str, Field(description="e.g. claude, user")] = "",
        limit: Annotated[int | None, Field(ge=1, le=_MAX_LIMIT)] = None,
        cursor: str = "",
        commit: Annotated[str, Field(description="its diff")] = "",
    ) -> Annotated[CallToolResult, HistoryResult]:
        """Who changed what and when, newest first."""
        try:
            if commit:
                if since or until or by or limit or cursor:
                    raise InvalidRequest("`commit` goes with no argument but `path`")
                return self._shown(commit, path or None)
            page = self._memory.commits.page(
                path or None,
                since=since or None,
                until=until or None,
                by=by or None,
                limit=limit or _MAX_LIMIT,
                cursor=cursor or None,
                max_tokens=None if limit else _TOKENS,
            )
        except PackError as error:
            return answers.failed(error)
        return _answer(page.commits, next_cursor=page.next_cursor, notice=page.notice)

    def _shown(self, commit: str, path: str | None) -> CallToolResult:
        found = self._memory.comparisons.of_commit(commit, path)
        facts = found.commit
        steps = [] if facts is None else [(facts, found.changes)]
        entries = self._memory.commits.entries(steps)
        told, notice = _cut("\n".join(_told(found)))
        return _answer(entries, diff=told, notice=notice)


def add_history_tool(server: MCPServer[None], memory: Memory) -> None:
    """Add the tool to a server."""
    tool = HistoryTool(memory)
    server.add_tool(tool.memory_history, title="History", annotations=_READS)


def _told(found: Comparison) -> Iterator[str]:
    """What a commit changed, in the words of `pack show`, line by line."""
    # A server starts without it.
    from pack.history.differences.reading import Reading  # noqa: PLC0415
    from pack.history.differences.told_lines import signed_line, told_lines  # noqa: PLC0415

    to_see = f"read them with as_of {found.old[:_SHORT_ID]}" if found.old else ""
    for number, diff in enumerate(found.diffs()):
        if number:
            yield ""
        yield from map(signed_line, told_lines(Reading(diff), to_see))


def _cut(told: str) -> tuple[str, str | None]:
    """As much of a text as an answer holds, and what is to be said about the rest."""
    end = fitting(told, _DIFF_TOKENS)
    if end == len(told):
        return told, None
    left = told.count("\n", end) + 1
    return told[:end], f"{left} more lines are not shown; give `path` for those of one file"


def _answer(
    entries: tuple[CommitEntry, ...],
    *,
    next_cursor: str | None = None,
    diff: str | None = None,
    notice: str | None = None,
) -> CallToolResult:
    fields: dict[str, Any] = {"commits": [_fields(entry) for entry in entries]}
    more = {"next_cursor": next_cursor, "diff": diff, "notice": notice}
    fields |= {key: value for key, value in more.items() if value is not None}
    head = f"commits: {len(entries)}" if entries else "no commits"
    if next_cursor is not None:
        head += f"; for more, call again with cursor {next_cursor}"
    lines = [head, *map(_line, entries), *([f"notice: {notice}"] if notice else [])]
    texts = ["\n".join(lines), *([diff] if diff else [])]
    return CallToolResult(
        content=[TextContent(type="text", text=text) for text in texts], structured_content=fields
    )


def _fields(entry: CommitEntry) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "commit": entry.commit[:_SHORT_ID],
        "time": entry.time,
        "origin": entry.origin,
        "level": entry.level,
        "message": _message(entry),
        "files": [_file_fields(file) for file in entry.files[:SHOWN_FILES]],
    }
    left = len(entry.files) - SHOWN_FILES
    return fields if left <= 0 else {**fields, "more_files": left}


def _file_fields(file: TouchedFile) -> dict[str, Any]:
    fields = {
        "path": file.path,
        "old_path": file.old_path,
        "change": str(file.change),
        "added": file.added,
        "removed": file.removed,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _message(entry: CommitEntry) -> str:
    text = entry.message
    whole = len(text) <= _MESSAGE_CHARACTERS
    return text if whole else f"{text[: _MESSAGE_CHARACTERS - 1].rstrip()}…"


def _line(entry: CommitEntry) -> str:
    who = f"{entry.time}, origin {entry.origin}, level {entry.level}"
    lines = [f"- commit {entry.commit[:_SHORT_ID]}, {who}: {_message(entry)}"]
    lines += [f"  - {said}" for said in map(_said, entry.files[:SHOWN_FILES])]
    left = len(entry.files) - SHOWN_FILES
    return "\n".join(lines if left <= 0 else [*lines, f"  - and {left} more files"])


def _said(file: TouchedFile) -> str:
    return f"{file.path}: {', '.join(_parts(file))}"


def _parts(file: TouchedFile) -> Iterator[str]:
    yield f"{file.change} from {file.old_path}" if file.old_path else str(file.change)
    if file.added is not None:
        yield f"added {file.added}"
    if file.removed is not None:
        yield f"removed {file.removed}"

"""The tool that takes changes back: what a client wrote itself, within a day."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, NotRequired

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from typing_extensions import TypedDict

from pack.actions import Action
from pack.callers import ClientOrigins
from pack.errors import AskThePerson, InvalidRequest, PackError, UndoConflict
from pack.memory import Memory
from pack.provenance import Source
from pack.results import WriteStatus, Written
from pack_servers.mcp import results as answers
from pack_servers.mcp.clients import writer_of
from pack_servers.mcp.wording import worded

if TYPE_CHECKING:
    from pack.history.undoing.restore import Restored
    from pack.history.undoing.undone import Undone, UndoneCommit

_SHOWN_FILES: Final = 10
_SHOWN_CHARACTERS: Final = 16 * 1024
_TAKES_BACK: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, open_world_hint=False
)


class UndoneFields(TypedDict):
    """A commit that was undone, or would be."""

    commit: str
    by: NotRequired[str]
    files: list[str]


class UndoResult(answers.HeldResult):
    """The answer of memory_undo."""

    undone: NotRequired[list[UndoneFields]]
    commit: NotRequired[str]
    sha: NotRequired[str]
    warning: NotRequired[str]


class UndoTool:
    """The tool. It runs on worker threads."""

    def __init__(
        self, memory: Memory, source: Source | ClientOrigins, wrote: Callable[[], None]
    ) -> None:
        self._memory = memory
        self._source = source
        self._wrote = wrote

    def memory_undo(
        self,
        ctx: Context,
        commit: Annotated[str, Field(description="this commit")] = "",
        *,
        last: Annotated[int | None, Field(ge=1, description="so many changes; default 1")] = None,
        path: Annotated[str, Field(description="restore this file")] = "",
        as_of: Annotated[str, Field(description="commit, date, 7d")] = "",
        dry_run: bool = False,
    ) -> Annotated[CallToolResult, UndoResult]:
        """Take back your own changes of the last 24 hours, or bring back a file."""
        # A server starts without it.
        from pack.history.undoing.undone import UndoChoice  # noqa: PLC0415

        own = self._memory.written_by(writer_of(ctx, self._source)).undo.for_its_own()
        try:
            if sum((bool(commit), last is not None, bool(path))) > 1:
                raise InvalidRequest("`commit`, `last` and `path` exclude each other")
            if as_of and not path:
                raise InvalidRequest("`as_of` is of one file: `path` is missing")
            if path:
                answer = _restored(own.restore(path, as_of or None, dry_run=dry_run))
            else:
                choice = UndoChoice([commit] if commit else (), last)
                answer = _undone(own.undo(choice, dry_run=dry_run))
        except UndoConflict as error:
            return _conflict(error)
        except AskThePerson as error:
            error.remedy = f"Ask the person: `{_command(error)}`."
            return answers.failed(error)
        except PackError as error:
            return answers.failed(error)
        if not dry_run:
            self._wrote()
        return answer


def _command(error: AskThePerson) -> str:
    """What the person types to do what the client may not."""
    if error.action is Action.RESTORE:
        path, commit = error.words
        return shlex.join(["pack", "restore", path, "--as-of", commit])
    return shlex.join(["pack", "redo" if error.action is Action.REDO else "undo", *error.words])


def add_undo_tool(
    server: MCPServer[None],
    memory: Memory,
    source: Source | ClientOrigins,
    wrote: Callable[[], None],
) -> None:
    """Add the tool to a server; the arguments are those of `tools.add_tools`."""
    tool = UndoTool(memory, source, wrote)
    server.add_tool(tool.memory_undo, title="Undo changes", annotations=_TAKES_BACK)


def _undone(done: Undone) -> CallToolResult:
    fields: dict[str, Any] = {"undone": [_fields(one) for one in done.undone]}
    fields |= _status(done.held, done.commit)
    return _answer(fields, commit=done.commit, warning=worded("; ".join(done.warnings)))


def _status(done: Written | None, commit: str | None) -> dict[str, Any]:
    """What has become of a write, and what of it waits for the person; nothing for a dry run."""
    if done is None or not done.tell:
        return {"status": WriteStatus.WRITTEN} if commit else {}
    return {"status": done.status, "path": done.path, **answers.held(done)}


def _fields(one: UndoneCommit) -> dict[str, Any]:
    paths = [change.path for change in one.changes]
    more = [f"and {len(paths) - _SHOWN_FILES} more"] if len(paths) > _SHOWN_FILES else []
    by = {"by": one.by} if one.by is not None else {}
    return {"commit": one.commit, **by, "files": [*paths[:_SHOWN_FILES], *more]}


def _restored(done: Restored) -> CallToolResult:
    written = done.written
    return _answer(
        _status(written, written.commit),
        sha=written.sha,
        commit=written.commit,
        warning=worded("; ".join(written.warnings)),
    )


def _answer(fields: dict[str, Any], **more: str | None) -> CallToolResult:
    structured = {**fields, **{key: value for key, value in more.items() if value}}
    text = json.dumps(structured, ensure_ascii=False)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=structured
    )


def _conflict(error: UndoConflict) -> CallToolResult:
    """The refusal, with both texts of each file as far as they are short enough."""
    refusal = answers.failed(error)
    found = [
        {"path": each.path, "ours": _shown(each.ours), "theirs": _shown(each.theirs)}
        for each in error.conflicts
    ]
    texts = [
        f"{each['path']}, {side}:\n{text}"
        for each in found
        for side, text in (("now", each["ours"]), ("before", each["theirs"]))
    ]
    blocks = [TextContent(type="text", text=text) for text in texts]
    return refusal.model_copy(
        update={
            "content": [*refusal.content, *blocks],
            "structured_content": {**(refusal.structured_content or {}), "conflicts": found},
        }
    )


def _shown(content: bytes | None) -> str:
    if content is None:
        return "(no file)"
    text = content.decode("utf-8", "replace")
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}\n(cut)"

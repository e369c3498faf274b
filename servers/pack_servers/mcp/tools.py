"""The tools: each one is a single call of the core, in words for a model.

What a client sends arrives here as `pack_servers.mcp.arguments` has read it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Final, Required

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field
from typing_extensions import TypedDict

from pack.callers import ClientOrigins
from pack.catalog.questions import Sort
from pack.core.requests import SEARCH_LIMIT
from pack.errors import BlobChanged, InvalidRequest, PackError
from pack.files.edit_fields import Kind, read_edits
from pack.memory import Memory
from pack.provenance import Source
from pack.results import Written
from pack.use_cases.excerpt import Part
from pack_servers.mcp import results as answers
from pack_servers.mcp.blamed import blamed_lines, share_for_blame
from pack_servers.mcp.clients import LastRead, PartsRead, client_key, reader_key, writer_of
from pack_servers.mcp.context_tool import ContextTool

_MAX_LIMIT: Final = 500
_LARGE: Final = {"anthropic/maxResultSizeChars": 500_000}
"""Lets Claude Code (2.1.91 and later) show a long file instead of saving it to a file."""

# Optional texts are `str` and empty when they are absent: the SDK decodes JSON in a text whose type
# is anything else, and a message that looks like JSON is a message.
Path = Annotated[str, Field(description="e.g. projects/website.md")]
Sha = Annotated[str, Field(description="sha you read")]
Message = Annotated[str, Field(description="why, for the log")]
ApplyRest = Annotated[bool, Field(description="write what needs no decision of the user")]
Topic = Annotated[str, Field(description="text in the topic")]
Dir = Annotated[str, Field(description="only files in this folder")]
Since = Annotated[str, Field(description="updated on this day or later")]
Until = Annotated[str, Field(description="updated on this day or before")]
Limit = Annotated[
    int | None, Field(ge=1, le=_MAX_LIMIT, description="default: what fits into 1,500 tokens")
]
Order = Annotated[
    Sort, Field(description="default path; updated: newest first, size: largest first")
]
Explain = Annotated[bool, Field(description="say why each was found")]
SearchLimit = Annotated[int | None, Field(ge=1, le=_MAX_LIMIT, description="default 10")]
MaxTokens = Annotated[int | None, Field(ge=1, description="of the answer")]
Section = Annotated[str, Field(description="heading, as memory_search names it")]
AsOf = Annotated[str, Field(description="as it was: commit, date, time or 7d")]


class EditFields(TypedDict, total=False):
    """One edit, as flat fields: the kind decides which of them it takes."""

    op: Required[Kind]
    old: Annotated[str, Field(description="for replace: exact text, found once")]
    new: Annotated[str, Field(description="for replace: what comes instead")]
    all: Annotated[bool, Field(description="replace: everywhere")]
    section: Section
    text: Annotated[str, Field(description="for append and replace_section")]


_READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_ADDS: Final = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
_REMOVES: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)


class Tools:
    """The tools. They run on worker threads, so that a slow one delays nobody."""

    def __init__(
        self,
        memory: Memory,
        source: Source | ClientOrigins,
        wrote: Callable[[], None],
        whole_tokens: int,
        *,
        sees_all: bool,
    ) -> None:
        self._memory = memory
        self._source = source
        self._wrote = wrote
        self._most_tokens = whole_tokens or None
        self._sees_all = sees_all
        self._last_read = LastRead()
        self._parts_read = PartsRead()

    def memory_list(
        self,
        *,
        tag: str = "",
        topic: Topic = "",
        dir: Dir = "",  # noqa: A002 - the tool's own word
        since: Since = "",
        until: Until = "",
        sort: Order = Sort.PATH,
        limit: Limit = None,
        cursor: str = "",
        max_level: int | None = None,
        origin: str = "",
        as_of: AsOf = "",
    ) -> Annotated[CallToolResult, answers.ListResult]:
        """What is in the memory: path, topic, tags and date of each file."""

        def look() -> CallToolResult:
            memory = self._memory.as_of(as_of or None)
            page = memory.notes.list(
                tag=tag or None,
                topic=topic or None,
                dir=dir or None,
                since=since or None,
                until=until or None,
                sort=sort,
                limit=limit,
                cursor=cursor or None,
                max_level=max_level,
                origin=origin or None,
            )
            return answers.listing(page, memory.past)

        return _answer(look)

    def memory_get(
        self,
        ctx: Context,
        path: Path = "",
        *,
        section: Section = "",
        lines: Annotated[str, Field(description="only these lines, e.g. 10-40")] = "",
        max_tokens: MaxTokens = None,
        cursor: str = "",
        as_of: AsOf = "",
        blame: Annotated[bool, Field(description="adds who wrote it")] = False,
    ) -> Annotated[CallToolResult, answers.GetResult]:
        """Read a file: content, and the sha that a change must name. Without path: all files."""
        client = client_key(ctx.request_context)
        part = Part(section or None, lines or None, max_tokens)

        def read() -> CallToolResult:
            memory = self._memory.as_of(as_of or None)
            if not path:
                return self._read_all(memory, client, part, cursor, blame=blame)
            if cursor:
                words = "`cursor` goes on with the whole memory, and `path` is one file"
                raise InvalidRequest(words)
            return self._read(memory, self._reader(ctx), path, part, blame=blame)

        return _answer(read)

    def _reader(self, ctx: Context) -> str | None:
        return reader_key(ctx.request_context, sees_all=self._sees_all)

    def _read(
        self, memory: Memory, reader: str | None, path: str, part: Part, *, blame: bool
    ) -> CallToolResult:
        most = part.max_tokens
        share = share_for_blame(most) if blame else 0
        found = memory.notes.get(
            path,
            section=part.section,
            lines=part.lines,
            max_tokens=max(most - share, 1) if most else self._most_tokens,
        )
        if memory.past is None:  # only what is there now can be replaced
            self._parts_read.put(reader, found.path, found.sha, found.excerpt)
        lines = blamed_lines(memory, found, share) if blame else None
        return answers.document(found, memory.past, lines)

    def _read_all(
        self, memory: Memory, client: str | None, part: Part, cursor: str, *, blame: bool
    ) -> CallToolResult:
        if part.section or part.lines or blame:
            words = "`section`, `lines` and `blame` are of one file: `path` is missing"
            raise InvalidRequest(words)
        budget = part.max_tokens or self._most_tokens
        found = memory.whole.get(budget, cursor or None)
        text = answers.whole_text(found)
        if memory.past is None:
            remember = self._last_read.add if cursor else self._last_read.put
            remember(client, text)
        return answers.whole_memory(found, text, memory.past)

    def memory_update(
        self,
        ctx: Context,
        content: Annotated[str, Field(description="the whole text, markdown")],
        path: Path = "",
        sha: Annotated[str, Field(description="sha you read; omit for a new file")] = "",
        message: Message = "",
        *,
        apply_rest: ApplyRest = False,
    ) -> Annotated[CallToolResult, answers.WriteResult]:
        """Store a file, new or whole; frontmatter you leave out stays. Conflicts show the file."""
        memory = self._as(ctx)
        client = client_key(ctx.request_context)
        if path:
            reader = self._reader(ctx)
            shown = partial(self._parts_read.lines, reader)
            return self._write(
                reader,
                lambda: memory.notes.update(
                    path,
                    content,
                    sha or None,
                    message or None,
                    lines_shown=shown,
                    apply_rest=apply_rest,
                ),
            )
        try:
            done = memory.whole.add(content, self._last_read.get(client), message or None)
        except PackError as error:
            return answers.not_written(error)
        self._wrote()
        self._last_read.extend(client, content)
        return answers.written(done)

    def memory_edit(
        self,
        ctx: Context,
        path: str,
        edits: Annotated[list[EditFields], Field(min_length=1)],
        sha: Annotated[str, Field(description="sha you read, to be strict")] = "",
        message: Message = "",
        *,
        apply_rest: ApplyRest = False,
    ) -> Annotated[CallToolResult, answers.WriteResult]:
        """Change parts of a file: replace exact text, append, replace a section. All or none."""
        memory = self._as(ctx)
        reader = self._reader(ctx)

        def edit() -> Written:
            done = memory.notes.edit(
                path, read_edits(edits), sha or None, message or None, apply_rest=apply_rest
            )
            if done.commit is not None:
                self._parts_read.edited(reader, done.path, str(done.sha))
            return done

        return self._write(reader, edit)

    def memory_search(
        self,
        query: Annotated[
            str, Field(description='words or a question; "a phrase", begin*, -without')
        ],
        *,
        tag: str = "",
        topic: Topic = "",
        dir: Dir = "",  # noqa: A002 - the tool's own word
        since: Since = "",
        until: Until = "",
        limit: SearchLimit = None,
        cursor: str = "",
        max_tokens: MaxTokens = None,
        explain: Explain = False,
        max_level: int | None = None,
        origin: str = "",
        as_of: AsOf = "",
    ) -> Annotated[CallToolResult, answers.SearchResult]:
        """Find files by words, a question or an exact phrase; best first, with section and line."""

        def find() -> CallToolResult:
            memory = self._memory.as_of(as_of or None)
            found = memory.search.find(
                query,
                tag=tag or None,
                topic=topic or None,
                dir=dir or None,
                since=since or None,
                until=until or None,
                limit=limit or SEARCH_LIMIT,
                cursor=cursor or None,
                max_tokens=max_tokens,
                explain=explain,
                max_level=max_level,
                origin=origin or None,
            )
            return answers.matches(found, memory.past)

        return _answer(find)

    def memory_delete(
        self, ctx: Context, path: str, sha: Sha, message: Message = ""
    ) -> Annotated[CallToolResult, answers.WriteResult]:
        """Remove a file; its history stays in git."""
        memory = self._as(ctx)
        reader = self._reader(ctx)
        return self._write(reader, lambda: memory.notes.delete(path, sha, message or None))

    def memory_move(
        self, ctx: Context, path: str, new_path: str, sha: Sha, message: Message = ""
    ) -> Annotated[CallToolResult, answers.WriteResult]:
        """Give a file another path; its history follows."""
        memory = self._as(ctx)
        reader = self._reader(ctx)
        return self._write(reader, lambda: memory.notes.move(path, new_path, sha, message or None))

    def _write(self, reader: str | None, action: Callable[[], Written]) -> CallToolResult:
        def write() -> CallToolResult:
            try:
                done = action()
            except BlobChanged as error:
                if error.actual is not None and answers.conflicting_text(error) is not None:
                    self._parts_read.put(reader, error.path, error.actual)  # it is shown whole
                raise
            self._wrote()
            return answers.written(done)

        return _answer(write)

    def _as(self, ctx: Context) -> Memory:
        return self._memory.written_by(writer_of(ctx, self._source))


def _answer(action: Callable[[], CallToolResult]) -> CallToolResult:
    try:
        return action()
    except PackError as error:
        return answers.failed(error)


def add_tools(
    server: MCPServer[None],
    memory: Memory,
    source: Source | ClientOrigins,
    wrote: Callable[[], None],
    whole_tokens: int,
    *,
    sees_all: bool,
) -> None:
    """Add the tools to a server.

    Args:
        server: The server.
        memory: The memory they work on.
        source: What the clients of the server count as.
        wrote: Called after a tool has made a commit, on its worker thread; returns at once.
        whole_tokens: About how many tokens a read may take, if it does not say; 0 for any number.
        sees_all: Whether the server sees all that its clients read, as the only one of the memory.
    """
    tools = Tools(memory, source, wrote, whole_tokens, sees_all=sees_all)
    for function, title, hints in (
        (tools.memory_list, "List memory", _READS),
        (tools.memory_get, "Read memory", _READS),
        (tools.memory_update, "Store memory", _ADDS),
        (tools.memory_search, "Search memory", _READS),
        (tools.memory_edit, "Edit memory", _ADDS),
        (tools.memory_delete, "Delete memory", _REMOVES),
        (tools.memory_move, "Move memory", _ADDS),
        (ContextTool(memory).memory_context, "Begin with memory", _READS),
    ):
        meta = _LARGE if function == tools.memory_get else None
        server.add_tool(function, title=title, annotations=hints, meta=meta)

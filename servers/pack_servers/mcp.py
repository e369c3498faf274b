"""The MCP server: tools, resources and prompts over one memory. It translates, no more."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final
from urllib.parse import quote, unquote

import anyio
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.server.subscriptions import InMemorySubscriptionBus, SubscriptionBus
from mcp.types import (
    CallToolResult,
    EmptyResult,
    Resource,
    SubscribeRequestParams,
    Tool,
    ToolAnnotations,
    UnsubscribeRequestParams,
)
from pack_templates import prompt
from pydantic import Field

from pack._version import __version__
from pack.edits import Edit
from pack.errors import NotFound, PackError
from pack.memory import LIST_LIMIT, SEARCH_LIMIT, Memory
from pack.provenance import Origin, Source
from pack.results import Mode
from pack_servers import mcp_results as answers
from pack_servers.mcp_changes import ChangeWatcher, Subscribers

SCHEME: Final = "memory:///"
_MAX_LIMIT: Final = 500
_LISTED_RESOURCES: Final = 100
_REMEMBERED_CHARACTERS: Final = 8_000_000
_LOCAL_CLIENT: Final = "local"

Path = Annotated[str, Field(description="e.g. projects/website.md")]
Sha = Annotated[str, Field(description="sha of the version you read")]
Message = Annotated[str | None, Field(description="why, for the log")]
Tag = Annotated[str | None, Field(description="only files with this tag")]
Dir = Annotated[str | None, Field(description="only files in this folder")]
Limit = Annotated[int, Field(ge=1, le=_MAX_LIMIT)]
Cursor = Annotated[str | None, Field(description="next_cursor of the last answer")]

_READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_ADDS: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)
_REMOVES: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)


def uri_of(path: str) -> str:
    """The resource that a file is."""
    return SCHEME + quote(path, safe="/")


class LastRead:
    """What each client that uses no paths last read; as much as fits, the newest first (C2)."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()

    def get(self, client: str | None) -> str | None:
        """What a client last read, if that is known."""
        return None if client is None else self._texts.get(client)

    def put(self, client: str | None, text: str) -> None:
        """Note what a client has read."""
        if client is None:
            return
        self._texts[client] = text
        self._texts.move_to_end(client)
        while self._texts and sum(map(len, self._texts.values())) > _REMEMBERED_CHARACTERS:
            self._texts.popitem(last=False)

    def extend(self, client: str | None, text: str) -> None:
        """Note that a client knows a text beside what it has read."""
        known = self.get(client)
        if known is not None:
            self.put(client, f"{known}\n{text}")


class Tools:
    """The tools. They run on worker threads, so that a slow one holds up nobody."""

    def __init__(self, memory: Memory, source: Source) -> None:
        self._memory = memory
        self._source = source
        self._last_read = LastRead()

    def memory_list(
        self,
        tag: Tag = None,
        topic: Annotated[str | None, Field(description="text in the topic")] = None,
        dir: Dir = None,  # noqa: A002 - the tool's own word
        limit: Limit = LIST_LIMIT,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, answers.ListResult]:
        """What is in the memory: path, topic, tags and date of each file."""
        return _answer(
            lambda: answers.listing(
                self._memory.list(tag=tag, topic=topic, dir=dir, limit=limit, cursor=cursor)
            )
        )

    def memory_get(
        self, ctx: Context, path: Path | None = None
    ) -> Annotated[CallToolResult, answers.GetResult]:
        """Read a file: content, and the sha that a change must name. Without path: everything."""
        if path is not None:
            return _answer(lambda: answers.document(self._memory.get(path)))

        def read_all() -> CallToolResult:
            found = self._memory.get_all()
            self._last_read.put(_client_key(ctx.request_context), found.content)
            return answers.whole_memory(found)

        return _answer(read_all)

    def memory_update(
        self,
        ctx: Context,
        content: Annotated[str, Field(description="the whole text, markdown")],
        path: Path | None = None,
        sha: Annotated[str | None, Field(description="sha you read; omit for a new file")] = None,
        message: Message = None,
    ) -> Annotated[CallToolResult, answers.WriteResult]:
        """Store a file, new or whole; frontmatter you leave out stays. Conflicts show the file."""
        memory = self._as(ctx)
        if path is not None:
            return _answer(lambda: answers.written(memory.update(path, content, sha, message)))
        client = _client_key(ctx.request_context)
        try:
            done = memory.add_to_general(content, self._last_read.get(client), message)
        except PackError as error:
            return answers.not_written(error)
        self._last_read.extend(client, content)
        return answers.written(done)

    def memory_edit(
        self,
        ctx: Context,
        path: Path,
        edits: Annotated[list[Edit], Field(min_length=1)],
        sha: Annotated[str | None, Field(description="sha you read, to be strict")] = None,
        message: Message = None,
    ) -> Annotated[CallToolResult, answers.WriteResult]:
        """Change parts of a file: replace exact text, append, replace a section. All or none."""
        memory = self._as(ctx)
        return _answer(lambda: answers.written(memory.edit(path, edits, sha, message)))

    def memory_search(
        self,
        query: str,
        tag: Tag = None,
        dir: Dir = None,  # noqa: A002 - the tool's own word
        limit: Limit = SEARCH_LIMIT,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, answers.SearchResult]:
        """Find files by words or an exact phrase; best first, with the line that matches."""
        return _answer(
            lambda: answers.matches(
                self._memory.search(query, tag=tag, dir=dir, limit=limit, cursor=cursor)
            )
        )

    def memory_delete(
        self, ctx: Context, path: Path, sha: Sha, message: Message = None
    ) -> Annotated[CallToolResult, answers.WriteResult]:
        """Remove a file; its history stays in git."""
        memory = self._as(ctx)
        return _answer(lambda: answers.written(memory.delete(path, sha, message)))

    def memory_move(
        self, ctx: Context, path: Path, new_path: Path, sha: Sha, message: Message = None
    ) -> Annotated[CallToolResult, answers.WriteResult]:
        """Give a file another path; its history follows."""
        memory = self._as(ctx)
        return _answer(lambda: answers.written(memory.move(path, new_path, sha, message)))

    def _as(self, ctx: Context) -> Memory:
        params = ctx.session.client_params
        client = params.client_info.name if params is not None else "unknown"
        return self._memory.written_by(Origin(self._source, client))


def _answer(action: Callable[[], CallToolResult]) -> CallToolResult:
    try:
        return action()
    except PackError as error:
        return answers.failed(error)


def _client_key(ctx: ServerRequestContext[Any, Any]) -> str | None:
    """What tells one client from another; `None` where nothing does (HTTP without sessions)."""
    headers = getattr(ctx.request, "headers", None)
    if headers is None:
        return _LOCAL_CLIENT  # stdio: one process serves one client
    session = headers.get("mcp-session-id")
    return session if isinstance(session, str) else None


class PackServer(MCPServer[None]):
    """An MCP server whose resources are the files of a memory."""

    def __init__(self, memory: Memory, bus: SubscriptionBus, watch: bool) -> None:
        self._memory = memory
        self._subscribers = Subscribers()
        watcher = ChangeWatcher(memory, bus, self._subscribers, uri_of)

        @asynccontextmanager
        async def lifespan(_: MCPServer[None]) -> AsyncIterator[None]:
            async with anyio.create_task_group() as tasks:
                if watch:
                    tasks.start_soon(watcher.run)
                yield
                tasks.cancel_scope.cancel()

        super().__init__(
            "pack",
            title="PACK memory",
            instructions=prompt("instructions"),
            version=__version__,
            lifespan=lifespan,
            subscriptions=bus,
            log_level="WARNING",
        )
        self._serve_subscriptions()

    def _serve_subscriptions(self) -> None:
        # MCPServer has no public way to serve the 2025 protocols' resources/subscribe.
        low = self._lowlevel_server
        low.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        low.add_request_handler(
            "resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe
        )

    async def _subscribe(
        self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams
    ) -> EmptyResult:
        client = _client_key(ctx)
        if client is not None:
            self._subscribers.add(client, ctx.session, str(params.uri))
        return EmptyResult()

    async def _unsubscribe(
        self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams
    ) -> EmptyResult:
        client = _client_key(ctx)
        if client is not None:
            self._subscribers.remove(client, str(params.uri))
        return EmptyResult()

    async def list_tools(self) -> list[Tool]:
        """The tools, without the titles that a schema generator adds to every field."""
        return [
            tool.model_copy(
                update={
                    "input_schema": _lean(tool.input_schema),
                    "output_schema": _lean(tool.output_schema),
                }
            )
            for tool in await super().list_tools()
        ]

    async def list_resources(self) -> list[Resource]:
        """The files that were changed last, and the index. All others are read by their URI."""
        return await anyio.to_thread.run_sync(self._resources)

    def _resources(self) -> list[Resource]:
        try:
            if self._memory.mode() is not Mode.V2:
                return []
            page = self._memory.list(limit=1_000_000)
        except PackError as error:
            raise ResourceError(str(error)) from error
        newest = sorted(page.files, key=lambda file: file.updated or "", reverse=True)
        rows = [(file.path, file.topic) for file in newest[:_LISTED_RESOURCES]]
        return [
            Resource(uri=uri_of(path), name=path, title=topic, mime_type="text/markdown")
            for path, topic in [("index.md", "Memory index"), *rows]
        ]

    def read_file(self, path: str) -> str:
        """The text of a file.

        Raises:
            ResourceNotFoundError: There is no such file.
            ResourceError: It cannot be read; the message says why.
        """
        try:
            return self._memory.get(unquote(path)).content
        except NotFound as error:
            raise ResourceNotFoundError(str(error)) from error
        except PackError as error:
            raise ResourceError(f"{error} {error.remedy}") from error


def _lean(schema: Any) -> Any:
    """A JSON schema without what says nothing to a model."""
    if isinstance(schema, list):
        return [_lean(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    lean = {
        key: _properties(value) if key in ("properties", "$defs") else _lean(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value is None)
    }
    choices = lean.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices and len(choices) == 2:
        (other,) = [choice for choice in choices if choice != {"type": "null"}]
        lean = {**{k: v for k, v in lean.items() if k != "anyOf"}, **other}
    return lean


def _properties(schemas: dict[str, Any]) -> dict[str, Any]:
    return {name: _lean(schema) for name, schema in schemas.items()}


def build_server(
    memory: Memory,
    *,
    source: Source = Source.AI_CLOUD,
    bus: SubscriptionBus | None = None,
    watch: bool = True,
) -> PackServer:
    """An MCP server for a memory.

    Args:
        memory: The memory.
        source: What its clients count as.
        bus: Carries change events; in this process only by default.
        watch: Whether commits of others are watched for and announced.
    """
    server = PackServer(memory, bus or InMemorySubscriptionBus(), watch)
    tools = Tools(memory, source)
    for function, title, hints in (
        (tools.memory_list, "List memory", _READS),
        (tools.memory_get, "Read memory", _READS),
        (tools.memory_update, "Store memory", _ADDS),
        (tools.memory_search, "Search memory", _READS),
        (tools.memory_edit, "Edit memory", _ADDS),
        (tools.memory_delete, "Delete memory", _REMOVES),
        (tools.memory_move, "Move memory", _ADDS),
    ):
        server.add_tool(function, title=title, annotations=hints)
    server.resource(
        SCHEME + "{+path}",
        name="memory file",
        description="A file of the memory, by its path",
        mime_type="text/markdown",
    )(server.read_file)
    _add_prompts(server)
    return server


def _add_prompts(server: MCPServer[None]) -> None:
    @server.prompt(name="session_start", title="Start with memory")
    def session_start() -> str:
        """How to use this memory in a conversation; for clients that know all tools."""
        return prompt("desktop")

    @server.prompt(name="session_start_v1", title="Start with memory (two tools)")
    def session_start_v1() -> str:
        """How to use this memory with memory_get and memory_update alone."""
        return prompt("v1")

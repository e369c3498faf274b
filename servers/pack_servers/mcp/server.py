"""The MCP server: tools, resources and prompts over one memory. It only translates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol, runtime_checkable
from urllib.parse import quote

import anyio
import anyio.from_thread
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.server.subscriptions import InMemorySubscriptionBus, SubscriptionBus
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolResult,
    EmptyResult,
    GetPromptResult,
    InputRequiredResult,
    NotificationParams,
    Resource,
    SubscribeRequestParams,
    Tool,
    UnsubscribeRequestParams,
)
from pack_templates import prompt

from pack._version import __version__
from pack.callers import ClientOrigins
from pack.errors import InvalidRequest, NotFound, PackError
from pack.limits import WHOLE_TOKENS
from pack.memory import Memory
from pack.model import Mode
from pack.provenance import Source
from pack.results import NoteSummary
from pack_servers.mcp import results as answers
from pack_servers.mcp.arguments import read_arguments
from pack_servers.mcp.asking import Asking
from pack_servers.mcp.clients import client_key
from pack_servers.mcp.history_tool import add_history_tool
from pack_servers.mcp.kits_tool import add_kits_tool
from pack_servers.mcp.notifications import ChangeWatcher, Subscribers
from pack_servers.mcp.proposals_tool import add_proposals_tool
from pack_servers.mcp.schemas import flat, for_refusals_too
from pack_servers.mcp.stdio import run_stdio
from pack_servers.mcp.tools import add_tools
from pack_servers.mcp.undo_tool import add_undo_tool
from pack_servers.mcp.wording import worded

SCHEME: Final = "memory:///"
_LISTED_RESOURCES: Final = 100
_SHOWN_NAME: Final = 64
_UNCHANGING: Final = CacheHint(ttl_ms=24 * 3600 * 1000, scope="public")
"""For what is the same for every memory as long as the server runs."""


_caller: ContextVar[Context[None, Any] | None] = ContextVar("caller", default=None)


def tell_caller(text: str) -> None:
    """Report progress on the tool call that this worker thread serves, if there is one."""
    context = _caller.get()
    if context is not None:
        anyio.from_thread.run(context.report_progress, 0, None, text)


def uri_of(path: str) -> str:
    """The URI of a file as a resource."""
    return SCHEME + quote(path, safe="/")


@runtime_checkable
class SharedBus(SubscriptionBus, Protocol):
    """A bus that other servers of the same memory also publish on."""

    async def claim(self, what: str) -> bool:
        """Whether this server is the first to claim something."""
        ...

    async def run(self) -> None:
        """Receive what others publish, until cancelled."""
        ...


class PackServer(MCPServer[None]):
    """An MCP server whose resources are the files of a memory."""

    def __init__(self, memory: Memory, bus: SubscriptionBus, watch: bool) -> None:
        self._memory = memory
        self.asking: Asking | None = None
        self._published: list[Tool] | None = None
        self._subscribers = Subscribers()
        shared = bus if isinstance(bus, SharedBus) else None
        claim = {"claim": shared.claim} if shared else {}
        watcher = self._watcher = ChangeWatcher(memory, bus, self._subscribers, uri_of, **claim)

        @asynccontextmanager
        async def lifespan(_: MCPServer[None]) -> AsyncIterator[None]:
            async with anyio.create_task_group() as tasks:
                if shared is not None:
                    shared.subscribe(lambda _event: watcher.poke())
                    tasks.start_soon(shared.run)
                if watch:
                    await watcher.start()
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
            cache_hints={"tools/list": _UNCHANGING, "prompts/list": _UNCHANGING},
        )
        self._serve_subscriptions()

    def _serve_subscriptions(self) -> None:
        # MCPServer has no public way to serve notifications for the 2025 protocols.
        low = self._lowlevel_server
        low.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        low.add_request_handler(
            "resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe
        )
        low.add_notification_handler(
            "notifications/initialized", NotificationParams, self._initialized
        )
        low.middleware.append(_promise_list_changes)

    def wrote(self) -> None:
        """A tool has made a commit; clients will hear of it, but nobody waits for that."""
        self._watcher.poke()

    async def _initialized(
        self, ctx: ServerRequestContext[Any, Any], _params: NotificationParams
    ) -> None:
        client = client_key(ctx)
        if client is not None:
            self._subscribers.welcome(client, ctx.session)

    async def _subscribe(
        self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams
    ) -> EmptyResult:
        client = client_key(ctx)
        if client is not None:
            self._subscribers.add(client, ctx.session, str(params.uri))
        return EmptyResult()

    async def _unsubscribe(
        self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams
    ) -> EmptyResult:
        client = client_key(ctx)
        if client is not None:
            self._subscribers.remove(client, str(params.uri))
        return EmptyResult()

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool; a call that cannot be understood is answered like any other refusal."""
        _caller.set(context)  # each call has its own task
        if self.asking is not None and context is not None:
            resumed = await self.asking.resume(context)
            if resumed is not None:
                return resumed
        tool = next((tool for tool in await self.list_tools() if tool.name == name), None)
        if tool is None:
            return answers.failed(
                NotFound(f"the tool {name[:_SHOWN_NAME]!r}", "List the tools to see their names.")
            )
        try:
            read = read_arguments(name, tool.input_schema, arguments)
        except InvalidRequest as error:
            return answers.failed(error)
        answer = await super().call_tool(name, read, context)
        if self.asking is None or context is None:
            return answer
        return await self.asking.about(answer, context)

    async def get_prompt(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        context: Context[None, Any] | None = None,
    ) -> GetPromptResult | InputRequiredResult:
        """A prompt; a name or an argument that there is not is the caller's mistake, not ours.

        Raises:
            MCPError: Invalid params; the message names them.
        """
        prompts = {prompt.name: prompt.arguments or () for prompt in await self.list_prompts()}
        if name not in prompts:
            there = ", ".join(prompts)
            raise MCPError(
                INVALID_PARAMS, f"there is no prompt {name[:_SHOWN_NAME]!r}; there are {there}"
            )
        taken = {argument.name for argument in prompts[name]}
        for unknown in (arguments or {}).keys() - taken:
            raise MCPError(
                INVALID_PARAMS, f"the prompt {name} takes no argument {unknown[:_SHOWN_NAME]!r}"
            )
        return await super().get_prompt(name, arguments, context)

    async def run_stdio_async(self) -> None:
        """Serve the client at standard input and output until it leaves."""
        low = self._lowlevel_server
        options = low.create_initialization_options()
        await run_stdio(lambda messages, answers: low.run(messages, answers, options))

    async def list_tools(self) -> list[Tool]:
        """The tools, with schemas in the few words that every client understands."""
        if self._published is None:
            self._published = [
                tool.model_copy(
                    update={
                        "input_schema": flat(tool.input_schema),
                        "output_schema": for_refusals_too(flat(tool.output_schema or {})),
                    }
                )
                for tool in await super().list_tools()
            ]
        return self._published

    async def list_resources(self) -> list[Resource]:
        """The index and the files that changed most recently. All others can be read by URI."""
        return await anyio.to_thread.run_sync(self._resources)

    def _resources(self) -> list[Resource]:
        try:
            if self._memory.mode() is not Mode.V2:
                return []
            page = self._memory.notes.list(limit=1_000_000)
        except PackError as error:
            # The SDK treats any other exception from a list as a crash.
            raise MCPError(INTERNAL_ERROR, f"{error} {worded(error.remedy)}") from error
        newest = sorted(page.files, key=lambda file: file.updated or "", reverse=True)
        rows = [(file.path, _title(file)) for file in newest[:_LISTED_RESOURCES]]
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
        return self.read_past_file(path)

    def read_past_file(self, path: str, as_of: str = "") -> str:
        """The text of a file as it was; of the present one if no moment is named.

        Raises:
            As `read_file`; `ResourceNotFoundError` also where there is no such commit.
        """
        try:
            return self._memory.as_of(as_of or None).notes.get(path).content
        except NotFound as error:
            raise ResourceNotFoundError(str(error)) from error
        except PackError as error:
            raise ResourceError(f"{error} {worded(error.remedy)}") from error


def _title(file: NoteSummary) -> str:
    """The topic of a file, which says so if somebody else than the person may have written it."""
    by = file.other_writer
    return f"{file.topic} (level {file.level}, {by})" if by else file.topic


async def _promise_list_changes(
    ctx: ServerRequestContext[Any, Any], call_next: CallNext
) -> HandlerResult:
    """Make the answer to `initialize` announce changes to the list of resources."""
    answer = await call_next(ctx)
    if ctx.method == "initialize" and isinstance(answer, dict):
        answer["capabilities"]["resources"]["listChanged"] = True
    return answer


def build_server(
    memory: Memory,
    *,
    source: Source | ClientOrigins = Source.AI_CLOUD,
    bus: SubscriptionBus | None = None,
    watch: bool = True,
    whole_tokens: int = WHOLE_TOKENS,
    sees_all: bool = True,
    asks: bool = False,
) -> PackServer:
    """An MCP server for a memory.

    Args:
        memory: The memory.
        source: What its clients count as.
        bus: Carries change events; by default within this process only.
        watch: Whether to watch for commits by others and announce them.
        whole_tokens: About how many tokens an answer of memory_get may take, if the call does not
            say; 0 for any number.
        sees_all: Whether it sees all that its clients read, as no other server has the same ones.
        asks: Whether the person is asked in the client about a proposal, and their answer counts.
    """
    server = PackServer(memory, bus or InMemorySubscriptionBus(), watch)
    add_tools(server, memory, source, server.wrote, whole_tokens, sees_all=sees_all)
    add_history_tool(server, memory)
    add_undo_tool(server, memory, source, server.wrote)
    add_proposals_tool(server, memory, source)
    add_kits_tool(server, memory)
    if asks and sees_all:  # another server could not read the state of the question
        server.asking = Asking(memory, source, server.wrote)
    server.resource(
        SCHEME + "{+path}",
        name="memory file",
        description="A file of the memory, by its path",
        mime_type="text/markdown",
    )(server.read_file)
    server.resource(
        SCHEME + "{+path}{?as_of}",
        name="memory file as it was",
        description="A file as it was at a commit, date or time, or 7d ago",
        mime_type="text/markdown",
    )(server.read_past_file)
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

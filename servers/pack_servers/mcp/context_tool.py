"""The tool with which a conversation begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, TextContent
from pydantic import Field
from typing_extensions import TypedDict

from pack.errors import PackError
from pack.memory import Memory
from pack_servers.mcp import results as answers
from pack_servers.mcp.wording import ToolCalls

if TYPE_CHECKING:
    from pack.history.briefing.context_text import StartingContext

_CHARACTERS_PER_TOKEN: Final = 20
"""No text has more; the tool is limited by tokens alone."""


class ContextResult(TypedDict, total=False):
    """The answer of memory_context."""

    text: str
    tokens: int


class ContextTool:
    """Runs on worker threads, so that a slow call delays nobody."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def memory_context(
        self,
        ctx: Context,
        task: Annotated[str, Field(description="what the user asked for")] = "",
        max_tokens: Annotated[int | None, Field(ge=1, description="default 2,000")] = None,
    ) -> Annotated[CallToolResult, ContextResult]:
        """Begin here: pinned notes, what is new, what fits the task, and what else there is."""
        # A server starts without them.
        from pack.history.briefing.context import BUDGET, ContextRequest  # noqa: PLC0415

        params = ctx.session.client_params
        budget = max_tokens or BUDGET
        request = ContextRequest(
            task=task or None,
            client=params.client_info.name if params is not None else None,
            budget=budget,
            characters=budget * _CHARACTERS_PER_TOKEN,
        )
        try:
            found = self._memory.context.text(request, ToolCalls())
            self._memory.context.seen(request.client, found.commit)
        except PackError as error:
            return answers.failed(error)
        return _shown(found)


def _shown(found: StartingContext) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=found.text)],
        structured_content={"text": found.text, "tokens": found.tokens},
    )

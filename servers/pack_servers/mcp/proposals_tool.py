"""The tool that shows what waits for the user's decision. No tool decides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, NotRequired

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from typing_extensions import TypedDict

from pack.callers import ClientOrigins
from pack.errors import AskThePerson, InvalidRequest, PackError
from pack.memory import Memory
from pack.provenance import Source
from pack.times import format_time
from pack_servers.mcp import results as answers
from pack_servers.mcp.clients import writer_of

if TYPE_CHECKING:
    from pack.truth.deciding.offers import Offer

_SHOWN_CHARACTERS: Final = 16 * 1024
_WITHDRAWS: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


class ProposedChange(TypedDict):
    """A proposal; its diff and the reason for which it was refused, if it was asked for."""

    id: str
    path: str
    origin: str
    level: int
    time: str
    stale: bool
    added: int
    removed: int
    status: str
    reason: NotRequired[str]
    diff: NotRequired[str]


class ProposalsResult(TypedDict):
    """The answer of memory_proposals."""

    proposals: list[ProposedChange]


class ProposalsTool:
    """The tool. It runs on worker threads."""

    def __init__(self, memory: Memory, source: Source | ClientOrigins) -> None:
        self._memory = memory
        self._source = source

    def memory_proposals(
        self,
        ctx: Context,
        id: Annotated[str, Field(description="show this one")] = "",  # noqa: A002 - the tool's word
        *,
        withdraw: Annotated[bool, Field(description="take it back, if it is yours")] = False,
    ) -> Annotated[CallToolResult, ProposalsResult]:
        """Changes that wait for the user's decision; only the user accepts them."""
        own = self._memory.written_by(writer_of(ctx, self._source)).proposals
        try:
            if withdraw and not id:
                raise InvalidRequest("`withdraw` is of one proposal: `id` is missing")
            if not id:
                return _answer([_fields(offer) for offer in own.list()])
            offer = own.show(id)
            fields = {**_fields(offer), "diff": diff_of(offer)}
            if withdraw:
                fields["status"] = own.withdraw(id).status
        except AskThePerson as error:
            error.remedy = "Ask the user to decide on it with `pack review`."
            return answers.failed(error)
        except PackError as error:
            return answers.failed(error)
        return _answer([fields])


def add_proposals_tool(
    server: MCPServer[None], memory: Memory, source: Source | ClientOrigins
) -> None:
    """Add the tool to a server; the arguments are those of `tools.add_tools`."""
    tool = ProposalsTool(memory, source)
    server.add_tool(tool.memory_proposals, title="See proposals", annotations=_WITHDRAWS)


def diff_of(offer: Offer) -> str:
    """What a proposal would change, as a patch whose hidden characters are spelled out."""
    # A server starts without them.
    from pack.history.differences.patch import hunks_of  # noqa: PLC0415
    from pack.truth.deciding.hidden import show_hidden  # noqa: PLC0415

    parts = []
    for file in offer.files:
        diff = file.diff
        head = f"{diff.path}: {diff.change}{f' from {diff.old_path}' if diff.old_path else ''}\n"
        parts.append(show_hidden(head + hunks_of(diff.before, diff.after)))
    return "".join(parts)


def _fields(offer: Offer) -> dict[str, Any]:
    proposal = offer.proposal
    reason = {"reason": proposal.reason} if proposal.reason else {}
    return {
        "id": proposal.id,
        "path": proposal.path,
        "origin": proposal.origin,
        "level": proposal.level,
        "time": format_time(proposal.time),
        "stale": offer.is_stale,
        "added": offer.added,
        "removed": offer.removed,
        "status": proposal.status,
        **reason,
    }


def _answer(proposals: list[dict[str, Any]]) -> CallToolResult:
    for one in proposals:
        if len(one.get("diff", "")) > _SHOWN_CHARACTERS:
            one["diff"] = f"{one['diff'][:_SHOWN_CHARACTERS]}\n(cut)"
    structured = {"proposals": proposals}
    text = json.dumps(structured, ensure_ascii=False)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=structured
    )

"""Asking the person at once, in the client, about what their words kept from being written.

It is only done where the person has said that such an answer counts, as PACK cannot see who gives
it: a client may let a hook or a model answer. The proposal is kept before anybody is asked, so a
question that nobody answers costs nothing.

A client of the 2025 protocols is asked in the middle of the call. One of 2026 gets the question as
the answer, and calls again with what the person said: that call writes nothing but the acceptance.
What it was about comes back in a state that the SDK seals and binds to the tool and its arguments,
path and sha among them; here it is also bound to the client.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import anyio
from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.types import (
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    TextContent,
)

from pack.callers import ClientOrigins
from pack.errors import InvalidRequest, PackError
from pack.memory import Memory
from pack.provenance import Origin, Source
from pack_servers.mcp import results as answers
from pack_servers.mcp.clients import writer_of
from pack_servers.mcp.proposals_tool import diff_of

logger = logging.getLogger(__name__)

_ASKED: Final = "decision"
_LONGEST: Final = 6_000
"""Characters of a question above which nobody is asked: a person would not read it."""
_CHANNEL: Final = "chat"
_SINCE_2026: Final = "2026"


_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "accept": {
            "type": "boolean",
            "title": "Change my text",
            "description": "yes: make it mine; no: refuse it",
        }
    },
    "required": ["accept"],
}


@dataclass(frozen=True, slots=True)
class _Question:
    """What a person is asked about.

    Attributes:
        proposal: The id of the proposal.
        path: The file.
        shown: The hash of what they are shown.
        client: Who asks, and made the proposal.
    """

    proposal: str
    path: str
    shown: str
    client: str


class Asking:
    """Asks about proposals, and carries out the answers.

    Args:
        memory: The memory.
        source: What the clients of the server count as.
        wrote: Called after a commit.
    """

    def __init__(
        self, memory: Memory, source: Source | ClientOrigins, wrote: Callable[[], None]
    ) -> None:
        self._memory = memory
        self._source = source
        self._wrote = wrote

    async def about(
        self, answer: CallToolResult | InputRequiredResult, context: Context[None, Any]
    ) -> CallToolResult | InputRequiredResult:
        """The answer of a tool, or what comes of it once the person was asked.

        A person is asked if it is a proposal, the client can ask, and they could read it all.
        """
        proposal = _proposal_in(answer)
        if proposal is None or not isinstance(answer, CallToolResult) or not _can_ask(context):
            return answer
        client = writer_of(context, self._source)
        found = await anyio.to_thread.run_sync(self._question, proposal, client)
        if found is None:
            return answer
        question, message = found
        if _is_asked_by_answer(context):
            params = ElicitRequestFormParams(message=message, requested_schema=_FORM)
            return InputRequiredResult(
                input_requests={_ASKED: ElicitRequest(params=params)},
                request_state=json.dumps(asdict(question)),
            )
        if not context.session.can_send_request:
            return answer
        try:
            said = await context.session.elicit_form(
                message, _FORM, related_request_id=context.request_id
            )
        except (MCPError, ValueError) as error:
            logger.warning("the client could not ask about %s: %s", proposal, error)
            return answer
        decided = await anyio.to_thread.run_sync(self._decide, question, said, client)
        return decided or answer

    async def resume(self, context: Context[None, Any]) -> CallToolResult | None:
        """What comes of an answer that a client brings with a repeated call; `None` for others."""
        if context.request_state is None:
            return None
        question = _Question(**json.loads(context.request_state))
        client = writer_of(context, self._source)
        if question.client != client.label:
            return answers.failed(InvalidRequest("this question was put to another client"))
        said = (context.input_responses or {}).get(_ASKED)
        decided = None
        if isinstance(said, ElicitResult):
            decided = await anyio.to_thread.run_sync(self._decide, question, said, client)
        return decided or _still_open(question)

    def _question(self, proposal: str, client: Origin) -> tuple[_Question, str] | None:
        """What to ask about a proposal; `None` if it would be too long, or cannot be accepted."""
        # A server starts without it.
        from pack.truth.deciding.hidden import count_hidden, show_hidden  # noqa: PLC0415

        try:
            offer = self._memory.proposals.show(proposal)
        except PackError as error:
            logger.warning("nobody is asked about %s: %s", proposal, error)
            return None
        hidden = f"\n\n{count_hidden(offer.hidden)}, shown as <U+…>" if offer.hidden else ""
        path = offer.proposal.path
        asks = f"{_name(client)} wants to change your text in {show_hidden(path)}"
        message = f"{asks}:\n\n{diff_of(offer)}{hidden}"
        if offer.is_stale or not offer.files or len(message) > _LONGEST:
            return None
        return _Question(proposal, path, offer.shown, client.label), message

    def _decide(
        self, question: _Question, said: ElicitResult, client: Origin
    ) -> CallToolResult | None:
        """Do what the person said; `None` if they did not decide."""
        via = f"elicitation:{_name(client)}"
        own = self._memory.written_by(Origin(Source.USER, _CHANNEL)).proposals
        is_yes = (said.content or {}).get("accept") if said.action == "accept" else None
        try:
            if is_yes is True:
                done = own.accept(question.proposal, question.shown, via)
                self._wrote()
                sha = self._memory.notes.get(question.path).sha if done.commit else None
                return _decided(question, "written", _ACCEPTED, sha=sha, commit=done.commit)
            if said.action == "decline" or is_yes is False:
                reason = f"declined in {_name(client)}"
                own.reject(question.proposal, reason, shown=question.shown)
                return _decided(question, "rejected", _REFUSED)
        except PackError as error:
            return answers.failed(error)
        return None


_ACCEPTED: Final = "The user has accepted it."
_REFUSED: Final = "The user has refused it. Do not propose it again."
_OPEN: Final = "It waits for the user's decision: they can decide with `pack review`."


def _decided(question: _Question, status: str, tell: str, **more: str | None) -> CallToolResult:
    """The answer of a write once the person was asked about it."""
    fields = {"status": status, "proposal": question.proposal, "path": question.path, **more}
    structured = {name: value for name, value in {**fields, "tell": tell}.items() if value}
    text = json.dumps(structured, ensure_ascii=False)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=structured
    )


def _proposal_in(answer: CallToolResult | InputRequiredResult) -> str | None:
    fields: Mapping[str, Any] = getattr(answer, "structured_content", None) or {}
    return fields.get("proposal") if fields.get("status") == "proposed" else None


def _name(client: Origin) -> str:
    """What a client calls itself, in characters that cannot pass for words of ours."""
    return client.label.partition(":")[2]


def _can_ask(context: Context[None, Any]) -> bool:
    """Whether the client can show a form; one that names no kind of question can."""
    capabilities = context.client_capabilities
    asking = capabilities.elicitation if capabilities is not None else None
    return asking is not None and (asking.form is not None or asking.url is None)


def _is_asked_by_answer(context: Context[None, Any]) -> bool:
    return (context.protocol_version or "") >= _SINCE_2026


def _still_open(question: _Question) -> CallToolResult:
    return _decided(question, "proposed", _OPEN)

"""PACK's HTTP server with what the official conformance suite wants to call, beside PACK's tools.

The suite tests protocols by tools, prompts and resources with fixed names and answers. Here they
are added to PACK's own server, behind its guard. Only the tests run it: `python -m` this module,
with the folder of a memory; it prints its URL.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    CallToolResult,
    Completion,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    SetLevelRequestParams,
    TextContent,
    TextResourceContents,
)
from pack_servers.config.settings import Settings
from pack_servers.http.app import HttpSettings, serve
from pack_servers.mcp.server import PackServer, build_server
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory
from pydantic import BaseModel, Field

Ctx = Context[None, Any]
Answer = str | InputRequiredResult

# The smallest pictures and sounds that are ones: a pixel, and two samples of silence.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8"
    "z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)
WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="


def text(content: str) -> TextContent:
    return TextContent(type="text", text=content)


def image() -> ImageContent:
    return ImageContent(type="image", data=PNG, mime_type="image/png")


def embedded(uri: str, kind: str, content: str) -> EmbeddedResource:
    resource = TextResourceContents(uri=uri, mime_type=kind, text=content)
    return EmbeddedResource(type="resource", resource=resource)


class Shown(BaseModel):
    """What a tool that shows something says beside it, as all tools of PACK say something."""

    shown: int


ShownResult = Annotated[CallToolResult, Shown]
Block = TextContent | ImageContent | AudioContent | EmbeddedResource


def shown(*blocks: Block) -> CallToolResult:
    return CallToolResult(content=list(blocks), structured_content={"shown": len(blocks)})


# --- answers ---------------------------------------------------------------------------------


def add_contents(server: PackServer) -> None:
    """Tools that answer with contents of each kind."""
    tool = server.tool(description="Shows something.")

    @tool
    def test_image_content() -> ShownResult:
        return shown(image())

    @tool
    def test_audio_content() -> ShownResult:
        return shown(AudioContent(type="audio", data=WAV, mime_type="audio/wav"))

    @tool
    def test_embedded_resource() -> ShownResult:
        content = "This is an embedded resource content."
        return shown(embedded("test://embedded-resource", "text/plain", content))

    @tool
    def test_multiple_content_types() -> ShownResult:
        content = json.dumps({"test": "data", "value": 123})
        mixed = embedded("test://mixed-content-resource", "application/json", content)
        return shown(text("Multiple content types test:"), image(), mixed)


def add_answers(server: PackServer) -> None:
    """Tools that answer with a text, or with an error."""
    tool = server.tool(description="Says something.")

    @tool
    def test_simple_text() -> str:
        return "This is a simple text response for testing."

    @tool
    def test_error_handling() -> str:
        raise ToolError("This tool intentionally returns an error for testing")

    @tool
    def test_missing_capability(ctx: Ctx) -> str:
        if ctx.client_capabilities is None or ctx.client_capabilities.sampling is None:
            raise MCPError(
                MISSING_REQUIRED_CLIENT_CAPABILITY,
                "sampling is needed",
                {"requiredCapabilities": {"sampling": {}}},
            )
        return "done"


def add_notices(server: PackServer) -> None:
    """Tools that tell the client something while they run."""
    tool = server.tool(description="Tells something.")

    @tool
    async def test_tool_with_progress(ctx: Ctx) -> str:
        for progress in (0, 50, 100):
            await ctx.report_progress(progress, 100)
        return "done"

    async def log(ctx: Ctx) -> str:
        for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await ctx.info(words)
        return "done"

    for name in ("test_tool_with_logging", "test_logging_tool"):
        server.tool(name=name, description="Logs something.")(log)

    @tool
    async def test_trigger_tool_change(ctx: Ctx) -> str:
        await ctx.notify_tools_changed()
        return "done"

    @tool
    async def test_trigger_prompt_change(ctx: Ctx) -> str:
        await ctx.notify_prompts_changed()
        return "done"

    async def set_level(*_: object) -> EmptyResult:
        return EmptyResult()

    # PACK logs to its standard error, so its own server does not answer this.
    server._lowlevel_server.add_request_handler(
        "logging/setLevel", SetLevelRequestParams, set_level
    )


# --- questions of the 2025 protocol ----------------------------------------------------------


class Person(BaseModel):
    username: str = Field(description="User's response")
    email: str = Field(description="User's email address")


class WithDefaults(BaseModel):
    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: str = Field("active", json_schema_extra={"enum": ["active", "inactive", "pending"]})
    verified: bool = True


def titled(*values: str) -> list[Any]:
    return [{"const": value, "title": value.title()} for value in values]


class WithEnums(BaseModel):
    untitled_single: str = Field(
        alias="untitledSingle", json_schema_extra={"enum": ["option1", "option2", "option3"]}
    )
    titled_single: str = Field(
        alias="titledSingle", json_schema_extra={"oneOf": titled("value1", "value2", "value3")}
    )
    legacy: str = Field(
        alias="legacyEnum",
        json_schema_extra={"enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]},
    )
    untitled_multi: list[str] = Field(
        alias="untitledMulti",
        json_schema_extra={"items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
    )
    titled_multi: list[str] = Field(
        alias="titledMulti",
        json_schema_extra={"items": {"anyOf": titled("value1", "value2", "value3")}},
    )


def add_questions(server: PackServer) -> None:
    """Tools that ask the client something while they run."""
    tool = server.tool(description="Asks something.")

    @tool
    async def test_sampling(prompt: str, ctx: Ctx) -> str:
        said = SamplingMessage(role="user", content=text(prompt))
        answer = await ctx.session.create_message(messages=[said], max_tokens=100)
        return f"LLM response: {getattr(answer.content, 'text', '')}"

    async def ask(ctx: Ctx, message: str, schema: type[BaseModel]) -> str:
        answer = await ctx.elicit(message=message, schema=schema)
        data = answer.data.model_dump_json() if answer.action == "accept" else "{}"
        return f"Elicitation completed: action={answer.action}, content={data}"

    @tool
    async def test_elicitation(message: str, ctx: Ctx) -> str:
        return await ask(ctx, message, Person)

    @tool
    async def test_elicitation_sep1034_defaults(ctx: Ctx) -> str:
        return await ask(ctx, "Who?", WithDefaults)

    @tool
    async def test_elicitation_sep1330_enums(ctx: Ctx) -> str:
        return await ask(ctx, "Which?", WithEnums)


# --- questions of the 2026 protocol ----------------------------------------------------------


def question(message: str, name: str, kind: str = "string") -> ElicitRequest:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"type": kind}},
        "required": [name],
    }
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(prompt: str) -> CreateMessageRequest:
    said = SamplingMessage(role="user", content=text(prompt))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[said], max_tokens=50))


NAME = {"user_name": question("What is your name?", "name")}
ROOTS = {"client_roots": ListRootsRequest()}


def answered(ctx: Ctx, requests: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the client answered, as plain values; `None` unless it answered everything, and well."""
    given = ctx.input_responses or {}
    plain = {
        key: given[key].model_dump(mode="json", by_alias=True) for key in requests if key in given
    }
    return plain if len(plain) == len(requests) and all(map(_is_good, plain.values())) else None


def _is_good(answer: Mapping[str, Any]) -> bool:
    return answer.get("action", "accept") == "accept" and any(
        answer.get(key) for key in ("content", "roots")
    )


def asking(
    requests: Mapping[str, Any], said: str, state: str | None = None
) -> Callable[[Ctx], Answer]:
    """A tool that asks, and answers once everything is answered."""

    def ask(ctx: Ctx) -> Answer:
        found = answered(ctx, requests)
        if found is None or ctx.request_state != state:
            return InputRequiredResult(input_requests=dict(requests), request_state=state)
        return f"{said} {json.dumps(found)}"

    return ask


def ask_twice(ctx: Ctx) -> Answer:
    steps = (
        {"step1": question("Step 1: What is your name?", "name")},
        {"step2": question("Step 2: What is your favorite color?", "color")},
    )
    step = int(ctx.request_state or 1)
    if ctx.request_state is not None and answered(ctx, steps[step - 1]):
        if step == len(steps):
            return "done"
        step += 1
    return InputRequiredResult(input_requests=dict(steps[step - 1]), request_state=str(step))


def ask_what_is_possible(ctx: Ctx) -> Answer:
    declared = ctx.client_capabilities
    requests: dict[str, Any] = {}
    if declared and declared.elicitation is not None:
        requests |= NAME
    if declared and declared.sampling is not None:
        requests["greeting"] = sampling("Generate a greeting")
    return InputRequiredResult(input_requests=requests, request_state="1")


def add_input_requests(server: PackServer) -> None:
    """Tools that answer with a question, until the client repeats the call with its answer."""
    confirm = {"confirm": question("Please confirm", "ok", "boolean")}
    capital = {"capital_question": sampling("What is the capital of France?")}
    everything = {**NAME, "greeting": sampling("Generate a greeting"), **ROOTS}
    for name, function in {
        "input_required_result_elicitation": asking(NAME, "Hello,"),
        "input_required_result_sampling": asking(capital, "It is"),
        "input_required_result_list_roots": asking(ROOTS, "The roots are"),
        "input_required_result_request_state": asking(confirm, "state-ok", "1"),
        "input_required_result_tampered_state": asking(confirm, "done", "1"),
        "input_required_result_multiple_inputs": asking(everything, "All:", "1"),
        "input_required_result_multi_round": ask_twice,
        "input_required_result_capabilities": ask_what_is_possible,
        "streaming_elicitation": asking(NAME, "Hello,"),
    }.items():
        server.tool(name=f"test_{name}", description="Asks something.")(function)


# --- prompts, resources, completions ---------------------------------------------------------


def add_prompts(server: PackServer) -> None:
    prompt = server.prompt(description="Says something.")

    @prompt
    def test_simple_prompt() -> list[Message]:
        return [UserMessage(content=text("This is a simple prompt for testing."))]

    @prompt
    def test_prompt_with_arguments(arg1: str, arg2: str) -> list[Message]:
        said = f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"
        return [UserMessage(content=text(said))]

    @prompt
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803 - wanted
        resource = embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
        said = text("Please process the embedded resource above.")
        return [UserMessage(content=resource), UserMessage(content=said)]

    @prompt
    def test_prompt_with_image() -> list[Message]:
        said = text("Please analyze the image above.")
        return [UserMessage(content=image()), UserMessage(content=said)]

    context = {"user_context": question("What context should the prompt use?", "context")}

    @prompt
    def test_input_required_result_prompt(ctx: Ctx) -> list[Message] | InputRequiredResult:
        found = answered(ctx, context)
        if found is None:
            return InputRequiredResult(input_requests=dict(context))
        return [UserMessage(content=text(json.dumps(found)))]


def add_resources(server: PackServer) -> None:
    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return base64.b64decode(PNG)

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:  # noqa: A002 - the name in the URI
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})

    @server.resource("test://watched-resource", mime_type="text/plain")
    def watched() -> str:
        return "Watched resource content"

    @server.completion()
    async def complete(*_: object) -> Completion:
        return Completion(values=["paris", "park", "party"], total=3, has_more=False)


FIXTURES = (
    add_contents,
    add_answers,
    add_notices,
    add_questions,
    add_input_requests,
    add_prompts,
    add_resources,
)


def main(folder: Path) -> None:
    """Serve until a signal."""
    with open_memory(Settings(), LocalPlace(folder)) as memory:
        server = build_server(memory)
        for add in FIXTURES:
            add(server)
        serve(server, HttpSettings(port=0), on_ready=lambda url: print(url, flush=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

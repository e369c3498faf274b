"""The tool that shows the kits of a memory. It asks no source, and no tool installs one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from mcp.server import MCPServer
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from typing_extensions import TypedDict

from pack.errors import PackError
from pack.memory import Memory
from pack.model import MemoryPath
from pack_servers.mcp import results as answers

_READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_SHOWN_CHARACTERS: Final = 16 * 1024
_MOST_FILES: Final = 200
_PRISTINE: Final = "PRISTINE"


class ShownKit(TypedDict, total=False):
    """A kit; `files` and `diff` only if it was asked for by its name."""

    name: str
    version: str
    state: str
    source: str
    files: list[dict[str, str]]
    diff: str


class KitsResult(TypedDict):
    """The answer of memory_kits."""

    kits: list[ShownKit]


class KitsTool:
    """The tool. It runs on worker threads."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def memory_kits(
        self, name: Annotated[str, Field(description="of one, for its diff")] = ""
    ) -> Annotated[CallToolResult, KitsResult]:
        """Kits: notes that others keep, and what was changed here; only the user installs them."""
        try:
            kits = self._memory.kits
            found = kits.status([name] if name else [], lambda _: None)
            shown = [
                {
                    "name": one.kit.name,
                    "version": one.kit.version,
                    "state": str(one.state),
                    "source": one.kit.source,
                }
                for one in found
            ]
            if name:
                shown[0] |= _details(self._memory, name, found[0].files)
        except PackError as error:
            return answers.failed(error)
        structured = {"kits": shown}
        text = json.dumps(structured, ensure_ascii=False)
        return CallToolResult(
            content=[TextContent(type="text", text=text)], structured_content=structured
        )


def _details(memory: Memory, name: str, states: Mapping[MemoryPath, str]) -> dict[str, Any]:
    # A server starts without them.
    from pack.truth.deciding.hidden import show_hidden  # noqa: PLC0415

    changed = [
        {"path": path, "state": str(state)} for path, state in states.items() if state != _PRISTINE
    ]
    diff = show_hidden("".join(text for _, text in memory.kits.diffs(name)))
    if len(diff) > _SHOWN_CHARACTERS:
        diff = f"{diff[:_SHOWN_CHARACTERS]}\n(cut)"
    return {"files": changed[:_MOST_FILES], "diff": diff}


def add_kits_tool(server: MCPServer[None], memory: Memory) -> None:
    """Add the tool to a server."""
    server.add_tool(KitsTool(memory).memory_kits, title="See kits", annotations=_READS)

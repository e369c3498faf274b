"""Another real client: the MCP inspector's command line, which is made with the TypeScript SDK.

It is large, so only `make inspector` installs it, beside the environment of the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.stories.mcp_support import (
    DEADLINE,
    PACK,
    assert_sound,
    commits,
    git,
    http_server,
    make_memory,
)

ROOT = Path(__file__).resolve().parent.parent.parent
INSPECTOR = ROOT / ".venv" / "inspector" / "node_modules" / ".bin" / "mcp-inspector"

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not INSPECTOR.exists(), reason="`make inspector` has not been run"),
]


def inspect(*arguments: str, status: int = 0) -> dict[str, Any]:
    """What the inspector prints."""
    done = subprocess.run(
        [str(INSPECTOR), "--cli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=DEADLINE,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == status, done.stderr + done.stdout
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def call(*target: str, tool: str, status: int = 0, **arguments: str) -> dict[str, Any]:
    pairs = [part for key, value in arguments.items() for part in ("--tool-arg", f"{key}={value}")]
    method = ("--method", "tools/call", "--tool-name", tool)
    return inspect(*target, *method, *pairs, status=status)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_memory(tmp_path / "memory")


def test_over_pipes_it_lists_reads_and_writes(folder: Path) -> None:
    before = commits(folder)
    target = (PACK, "serve", "--local", str(folder))
    tools = inspect(*target, "--method", "tools/list", "--strict")["tools"]
    assert len(tools) == 7

    made = call(*target, tool="memory_update", path="context/x.md", content="from node\n")
    sha = made["structuredContent"]["sha"]
    read = call(*target, tool="memory_get", path="context/x.md")
    assert read["structuredContent"]["sha"] == sha
    assert read["content"][1]["text"].endswith("from node\n")

    resource = inspect(*target, "--method", "resources/read", "--uri", "memory:///context/x.md")
    assert resource["contents"][0]["text"].endswith("from node\n")
    assert len(inspect(*target, "--method", "prompts/list")["prompts"]) == 2
    assert commits(folder) - before == 1
    assert git(folder, "show", "HEAD:context/x.md").endswith("from node\n")
    assert_sound(folder)


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("memory_get", {"path": "context/none.md"}, "not_found"),
        ("memory_list", {"cursor": "garbage"}, "invalid_cursor"),
        ("memory_search", {"query": " "}, "invalid_request"),
        ("memory_update", {"path": "profiles/me.md", "content": "x"}, "conflict"),
    ],
)
def test_it_shows_why_a_call_was_refused(
    tool: str, arguments: dict[str, str], code: str, folder: Path
) -> None:
    target = (PACK, "serve", "--local", str(folder))
    refusal = call(*target, tool=tool, status=5, **arguments)
    assert refusal["isError"] is True
    assert refusal["structuredContent"]["code"] == code


def test_over_a_socket_it_reads_everything(folder: Path, tmp_path: Path) -> None:
    with http_server(folder, tmp_path / "log") as server:
        everything = call(server.url, tool="memory_get")
        assert "<!-- context/general.md -->" in everything["content"][0]["text"]
    with http_server(folder, tmp_path / "sse.log", "sse") as server:
        found = call(server.url, tool="memory_list")
        assert found["structuredContent"]["total"] == 2

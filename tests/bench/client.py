"""A JSON-RPC client over standard input and output, the same small one for every server measured.

A full MCP client would add its own time to both sides of each comparison and hide the difference.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PROTOCOL_VERSION = "2025-11-25"


class ServerFailed(Exception):
    """A server ended, or answered with an error, where the benchmark needs a result."""


class StdioServer:
    """A running MCP server; leaving the context ends it."""

    def __init__(self, command: Sequence[str | Path], env: Mapping[str, str], cwd: Path) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the context is left
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=env,
            cwd=cwd,
        )
        self._next_id = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the server as a client does: its input closes."""
        with self._stderr:
            try:
                self._process.communicate(timeout=30)
            except subprocess.TimeoutExpired as expired:
                self._process.kill()
                self._process.communicate()
                if error is None:
                    raise ServerFailed("the server did not end when its input closed") from expired

    def initialize(self) -> None:
        """Shake hands."""
        self.request(
            "initialize",
            {
                "protocolVersion": PROTOCOL_VERSION,
                "capabilities": {},
                "clientInfo": {"name": "pack-bench", "version": "1"},
            },
        )
        self._send({"method": "notifications/initialized"})

    def call(self, tool: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """The structured result of a tool.

        Raises:
            ServerFailed: The tool answered with an error.
        """
        result = self.request("tools/call", {"name": tool, "arguments": dict(arguments)})
        if result.get("isError"):
            raise ServerFailed(f"{tool} failed: {json.dumps(result)[:800]}")
        structured: dict[str, Any] = result.get("structuredContent") or {}
        return structured

    def request(self, method: str, params: Mapping[str, object]) -> dict[str, Any]:
        """The result of one request; notifications that come before it are read over.

        Raises:
            ServerFailed: The server ended, or refused the request.
        """
        self._next_id += 1
        self._send({"id": self._next_id, "method": method, "params": params})
        while True:
            answer = self._read()
            if answer.get("id") == self._next_id:
                break
        if "result" not in answer:
            raise ServerFailed(f"{method} was refused: {answer.get('error')}")
        result: dict[str, Any] = answer["result"]
        return result

    def _send(self, message: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._stderr.seek(0)
            said = self._stderr.read().decode("utf-8", "replace")[-2000:]
            raise ServerFailed(f"the server ended: {said or 'it said nothing'}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def pack_command(*arguments: str | Path) -> list[str | Path]:
    """The `pack` that is installed beside this Python, with arguments."""
    return [Path(sys.executable).with_name("pack"), *arguments]


def do_nothing_command() -> list[str | Path]:
    """The server that does nothing, without this folder on its import path."""
    return [sys.executable, "-P", Path(__file__).with_name("do_nothing.py")]

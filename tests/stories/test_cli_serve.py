"""`pack serve` as a client and a person meet it. What the server answers is tested elsewhere."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.stories.cli_driver import CLIENT, Folder, Stdio, new_memory
from tests.stories.prepared import Process, start

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")


INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": CLIENT}


def test_stdio_makes_the_default_memory_and_keeps_stdout_for_the_protocol(home: Path) -> None:
    server = Stdio(installed=True)
    assert server.initialize()["name"] == "pack"
    tools = server.ask("tools/list")["tools"]
    assert {"memory_get", "memory_update"} <= {tool["name"] for tool in tools}
    assert server.end() == (b"", "")
    assert server.process.returncode == 0
    assert Folder(home / ".pack" / "memory").commits() == 1


def test_several_servers_can_make_the_memory_at_the_same_time(home: Path) -> None:
    servers = [Stdio() for _ in range(4)]
    for server in servers:
        assert server.initialize()["name"] == "pack"
    for server in servers:
        assert server.end() == (b"", "")
    memory = Folder(home / ".pack" / "memory")
    memory.ok("validate")
    assert memory.git("status", "--porcelain") == ""
    assert memory.git("fsck", "--strict", "--no-dangling") == ""


@pytest.mark.parametrize(
    ("option", "label"), [([], "ai-cloud"), (["--origin", "ai-local"], "ai-local")]
)
def test_clients_count_as_what_the_origin_says(
    tmp_path: Path, option: list[str], label: str
) -> None:
    memory = new_memory(tmp_path / "memory")
    server = Stdio("--local", memory.path, *option)
    server.initialize()
    answer = server.call("memory_update", path="context/a.md", content="x")
    assert answer["commit"] == memory.head()
    server.end()
    assert f"Pack-Origin: {label}:" in memory.git("log", "-1", "--format=%B")


def test_a_folder_that_holds_something_else_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_bytes(b"mine")
    ended = Folder(tmp_path / "notes").pack("serve")
    assert ended.status == 1
    assert ended.out == b""
    assert "there is no memory in " in ended.err
    assert [file.name for file in (tmp_path / "notes").iterdir()] == ["a.txt"]


@contextmanager
def http(folder: Path, *words: str, **env: str) -> Iterator[tuple[Process, str]]:
    """A server on a free port, and everything it printed before it was ready."""
    command = ["serve", "--http", "--port", "0", "--local", str(folder), *words]
    process = start(command, stdin=subprocess.DEVNULL, env={**os.environ, **env})
    assert process.stdout is not None
    assert process.stderr is not None
    shown = ""
    try:
        while "Ctrl-C" not in shown:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            shown += line.decode("utf-8")
        yield process, shown
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()
        process.stderr.close()


def configurations(shown: str) -> list[dict[str, Any]]:
    return [json.loads(text)["mcpServers"]["pack"] for text in re.findall(r"(?ms)^\{.*?^\}", shown)]


def test_http_says_the_commit_the_url_and_what_to_paste(tmp_path: Path) -> None:
    memory = Folder(tmp_path / "new memory")
    with http(memory.path) as (_, shown):
        assert f"{memory.path}, first commit {memory.head()}\n" in shown
        by_url, by_command = configurations(shown)
        assert by_url["type"] == "http"
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/mcp", by_url["url"])
        health = by_url["url"].replace("/mcp", "/health")
        with urllib.request.urlopen(health, timeout=10) as answer:
            state = json.load(answer)
        assert (state["status"], state["mode"]) == ("ok", "v2")
    with http(memory.path) as (_, shown):
        assert f", commit {memory.head()}\n" in shown
    # The lines to paste work as they are.
    command = [by_command["command"], *by_command["args"]]
    line = json.dumps(INITIALIZE).encode() + b"\n"
    done = subprocess.run(command, input=line, capture_output=True, check=True, timeout=30)
    assert json.loads(done.stdout)["result"]["serverInfo"]["name"] == "pack"


def test_the_token_is_asked_for_and_never_shown(tmp_path: Path) -> None:
    token = "hunter2-hunter2-hunter2-hunter2-hunter2"
    with http(tmp_path / "memory", PACK_HTTP_TOKEN=token) as (process, shown):
        (by_url, _) = configurations(shown)
        assert "PACK_HTTP_TOKEN" in by_url["headers"]["Authorization"]
        message = urllib.request.Request(by_url["url"], json.dumps(INITIALIZE).encode())
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(message, timeout=10)
        assert refused.value.code == 401
        refused.value.close()
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert token not in shown + out.decode() + err.decode()


def test_the_legacy_transport_has_its_own_url(tmp_path: Path) -> None:
    with http(tmp_path / "memory", "--sse-only") as (_, shown):
        by_url, _ = configurations(shown)
        assert by_url["type"] == "sse"
        assert by_url["url"].endswith("/sse")


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_http_server_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with http(tmp_path / "memory") as (process, _):
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, b"", b"")


def test_a_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    memory = new_memory(tmp_path / "memory")
    with http(memory.path) as (_, shown):
        port = configurations(shown)[0]["url"].split(":")[2].split("/")[0]
        ended = memory.pack("serve", "--http", "--port", port)
    assert ended.status == 1
    assert ended.err.startswith("error: --port: ")
    assert sys.executable not in ended.err

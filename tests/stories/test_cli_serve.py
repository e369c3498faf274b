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

from tests.stories.cli_driver import CLIENT, Folder, Stdio, new_memory, run
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


def named(way: str, folder: Path, home: Path) -> tuple[list[str | Path], dict[str, str]]:
    """How a person names a folder: options, and what is in the environment."""
    if way == "file":
        (home / ".pack.env").write_text(f"PACK_DIR={folder}\n", encoding="utf-8")
    options: list[str | Path] = ["--local", folder] if way == "option" else []
    return options, {"PACK_DIR": str(folder)} if way == "environment" else {}


WAYS = pytest.mark.parametrize("way", ["environment", "file", "option"])


@WAYS
def test_a_folder_that_is_named_and_missing_is_not_made_and_the_client_hears_of_it(
    way: str, home: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "disk" / "memoyr"
    options, env = named(way, missing, home)
    server = Stdio(*options, env=env)
    assert server.initialize()["name"] == "pack"
    setting = "--local" if way == "option" else "PACK_DIR"
    for tool, arguments in (
        ("memory_list", {}),
        ("memory_get", {}),
        ("memory_search", {"query": "x"}),
        ("memory_update", {"path": "context/a.md", "content": "x"}),
    ):
        answer = server.ask("tools/call", name=tool, arguments=arguments)
        assert answer["isError"], answer
        for said in (answer["structuredContent"]["message"], answer["content"][0]["text"]):
            assert setting in said
            assert f"the folder {missing} does not exist" in said
    # An agent with the v1 prompt never gets an error (C2), but it is told.
    answer = server.ask("tools/call", name="memory_update", arguments={"content": "x"})
    assert f"the folder {missing} does not exist" in answer["content"][0]["text"]
    out, err = server.end()
    assert (out, server.process.returncode) == (b"", 1)
    assert err.count(f"the folder {missing} does not exist") == 1
    assert not missing.parent.exists()


@WAYS
def test_over_http_a_missing_folder_ends_the_server(way: str, home: Path, tmp_path: Path) -> None:
    missing = tmp_path / "memoyr"
    options, env = named(way, missing, home)
    ended = run("serve", "--http", "--port", "0", *options, env=env)
    assert (ended.status, ended.out) == (1, b"")
    assert f"the folder {missing} does not exist" in ended.err
    assert "--create" in ended.err
    assert not missing.exists()
    seen = run("doctor", *options, env=env)
    assert f"{missing} (from " in seen.text
    assert "the folder does not exist" in seen.text


def test_a_link_to_a_disk_that_is_not_mounted_is_a_missing_folder(tmp_path: Path) -> None:
    link = tmp_path / "memory"
    link.symlink_to(tmp_path / "disk" / "memory")
    ended = run("serve", "--http", "--port", "0", env={"PACK_DIR": str(link)})
    assert (ended.status, "does not exist" in ended.err) == (1, True)


@pytest.mark.parametrize("how", ["created", "empty", "default"])
def test_a_memory_is_begun_where_a_person_wants_one(how: str, home: Path, tmp_path: Path) -> None:
    folder = home / ".pack" / "memory" if how == "default" else tmp_path / "disk" / "memory"
    if how == "empty":
        folder.mkdir(parents=True)
    server = Stdio(*(["--create"] if how == "created" else []), env={"PACK_DIR": str(folder)})
    server.initialize()
    assert server.call("memory_list")["files"]
    assert server.end() == (b"", "")
    assert Folder(folder).commits() == 1


def test_a_client_that_starts_a_server_in_a_memory_gets_the_one_that_is_named(
    home: Path, tmp_path: Path
) -> None:
    other = new_memory(tmp_path / "other")
    other.ok("update", "context/theirs.md", stdin="theirs\n")
    server = Stdio(cwd=other.path)
    server.initialize()
    paths = [file["path"] for file in server.call("memory_list")["files"]]
    assert "context/theirs.md" not in paths
    out, err = server.end()
    assert out == b""
    assert f"not the memory in {other.path}" in err
    assert f"--local {other.path}" in err


def test_settings_that_nothing_reads_are_said_once(home: Path) -> None:
    (home / ".pack.env").write_text("NOTION_TOKE=hunter2\n", encoding="utf-8")
    (home / ".packenv").write_text("PACK_DIR=hunter2\n", encoding="utf-8")
    server = Stdio(env={"PACK_HTTP_TOKN": "hunter2", "MCP_SSE_PORT": "hunter2"})
    server.initialize()
    server.call("memory_list")
    server.call("memory_list")
    _, err = server.end()
    for name in ("NOTION_TOKE ", "PACK_HTTP_TOKN ", f"{home / '.packenv'} is not read"):
        assert err.count(name) == 1
    assert "Did you mean NOTION_TOKEN?" in err
    assert "hunter2" not in err


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
    command = ["serve", "--http", "--port", "0", "--create", "--local", str(folder), *words]
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

"""`pack serve` over pipes: hostile lines, calls nobody waits for, closed pipes and signals."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pack_servers.config.settings import Settings
from pack_servers.mcp.stdio import MAX_LINE
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory

from pack.memory import Memory
from tests.stories.mcp_support import (
    DEADLINE,
    INITIALIZE,
    INITIALIZED,
    RawServer,
    assert_sound,
    commits,
    git,
    http_server,
    make_memory,
    modern,
    modern_headers,
    raw_server,
    request,
    tool_call,
)
from tests.stories.prepared import pack_command

NOTE = "context/note.md"
BODY = "".join(f"line {number} of a note\n" for number in range(2000))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_memory(tmp_path / "memory")


@pytest.fixture
def memory(folder: Path) -> Iterator[Memory]:
    """The same memory, in this process."""
    with open_memory(Settings(), LocalPlace(folder)) as opened:
        yield opened


@pytest.fixture
def server(folder: Path, tmp_path: Path) -> Iterator[RawServer]:
    """A server that has shaken hands."""
    with raw_server(folder, tmp_path / "log") as started:
        started.open()
        yield started


def write(number: object, path: str = NOTE) -> dict[str, Any]:
    return tool_call(number, "memory_update", path=path, content=BODY)


def assert_whole_or_absent(folder: Path, before: int) -> None:
    """At most one write happened, and if it did, all of it."""
    assert_sound(folder)
    made = commits(folder) - before
    assert made in (0, 1)
    assert (folder / NOTE).exists() == (made == 1)
    if made:
        assert git(folder, "show", f"HEAD:{NOTE}").endswith(BODY)
        assert NOTE in git(folder, "show", "HEAD:index.md")


def assert_ended(server: RawServer, status: int = 0) -> list[dict[str, Any]]:
    """The process ends by itself, quietly; what else it said on stdout."""
    assert server.process.wait(DEADLINE) == status
    assert server.errors() == ""
    return server.rest()


# --- lines -----------------------------------------------------------------------------------

HOSTILE: dict[str, tuple[bytes, object]] = {
    "garbage": (b"garbage", None),
    "bytes that are no text": (bytes(range(128, 256)), None),
    "a control character": (b"\x00\x1b[2J", None),
    "a batch": (json.dumps([request(1, "ping"), request(2, "ping")]).encode(), None),
    "deep": (b"[" * 200_000, None),
    "a null id": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', None),
    "an unknown method": (json.dumps(request("u", "memory/forget")).encode(), "u"),
    "no parameters": (b'{"jsonrpc":"2.0","id":"p","method":"tools/call"}', "p"),
    "parameters in a list": (b'{"jsonrpc":"2.0","id":"l","method":"ping","params":[1]}', "l"),
    "a wrong type": (json.dumps(request("t", "tools/call", name=5)).encode(), "t"),
    "arguments in a list": (
        json.dumps(request("a", "tools/call", name="memory_list", arguments=[])).encode(),
        "a",
    ),
    "another handshake that fails": (json.dumps(request("h", "initialize")).encode(), "h"),
    "no resource": (json.dumps(request("r", "resources/read", uri="x:y")).encode(), "r"),
}


def test_whatever_a_line_holds_it_is_answered_and_the_next_one_too(server: RawServer) -> None:
    for name, (line, number) in HOSTILE.items():
        server.send_bytes(line + b"\n")
        answer = server.answer(number)
        assert answer["error"]["code"] in (-32700, -32600, -32601, -32602), name
        assert server.ask(request(name, "ping"))["result"] == {}
    server.send_bytes(b'\n  \n{}\n{"jsonrpc":"2.0","id":7,"result":{}}\n')
    server.send_bytes(json.dumps(request("crlf", "ping")).encode() + b"\r\n")
    assert server.answer("crlf")["result"] == {}
    server.process.stdin.close()  # type: ignore[union-attr]
    assert assert_ended(server) == []


def test_ids_of_every_kind_come_back_as_they_were(server: RawServer) -> None:
    for number in (0, -1, 2**53, 10**25, "", "0", "žluť 🦊", "x" * 10_000, "\n\u2028"):
        assert server.ask(request(number, "ping"))["id"] == number


def test_a_line_of_any_length_is_answered(server: RawServer) -> None:
    for size in (MAX_LINE + 1, 3 * MAX_LINE):
        server.send_bytes(b"x" * size + b"\n")
        assert "larger than" in server.answer(None)["error"]["message"]
    long = request("long", "ping", _meta={"x": "y" * (MAX_LINE // 2)})
    assert server.ask(long)["result"] == {}
    # One without an end is not kept, either.
    server.send_bytes(b"x" * (2 * MAX_LINE))
    server.process.stdin.close()  # type: ignore[union-attr]
    assert assert_ended(server) == []


def test_a_message_may_come_in_pieces_and_several_in_one(server: RawServer) -> None:
    line = json.dumps(request("žluť", "ping"), ensure_ascii=False).encode() + b"\n"
    for byte in line:
        server.send_bytes(bytes([byte]))
    assert server.answer("žluť")["result"] == {}
    many = [json.dumps(request(number, "ping")).encode() for number in range(50)]
    server.send_bytes(b"\n".join(many) + b"\n")
    assert sorted(server.read()["id"] for _ in many) == list(range(50))


@pytest.mark.contract("C2")
def test_half_a_character_does_not_leave_a_call_without_answer(
    server: RawServer, folder: Path
) -> None:
    line = json.dumps(tool_call("half", "memory_update", content="cut here: X")).encode()
    server.send_bytes(line.replace(b"X", rb"\ud83d") + b"\n")
    assert server.answer("half")["result"]["isError"] is False
    assert "cut here: \\ud83d\n" in git(folder, "show", "HEAD:context/general.md")


def test_a_call_before_the_handshake_does_no_harm(folder: Path, tmp_path: Path) -> None:
    before = commits(folder)
    with raw_server(folder, tmp_path / "log") as server:
        assert "error" in server.ask(write("early"))
        server.open()
        assert "result" in server.ask(request("next", "tools/list"))
    assert commits(folder) == before


# --- calls that nobody waits for -------------------------------------------------------------


@pytest.mark.contract("C1", "C9")
def test_a_cancelled_write_is_whole_or_absent_and_not_answered(
    server: RawServer, folder: Path, memory: Memory
) -> None:
    before = commits(folder)
    with memory.connector.exclusive():  # as long as this, the write cannot be made
        server.send(write("cancelled"))
        server.ask(request("in between", "ping"))
        server.send(
            {
                "jsonrpc": "2.0",
                "method": "notifications/cancelled",
                "params": {"requestId": "cancelled"},
            }
        )
    # Writes take turns: after this one, the other has happened or never will.
    answer = server.ask(tool_call("next", "memory_update", path="context/n.md", content="n\n"))
    assert answer["result"]["isError"] is False
    server.process.stdin.close()  # type: ignore[union-attr]
    assert "cancelled" not in {message.get("id") for message in assert_ended(server)}
    assert_sound(folder)
    assert commits(folder) - before in (1, 2)
    if (folder / NOTE).exists():
        assert git(folder, "show", f"HEAD:{NOTE}").endswith(BODY)


@pytest.mark.contract("C9")
def test_calls_under_way_are_answered_when_input_ends(
    server: RawServer, folder: Path, memory: Memory
) -> None:
    before = commits(folder)
    with memory.connector.exclusive():
        server.send(write("last"))
        server.process.stdin.close()  # type: ignore[union-attr]
    (answer,) = [message for message in assert_ended(server) if message.get("id") == "last"]
    assert answer["result"]["isError"] is False
    assert commits(folder) - before == 1
    assert_whole_or_absent(folder, before)


def test_a_shell_may_pipe_a_whole_session_in(folder: Path) -> None:
    session = [INITIALIZE, INITIALIZED, write("w"), tool_call("g", "memory_get", path="x/y.md")]
    done = subprocess.run(
        [pack_command(), "serve", "--local", str(folder)],
        input="".join(json.dumps(message) + "\n" for message in session),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=DEADLINE,
        check=True,
    )
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert {m["id"] for m in messages if "id" in m} == {"init", "w", "g"}
    assert done.stderr == ""
    assert git(folder, "show", f"HEAD:{NOTE}").endswith(BODY)


# --- ends ------------------------------------------------------------------------------------


def close_output(server: RawServer) -> None:
    assert server.process.stdout
    server.process.stdout.close()
    server.send(request("unheard", "tools/list"))


def end_with(number: int) -> Callable[[RawServer], None]:
    return lambda server: server.process.send_signal(number)


def close_input(server: RawServer) -> None:
    assert server.process.stdin
    server.process.stdin.close()


ENDS: dict[str, Callable[[RawServer], None]] = {
    "end of input": close_input,
    "closed output": close_output,
    "SIGINT": end_with(signal.SIGINT),
    "SIGTERM": end_with(signal.SIGTERM),
    "SIGHUP": end_with(signal.SIGHUP),
}


@pytest.mark.contract("C1", "C9")
@pytest.mark.parametrize("end", ENDS)
def test_a_server_ends_quietly_and_a_write_under_way_is_whole_or_absent(
    end: str, server: RawServer, folder: Path, memory: Memory
) -> None:
    before = commits(folder)
    with memory.connector.exclusive():
        server.send(write("under way"))
        server.ask(request("in between", "ping"))
        ENDS[end](server)
    assert server.process.wait(DEADLINE) == 0
    assert server.errors() == ""
    assert_whole_or_absent(folder, before)
    if server.process.stdout and not server.process.stdout.closed:
        server.rest()  # nothing but messages


@pytest.mark.parametrize("end", ENDS)
def test_an_idle_server_ends_too(end: str, server: RawServer) -> None:
    ENDS[end](server)
    assert server.process.wait(DEADLINE) == 0
    assert server.errors() == ""


def test_a_server_ends_although_nobody_reads_what_it_says(server: RawServer) -> None:
    """More than a pipe holds is on its way when the signal comes."""
    for number in range(200):
        server.send(request(number, "tools/list"))
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE) == 0
    assert server.errors() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_that_is_to_be_ignored_is_ignored(
    number: signal.Signals, folder: Path, tmp_path: Path
) -> None:
    ignoring = f"import signal; signal.signal({int(number)}, signal.SIG_IGN)"
    program = f"{ignoring}; from pack_servers.cli import main; main()"
    with raw_server(folder, tmp_path / "log", program=program) as server:
        server.open()
        server.process.send_signal(number)
        assert server.ask(request("still there", "ping"))["result"] == {}
        close_input(server)
        assert_ended(server)


def test_a_client_may_hand_on_streams_that_do_not_block(folder: Path, tmp_path: Path) -> None:
    """Some programs start a server on a socket of their own."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    log = tmp_path / "log"
    with (
        ours,
        theirs,
        log.open("wb") as errors,
        subprocess.Popen(
            [pack_command(), "serve", "--local", str(folder)],
            stdin=theirs,
            stdout=theirs,
            stderr=errors,
        ) as process,
    ):
        theirs.close()
        ours.settimeout(DEADLINE)
        with ours.makefile("rwb") as stream:
            stream.write(json.dumps(INITIALIZE).encode() + b"\n")
            stream.flush()
            assert json.loads(stream.readline())["id"] == "init"
            ours.shutdown(socket.SHUT_WR)
            assert stream.read() == b""
        assert process.wait(DEADLINE) == 0
    assert log.read_text(encoding="utf-8") == ""


def test_a_connection_that_is_dropped_mid_call_costs_nobody_else(
    folder: Path, tmp_path: Path, memory: Memory
) -> None:
    before = commits(folder)
    call = modern(write(1))
    body = json.dumps(call).encode()
    headers = "".join(f"{key}: {value}\r\n" for key, value in modern_headers(call).items())
    with http_server(folder, tmp_path / "log") as server:
        parts = urlsplit(server.url)
        address = (str(parts.hostname), int(parts.port or 0))
        head = f"POST /mcp HTTP/1.1\r\nHost: {parts.netloc}\r\n{headers}"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        with memory.connector.exclusive():
            with socket.create_connection(address, DEADLINE) as connection:
                connection.sendall(head.encode() + body)
            with socket.create_connection(address, DEADLINE) as connection:
                connection.sendall(head.encode() + body[: len(body) // 2])
        # Writes take turns: after this one, the other has happened or never will.
        done = memory.notes.update("context/mine.md", "mine\n")
        assert done.commit
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(DEADLINE) == 0
        assert "Traceback" not in server.log.read_text(encoding="utf-8")
    assert_sound(folder)
    assert commits(folder) - before in (1, 2)


# --- what is around it -----------------------------------------------------------------------


@pytest.mark.contract("C6", "C7")
def test_nothing_in_the_folder_is_imported_or_run(folder: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    python = f"open({str(trace)!r}, 'a').write(__name__ + '\\n')\n"
    names = ["yaml", "git", "mcp", "pack", "sitecustomize", "usercustomize", "asyncio", "json"]
    for name in names:
        (folder / f"{name}.py").write_text(python, encoding="utf-8")
    program = folder / "git"
    program.write_text(f"#!/bin/sh\necho git >> {trace}\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    (folder / ".env").write_text(f"PACK_DIR={tmp_path / 'elsewhere'}\n", encoding="utf-8")
    (folder / "pyvenv.cfg").write_text("home = /nowhere\n", encoding="utf-8")
    for hook in ("pre-commit", "post-commit", "reference-transaction", "post-index-change"):
        file = folder / ".git" / "hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\necho {hook} >> {trace}\nexit 1\n", encoding="utf-8")
        file.chmod(0o755)

    with raw_server(folder, tmp_path / "log", cwd=folder, installed=True) as server:
        server.open()
        assert server.ask(write("w"))["result"]["isError"] is False
        assert server.ask(tool_call("s", "memory_search", query="note"))["result"]
        assert server.ask(request("r", "resources/list"))["result"]
        close_input(server)
        assert_ended(server)
    assert not trace.exists()
    assert not (tmp_path / "elsewhere").exists()
    assert git(folder, "show", f"HEAD:{NOTE}").endswith(BODY)


def test_what_children_print_stays_off_the_wire(folder: Path, tmp_path: Path) -> None:
    tracing = {"GIT_TRACE": "1", "GIT_TRACE2": "1", "PYTHONVERBOSE": ""}
    with raw_server(folder, tmp_path / "log", environment=tracing) as server:
        server.open()
        assert server.ask(write("w"))["result"]["isError"] is False
        close_input(server)
        assert server.process.wait(DEADLINE) == 0
        server.rest()


@pytest.mark.parametrize(
    "locale", ["C", pytest.param("POSIX", marks=pytest.mark.soak), "tr_TR.UTF-8"]
)
def test_text_is_utf_8_whatever_the_locale_says(locale: str, folder: Path, tmp_path: Path) -> None:
    environment = {"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    options: dict[str, Any] = {"environment": environment, "installed": True}
    with raw_server(folder, tmp_path / "log", **options) as server:
        server.open()
        call = tool_call("w", "memory_update", path="kůň/ŽLUŤ.md", content="žluť İ 🦊\n")
        server.send_bytes(json.dumps(call, ensure_ascii=False).encode() + b"\n")
        assert server.answer("w")["result"]["isError"] is False
    assert (folder / "kůň" / "ŽLUŤ.md").read_bytes().endswith("žluť İ 🦊\n".encode())
    assert [file.name for file in (folder / "kůň").iterdir()] == ["ŽLUŤ.md"]

"""The story of a local memory, told by an installed `pack` that has no extra and no tool of ours.

Every command, every MCP tool and both transports are used once. A module that a base installation
loads and that needs more than it has fails here. Then settings ask for what only extras can do,
which has to be said with the command that installs it.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CLIENT = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "base-story", "version": "1"},
}
_PLAN = "plans/website.md"
_NOTION = {"NOTION_TOKEN": "none", "NOTION_SYNC_PAGE_ID": "0" * 32}
_GOOGLE = {"GOOGLE_DOC_ID": "none"}
_KEYRING = {"PACK_GITHUB_TOKEN_FROM": "keyring"}
_REDIS = {"PACK_REDIS_URL": "redis://127.0.0.1:1/0"}
_OTHERS_MEMORY = ("--github", "nobody/nothing")
_ASKING: Sequence[tuple[str, Mapping[str, str], Sequence[str]]] = (
    ("notion", _NOTION, ["sync"]),
    ("notion", _NOTION, ["doctor"]),
    ("notion", _NOTION, ["migrate-notion", "--dry-run"]),
    ("google", _GOOGLE, ["doctor"]),
    ("google", _GOOGLE, ["sync"]),
    ("google", _GOOGLE, ["google-auth", "--timeout", "1"]),
    ("keyring", _KEYRING, ["list", *_OTHERS_MEMORY]),
    ("keyring", _KEYRING, ["doctor"]),
    ("replicas", _REDIS, ["serve", "--http", "--port", "0"]),
    ("replicas", _REDIS, ["doctor"]),
)
"""Extra, settings that ask for it, and a command that then cannot do its work."""


@dataclass(frozen=True)
class Installed:
    """An installed `pack`.

    Attributes:
        command: The program.
        folder: Where it is run; it may be written to.
        env: The environment it has; `PACK_DIR` is a memory that is not there yet.
    """

    command: Path
    folder: Path
    env: Mapping[str, str]

    def run(self, *words: str, stdin: str = "", more: Mapping[str, str] | None = None) -> str:
        """What a command that succeeds writes."""
        done = self.ended(words, stdin, more or {})
        if done.returncode != 0:
            sys.exit(f"pack {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def ended(
        self, words: Sequence[str], stdin: str, more: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """How a command ended."""
        return subprocess.run(  # noqa: S603 - fixed commands, no shell
            [self.command, *words],
            cwd=self.folder,
            env={**self.env, **more},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    @contextmanager
    def serving(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A server, ended as by Ctrl-C."""
        server = subprocess.Popen(  # noqa: S603 - a fixed command, no shell
            [self.command, "serve", *words],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        try:
            yield server
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=60)


def tell(pack: Installed) -> None:
    """Exit with a message at the first step that does not go as it should."""
    _at_the_command_line(pack)
    with pack.serving() as server:
        _over_stdio(server)
    with pack.serving("--http", "--port", "0") as server:
        _over_http(server)
    for extra, settings, words in _ASKING:
        _without_extra(pack, extra, settings, words)


def _at_the_command_line(pack: Installed) -> None:
    _expect("google-auth", pack.run("--help"))  # loads the module of every command
    pack.run("init")
    pack.run("update", _PLAN, stdin="# Website\n\nLaunch on 3 March.\n")
    _expect(_PLAN, pack.run("list"))
    _expect("Launch on 3 March.", pack.run("get", _PLAN))
    _expect(f"{_PLAN}:8", pack.run("search", "launch"))
    pack.run("edit", _PLAN, "--replace", "3 March", "10 March")
    pack.run("move", _PLAN, "plans/site.md")
    _expect("10 March", pack.run("get", "plans/site.md"))
    pack.run("delete", "plans/site.md", "--yes")
    _expect("commit", pack.run("status"))
    _expect("everything is fine", pack.run("doctor"))
    pack.run("kit", "install", "starter-profile", "--yes")
    _expect("PRISTINE", pack.run("kit", "status"))
    for words in (["validate"], ["reindex"], ["prune", "--dry-run"], ["remote"], ["sync"]):
        pack.run(*words)


def _over_stdio(server: subprocess.Popen[str]) -> None:
    def ask(method: str, **params: object) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        assert server.stdin is not None  # noqa: S101 - it is a pipe
        assert server.stdout is not None  # noqa: S101
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        return json.loads(server.stdout.readline())["result"]

    def call(tool: str, **arguments: object) -> Any:
        used.add(tool)
        answer = ask("tools/call", name=tool, arguments=arguments)
        if answer.get("isError"):
            sys.exit(f"{tool}: {answer}")
        return answer["structuredContent"]

    used: set[str] = set()
    _expect("pack", ask("initialize", **_CLIENT)["serverInfo"]["name"])
    call("memory_update", path="notes/a.md", content="# A\n\nred\n")
    first = call("memory_get", path="notes/a.md")["sha"]
    edit = {"op": "replace", "old": "red", "new": "blue"}
    second = call("memory_edit", path="notes/a.md", edits=[edit], sha=first)["sha"]
    _expect("notes/a.md", json.dumps(call("memory_search", query="blue")))
    third = call("memory_move", path="notes/a.md", new_path="notes/b.md", sha=second)["sha"]
    _expect("notes/b.md", json.dumps(call("memory_list")))
    _expect("notes/b.md", call("memory_context", task="blue")["text"])
    call("memory_delete", path="notes/b.md", sha=third)
    (gone, *_) = call("memory_history", path="notes/b.md")["commits"]
    call("memory_undo", commit=gone["commit"])
    _expect("proposals", json.dumps(call("memory_proposals")))
    _expect("starter-profile", json.dumps(call("memory_kits")))
    _expect("blue", call("memory_get", path="notes/b.md")["content"])
    offered = {tool["name"] for tool in ask("tools/list")["tools"]}
    if offered != used:
        sys.exit(f"tools that are offered, and those that were used: {offered ^ used}")


def _over_http(server: subprocess.Popen[str]) -> None:
    assert server.stdout is not None  # noqa: S101 - it is a pipe
    said = iter(server.stdout.readline, "")
    url = next(found[0] for line in said if (found := re.search(r"http://\S+/mcp", line)))
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": _CLIENT}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
        _expect('"serverInfo"', answer.read().decode())


def _without_extra(
    pack: Installed, extra: str, settings: Mapping[str, str], words: Sequence[str]
) -> None:
    """A command says what is missing, and goes on to no failure that it does not know."""
    done = pack.ended(words, "", settings)
    said = done.stdout + done.stderr
    if done.returncode in (0, 3) or "Traceback" in said:
        sys.exit(f"pack {' '.join(words)} ended with {done.returncode}\n{said}")
    _expect(f"pip install 'pack-memory[{extra}]'", " ".join(said.split()))


def _expect(wanted: str, text: str) -> None:
    if wanted not in text:
        sys.exit(f"this does not say {wanted!r}:\n{text}")

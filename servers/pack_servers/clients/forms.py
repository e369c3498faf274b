"""How each client writes down a server: one that it starts, or one that it finds at an address.

Sources: what `claude mcp add`, `codex mcp add` and `gemini mcp add` write, and the documentation of
the other clients.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Final

from pack.deferred import dataclass, pattern


@dataclass(frozen=True, slots=True)
class StartedServer:
    """A server that the client starts, and speaks to over stdio.

    Attributes:
        command: The program, as an absolute path.
        arguments: What it is started with.
        environment: What it gets besides the client's own environment.
    """

    command: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """A server at an address.

    Attributes:
        url: The address.
        token_variable: The variable that holds its bearer token; `None` if it wants none.
    """

    url: str
    token_variable: str | None = None


AnyServer = StartedServer | RemoteServer
Entry = dict[str, object]
Form = Callable[[AnyServer], Entry]
"""What a client's settings say about a server."""


def _headers(server: RemoteServer, reference: str) -> Entry:
    """The header with the token, which the client takes from its environment."""
    if server.token_variable is None:
        return {}
    value = reference.replace("NAME", server.token_variable)
    return {"headers": {"Authorization": f"Bearer {value}"}}


def _started(server: StartedServer) -> Entry:
    given: Entry = {"env": dict(server.environment)} if server.environment else {}
    return {"command": server.command, "args": list(server.arguments), **given}


def claude_code(server: AnyServer) -> Entry:
    """As `claude mcp add` writes it."""
    if isinstance(server, RemoteServer):
        return {"type": "http", "url": server.url, **_headers(server, "${NAME}")}
    return {"type": "stdio", **_started(server), "env": dict(server.environment)}


def claude_desktop(server: AnyServer) -> Entry:
    """Claude Desktop starts its servers; `Client.speaks_http` says that it has no other form."""
    assert isinstance(server, StartedServer)  # noqa: S101 - see `Client.entry`
    return _started(server)


def cursor(server: AnyServer) -> Entry:
    """Cursor tells the two kinds apart by the address."""
    if isinstance(server, RemoteServer):
        return {"url": server.url, **_headers(server, "${env:NAME}")}
    return _started(server)


def vscode(server: AnyServer) -> Entry:
    """VS Code names the kind."""
    if isinstance(server, RemoteServer):
        return {"type": "http", "url": server.url, **_headers(server, "${env:NAME}")}
    return {"type": "stdio", **_started(server)}


def codex(server: AnyServer) -> Entry:
    """As `codex mcp add` writes it."""
    if isinstance(server, StartedServer):
        return _started(server)
    variable = server.token_variable
    return {"url": server.url, **({"bearer_token_env_var": variable} if variable else {})}


def gemini(server: AnyServer) -> Entry:
    """As `gemini mcp add` writes it."""
    if isinstance(server, RemoteServer):
        return {"url": server.url, "type": "http", **_headers(server, "$NAME")}
    return _started(server)


def copilot(server: AnyServer) -> Entry:
    """Copilot CLI wants to be told which tools it may use."""
    if isinstance(server, RemoteServer):
        kind: Entry = {"type": "http", "url": server.url, **_headers(server, "${NAME}")}
    else:
        kind = {"type": "local", **_started(server)}
    return {**kind, "tools": ["*"]}


def windsurf(server: AnyServer) -> Entry:
    """Windsurf has a word of its own for the address."""
    if isinstance(server, RemoteServer):
        return {"serverUrl": server.url, **_headers(server, "${env:NAME}")}
    return _started(server)


def zed(server: AnyServer) -> Entry:
    """Zed tells servers of its own from those of extensions."""
    if isinstance(server, RemoteServer):
        return {"source": "custom", "url": server.url}
    return {"source": "custom", **_started(server), "env": dict(server.environment)}


def opencode(server: AnyServer) -> Entry:
    """Opencode has the command and its arguments in one list."""
    if isinstance(server, RemoteServer):
        return {
            "type": "remote",
            "url": server.url,
            "enabled": True,
            **_headers(server, "{env:NAME}"),
        }
    given: Entry = {"environment": dict(server.environment)} if server.environment else {}
    command = [server.command, *server.arguments]
    return {"type": "local", "command": command, "enabled": True, **given}


def goose(server: AnyServer) -> Entry:
    """Goose shows a name and a description, and gives up after some seconds."""
    shown: Entry = {"name": "pack", "description": "PACK: one memory for all AI tools"}
    if isinstance(server, RemoteServer):
        keys = [server.token_variable] if server.token_variable else []
        remote: Entry = {"type": "streamable_http", "uri": server.url, "envs": {}, "env_keys": keys}
        headers = _headers(server, "${NAME}") or {"headers": {}}
        return {"enabled": True, **shown, **remote, **headers, "timeout": 300}
    started: Entry = {
        "type": "stdio",
        "cmd": server.command,
        "args": list(server.arguments),
        "envs": dict(server.environment),
    }
    return {"enabled": True, **shown, **started, "timeout": 300}


def cline(server: AnyServer) -> Entry:
    """Cline can switch each of its servers off."""
    if isinstance(server, RemoteServer):
        kind: Entry = {"type": "streamableHttp", "url": server.url}
    else:
        kind = _started(server)
    return {**kind, "disabled": False}


URL_KEYS: Final = ("url", "serverUrl", "httpUrl", "uri")
"""Under which of them a client may hold the address of a server."""
_REFERENCE: Final = pattern(r"\$\{(?:env:)?(\w+)\}|\{env:(\w+)\}|\$(\w+)")
"""How the clients refer to a variable."""
_ENVIRONMENTS: Final = ("env", "environment", "envs")


def server_in(entry: object) -> StartedServer | str | None:
    """What a client's settings say: a server to start, an address, or neither.

    Args:
        entry: What any client holds about a server, in its own form.
    """
    if not isinstance(entry, Mapping):
        return None
    for key in URL_KEYS:
        if isinstance(entry.get(key), str):
            return str(entry[key])
    command, given_words = entry.get("command", entry.get("cmd")), entry.get("args") or []
    if not isinstance(given_words, list):
        return None
    words = command if isinstance(command, list) else [command, *given_words]
    if not words or not all(isinstance(word, str) for word in words):
        return None
    named = [entry[key] for key in _ENVIRONMENTS if isinstance(entry.get(key), dict)]
    given = {str(key): str(value) for each in named for key, value in each.items()}
    return StartedServer(words[0], words[1:], given)


def headers_in(entry: object, environment: Mapping[str, str]) -> dict[str, str]:
    """The headers that a client sends to an address, with the variables that it puts in.

    Args:
        entry: As for `server_in`.
        environment: Where the client finds its variables.
    """
    if not isinstance(entry, Mapping):
        return {}
    headers = entry.get("headers")
    headers = headers if isinstance(headers, Mapping) else {}
    found = {
        str(key): _REFERENCE.sub(lambda sign: _named_in(sign, environment), str(each))
        for key, each in headers.items()
    }
    variable = entry.get("bearer_token_env_var")
    if isinstance(variable, str) and variable in environment:
        found["Authorization"] = f"Bearer {environment[variable]}"
    return found


def _named_in(sign: re.Match[str], environment: Mapping[str, str]) -> str:
    """What a reference to a variable stands for: itself if there is no such variable."""
    name = next(each for each in sign.groups() if each)
    return environment.get(name, sign[0])

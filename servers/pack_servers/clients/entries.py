"""What a client holds about a server: whether it is PACK's, and what setting it up again leaves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import Final

from pack_servers.clients.forms import URL_KEYS, StartedServer, server_in

TOKEN: Final = "PACK_HTTP_TOKEN"  # noqa: S105 - the name of a setting
"""The variable in which clients find the token of a server at an address."""

_MODULE: Final = "pack_servers.cli"
_ENDPOINTS: Final = ("/mcp", "/sse")
_SERVER: Final = frozenset(["command", "cmd", "args", *URL_KEYS])
_OF_A_KIND: Final = frozenset(
    "type command cmd args cwd env environment envs env_keys headers http_headers "
    "env_http_headers bearer_token_env_var".split()
).union(URL_KEYS)
"""What only makes sense for a server that is started, or only for one at an address."""
_OF_THE_USER: Final = frozenset("enabled disabled timeout tools description".split())
"""What PACK writes once, and what people and clients change from then on."""


def is_of_pack(entry: object) -> bool:
    """Whether an entry starts PACK's server, or names an address that can be that of one."""
    server = server_in(entry)
    if isinstance(server, StartedServer):
        is_pack = PureWindowsPath(server.command).stem.lower() == "pack"
        return "serve" in server.arguments and (is_pack or _MODULE in server.arguments)
    return server is not None and server.partition("?")[0].rstrip("/").endswith(_ENDPOINTS)


def is_switched_off(entry: object) -> bool:
    """Whether the client has been told not to use a server."""
    if not isinstance(entry, Mapping):
        return False
    return entry.get("enabled") is False or entry.get("disabled") is True


def joined(held: object, entry: object) -> object:
    """What a client is to hold, given what it holds and what PACK writes.

    Of PACK's own entry, what the user or the client has added stays, and so does what they have
    switched; any other is replaced whole.
    """
    if not isinstance(held, Mapping) or not isinstance(entry, Mapping) or not is_of_pack(held):
        return entry
    if isinstance(server_in(held), StartedServer) != isinstance(server_in(entry), StartedServer):
        kept = {key: value for key, value in held.items() if key not in _OF_A_KIND}
    else:
        kept = {
            key: value
            for key, value in _without_token(held).items()
            if key in entry or key not in _SERVER
        }
    changed = {
        key: _joined_value(kept.get(key), value)
        for key, value in entry.items()
        if key not in _OF_THE_USER or key not in kept
    }
    return {**kept, **changed}


def _joined_value(held: object, value: object) -> object:
    if isinstance(held, Mapping) and isinstance(value, Mapping):
        return {**held, **value}
    is_silent = isinstance(value, list) and not value  # a list of nothing asks for nothing
    return held if is_silent and isinstance(held, list) else value


def _without_token(held: Mapping[str, object]) -> dict[str, object]:
    """What a client holds, without what PACK wrote about a token that may not be needed now."""
    kept = dict(held)
    headers, keys = kept.get("headers"), kept.get("env_keys")
    if isinstance(headers, Mapping):
        kept["headers"] = {name: each for name, each in headers.items() if TOKEN not in str(each)}
        if headers and not kept["headers"]:
            del kept["headers"]
    if isinstance(keys, list):
        kept["env_keys"] = [each for each in keys if each != TOKEN]
    if kept.get("bearer_token_env_var") == TOKEN:
        del kept["bearer_token_env_var"]
    return kept

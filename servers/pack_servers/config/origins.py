"""What MCP clients count as: the table in `PACK_ORIGINS`, beside the default for all of them."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from pack.callers import ClientOrigins, Transport, folded_client, token_digest
from pack.errors import InvalidConfig
from pack.provenance import Source
from pack_servers.config.settings import Settings, split_list

_K = TypeVar("_K")
_V = TypeVar("_V")
_SETTING: Final = "PACK_ORIGINS"
_KINDS: Final = ("client", "token", "transport")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{8,}")
_MODEL: Final = re.compile(r"[A-Za-z0-9._/:+-]{1,100}")


def client_origins(settings: Settings, default: Source | None = None) -> ClientOrigins:
    """What the clients of a server count as.

    Args:
        settings: Those in force.
        default: What one counts as that the table does not name; `None` for the setting.

    Raises:
        InvalidConfig: The table cannot be used; the message shows no part of it.
    """
    secret = settings.pack_origins
    parts = split_list(secret.get_secret_value()) if secret is not None else ()
    transports: dict[Transport, Source] = {}
    tokens: dict[str, Source] = {}
    names: dict[str, Source] = {}
    models: dict[str, str] = {}
    for number, part in enumerate(parts, 1):
        kind, colon, rest = part.partition(":")
        key, equals, label = rest.rpartition("=")
        if not (colon and equals and key) or kind not in _KINDS:
            raise _refusal(number, "must be client:NAME=SOURCE[:MODEL], token:… or transport:…")
        label, names_model, model = label.partition(":")
        source = _source(label, number)
        if kind == "client":
            _set(names, folded_client(key), source, number)
            if names_model:
                _set(models, folded_client(key), _model(model, number), number)
        elif names_model:
            raise _refusal(number, "names a model, which only client:NAME=SOURCE:MODEL can")
        elif kind == "token":
            if not _TOKEN.fullmatch(key):
                raise _refusal(number, "needs a token of at least 8 printable characters")
            _set(tokens, token_digest(key), source, number)
        else:
            _set(transports, _transport(key, number), source, number)
    return ClientOrigins(default or settings.pack_client_source, transports, tokens, names, models)


def _source(label: str, number: int) -> Source:
    try:
        return Source(label)
    except ValueError:
        raise _refusal(number, f"ends with no source: {', '.join(Source)}") from None


def _model(name: str, number: int) -> str:
    if not _MODEL.fullmatch(name):
        raise _refusal(number, "ends with no name of a model, such as provider/name")
    return name


def _transport(name: str, number: int) -> Transport:
    try:
        return Transport(name)
    except ValueError:
        raise _refusal(number, f"names no transport: {', '.join(Transport)}") from None


def _set(table: dict[_K, _V], key: _K, value: _V, number: int) -> None:
    if table.setdefault(key, value) != value:
        raise _refusal(number, "says something else than an earlier one")


def _refusal(number: int, reason: str) -> InvalidConfig:
    return InvalidConfig(_SETTING, f"part {number} {reason}")

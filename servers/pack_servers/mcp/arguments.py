"""What a client sent to a tool, read as it was meant; or refused by the name of the argument.

Models and clients send more forms than a schema allows: null or an empty text for what is not
given, a number for a text, a list as JSON in a text, one object where a list is expected. All of
them say what is meant, so they are taken. An argument that the tool does not have is refused before
anything else, because the call would then mean something else than what runs.

Everything here follows from the published schema of a tool, so that no tool can forget it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pack.errors import InvalidRequest

Schema = Mapping[str, Any]

ADDED_BY_CLIENTS: Final = {
    # n8n's MCP Client Tool sends what its own workflow knows along with the arguments:
    # n8n-io/n8n#21500, n8n-io/n8n#21716, makenotion/notion-mcp-server#146, chrisdoc/hevy-mcp#160
    "toolCallId": "n8n",
    "sessionId": "n8n",
    "chatInput": "n8n",
    "action": "n8n",
}
"""Arguments that a known client adds to every call, and that client. They are dropped."""

_MEANT_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("file", "filename", "filepath", "name", "note", "uri", "url", "id", "document", "key"),
    "content": ("text", "body", "value", "data", "markdown", "memory", "contents"),
    "new_path": ("to", "destination", "dest", "target", "newname", "rename"),
    "sha": ("hash", "version", "etag", "revision", "basesha", "blob", "commit", "ifmatch"),
    "message": ("reason", "comment", "commitmessage", "description", "why", "summary"),
    "edits": ("edit", "changes", "operations", "patches", "patch", "replacements"),
    "query": ("q", "search", "term", "terms", "keywords", "text", "question", "pattern"),
    "dir": ("folder", "directory", "prefix", "path", "parent", "category"),
    "tag": ("tags", "label", "labels"),
    "topic": ("title", "subject", "name"),
    "since": ("after", "from", "start", "startdate", "updatedafter", "begin"),
    "until": ("before", "to", "end", "enddate", "updatedbefore"),
    "sort": ("order", "orderby", "sortby"),
    "limit": ("max", "count", "n", "k", "topk", "maxresults", "numresults", "pagesize", "size"),
    "as_of": ("at", "when", "date", "time", "commit", "revision", "rev", "ref", "asofdate"),
    "by": ("author", "origin", "writer", "client", "who", "user"),
    "commit": ("id", "hash", "sha", "revision", "commitid"),
    "last": ("count", "n", "steps", "number"),
    "dry_run": ("preview", "simulate", "plan"),
    "cursor": ("page", "offset", "nextcursor", "pagetoken", "skip", "continue"),
    "max_tokens": ("tokens", "budget", "maxlength", "maxchars"),
    "lines": ("range", "line", "startline", "endline", "viewrange", "offset"),
    "section": ("heading", "header", "title", "anchor"),
    "op": ("type", "kind", "action", "operation", "mode", "command"),
    "old": ("oldtext", "oldstring", "oldstr", "find", "search", "from", "target", "before"),
    "new": ("newtext", "newstring", "newstr", "replace", "replacement", "to", "with", "after"),
    "all": ("replaceall", "everywhere", "global", "multiple"),
    "text": ("content", "body", "value", "lines", "append", "insert"),
}
"""What agents call our arguments, in lower case without hyphens and underscores."""

_FREE: Final = frozenset({"content", "message", "query", "old", "new", "text"})
"""Texts that may say anything. All other texts address or choose something."""
_SAYS_SOMETHING_EMPTY: Final = frozenset({"new", "text"})
"""Optional texts for which an empty text is not the same as none."""
_NOTHING: Final = frozenset({"null", "none", "undefined"})
_SHOWN_NAMES: Final = 5
_SHOWN_CHARACTERS: Final = 64


def read_arguments(tool: str, schema: Schema, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, in the types that the schema of the tool names.

    Args:
        tool: The tool's name.
        schema: Its input schema, as published.
        sent: What the client sent. What a known client adds is dropped.

    Raises:
        InvalidRequest: An argument is unknown, missing, or cannot be understood. The message names
            it and never quotes a text.
    """
    given = {
        name: value
        for name, value in sent.items()
        if name in schema["properties"] or name not in ADDED_BY_CLIENTS
    }
    _refuse_unknown(tool, schema, given)
    items = {name: _parts(given[name]) for name in _lists(schema) if name in given}
    for name, parts in items.items():
        for number, part in enumerate(parts or (), 1):
            if isinstance(part, Mapping):
                _refuse_unknown(_numbered(name, number), schema["properties"][name]["items"], part)
    return _fields(tool, schema, given)


# --- names ----------------------------------------------------------------------------------


def _refuse_unknown(where: str, schema: Schema, given: Mapping[str, Any]) -> None:
    known = list(schema["properties"])
    unknown = [name for name in given if name not in known]
    if not unknown:
        return
    free = [name for name in known if name not in given]
    said = [_unknown(name, free or known) for name in unknown[:_SHOWN_NAMES]]
    if len(unknown) > len(said):
        said.append(f"and {len(unknown) - len(said)} more")
    refusal = InvalidRequest(f"{where}: {'; '.join(said)}")
    refusal.remedy = f"Nothing was done. {_sentence_start(where)} takes {_listed(known)}."
    raise refusal


def _unknown(name: str, known: Sequence[str]) -> str:
    meant = _nearest(name, known)
    hint = f": did you mean `{meant}`?" if meant else ""
    return f"unknown argument `{name[:_SHOWN_CHARACTERS]}`{hint}"


def _nearest(name: str, known: Sequence[str]) -> str | None:
    plain = {_plain(each): each for each in known}
    wanted = _plain(name)
    if wanted in plain:
        return plain[wanted]
    for each in known:
        if wanted in _MEANT_BY.get(each, ()):
            return each
    close = get_close_matches(wanted, plain, 1) or [
        each for each in plain if len(each) > 2 and each in wanted
    ]
    return plain[close[0]] if close else None


def _plain(name: str) -> str:
    return name[:_SHOWN_CHARACTERS].lower().replace("_", "").replace("-", "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


def _numbered(name: str, number: int) -> str:
    return f"{name.removesuffix('s')} {number}"


def _sentence_start(where: str) -> str:
    return "It" if " " in where else where


# --- values ---------------------------------------------------------------------------------


def _fields(where: str, schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    required = schema.get("required", ())
    read: dict[str, Any] = {}
    for name, field in schema["properties"].items():
        value = given.get(name)
        if value is None or (name not in required and _is_empty(name, field, value)):
            if name in required:
                raise InvalidRequest(f"{where} needs `{name}`")
            continue
        read[name] = _value(where, name, field, value)
    return read


def _is_empty(name: str, field: Schema, value: object) -> bool:
    if value in ([], {}):
        return True
    is_blank = isinstance(value, str) and not value.strip()
    return is_blank and not (field["type"] == "string" and name in _SAYS_SOMETHING_EMPTY)


def _value(where: str, name: str, field: Schema, value: Any) -> Any:
    if "enum" in field:
        return _choice(where, name, field["enum"], value)
    kind = field["type"]
    if kind == "string":
        return _text(where, name, value)
    if kind == "integer":
        return _integer(where, name, field, value)
    if kind == "boolean":
        return _boolean(where, name, value)
    return _list(where, name, field, value)


def _text(where: str, name: str, value: Any) -> str:
    if name in _FREE:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, int | float):
        value = json.dumps(value)
    if not isinstance(value, str):
        raise InvalidRequest(f"{where}: `{name}` must be a text")
    if value.strip().lower() in _NOTHING:
        refusal = InvalidRequest(f"{where}: `{name}` is the word {value.strip()!r}")
        refusal.remedy = f"Leave `{name}` out, or say which one you mean."
        raise refusal
    return value


def _integer(where: str, name: str, field: Schema, value: Any) -> int:
    try:
        number = float(value) if not isinstance(value, bool | list | dict) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or not number.is_integer():
        raise InvalidRequest(f"{where}: `{name}` must be a whole number")
    least, most = field.get("minimum"), field.get("maximum")
    if least is not None and number < least:
        raise InvalidRequest(f"{where}: `{name}` must be at least {least}")
    if most is not None and number > most:
        raise InvalidRequest(f"{where}: `{name}` must be at most {most}")
    return int(number)


def _boolean(where: str, name: str, value: Any) -> bool:
    said = value.strip().lower() if isinstance(value, str) else json.dumps(value)
    if said in ("true", "1", "yes"):
        return True
    if said in ("false", "0", "no"):
        return False
    raise InvalidRequest(f"{where}: `{name}` must be true or false")


def _choice(where: str, name: str, choices: Sequence[str], value: Any) -> str:
    said = value.strip().lower() if isinstance(value, str) else value
    if said not in choices:
        raise InvalidRequest(f"{where}: `{name}` must be one of {', '.join(choices)}")
    return str(said)


def _list(where: str, name: str, field: Schema, value: Any) -> list[dict[str, Any]]:
    parts = _parts(value)
    if parts is None or not all(isinstance(part, Mapping) for part in parts):
        raise InvalidRequest(f"{where}: `{name}` must be a list of objects")
    if not parts:
        raise InvalidRequest(f"{where} needs at least one of `{name}`")
    return [
        _fields(_numbered(name, number), field["items"], part)
        for number, part in enumerate(parts, 1)
    ]


def _lists(schema: Schema) -> list[str]:
    return [name for name, field in schema["properties"].items() if field["type"] == "array"]


def _parts(value: Any) -> list[Any] | None:
    """The parts of a list, which may be JSON in a text, as each of its parts may be."""
    found = _decoded(value)
    if isinstance(found, Mapping):
        return [found] if found else []
    return [_decoded(part) for part in found] if isinstance(found, list) else None


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None

"""JSON schemas in the few words that every client understands.

A schema is a contract with clients, and each of them reads it with its own converter: to Gemini's
schemas, to OpenAI's strict mode, to zod. References, unions, constants, defaults and closed objects
are where those lose a field, a tool, or all tools of a server. So none of them is published, and
what they would say is checked when a tool is called (`pack_servers.mcp.arguments`).

Sources: google-gemini/gemini-cli#13326, github/copilot-cli#1876 (references),
n8n-io/n8n#25964, can1357/oh-my-pi#920 (unions), googleapis/python-genai#2476
(additionalProperties), anthropics/claude-code#94608 (defaults).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_SAYS_NOTHING: Final = ("title", "default", "additionalProperties", "discriminator", "$defs")
_REFERENCE: Final = "#/$defs/"


def flat(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without references, null alternatives, constants, defaults and closed objects.

    Args:
        schema: Made from types by pydantic, and not recursive.
    """
    return _flat(schema, schema.get("$defs", {}))


def _flat(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        referred = definitions[schema["$ref"].removeprefix(_REFERENCE)]
        meant = {key: value for key, value in referred.items() if key != "description"}
        own = {key: value for key, value in schema.items() if key != "$ref"}
        return _flat({**meant, **own}, definitions)
    if "anyOf" in schema:
        (other,) = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
        own = {key: value for key, value in schema.items() if key != "anyOf"}
        return _flat({**other, **own}, definitions)
    kept = {key: value for key, value in schema.items() if key not in _SAYS_NOTHING}
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    if "properties" in kept:
        fields = kept["properties"].items()
        kept["properties"] = {name: _flat(field, definitions) for name, field in fields}
    if "items" in kept:
        kept["items"] = _flat(kept["items"], definitions)
    return kept


def for_refusals_too(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The output schema of a tool, loosened so that a refusal matches it too.

    Clients built with the TypeScript SDK also check the structured content of refusals. If it does
    not match, they report that, and the model never learns why it was refused. A description of the
    whole would say again what the tool says of itself, in every conversation.
    """
    return {key: value for key, value in schema.items() if key not in ("required", "description")}

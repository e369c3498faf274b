"""JSON schemas without what tells a model nothing: it pays for every token, in every session."""

from __future__ import annotations

from typing import Any


def lean(schema: Any) -> Any:
    """A JSON schema without generated titles, null defaults and null alternatives."""
    if isinstance(schema, list):
        return [lean(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: _properties(value) if key in ("properties", "$defs") else lean(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value is None)
    }
    choices = kept.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices and len(choices) == 2:
        (other,) = [choice for choice in choices if choice != {"type": "null"}]
        kept = {**{k: v for k, v in kept.items() if k != "anyOf"}, **other}
    return kept


def for_refusals_too(schema: Any) -> Any:
    """The output schema of a tool, loosened so that a refusal matches it too.

    Clients built with the TypeScript SDK also check the structured content of refusals. If it does
    not match, they report that, and the model never learns why it was refused.
    """
    return {key: value for key, value in schema.items() if key != "required"}


def _properties(schemas: dict[str, Any]) -> dict[str, Any]:
    return {name: lean(schema) for name, schema in schemas.items()}

"""JSON schemas without what says nothing to a model, which pays for every token in each session."""

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
    """The schema of a tool's output, which a refusal of the tool fits as well.

    Clients made with the TypeScript SDK check the structured content of refusals too; where it does
    not fit, they report that, and the model never sees why it was refused.
    """
    return {key: value for key, value in schema.items() if key != "required"}


def _properties(schemas: dict[str, Any]) -> dict[str, Any]:
    return {name: lean(schema) for name, schema in schemas.items()}

"""The schemas of the tools say the same in the few words that every client understands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from mcp.types import Tool
from pack_servers.mcp.schemas import flat, for_refusals_too
from pack_servers.mcp.server import build_server
from pydantic import BaseModel, ConfigDict, Field

from pack.memory import Memory

INPUT_WORDS = {
    "type",
    "properties",
    "required",
    "items",
    "enum",
    "description",
    "minimum",
    "maximum",
    "minItems",
}


class Inner(BaseModel):
    """What is inside."""

    model_config = ConfigDict(extra="forbid")

    title: str
    default: int = 0
    kind: Literal["one"] = "one"


class Outer(BaseModel):
    """An argument may be called `title`, `properties` or `items`."""

    title: str | None = None
    properties: list[Inner] = Field(default=[], title="Properties of it")
    items: Inner | None = Field(default=None, description="just one")
    open: dict[str, float] | None = None


def words(schema: Any) -> Iterator[str]:
    """The keywords of a schema; names of properties are none."""
    assert isinstance(schema, dict), schema
    for key, value in schema.items():
        yield key
        if key == "properties":
            for field in value.values():
                yield from words(field)
        elif key == "items":
            yield from words(value)
        else:
            assert isinstance(value, str | int | list), (key, value)


def published() -> list[Tool]:
    return asyncio.run(build_server(Memory.__new__(Memory)).list_tools())


@pytest.mark.parametrize("tool", published(), ids=lambda tool: tool.name)
def test_what_is_published_uses_only_the_plain_words(tool: Tool) -> None:
    assert set(words(tool.input_schema)) <= INPUT_WORDS
    assert tool.output_schema is not None
    assert set(words(tool.output_schema)) <= INPUT_WORDS
    for schema in (tool.input_schema, tool.output_schema):
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"


def test_every_field_has_one_type() -> None:
    def fields(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for field in schema.get("properties", {}).values():
            yield field
            yield from fields(field)
            yield from fields(field.get("items", {}))

    for tool in published():
        for schema in (tool.input_schema, tool.output_schema):
            assert all(isinstance(field["type"], str) for field in fields(schema or {}))


def test_fields_keep_their_names_whatever_they_are_called() -> None:
    schema = flat(Outer.model_json_schema())
    assert set(schema["properties"]) == {"title", "properties", "items", "open"}
    assert schema["properties"]["title"] == {"type": "string"}
    inner = schema["properties"]["properties"]["items"]
    assert inner["properties"]["default"] == {"type": "integer"}
    assert inner["properties"]["kind"] == {"type": "string", "enum": ["one"]}
    assert inner["required"] == ["title"]
    assert schema["properties"]["items"]["description"] == "just one"
    assert schema["properties"]["open"] == {"type": "object"}
    assert not {"$ref", "$defs", "anyOf", "const", "default"} & set(words(schema))


def test_a_refusal_fits_the_schema_of_the_output_and_a_wrong_type_does_not() -> None:
    schema = for_refusals_too(flat(Inner.model_json_schema()))
    assert Draft202012Validator(schema).is_valid({"code": "not_found"})
    assert not Draft202012Validator(schema).is_valid({"title": 7})

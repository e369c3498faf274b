"""Schemas lose what says nothing, and mean the same."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator
from pack_servers.mcp.schemas import for_refusals_too, lean
from pydantic import BaseModel, Field


class Inner(BaseModel):
    title: str
    default: int = 0


class Outer(BaseModel):
    """An argument may be called `title` or `properties`."""

    title: str | None = None
    properties: list[Inner] = Field(default=[], title="Properties of it")
    either: int | str | None = None


def keys(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(keys, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema).union(*map(keys, schema.values()))


def test_generated_titles_go_and_fields_called_so_stay() -> None:
    schema = lean(Outer.model_json_schema())
    assert set(schema["properties"]) == {"title", "properties", "either"}
    assert set(schema["$defs"]["Inner"]["properties"]) == {"title", "default"}
    assert schema["$defs"]["Inner"]["properties"]["title"] == {"type": "string"}
    assert schema["properties"]["title"] == {"type": "string"}
    assert schema["$defs"]["Inner"]["properties"]["default"]["default"] == 0


def test_only_a_choice_of_one_and_null_becomes_the_one() -> None:
    schema = lean(Outer.model_json_schema())
    assert "anyOf" not in schema["properties"]["title"]
    assert len(schema["properties"]["either"]["anyOf"]) == 3


def test_what_is_left_is_a_schema_that_takes_the_same() -> None:
    before = Outer.model_json_schema()
    after = lean(before)
    Draft202012Validator.check_schema(after)
    for value, is_valid in (
        ({"title": "x", "properties": [{"title": "y", "default": 3}], "either": None}, True),
        ({}, True),
        ({"title": 3}, False),
        ({"properties": [{"default": 3}]}, False),
        ({"either": []}, False),
    ):
        assert Draft202012Validator(before).is_valid(value) is is_valid
        assert Draft202012Validator(after).is_valid(value) is is_valid


def test_a_refusal_fits_the_schema_of_the_output_and_a_wrong_type_does_not() -> None:
    schema = for_refusals_too(lean(Inner.model_json_schema()))
    assert Draft202012Validator(schema).is_valid({"code": "not_found"})
    assert not Draft202012Validator(schema).is_valid({"title": 7})

"""Requests to Google's services and their answers, compared with the published descriptions.

The descriptions are those that come with the client. They name no required members, so whoever
reads a request checks for itself what it cannot do without.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient.discovery_cache

_TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
}


@cache
def description(name: str) -> Mapping[str, Any]:
    """A description, by name and version: `docs.v1`."""
    folder = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return found


def check(name: str, schema: str, value: object) -> None:
    """Fail the test if a value is not what a description says."""
    problems = list(_problems(description(name)["schemas"], {"$ref": schema}, value, schema))
    assert not problems, problems


def check_parameters(name: str, method: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Fail the test if parameters of a request are not declared, or have no declared value."""
    declared = {**description(name)["parameters"], **method["parameters"]}
    for parameter, value in given.items():
        assert parameter in declared, f"no such parameter: {parameter}"
        values = declared[parameter].get("enum")
        assert values is None or value in values, f"{parameter} cannot be {value}"


def _problems(
    schemas: Mapping[str, Any], schema: Mapping[str, Any], value: object, where: str
) -> Iterator[str]:
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    kind = schema["type"]
    if kind == "any":
        return
    is_other = isinstance(value, bool) and kind != "boolean"
    if not isinstance(value, _TYPES[kind]) or is_other:
        yield f"{where}: {type(value).__name__} in place of {kind}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is not declared"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _problems(schemas, schema["items"], item, f"{where}[{number}]")
    elif isinstance(value, dict):
        yield from _members(schemas, schema, value, where)


def _members(
    schemas: Mapping[str, Any], schema: Mapping[str, Any], value: Mapping[str, Any], where: str
) -> Iterator[str]:
    for name, member in value.items():
        of_member = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
        if of_member is None:
            yield f"{where}.{name}: no such member"
        else:
            yield from _problems(schemas, of_member, member, f"{where}.{name}")

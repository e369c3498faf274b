"""Validation of what others wrote comes to an end, and repeats no value."""

import pytest
from jsonschema import Draft202012Validator

from pack.distribution.checks.careful_validation import check_schema, validate


def problems(schema: dict[str, object], value: object) -> list[str]:
    return validate(Draft202012Validator, schema, value)


def test_problems_name_the_place_and_the_demand_alone() -> None:
    schema = {"properties": {"a": {"items": {"enum": ["hunter2"]}}}, "required": ["b"]}
    told = problems(schema, {"a": ["x", "hunter3"]})
    assert told == ["a/0 does not meet enum", "a/1 does not meet enum", told[2]]
    assert told[2] == "the top level does not meet required"


def test_many_problems_are_not_all_told() -> None:
    assert problems({"items": {"type": "string"}}, [1] * 100)[-1] == "and more"


def test_an_older_schema_counts_by_its_own_rules() -> None:
    old = {"type": "number", "minimum": 1, "exclusiveMinimum": True}
    validator, wrong = check_schema(old)
    assert validator is not None
    assert wrong == []
    newest = {"$schema": "https://json-schema.org/draft/2020-12/schema", **old}
    assert check_schema(newest)[0] is None


@pytest.mark.parametrize("ref", ["#/$defs/none", "#/items/7", "#/$defs/a~1b/x", "#/$defs/%zz"])
def test_a_reference_within_a_schema_must_lead_somewhere(ref: str) -> None:
    schema = {"$defs": {"a/b": {}}, "items": [{}], "allOf": [{"$ref": ref}]}
    assert check_schema(schema)[1] == [f"{ref} leads nowhere in it"]


@pytest.mark.parametrize("ref", ["#", "#/$defs/a~1b", "#/allOf/0", "https://example.org/x"])
def test_one_that_does_or_that_leads_elsewhere_is_right(ref: str) -> None:
    assert check_schema({"$defs": {"a/b": {}}, "allOf": [{"$ref": ref}]})[1] == []


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "(x+)+$"}, "x" * 100 + "!"),
        ({"pattern": "x*x*x*x*x*$"}, "x" * 5000 + "!"),
        ({"pattern": "x*$"}, "x" * 500_000 + "!"),
        ({"pattern": "["}, "x"),
        ({"patternProperties": {"(x|x)*$": False}, "additionalProperties": False}, {"x" * 99: 1}),
        ({"patternProperties": {"x*$": False}}, {"x" * 500_000: 1}),
    ],
)
def test_a_pattern_that_could_take_long_is_not_tried(
    schema: dict[str, object], value: object
) -> None:
    assert problems(schema, value) == []


def test_a_plain_pattern_is_tried() -> None:
    version = {"pattern": r"^v\d+\.\d+\.\d+$"}
    assert problems(version, "v1.2.3") == []
    assert problems(version, "v1.2") == ["the top level does not meet pattern"]
    names = {"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": False}
    assert problems(names, {"x-a": "1"}) == []
    assert problems(names, {"y": "1"}) == ["the top level does not meet additionalProperties"]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#"}, 1),
        ({"uniqueItems": True}, [[n, str(n), None] for n in range(5000)]),
    ],
)
def test_what_takes_too_many_steps_is_said(schema: dict[str, object], value: object) -> None:
    assert "takes too many steps" in problems(schema, value)[-1]

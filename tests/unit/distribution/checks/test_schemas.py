"""What cannot be read, wrong schemas, what does not fit: file and line, and never a value."""

import json

import pytest

from pack.distribution.checks.schemas import SchemaCheck
from pack.distribution.values import CheckStatus, MadeFile
from pack.model import MemoryPath

PERSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.org/person.schema.json",
    "$anchor": "who",
    "title": "Person",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": "^[A-Z]"},
        "age": {"$ref": "#/$defs/age"},
        "$schema": {"type": "string"},
    },
    "additionalProperties": False,
    "$defs": {"age": {"type": "integer", "minimum": 0}},
}


def block(info: str, text: object) -> str:
    body = text if isinstance(text, str) else json.dumps(text, indent=2)
    return f"```{info}\n{body}\n```\n"


def check(*texts: str):
    files = [
        MadeFile(f"docs/{n}.md", MemoryPath(f"{n}.md"), text.encode())
        for n, text in enumerate(texts)
    ]
    return SchemaCheck().check(files)


@pytest.mark.parametrize(
    "text",
    [
        block("json", '{"a": [1, 2.5e3, null, "x"]}'),
        block("JSON title=x", "\n"),
        block("yaml", "a: &x [1]\nb: *x\nc: !Ref d\n---\n- 2026-01-01\n...\n"),
        block("yml", "a: {b: c}\n# only this\n"),
        block("jsonc", "{} // a comment"),
        block("text", "{"),
        block("yaml", "image: {{ .Values.image }}:{{ .Values.tag }}\n{% if x %}\n"),
        "---\na: &x [1]\nb: *x\n---\n",
        block("", "{"),
        "- item\n\n  " + block("json", '  {"a": 1}').replace("\n```", "\n  ```"),
        "    ```json\n    {\n",
        block("json", PERSON),
        block(
            "yaml",
            "type: object\nproperties: {a: {type: number, exclusiveMinimum: true, minimum: 1}}",
        ),
        block("json", {"$schema": "https://example.org/on-the-web.json", "a": 1}),
    ],
)
def test_what_is_right(text: str) -> None:
    result = check(text)
    assert result.status is CheckStatus.PASS, result.details


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (block("json", '{"a": 1,\n "b": hunter2hunter2}'), 6),
        (block("json", "{'a': 1}"), 5),
        (block("json", '{"a": NaN}'), 5),
        (block("JSON", '{"a": 1} {"b": 2}'), 5),
        (block("yaml", "a: 1\nb: [1]]\n"), 6),
        (block("yml", "a: 1\na: 2"), 6),
        (block("yaml", "a: hunter2hunter2: c"), 5),
        (block("yaml", "&a [*a]"), 5),
        (block("yaml", "a: \x01"), 5),
        (block("json", "[" * 1000), 5),
        (block("yaml", "[" * 1000), 5),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_line(text: str, line: int) -> None:
    result = check("---\na: 1\n---\n" + text)
    assert result.status is CheckStatus.FAIL
    assert [(one.path, one.line) for one in result.findings] == [("docs/0.md", line)]
    assert "cannot be read" in result.details
    assert "hunter2" not in repr(result)


def test_aliases_that_multiply_are_not_followed() -> None:
    rows = [
        "a0: &a0 [x]",
        *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)),
    ]
    result = check(block("yaml", "\n".join(rows)))
    assert "too large once its aliases are followed" in result.details


def test_frontmatter_that_cannot_be_read() -> None:
    result = check("---\na: 1\nb: [\n---\n# A\n")
    assert result.status is CheckStatus.FAIL
    assert [(one.path, one.line) for one in result.findings] == [("docs/0.md", 4)]


@pytest.mark.parametrize(
    "schema",
    [
        PERSON | {"type": "objekt"},
        PERSON | {"required": "name"},
        PERSON | {"$schema": "http://json-schema.org/draft-07/schema#", "properties": []},
        {"type": "object", "properties": {"a": {"type": "strin"}}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}},
    ],
)
def test_a_schema_that_is_none(schema: dict[str, object]) -> None:
    result = check(block("json", schema))
    assert result.status is CheckStatus.FAIL
    assert result.details.startswith(
        "0 schemas validated, 1 other piece read: docs/0.md:2 a schema"
    )


@pytest.mark.parametrize(
    "text",
    [
        block(
            "json", {"$schema": "https://example.org/person.schema.json", "name": "%s", "age": 3}
        ),
        block("json", {"$schema": "person", "name": "%s"}),
        block("json schema=person.schema.json", {"name": "%s"}),
        block('yaml schema="#who"', "name: '%s'"),
        block("yaml", "# yaml-language-server: $schema=#Person\nname: '%s'"),
        block("json {schema=#Person}", {"name": "%s"}),
    ],
)
def test_what_names_a_schema_fits_it_wherever_that_is(text: str) -> None:
    schema = block("json", PERSON)
    assert check(text % "Jane", schema).status is CheckStatus.PASS
    result = check(schema, "# A\n\n" + text % "hunter2hunter2")
    assert result.status is CheckStatus.FAIL
    (one,) = result.findings
    assert (one.path, one.line) == ("docs/1.md", 4)
    assert one.what == "does not fit the schema at docs/0.md:2: name does not meet pattern"


def test_a_schema_in_a_file_of_its_own_is_named_by_its_path() -> None:
    text = block("json", {"$schema": "./schemas/person.json", "name": "jane"})
    files = [
        MadeFile("docs/a.md", MemoryPath("a.md"), text.encode()),
        MadeFile("docs/schemas/person.json", MemoryPath("p.json"), json.dumps(PERSON).encode()),
    ]
    result = SchemaCheck().check(files)
    assert "docs/a.md:2 does not fit the schema at docs/schemas/person.json:1" in result.details


def test_a_schema_that_is_named_within_the_files_must_be_there() -> None:
    assert "is in none of the files" in check(block("json", {"$schema": "#nobody"})).details


def test_one_schema_refers_to_another_and_never_to_the_web() -> None:
    team = {"$id": "https://example.org/team", "type": "object", "properties": {}}
    team["properties"] = {
        "lead": {"$ref": "person.schema.json"},
        "other": {"$ref": "https://example.org/elsewhere"},
    }
    texts = [block("json", PERSON), block("json", team)]
    lead = block("json schema=team", {"lead": {"name": "jane"}})
    assert "lead/name does not meet pattern" in check(*texts, lead).details
    other = block("json schema=team", {"other": 1})
    assert check(*texts, other).status is CheckStatus.PASS


@pytest.mark.parametrize(
    "hostile",
    [
        {"properties": {"a": {"pattern": "(a+)+$"}}},
        {"properties": {"a": {"pattern": "a*a*a*a*a*a*$"}}},
        {"properties": {"a": {"pattern": "("}}},
        {"patternProperties": {"(b+)+$": {}}, "additionalProperties": False, "properties": {}},
        {"properties": {}, "$ref": "#"},
        {"properties": {"a": {"allOf": [{"$ref": "#/properties/a"}] * 2}}},
        {
            "properties": {"a": {"$ref": "#/$defs/0"}},
            "$defs": {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(40)}
            | {"40": {}},
        },
    ],
)
def test_a_hostile_schema_comes_to_an_end(hostile: dict[str, object]) -> None:
    schema = block("json", {"$id": "it", "type": "object", **hostile})
    value = block("json schema=it", {"a": "a" * 60 + "!", "b" * 60 + "!": 1})
    assert check(schema, value).status in (CheckStatus.PASS, CheckStatus.FAIL)

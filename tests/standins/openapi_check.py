"""Every request and answer against the vendor's own description (OpenAPI 3.0 or 3.1).

Undocumented members and query parameters are refused too, although the description does not
close its objects: that is what catches a misspelt name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from openapi_schema_validator import (
    OAS30Validator,
    OAS31Validator,
    oas30_format_checker,
    oas31_format_checker,
)
from referencing import Registry
from referencing.jsonschema import DRAFT4, DRAFT202012

from tests.standins.github_http import Request, Response

_ROOT = Path(__file__).resolve().parent.parent.parent
# Read at import: the tests lose sight of the variable later.
_SHARED = Path(os.environ.get("PACK_TEST_SHARED") or _ROOT.parent / "shared" / "data")
API_DIR = _SHARED.parent / "api"
GITHUB_FILE = API_DIR / "github-openapi-subset.json"
NOTION_FILE = API_DIR / "notion-openapi-subset.json"

# The description says hardly anywhere that these may come; live answers show it.
_UNDESCRIBED = frozenset({301, 304, 307, 400, 401, 403, 404, 429, 500, 502, 503, 504})
_SAMPLE = 200
_BLOCKS = 6
"""Of each end of a long list of Notion's blocks, as each costs a millisecond."""
_URN = "urn:description"
_IDS = re.compile(r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{40})\b")
"""Of Notion's pages and blocks, and of git's objects."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, its references resolved one level.

    Attributes:
        route: Matches a raw path and captures the path parameters.
        parameters: By place (`path`, `query`) and name.
    """

    id: str
    method: str
    route: re.Pattern[str]
    parameters: Mapping[tuple[str, str], Mapping[str, Any]]
    body: Mapping[str, Any] | None
    responses: Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class OpenApiCheck:
    """A description, and what does not fit it.

    Attributes:
        sample: How many of each end of a long list in an answer, or a request, are looked at.
        ignored: Members at the top of an answer that are not described.
    """

    document: Mapping[str, Any]
    sample: int = _SAMPLE
    ignored: frozenset[str] = frozenset()
    _operations: list[Operation] = field(init=False)
    _validators: dict[str, Any] = field(init=False, default_factory=dict)
    _registry: Registry[Any] = field(init=False)
    _is_new: bool = field(init=False)
    _fitting: set[bytes] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._is_new = str(self.document.get("openapi", "")).startswith("3.1")
        specification = DRAFT202012 if self._is_new else DRAFT4
        resource = specification.create_resource(_absolute(self.document))
        self._registry = Registry().with_resource(_URN, resource)
        found = [
            self._operation(template, method, operation)
            for template, item in self.document["paths"].items()
            for method, operation in item.items()
            if method in ("get", "put", "post", "patch", "delete")
        ]
        # The route with the fewest parameters is the most particular one.
        self._operations = sorted(found, key=lambda one: one.route.groups)

    def _resolve(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in value:
            return value
        found: Any = self.document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        resolved: Mapping[str, Any] = found
        return resolved

    def _operation(self, template: str, method: str, described: Mapping[str, Any]) -> Operation:
        parameters = [self._resolve(one) for one in described.get("parameters", ())]
        content = described.get("requestBody", {}).get("content", {})
        return Operation(
            id=described["operationId"],
            method=method.upper(),
            route=_route(template, parameters),
            parameters={(one["in"], one["name"].replace("-", "_")): one for one in parameters},
            body=content.get("application/json", {}).get("schema"),
            responses={
                status: self._resolve(answer) for status, answer in described["responses"].items()
            },
        )

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a raw path."""
        for operation in self._operations:
            if operation.method == method and operation.route.match(path):
                return operation
        return None

    # --- requests ------------------------------------------------------------------------------

    def request_problems(self, operation: Operation, request: Request) -> list[str]:
        """What in a request the description does not allow; empty when all is well."""
        match = operation.route.match(request.path)
        assert match is not None
        captured = {name: unquote(text) for name, text in match.groupdict().items()}
        problems = self._parameter_problems(operation, "path", captured)
        problems += self._parameter_problems(operation, "query", request.query)
        return problems + self._body_problems(operation, request)

    def _parameter_problems(
        self, operation: Operation, place: str, values: Mapping[str, str]
    ) -> list[str]:
        problems = []
        for name, text in values.items():
            described = operation.parameters.get((place, name))
            if described is None:
                problems.append(f"undocumented {place} parameter {name!r}")
                continue
            schema = self._resolve(described["schema"])
            pointer = f"{operation.id} {place} {name}"
            problems += self._problems(pointer, described["schema"], _typed(text, schema))
        return problems

    def _body_problems(self, operation: Operation, request: Request) -> list[str]:
        if operation.body is None:
            return ["this operation takes no body"] if request.body else []
        try:
            value = json.loads(request.body) if request.body else {}
        except ValueError:
            return ["the body is not JSON"]
        known = self._resolve(operation.body).get("properties")
        problems = []
        if isinstance(value, dict) and known:
            unknown = sorted(value.keys() - known.keys())
            problems = [f"undocumented member {name!r}" for name in unknown]
        return problems + self._problems(
            f"{operation.id} body", operation.body, _sampled(value, self.sample)
        )

    # --- answers -------------------------------------------------------------------------------

    def answer_problems(self, operation: Operation, answer: Response) -> list[str]:
        """What in an answer the description does not allow; empty when all is well."""
        described = operation.responses.get(str(answer.status))
        if described is None:
            known = answer.status in _UNDESCRIBED
            return [] if known else [f"status {answer.status} is not described"]
        kind = answer.headers.get("content-type", "").partition(";")[0]
        content = described.get("content", {})
        schema = content.get(kind, {}).get("schema")
        if schema is None or not answer.body:
            return []
        pointer = f"{operation.id} {answer.status} {kind}"
        if "json" not in kind and not kind.endswith(".object"):
            return []
        value = _sampled(answer.json(), self.sample)
        if isinstance(value, dict):
            value = {name: one for name, one in value.items() if name not in self.ignored}
        return self._problems(pointer, schema, value)

    def _problems(self, pointer: str, schema: Mapping[str, Any], value: object) -> list[str]:
        """What is wrong; not asked again for what differs only in its ids from what was right."""
        text = pointer + json.dumps(value, sort_keys=True)
        seen = hashlib.sha256(_IDS.sub(_same_id, text).encode()).digest()
        if seen in self._fitting:
            return []
        found = self._found(pointer, schema, value)
        if not found:
            self._fitting.add(seen)
        return found

    def _found(self, pointer: str, schema: Mapping[str, Any], value: object) -> list[str]:
        validator = self._validators.get(pointer)
        if validator is None:
            kind = OAS31Validator if self._is_new else OAS30Validator
            formats = oas31_format_checker if self._is_new else oas30_format_checker
            validator = kind(_absolute(schema), registry=self._registry, format_checker=formats)
            self._validators[pointer] = validator
        return [
            f"{pointer} {error.json_path}: {error.message[:300]}"
            for error in validator.iter_errors(value)
        ]


def _same_id(found: re.Match[str]) -> str:
    """One id in place of each, of the same form."""
    return re.sub("[0-9a-f]", "0", found[0])


def _absolute(node: Any) -> Any:
    if isinstance(node, dict):
        if node.get("nullable") is True and "anyOf" in node:
            # Where there is no `type` beside it, the validator does not look at it.
            node = {**node, "anyOf": [*node["anyOf"], {"enum": [None]}]}
        return {
            key: _URN + value
            if key == "$ref" and isinstance(value, str) and value.startswith("#")
            else _absolute(value)
            for key, value in node.items()
        }
    return [_absolute(one) for one in node] if isinstance(node, list) else node


def _route(template: str, parameters: Iterable[Mapping[str, Any]]) -> re.Pattern[str]:
    multi = {one["name"] for one in parameters if one.get("x-multi-segment")}
    parts = []
    for segment in template.strip("/").split("/"):
        name = segment[1:-1]
        slashes = ".*" if name in multi else "[^/]+"
        is_parameter = segment.startswith("{")
        parts.append(
            f"(?P<{name.replace('-', '_')}>{slashes})" if is_parameter else re.escape(segment)
        )
    return re.compile("^/" + "/".join(parts) + "$")


def _typed(text: str, schema: Mapping[str, Any]) -> object:
    if schema.get("type") in ("integer", "number") and re.fullmatch(r"-?\d+", text):
        return int(text)
    if schema.get("type") == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _sampled(value: Any, size: int) -> Any:
    """Long lists by their beginning and end: a hundred thousand entries are made by one line."""
    if isinstance(value, dict):
        lists = {key: one for key, one in value.items() if isinstance(one, list)}
        return {**value, **{key: _sampled(one, size) for key, one in lists.items()}}
    if isinstance(value, list) and len(value) > 2 * size:
        return value[:size] + value[-size:]
    return value


@cache
def github_check() -> OpenApiCheck | None:
    """The checker for GitHub; `None` where the vendor's description is not at hand."""
    if not GITHUB_FILE.is_file():
        return None
    return OpenApiCheck(json.loads(GITHUB_FILE.read_text(encoding="utf-8")))


@cache
def notion_check() -> OpenApiCheck | None:
    """The checker for Notion; `None` where the vendor's description is not at hand."""
    if not NOTION_FILE.is_file():
        return None
    document = json.loads(NOTION_FILE.read_text(encoding="utf-8"))
    return OpenApiCheck(document, sample=_BLOCKS, ignored=frozenset({"request_id"}))

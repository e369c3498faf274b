"""The GraphQL endpoint: GitHub's schema, cut to what PACK needs, executed by graphql-core.

The schema is the vendor's, so answers have its shape by construction, and a query that does not
fit it is refused as GitHub refuses it.

Source: GitHub GraphQL documentation; the wording of refusals is that of live answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from tests.standins.github_auto_merge import disable_auto_merge, enable_auto_merge
from tests.standins.github_call import Call
from tests.standins.github_graphql_reads import (
    GraphQLRefusal,
    rate_limit,
    repository,
    viewer,
)
from tests.standins.github_graphql_writes import create_commit_on_branch
from tests.standins.github_http import Refusal, Request, Response

SCHEMA_FILE = Path(__file__).with_name("github_schema.graphql")
_AUTO_MERGE_FILE = SCHEMA_FILE.with_name("github_schema_auto_merge.graphql")


@cache
def schema() -> GraphQLSchema:
    """The part of GitHub's schema that is served."""
    files = (SCHEMA_FILE, _AUTO_MERGE_FILE)
    return build_schema("\n".join(file.read_text(encoding="utf-8") for file in files))


def problems(request: Request) -> list[str]:
    """What is wrong with a request according to the schema: members, document, variables."""
    try:
        body = request.json()
    except Refusal as refusal:
        return [refusal.message]
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return ["the body has no `query`"]
    unknown = sorted(body.keys() - {"query", "variables", "operationName"})
    if unknown:
        return [f"undocumented member {name!r}" for name in unknown]
    return [error.message for error in _errors(body)]


@lru_cache(maxsize=64)
def _document(query: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """A query parsed, and what is wrong with it; `None` where it cannot be parsed."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(schema(), document))


def _errors(body: Mapping[str, Any]) -> Sequence[GraphQLError]:
    document, found = _document(body["query"])
    if document is None or found:
        return found
    operation = get_operation_ast(document, body.get("operationName"))
    if operation is None:
        return [GraphQLError("An operation name is required")]
    definitions = operation.variable_definitions or ()
    values = get_variable_values(schema(), definitions, body.get("variables") or {})
    return values if isinstance(values, list) else []


def is_mutation(request: Request) -> bool:
    """Whether a request means to write; nonsense does not."""
    try:
        body = request.json()
    except Refusal:
        return False
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return False
    document, _ = _document(body["query"])
    operation = get_operation_ast(document, body.get("operationName")) if document else None
    return operation is not None and operation.operation == OperationType.MUTATION


def execute(call: Call) -> Response:
    """The answer to a GraphQL request; refusals are HTTP 200 with `errors`."""
    body = call.request.json()
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise Refusal(400, "A query attribute must be specified and must be a string.")
    document, _ = _document(body["query"])
    errors = _errors(body)
    if errors or document is None:
        return Response.of({"errors": [_formatted(error) for error in errors]})
    root = {
        "repository": lambda _, **args: repository(call, **args),
        "viewer": lambda _: viewer(call),
        "rateLimit": lambda _, **_args: rate_limit(call),
        "disablePullRequestAutoMerge": lambda _, **args: disable_auto_merge(call, **args),
        "enablePullRequestAutoMerge": lambda _, **args: enable_auto_merge(call, **args),
        "createCommitOnBranch": lambda _, **args: create_commit_on_branch(call, **args),
    }
    result = execute_sync(
        schema(),
        document,
        root_value=root,
        variable_values=body.get("variables") or {},
        operation_name=body.get("operationName"),
    )
    return _answer(result)


def _answer(result: ExecutionResult) -> Response:
    for error in result.errors or ():
        known = (GraphQLRefusal, Refusal, type(None))
        if not isinstance(error.original_error, known):
            raise error.original_error  # a mistake of the stand-in, not an answer of GitHub
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [_formatted(error) for error in result.errors]
    return Response.of(answer)


def _formatted(error: GraphQLError) -> dict[str, Any]:
    places = [{"line": at.line, "column": at.column} for at in error.locations or ()]
    shaped: dict[str, Any] = {}
    if isinstance(error.original_error, GraphQLRefusal):
        shaped["type"] = error.original_error.kind
    if error.path is not None:
        shaped["path"] = list(error.path)
    return {**shaped, "locations": places, "message": error.message}

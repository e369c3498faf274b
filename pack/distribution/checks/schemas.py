"""Check 3: JSON and YAML can be read, schemas among it are right, and what names one fits it.

A piece is a schema if its `$schema` is a version of JSON Schema, if its fence says so
(`json-schema`), or if it looks like one (`type: object` with `properties`). It names a schema with
`$schema: ID`, with `schema=ID` behind its fence, or in a comment as editors read it
(`# yaml-language-server: $schema=ID`); an ID is the `$id` of a schema in one of the files, the last
part of that, `#` with its `$anchor` or `title`, or the path of a file. What is on the web is never
fetched, so nothing is said about it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pack.deferred import dataclass, pattern
from pack.distribution.checks.careful_validation import OFFICIAL, check_schema, validate
from pack.distribution.checks.contents import Remembered, is_markdown
from pack.distribution.checks.embedded import Embedded, embedded_in, frontmatter_problem
from pack.distribution.checks.results import result_of
from pack.distribution.values import CheckFinding, CheckName, CheckResult, MadeFile

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_IN_FENCE: Final = pattern(r"\bschema=[\"']?([^\s\"'}]+)")
_IN_COMMENT: Final = pattern(r"(?m)^\s*#\s*yaml-language-server:\s*\$schema=(\S+)")
_SAYS_SCHEMA: Final = pattern(r"(?i)^\W*json-?schema\b|\.schema\.(?:json|ya?ml)$")
_TYPES: Final = frozenset("array boolean integer null number object string".split())


@dataclass(frozen=True, slots=True)
class _Schema:
    piece: Embedded
    content: Mapping[str, Any]
    validator: type[Validator]


class SchemaCheck:
    """Validates JSON and YAML; what is the same for many downstreams is read once."""

    def __init__(self) -> None:
        self._pieces = Remembered(embedded_in)
        self._problems = Remembered(frontmatter_problem)

    def check(self, files: Sequence[MadeFile]) -> CheckResult:
        """Whether JSON and YAML in the files is what it says it is."""
        pieces = [replace(one, path=file.path) for file in files for one in self._pieces.of(file)]
        unread = [
            CheckFinding(file.path, problem[1], f"the frontmatter cannot be read: {problem[0]}")
            for file in files
            if (problem := self._problems.of(file)) is not None
        ]
        return _result(pieces, unread)


def _result(pieces: Sequence[Embedded], findings: list[CheckFinding]) -> CheckResult:
    findings += [
        CheckFinding(one.path, one.problem_line, f"{one.language} cannot be read: {one.problem}")
        for one in pieces
        if one.problem is not None
    ]
    schemas = []
    for piece, content in _schemas_among(pieces):
        validator, problems = check_schema(content)
        findings += [
            CheckFinding(piece.path, piece.line, f"a schema is wrong: {one}") for one in problems
        ]
        if validator is not None:
            schemas.append(_Schema(piece, content, validator))
    findings += _misfits(pieces, schemas)
    count = len(schemas)
    other = sum(len(piece.values) for piece in pieces) - count
    summary = "1 schema validated" if count == 1 else f"{count} schemas validated"
    if other > 0:
        summary += ", 1 other piece read" if other == 1 else f", {other} other pieces read"
    return result_of(CheckName.SCHEMA_CHECK, summary, findings)


def _schemas_among(pieces: Iterable[Embedded]) -> Iterator[tuple[Embedded, Mapping[str, Any]]]:
    for piece in pieces:
        for value in piece.values:
            if isinstance(value, dict) and _is_schema(piece, value):
                yield piece, value


def _is_schema(piece: Embedded, value: Mapping[str, Any]) -> bool:
    named = value.get("$schema")
    if isinstance(named, str):
        return OFFICIAL.match(named) is not None
    if _SAYS_SCHEMA.search(piece.info):
        return True
    kind = value.get("type")
    return isinstance(kind, str) and kind in _TYPES and isinstance(value.get("properties"), dict)


def _misfits(pieces: Iterable[Embedded], schemas: Sequence[_Schema]) -> Iterator[CheckFinding]:
    by_name = {name: schema for schema in schemas for name in _names_of(schema)}
    others = [one.content for one in schemas if isinstance(one.content.get("$id"), str)]
    for piece in pieces:
        for value in piece.values:
            wanted = _named_schema(piece, value)
            schema = by_name.get(wanted) or by_name.get(_resolved(piece.path, wanted))
            if schema is None:
                if wanted.startswith("#"):
                    yield CheckFinding(
                        piece.path, piece.line, "names a schema that is in none of the files"
                    )
            elif schema.content is not value:
                where = f"the schema at {schema.piece.path}:{schema.piece.line}"
                for problem in validate(schema.validator, schema.content, _bare(value), others):
                    yield CheckFinding(piece.path, piece.line, f"does not fit {where}: {problem}")


def _bare(value: Any) -> Any:
    """A value without the key that says what it should fit."""
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if key != "$schema"}


def _names_of(schema: _Schema) -> Iterator[str]:
    own, anchor, title = (schema.content.get(key) for key in ("$id", "$anchor", "title"))
    own = own or schema.content.get("id")
    if isinstance(own, str) and own:
        yield own
        last = own.rstrip("/#").rpartition("/")[2]
        yield last
        yield last.removesuffix(".json").removesuffix(".schema")
    for name in (anchor, title):
        if isinstance(name, str) and name:
            yield f"#{name}"
    if not is_markdown(schema.piece.path):
        yield schema.piece.path


def _named_schema(piece: Embedded, value: object) -> str:
    """The schema that a piece names; empty if it names none that is not JSON Schema's own."""
    named = value.get("$schema") if isinstance(value, dict) else None
    if isinstance(named, str):
        return "" if OFFICIAL.match(named) else named
    match = _IN_FENCE.search(piece.info) or _IN_COMMENT.search(piece.text)
    return match[1] if match is not None else ""


def _resolved(path: str, name: str) -> str:
    if not name or name.startswith("#"):
        return name
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))

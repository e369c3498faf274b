"""Validation by JSON Schema of what others wrote: it fetches nothing, and it comes to an end.

A schema can refer to itself without end, ask for the same thing a billion times, or have a pattern
that takes years. So each step is counted, and a pattern that could take long is not tried. What is
wrong is told by its place and by what the schema asks for; no value is repeated.

Source: JSON Schema 2020-12, and the drafts before it as far as `jsonschema` knows them. Its import
takes 0.1 s, so it waits for the first schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from pack.deferred import pattern

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_Keyword = Callable[..., Iterable[Any] | None]

OFFICIAL: Final = pattern(r"https?://json-schema\.org/")
_STEPS: Final = 50_000
_MOST_PROBLEMS: Final = 5
_REPEATED_GROUP: Final = pattern(r"\)[*+{?]")
_UNBOUNDED: Final = pattern(r"[*+]|\{\d*,\}|\\[1-9]")
_MOST_UNBOUNDED: Final = 3
_LONGEST_TRIED: Final = 200


class _TakesTooLong(Exception):
    """More steps than anything reasonable takes."""


def check_schema(schema: Mapping[str, Any]) -> tuple[type[Validator] | None, list[str]]:
    """What validates by a schema, and what is wrong with the schema itself.

    One that does not say which version it is of may be of the newest, or of the one that OpenAPI
    used for long.
    """
    from jsonschema import Draft4Validator, Draft202012Validator  # noqa: PLC0415
    from jsonschema.validators import validator_for  # noqa: PLC0415

    named = schema.get("$schema")
    if isinstance(named, str) and OFFICIAL.match(named):
        drafts = [validator_for(schema, default=Draft202012Validator)]
    else:
        drafts = [Draft202012Validator, Draft4Validator]
    lost = [f"{ref} leads nowhere in it" for ref in _lost_refs(schema)]
    first: list[str] = []
    for draft in drafts:
        problems = validate(draft, draft.META_SCHEMA, schema)
        if not problems:
            return (None, lost) if lost else (draft, [])
        first = first or problems
    return None, first


def _lost_refs(schema: Mapping[str, Any]) -> list[str]:
    """The references into a schema itself that lead nowhere (RFC 6901, in a fragment)."""
    found = sorted(
        {ref for ref in _refs(schema) if not _leads_somewhere(schema, ref[2:].split("/"))}
    )
    return found[:_MOST_PROBLEMS]


def _refs(part: Any, *, is_root: bool = True) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$id"), str) and not is_root:
            return  # a schema of its own, which references inside count from
        ref = part.get("$ref")
        if isinstance(ref, str) and ref.startswith("#/"):
            yield ref
    for inner in (
        part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        yield from _refs(inner, is_root=False)


def _leads_somewhere(part: Any, steps: Sequence[str]) -> bool:
    for step in steps:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(part, list) and name.isdecimal() and len(name) < 9 and int(name) < len(part):
            part = part[int(name)]
        elif isinstance(part, dict) and name in part:
            part = part[name]
        else:
            return False
    return True


def validate(
    validator: type[Validator],
    schema: Mapping[str, Any],
    value: Any,
    others: Iterable[Mapping[str, Any]] = (),
) -> list[str]:
    """What of a value does not fit a schema, in words.

    Args:
        validator: Of the version that the schema is of.
        schema: The schema.
        value: The value.
        others: Schemas that it may refer to by their `$id`.
    """
    from jsonschema_specifications import REGISTRY  # noqa: PLC0415
    from referencing.exceptions import Unresolvable  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    may_name = not _has_long_names(value)
    tamed = ((one["$id"], _tamed(one, may_name=may_name)) for one in others)
    named = [(name, DRAFT202012.create_resource(one)) for name, one in tamed]
    try:
        registry = REGISTRY.with_resources(named)
        checked = _careful(validator)(_tamed(schema, may_name=may_name), registry=registry)
        return list(_problems(checked, value))
    except Unresolvable:
        return []  # what it refers to is elsewhere, such as on the web
    except (RecursionError, _TakesTooLong):
        return ["it cannot be checked, as that takes too many steps"]


def _problems(validator: Validator, value: Any) -> Iterator[str]:
    for number, error in enumerate(validator.iter_errors(value)):
        if number == _MOST_PROBLEMS:
            yield "and more"
            return
        where = "/".join(map(str, error.absolute_path)) or "the top level"
        yield f"{where} does not meet {error.validator}"


def _careful(validator: type[Validator]) -> type[Validator]:
    from jsonschema.validators import extend  # noqa: PLC0415

    left = [_STEPS]

    def counted(keyword: str, check: _Keyword) -> _Keyword:
        def run(inner: Any, wanted: Any, value: Any, schema: Any) -> Iterable[Any] | None:
            left[0] -= _cost(keyword, wanted, value)
            if left[0] < 0:
                raise _TakesTooLong
            if keyword == "pattern" and isinstance(value, str) and len(value) > _LONGEST_TRIED:
                return None
            return check(inner, wanted, value, schema)

        return run

    made: type[Validator] = extend(
        validator, {name: counted(name, one) for name, one in validator.VALIDATORS.items()}
    )
    return made


def _cost(keyword: str, wanted: Any, value: Any) -> int:
    steps = 1 + (len(wanted) if isinstance(wanted, Sized) else 0)
    if keyword == "uniqueItems" and isinstance(value, list):
        steps += len(value) ** 2 // 100
    return steps


def _tamed(schema: Any, *, may_name: bool) -> Any:
    """A schema without the patterns that could take long.

    Args:
        schema: The schema, or a part of it.
        may_name: Whether patterns for names are tried at all.
    """
    if isinstance(schema, list):
        return [_tamed(one, may_name=may_name) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _tamed(one, may_name=may_name) for key, one in schema.items()}
    if isinstance(schema.get("pattern"), str) and not _is_quick(schema["pattern"]):
        del kept["pattern"]
    names = schema.get("patternProperties")
    if isinstance(names, dict) and not (may_name and all(map(_is_quick, names))):
        for key in ("patternProperties", "additionalProperties", "unevaluatedProperties"):
            kept.pop(key, None)
    return kept


def _has_long_names(value: Any) -> bool:
    if isinstance(value, dict):
        return any(len(key) > _LONGEST_TRIED or _has_long_names(value[key]) for key in value)
    return isinstance(value, list) and any(map(_has_long_names, value))


def _is_quick(wanted: str) -> bool:
    """Whether trying a pattern cannot take long: it is one that Python knows, and plain enough."""
    if len(_UNBOUNDED.findall(wanted)) > _MOST_UNBOUNDED or _REPEATED_GROUP.search(wanted):
        return False
    try:
        re.compile(wanted)
    except (re.error, RecursionError, OverflowError):
        return False
    return True

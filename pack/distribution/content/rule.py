"""The rules of a memory: `.pack/distribution/rules/ID.yaml`.

    sync_rule:
      id: sync-webapp-guides
      source: "projects/**/*.md"
      target_repo: org/webapp
      target_path: docs/guides/
      strategy: copy
      frequency: on_release
      filters: {include: ["projects/web/*.md"], exclude: ["projects/web/private/**"]}
      transforms:
        - strip_internal_links: true
        - rewrite_paths: {from: "projects/", to: "docs/guides/"}
      validation: {checksum: true, schema_check: true}
      variables: {team: null, tone: plain}
      pinned_out: [v1.2.0]

A key that is not known is an error, as a mistyped `exclude` would give away what it should keep.
The JSON Schema (`rule_schema`) is made of the same model, and published with the templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from yaml.nodes import MappingNode, Node, SequenceNode

from pack.distribution.content.globs import Glob
from pack.distribution.content.placing import checked_folder
from pack.distribution.content.yaml_files import load_yaml, place
from pack.distribution.values import Frequency, PathRewrite, Rule, Strategy
from pack.errors import InvalidConfig, InvalidContent, InvalidPath
from pack.files import yaml_block
from pack.model import MemoryPath
from pack.paths import fold
from pack.versions import KitVersion

RULES_DIR: Final = ".pack/distribution/rules/"
ARCHIVED_DIR: Final = f"{RULES_DIR}archived/"
RULE_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$"
VARIABLE: Final = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
_GITHUB: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_COMMIT: Final = re.compile(r"[0-9a-f]{7,64}")
_MOST: Final = 200


class _Closed(BaseModel):
    """A part that has no other keys."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


_Glob = Annotated[str, Field(min_length=1, max_length=400)]
_Name = Annotated[str, Field(pattern=VARIABLE)]
_Globs = Annotated[list[_Glob], Field(max_length=_MOST)]


class _FiltersPart(_Closed):
    include: _Globs = Field(default=[], description="Globs; a file must meet one of them.")
    exclude: _Globs = Field(default=[], description="Globs, read as in .gitignore.")


class _RewritePart(_Closed):
    from_: Annotated[str, Field(min_length=1, max_length=400)] = Field(
        alias="from", description="How a path begins in the memory."
    )
    to: Annotated[str, Field(max_length=400)] = Field(description="How it begins downstream.")


class _TransformPart(_Closed):
    strip_internal_links: bool | None = Field(
        default=None, description="Whether links to what does not go become plain text."
    )
    rewrite_paths: _RewritePart | None = Field(
        default=None, description="How paths and the links to them change."
    )


class _ValidationPart(_Closed):
    checksum: bool = Field(default=True, description="Whether the files are made a second time.")
    schema_check: bool = Field(default=True, description="Whether JSON and YAML is validated.")


class _RulePart(_Closed):
    id: Annotated[str, Field(pattern=RULE_ID, max_length=100)] = Field(
        description="Its name, unique among rules."
    )
    source: _Glob = Field(description="A glob of paths in the memory.")
    target_repo: Annotated[str, Field(min_length=1, max_length=1000)] = Field(
        description="org/repo, or the path or file:// address of a git repository."
    )
    target_path: Annotated[str, Field(max_length=400)] = Field(description="The folder there.")
    strategy: Literal["copy", "template", "reference"]
    frequency: Literal["on_release", "on_change", "manual"]
    filters: _FiltersPart = Field(default_factory=_FiltersPart)
    transforms: Annotated[list[_TransformPart], Field(max_length=_MOST)] = Field(default=[])
    validation: _ValidationPart = Field(default_factory=_ValidationPart)
    variables: dict[_Name, str | int | float | bool | None] = Field(
        default={}, description="What templates may use; null where downstream must give it."
    )
    pinned_out: Annotated[list[str], Field(max_length=1000)] = Field(
        default=[], description="Versions, or commits, that do not go there any more."
    )


class _RuleFile(_Closed):
    sync_rule: _RulePart


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule and the file that it is in.

    Attributes:
        path: The file.
        rule: What it says.
    """

    path: MemoryPath
    rule: Rule


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A file that holds no usable rule.

    Attributes:
        path: The file.
        error: Why, with line and column.
    """

    path: MemoryPath
    error: InvalidConfig


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of a memory.

    Attributes:
        rules: Those that can be used, by id.
        broken: Files that cannot.
    """

    rules: Sequence[StoredRule] = ()
    broken: Sequence[BrokenRule] = ()


def is_rule_path(path: str) -> bool:
    """Whether a file at this path is a rule; what is archived is none."""
    name = path.removeprefix(RULES_DIR)
    return path.startswith(RULES_DIR) and "/" not in name and name.endswith((".yaml", ".yml"))


def load_rules(files: Mapping[MemoryPath, bytes]) -> RuleSet:
    """The rules among some files; what is wrong with one does not concern the others."""
    found: dict[str, StoredRule] = {}
    broken: list[BrokenRule] = []
    for path in sorted(filter(is_rule_path, files)):
        try:
            rule = read_rule(files[path], path)
        except InvalidConfig as error:
            broken.append(BrokenRule(path, error))
            continue
        # Its state is a file of that name, which some systems find in any case.
        other = found.setdefault(fold(rule.id), StoredRule(path, rule))
        if other.path != path:
            reason = f"the rule {other.rule.id} is in {other.path} too"
            broken.append(BrokenRule(path, InvalidConfig(path, reason)))
    return RuleSet([found[name] for name in sorted(found)], broken)


def read_rule(content: bytes, path: str) -> Rule:
    """The rule in a file.

    Raises:
        InvalidConfig: There is none; the message names line and column.
    """
    text, fields = load_yaml(content, path)
    try:
        return _rule(_RuleFile.model_validate(fields).sync_rule)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _wrong(path, text, first["loc"], _reason(first)) from error
    except _Wrong as error:
        raise _wrong(path, text, error.where, error.reason) from error


class _Wrong(Exception):
    """A value that is well-formed and means nothing."""

    def __init__(self, reason: str, *where: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = ("sync_rule", *where)


def _reason(error: Any) -> str:
    known: Mapping[str, str] = {
        "missing": "is missing",
        "extra_forbidden": "is not known",
    }
    return known.get(error["type"], str(error["msg"]).removeprefix("Input "))


def _wrong(path: str, text: str, where: Iterable[str | int], reason: str) -> InvalidConfig:
    steps = [step for step in where if step != "[key]"]
    name = ".".join(map(str, steps))
    return InvalidConfig(path, f"{name}: {reason}{place(*_find(text, steps))}")


def _find(text: str, steps: Sequence[str | int]) -> tuple[int, int]:
    """Line and column of a value, or of the part that should have it."""
    node: Node | None = yaml_block.compose(text)
    mark = node.start_mark if node is not None else None
    for step in steps:
        key, node = _child(node, step)
        if key is None:
            break
        mark = key.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _child(node: Node | None, step: str | int) -> tuple[Node | None, Node | None]:
    """Where a part of a value begins, and the part."""
    if isinstance(node, MappingNode):
        return next(((k, value) for k, value in node.value if k.value == str(step)), (None, None))
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None, None


def _rule(part: _RulePart) -> Rule:
    if part.id.endswith(".lock"):  # git allows no branch of such a name
        raise _Wrong("must not end with .lock", "id")
    for name, globs in _globs(part):
        for number, text in enumerate(globs):
            try:
                Glob.parse(text)
            except InvalidContent as error:
                where = [number] if len(name) > 1 else []
                raise _Wrong(error.reason, *name, *where) from error
    for number, version in enumerate(part.pinned_out):
        if not _names_a_version(version):
            raise _Wrong("is neither a version nor the id of a commit", "pinned_out", number)
    rewrites = [one.rewrite_paths for one in part.transforms if one.rewrite_paths]
    return Rule(
        id=part.id,
        source=part.source,
        target_repo=_repo(part.target_repo),
        target_path=_folder(part.target_path),
        strategy=Strategy(part.strategy),
        frequency=Frequency(part.frequency),
        include=tuple(part.filters.include),
        exclude=tuple(part.filters.exclude),
        strip_internal_links=any(one.strip_internal_links for one in part.transforms),
        rewrites=tuple(PathRewrite(one.from_, one.to) for one in rewrites),
        checks_checksum=part.validation.checksum,
        checks_schemas=part.validation.schema_check,
        variables={name: _text(value) for name, value in part.variables.items()},
        pinned_out=tuple(part.pinned_out),
    )


def _names_a_version(text: str) -> bool:
    try:
        KitVersion.parse(text)
    except InvalidContent:
        return _COMMIT.fullmatch(text) is not None
    return True


def _globs(part: _RulePart) -> list[tuple[tuple[str, ...], list[str]]]:
    return [
        (("source",), [part.source]),
        (("filters", "include"), part.filters.include),
        (("filters", "exclude"), part.filters.exclude),
    ]


def _text(value: str | float | bool | None) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _folder(text: str) -> str:
    try:
        return checked_folder(text)
    except InvalidPath as error:
        raise _Wrong(error.reason, "target_path") from error


def _repo(text: str) -> str:
    """A repository, if it is one that rules may name; its address never holds a secret."""
    is_path = text.startswith(("/", "./", "../", "~/", "file://")) or "\\" in text
    is_drive = re.match(r"[A-Za-z]:[\\/]", text) is not None
    if not text.isprintable() or text.startswith("-"):
        raise _Wrong("is no name of a repository", "target_repo")
    if is_path or is_drive or _GITHUB.fullmatch(text):
        return text
    if _ADDRESS.match(text) or "@" in text:
        reason = "is neither org/repo nor the path or file:// address of a git repository"
        raise _Wrong(reason, "target_repo")
    return text


def rule_schema() -> dict[str, Any]:
    """The JSON Schema of a rule's file."""
    made = _RuleFile.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    parts = {name.strip("_"): _bare(part) for name, part in made.pop("$defs").items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pack:sync-rule",
        "title": "PACK sync rule",
        **_bare(made),
        "$defs": dict(sorted(parts.items())),
    }


def _bare(part: Any) -> Any:
    """A part of a schema without titles, which only repeat names, and with names for readers."""
    if isinstance(part, list):
        return [_bare(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _bare(one) for key, one in part.items() if key != "title"}
    if isinstance(reference := kept.get("$ref"), str):
        kept["$ref"] = reference.replace("/_", "/")
    return kept

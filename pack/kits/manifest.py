"""What a kit says of itself: `kit.yaml`.

    schema: 1
    name: observer
    version: 1.2.0
    description: What it is for
    license: MIT
    repository: {type: git, url: https://…, directory: kits/observer}
    bugs: {url: https://…, email: bugs@example.org}
    homepage: https://…
    visibility: public
    files: ["**/*.md"]
    install_to: kits/observer/
    dependencies:
      kits: [{name: core, version: ">=1.0.0", required: true, interop: events}]
    conflicts: [other]
    min_pack: 2.1.0

Keys that are not known are kept and named in a warning, as a newer PACK may know them. One model
gives validation, the JSON Schema (`manifest_schema`) and what the guide says.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pack.deferred import dataclass
from pack.errors import InvalidContent, UnusableInput
from pack.files import yaml_block
from pack.versions import KitVersion, VersionRange

MANIFEST: Final = "kit.yaml"
NAME: Final = r"^[a-z0-9][a-z0-9-]{0,63}$"
DEFAULT_FILES: Final = ("**/*.md",)
_LINE: Final = 400


class Visibility(StrEnum):
    """Who may find and install a kit."""

    PUBLIC = "public"
    PRIVATE = "private"
    UNLISTED = "unlisted"


class _Open(BaseModel):
    """A part that may have keys that only a newer PACK knows."""

    model_config = ConfigDict(extra="allow", strict=True, hide_input_in_errors=True)


_Text = Annotated[str, Field(min_length=1, max_length=_LINE)]


class _RepositoryPart(_Open):
    type: Literal["git"] = Field(default="git", description="Only git is known.")
    url: _Text = Field(description="Where the kit is developed.")
    directory: _Text | None = Field(default=None, description="Its folder there.")


class _BugsPart(_Open):
    url: _Text | None = Field(default=None, description="Where problems are reported.")
    email: _Text | None = Field(default=None, description="Who reads of problems.")


class _DependencyPart(_Open):
    name: Annotated[str, Field(pattern=NAME)] = Field(description="The other kit.")
    version: str = Field(default="*", description="A range such as >=1.0.0.")
    required: bool = Field(default=True, description="Whether nothing works without it.")
    interop: _Text | None = Field(default=None, description="How the two work together.")


class _DependenciesPart(_Open):
    kits: Annotated[list[_DependencyPart], Field(max_length=100)] = Field(default=[])


class _KitFile(_Open):
    schema_: Literal[1] = Field(alias="schema", description="The version of this form.")
    name: Annotated[str, Field(pattern=NAME)] = Field(description="Lower case, digits, hyphens.")
    version: str = Field(description="By Semantic Versioning, such as 1.2.0.")
    description: Annotated[str, Field(max_length=1024)] = Field(default="")
    license: _Text | None = Field(default=None, description="An SPDX expression.")
    repository: _RepositoryPart | None = None
    bugs: _BugsPart | None = None
    homepage: _Text | None = None
    visibility: Literal["public", "private", "unlisted"] = "public"
    files: Annotated[list[_Text], Field(min_length=1, max_length=100)] = Field(
        default=list(DEFAULT_FILES), description="Patterns as in .gitignore."
    )
    install_to: _Text | None = Field(default=None, description="kits/NAME/ if it is left out.")
    dependencies: _DependenciesPart = Field(default_factory=_DependenciesPart)
    conflicts: Annotated[list[Annotated[str, Field(pattern=NAME)]], Field(max_length=100)] = []
    min_pack: str | None = Field(default=None, description="The oldest PACK that can use it.")


@dataclass(frozen=True, slots=True)
class Dependency:
    """Another kit that a kit works with.

    Attributes:
        name: The other kit.
        version: Which of its versions.
        is_required: Whether nothing works without it.
        interop: How the two work together, in the words of the manifest.
    """

    name: str
    version: VersionRange
    is_required: bool
    interop: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a kit says of itself.

    Attributes:
        name: Its name.
        version: Its version.
        description: What it is for.
        license: An SPDX expression; `None` if it names none.
        repository: Where it is developed.
        directory: Its folder there.
        bugs_url: Where problems are reported.
        bugs_email: Who reads of problems.
        homepage: Its page.
        visibility: Who may find it.
        files: Patterns of what belongs to it.
        install_to: The folder it goes to; `None` for the usual one.
        dependencies: Other kits that it works with.
        conflicts: Kits that it cannot be beside.
        min_pack: The oldest PACK that can use it.
        warnings: What is odd about the manifest, in words.
    """

    name: str
    version: KitVersion
    description: str = ""
    license: str | None = None
    repository: str | None = None
    directory: str | None = None
    bugs_url: str | None = None
    bugs_email: str | None = None
    homepage: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    files: tuple[str, ...] = DEFAULT_FILES
    install_to: str | None = None
    dependencies: tuple[Dependency, ...] = ()
    conflicts: tuple[str, ...] = ()
    min_pack: KitVersion | None = None
    warnings: tuple[str, ...] = ()


def read_manifest(content: bytes) -> Manifest:
    """The manifest in a `kit.yaml`.

    Raises:
        InvalidContent: It is none; the message names the key.
        LimitExceeded: It is too large.
    """
    return manifest_of(load_fields(content, MANIFEST))


def load_fields(content: bytes, name: str) -> dict[str, object]:
    """The keys of a YAML file.

    Raises:
        InvalidContent: It is not readable.
        LimitExceeded: It is too large.
    """
    try:
        return yaml_block.load(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnusableInput(f"{name} is not UTF-8 text") from error
    except InvalidContent as error:
        raise UnusableInput(f"{name}: {error}") from error


def manifest_of(fields: Mapping[str, object]) -> Manifest:
    """The manifest that some keys describe.

    Raises:
        InvalidContent: They describe none.
    """
    try:
        found = _KitFile.model_validate(dict(fields))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableInput(f"{MANIFEST}: {where}: {first['msg']}") from error
    repository, bugs = found.repository, found.bugs
    try:
        return Manifest(
            name=found.name,
            version=KitVersion.parse(found.version),
            description=found.description,
            license=found.license,
            repository=repository.url if repository else None,
            directory=repository.directory if repository else None,
            bugs_url=bugs.url if bugs else None,
            bugs_email=bugs.email if bugs else None,
            homepage=found.homepage,
            visibility=Visibility(found.visibility),
            files=tuple(found.files),
            install_to=found.install_to,
            dependencies=tuple(map(_dependency, found.dependencies.kits)),
            conflicts=tuple(found.conflicts),
            min_pack=KitVersion.parse(found.min_pack) if found.min_pack else None,
            warnings=tuple(f"{MANIFEST}: unknown key {key[:60]!r}" for key in _unknown(found)),
        )
    except InvalidContent as error:
        raise UnusableInput(f"{MANIFEST}: {error}") from error


def _dependency(part: _DependencyPart) -> Dependency:
    return Dependency(part.name, VersionRange.parse(part.version), part.required, part.interop)


def _unknown(found: _KitFile) -> list[str]:
    """The keys that are not known, with those of the parts by their whole names."""
    parts = {
        "": found,
        "repository.": found.repository,
        "bugs.": found.bugs,
        "dependencies.": found.dependencies,
        **{f"dependencies.kits.{n}.": one for n, one in enumerate(found.dependencies.kits)},
    }
    return [
        f"{name}{key}" for name, part in parts.items() if part for key in part.model_extra or {}
    ]


def manifest_schema() -> dict[str, Any]:
    """The JSON Schema of `kit.yaml`."""
    return _KitFile.model_json_schema(by_alias=True)

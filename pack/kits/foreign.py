"""Kits in other people's forms, installed unchanged: skills, plugins, packages, older packs.

- An Agent Skill: a folder with `SKILL.md` (agentskills.io, "Specification").
- A Claude Code plugin: `.claude-plugin/plugin.json` (Claude Code documentation, "Plugins
  reference").
- An APM package: `apm.yml` (microsoft/apm, "Manifest").
- A pack of the constructs network: `pack-manifest.yaml`.

All files of such a folder belong to it. Where one has no version by Semantic Versioning, it is
0.0.0; whether something is new is decided by content anyway.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from pack.errors import NotFound, UnusableInput
from pack.files import frontmatter
from pack.kits.manifest import MANIFEST, Manifest, load_fields, manifest_of, read_manifest

_Path = TypeVar("_Path", bound=str)
SKILL: Final = "SKILL.md"
PLUGIN: Final = ".claude-plugin/plugin.json"
PLUGIN_FILES: Final = frozenset(
    f".{tool}-plugin/{name}.json"
    for tool in ("claude", "codex", "cursor")
    for name in ("plugin", "marketplace")
)
"""What plugins say of themselves to one client or another. Nothing reads them where kits are."""
APM: Final = "apm.yml"
OLD_PACK: Final = "pack-manifest.yaml"
_EVERYTHING: Final = ["**"]
_NO_VERSION: Final = "0.0.0"
_LONGEST: Final = 64


def find_manifest(named: Mapping[_Path, bytes], fallback: str) -> tuple[str, Manifest]:
    """What a folder says of itself, in whichever form, and the file that says it.

    Args:
        named: The contents of the folder's files, by path.
        fallback: What it is called if it does not say so itself.

    Raises:
        NotFound: It is no kit.
        InvalidContent: What it says cannot be used.
    """
    paths: Mapping[str, _Path] = {str(path): path for path in named}
    if MANIFEST in paths:
        return MANIFEST, read_manifest(named[paths[MANIFEST]])
    for name, read in _FORMS.items():
        if name in paths:
            return name, _converted(name, read(named[paths[name]]), fallback)
    known = ", ".join((MANIFEST, *_FORMS))
    raise NotFound("a kit in this place", f"It must have one of {known} at its top.")


def _skill(content: bytes) -> Mapping[str, object]:
    found = frontmatter.read(content.decode("utf-8-sig", "replace"))
    if found.problem is not None:
        raise UnusableInput(f"{SKILL}: {found.problem}")
    metadata = found.fields.get("metadata")
    version = metadata.get("version") if isinstance(metadata, dict) else None
    return {"version": version, **found.fields}


def _plugin(content: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnusableInput(f"{PLUGIN} is not JSON") from error
    if not isinstance(found, dict):
        raise UnusableInput(f"{PLUGIN} is not a JSON object")
    return found


def _apm(content: bytes) -> Mapping[str, object]:
    return load_fields(content, APM)


def _old_pack(content: bytes) -> Mapping[str, object]:
    found = load_fields(content, OLD_PACK)
    needed = found.get("dependencies")
    packs = needed.get("packs") if isinstance(needed, dict) else None
    kits = [
        {"name": _slug(one.get("slug")), **{k: one[k] for k in _DEPENDENCY_KEYS if k in one}}
        for one in (packs if isinstance(packs, list) else [])
        if isinstance(one, dict)
    ]
    return {**found, "name": found.get("slug") or found.get("name"), "dependencies": {"kits": kits}}


_DEPENDENCY_KEYS: Final = ("version", "required", "interop")
_FORMS: Final[Mapping[str, Callable[[bytes], Mapping[str, object]]]] = {
    SKILL: _skill,
    PLUGIN: _plugin,
    APM: _apm,
    OLD_PACK: _old_pack,
}


MANIFESTS: Final = frozenset((MANIFEST, *_FORMS))
"""The files in which a folder can say what kit it is."""


def _converted(name: str, found: Mapping[str, object], fallback: str) -> Manifest:
    """The manifest in our form; what cannot be used of the rest is left out."""
    fields: dict[str, object] = {
        "schema": 1,
        "name": _slug(found.get("name")) or _slug(fallback) or "kit",
        "version": _version(found.get("version")),
        "description": _text(found.get("description"), 1024) or "",
        "files": _EVERYTHING,
    }
    fields |= {key: text for key in ("license", "homepage") if (text := _text(found.get(key)))}
    if url := _address(found.get("repository")):
        fields["repository"] = {"type": "git", "url": url}
    if isinstance(bugs := found.get("bugs"), dict):
        fields["bugs"] = {k: text for k in ("url", "email") if (text := _text(bugs.get(k)))}
    if isinstance(needed := found.get("dependencies"), dict) and name == OLD_PACK:
        fields["dependencies"] = needed
    return manifest_of(fields)


def _slug(value: object) -> str:
    """A name as kits have them; empty if nothing of it is left."""
    plain = unicodedata.normalize("NFKD", value).lower() if isinstance(value, str) else ""
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].rstrip("-")


def _version(value: object) -> str:
    """A version by Semantic Versioning; a shorter one is filled up."""
    text = str(value) if isinstance(value, str | int | float) else ""
    match = re.fullmatch(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(-[0-9A-Za-z.-]+)?", text)
    if match is None:
        return _NO_VERSION
    numbers = ".".join(str(int(part or 0)) for part in match.group(1, 2, 3))
    return f"{numbers}{match[4] or ''}"


def _text(value: object, most: int = 400) -> str | None:
    return value.strip()[:most] or None if isinstance(value, str) else None


def _address(value: object) -> str | None:
    return _text(value.get("url")) if isinstance(value, dict) else _text(value)

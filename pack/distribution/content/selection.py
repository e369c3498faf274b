"""Which files a rule takes: nothing that it does not name, and nothing that is internal.

What never goes, whatever a glob says: PACK's own files and git's, index files that PACK writes,
copies of conflicts, the originals of a migration, and every file that says `internal: true` or
`sync: false`. A file whose frontmatter cannot be read stays here if it so much as mentions one of
these keys; TOML between `+++` counts as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pack.distribution.content.globs import Glob
from pack.distribution.content.readings import readings
from pack.distribution.values import Rule
from pack.errors import InvalidContent, LimitExceeded
from pack.files import frontmatter, yaml_block
from pack.index.format import is_generated, may_be_generated
from pack.limits import MAX_FILE_BYTES
from pack.merge.copies import is_conflict_copy
from pack.model import BlobId, MemoryPath
from pack.paths import INDEX, LEGACY_DIR, fold

_OWN: Final = frozenset((".pack", ".git", ".gitattributes", ".gitignore", ".gitmodules"))
_V1: Final = "memory.md"
"""The single file of PACK v1, at the root: a whole memory."""
_NO: Final = frozenset(("false", "no", "off", "0", "never", "none", "null", "~", "n", ""))
_MENTIONED: Final = re.compile(
    r"(?<![\w-])[\"']?(internal|sync)[\"']?\s*:[ \t]*([^\r\n#,}]*)", re.IGNORECASE
)
_TOML: Final = re.compile(r"\s*\+{3}[ \t]*\r?\n(.*?)(?:^\+{3}|\Z)", re.DOTALL | re.MULTILINE)
_SET: Final = re.compile(
    r"^[ \t]*[\"']?(internal|sync)[\"']?[ \t]*=[ \t]*([^\r\n#]*)", re.MULTILINE | re.IGNORECASE
)

_DATA: Final = (".yaml", ".yml", ".json")

INTERNAL: Final = "it is internal"
EXCLUDED: Final = "the rule excludes it"
GENERATED: Final = "PACK writes it"


@dataclass(frozen=True, slots=True)
class NotDistributed:
    """A file that a rule's glob meets, and that stays here.

    Attributes:
        path: The file.
        reason: Why, in words.
    """

    path: MemoryPath
    reason: str


@dataclass(frozen=True, slots=True)
class RuleSelection:
    """What a rule takes.

    Attributes:
        paths: The files that it names, sorted; their contents may still say that they are internal.
        left_out: The others that its glob meets.
    """

    paths: tuple[MemoryPath, ...]
    left_out: tuple[NotDistributed, ...]


def select(rule: Rule, files: Iterable[MemoryPath]) -> RuleSelection:
    """The files that a rule names, by their paths alone; see `internal_reason`."""
    source = Glob.parse(rule.source)
    include = [Glob.parse(one) for one in rule.include]
    exclude = [Glob.parse(one) for one in rule.exclude]
    paths: list[MemoryPath] = []
    left_out: list[NotDistributed] = []
    for path in sorted(files):
        if not source.matches(path):
            continue
        if include and not any(one.matches(path) for one in include):
            continue
        reason = _reason(path, exclude)
        if reason is None:
            paths.append(path)
        else:
            left_out.append(NotDistributed(path, reason))
    return RuleSelection(tuple(paths), tuple(left_out))


def _reason(path: MemoryPath, exclude: Iterable[Glob]) -> str | None:
    parts = path.split("/")
    if any(fold(part) in _OWN for part in parts):
        return "it belongs to PACK or to git"
    if fold(parts[0]) == LEGACY_DIR or fold(path) == _V1:
        return "it is the original of a migration"
    if fold(path) == INDEX:
        return GENERATED  # it names every note of the memory
    if is_conflict_copy(path):
        return "it is a copy that a conflict left"
    if any(one.leaves_out(path) for one in exclude):
        return EXCLUDED
    return None


def internal_reason(path: MemoryPath, content: bytes) -> str | None:
    """Why a file must not go for what it says; `None` if it may."""
    reasons = (_reason_in(path, text) for text in readings(content))
    return next((reason for reason in reasons if reason is not None), None)


def _reason_in(path: MemoryPath, text: str) -> str | None:
    block, fields = _head(path, text)
    if may_be_generated(path) and is_generated(path, fields or {}):
        return GENERATED
    said = _said(block, fields)
    if (toml := _TOML.match(text)) is not None:
        said = _seeming(_SET, toml[1])
    if any(value not in _NO for value in said.get("internal", ())):
        return INTERNAL
    return "it says sync: false" if any(v in _NO for v in said.get("sync", ())) else None


def _head(path: str, text: str) -> tuple[str, Mapping[str, object] | None]:
    """The frontmatter of a file, or all of a YAML or JSON file, with its keys if it is readable."""
    head, name = frontmatter.read(text), path.lower()
    if head.block is not None:
        return head.block, None if head.problem is not None else head.fields
    if not name.endswith(_DATA):
        return "", {}
    try:  # JSON is YAML, as far as these keys are concerned
        return text, yaml_block.load(text, MAX_FILE_BYTES)
    except (InvalidContent, LimitExceeded):
        return text, None


def _said(block: str, fields: Mapping[str, object] | None) -> Mapping[str, list[str]]:
    """What the two keys say, in any case; of an unreadable text, what it seems to say."""
    if fields is None:
        return _seeming(_MENTIONED, block)
    said: dict[str, list[str]] = {}
    for key, found in fields.items():
        said.setdefault(key.casefold(), []).append(_word(found))
    return said


def _seeming(what: re.Pattern[str], block: str) -> Mapping[str, list[str]]:
    said: dict[str, list[str]] = {}
    for key, value in what.findall(block):
        said.setdefault(key.casefold(), []).append(value.strip(" \t\r\n\"',").casefold())
    return said


def _word(value: object) -> str:
    return "" if value is None else str(value).strip().casefold()


def going(
    selection: RuleSelection, files: Mapping[MemoryPath, BlobId], contents: Mapping[BlobId, bytes]
) -> RuleSelection:
    """A selection without what its files say is internal."""
    paths: list[MemoryPath] = []
    left_out = [*selection.left_out]
    for path in selection.paths:
        reason = internal_reason(path, contents[files[path]])
        if reason is None:
            paths.append(path)
        else:
            left_out.append(NotDistributed(path, reason))
    return RuleSelection(tuple(paths), tuple(sorted(left_out, key=lambda one: one.path)))

"""What is installed: `.pack/kits.lock.yaml`, in the memory and committed with every change.

    version: 1
    kits:
      observer:
        source: https://example.org/kits.git#observer
        ref: v1.2.0
        commit: 3f0c…
        tree: 9a1b…
        version: 1.2.0
        manifest_sha256: …
        installed_to: kits/observer/
        files:
          kit.yaml: {sha256: …, mode: "100644"}

It is sorted and has neither times nor versions of tools, so the same installation is always the
same bytes. A file with `own: true` was the user's before the kit had one there, so it stays when
the kit goes. One with `left_out: true` never came, as it could not be here: git ignores it, say. So
nobody has removed it, and it comes with an update once it can. Keys that are not known are kept; a
version that is not known is refused and never replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from pack.core.memo import Memo
from pack.deferred import dataclass, pattern
from pack.errors import InvalidConfig, InvalidContent, InvalidPath, LimitExceeded
from pack.files import yaml_block
from pack.kits.manifest import NAME
from pack.kits.shipment import REGULAR, Kit, checked_folder, sha256s
from pack.merge.kit_lock import KIT_LOCK
from pack.model import CommitId, MemoryPath

LOCK: Final = KIT_LOCK
_VERSION: Final = 1
_LARGEST: Final = 2 * 1024 * 1024
_OWN: Final = "own"
_LEFT_OUT: Final = "left_out"
_READ: Final = Memo(4)
"""The locks of the last files that were read or written, by their bytes."""
_SHA256: Final = pattern(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class LockedFile:
    """A file as it was installed.

    Attributes:
        sha256: Of its bytes.
        mode: As upstream has it.
        is_own: Whether a file of the user's was here before the kit's: it is never removed.
        is_left_out: Whether it never came, as it could not be here.
        more: Keys that this PACK does not know.
    """

    sha256: str
    mode: str = REGULAR
    is_own: bool = False
    is_left_out: bool = False
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LockedKit:
    """A kit as it was installed.

    Attributes:
        name: Its name.
        source: Where it comes from.
        ref: What was asked for there; `None` for the newest.
        commit: The commit it came from; `None` where the source is not in git.
        tree: The git tree of exactly what upstream shipped.
        version: Its version.
        manifest_sha256: Of what it says of itself.
        installed_to: Its folder in the memory, with a slash at its end.
        files: By path below that folder.
        more: Keys that this PACK does not know.
        written: Its lines in the file; empty where they have not been made yet.
    """

    name: str
    source: str
    ref: str | None
    commit: CommitId | None
    tree: str
    version: str
    manifest_sha256: str
    installed_to: str
    files: Mapping[MemoryPath, LockedFile]
    more: Mapping[str, object] = field(default_factory=dict)
    written: str = field(default="", init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Lock:
    """What is installed.

    Attributes:
        kits: By name.
        more: Keys that this PACK does not know.
    """

    kits: Mapping[str, LockedKit] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)

    def with_kit(self, kit: LockedKit) -> Lock:
        """The lock with a kit, in place of the one of its name."""
        return Lock({**self.kits, kit.name: kit}, self.more)

    def without(self, name: str) -> Lock:
        """The lock without a kit."""
        return Lock({n: kit for n, kit in self.kits.items() if n != name}, self.more)


def locked(kit: Kit, before: LockedKit | None = None) -> LockedKit:
    """What the lock says of a kit.

    Args:
        kit: The kit.
        before: What it says now, if the kit is installed; what it says of the user stays.
    """
    known = before.files if before else {}
    files = {
        path: replace(known.get(path, LockedFile("")), sha256=digest, mode=kit.shipped[path].mode)
        for path, digest in sha256s(kit.files)
    }
    return LockedKit(
        name=kit.name,
        source=kit.shipment.source,
        ref=kit.shipment.ref,
        commit=kit.shipment.commit,
        tree=kit.tree,
        version=str(kit.manifest.version),
        manifest_sha256=kit.manifest_sha256,
        installed_to=before.installed_to if before else kit.folder,
        files=files,
        more=before.more if before else {},
    )


# --- the file ------------------------------------------------------------------------------------


def read_lock(content: bytes | None) -> Lock:
    """The lock in a file; an empty one where there is none.

    Raises:
        InvalidConfig: It cannot be used. It must be repaired by hand, or brought back from history.
    """
    if content is None:
        return Lock()
    try:
        return _READ.once(content, lambda: _read(content))
    except (UnicodeDecodeError, InvalidContent, InvalidPath, LimitExceeded) as error:
        raise InvalidConfig(LOCK, str(error)) from error


def _read(content: bytes) -> Lock:
    if len(content) <= _LARGEST and (quick := _read_written(content)) is not None:
        return quick
    fields = yaml_block.load(content.decode("utf-8"), _LARGEST)
    if (version := fields.pop("version", None)) != _VERSION:
        raise InvalidContent(f"its version is {version!r}, and this PACK knows {_VERSION}")
    kits = _mapping(fields.pop("kits", {}), "kits")
    found = {_name(name): _kit(name, _mapping(kit, name)) for name, kit in kits.items()}
    return Lock(found, fields)


def _read_written(content: bytes) -> Lock | None:
    """The same for a file that is as `write_lock` writes it, many times quicker.

    `None` for any other, which is read as YAML. What is not plainly text is left to that, too.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    starts = [found.end() for found in _BLOCK.finditer(text)]
    head, *blocks = (text[i:j] for i, j in pairwise((0, *starts, len(text))))
    if head != _HEAD or not blocks:
        return None
    kits = [_read_block(block) for block in blocks]
    found = {kit.name: kit for kit in kits if kit is not None}
    return Lock(found) if len(found) == len(blocks) else None


_HEAD: Final = f"version: {_VERSION}\nkits:\n"
_BLOCK: Final = pattern(r"\n(?=  [^ ])")
_TEXT: Final = r"(?:[A-Za-z0-9./][^\s\"'\\{}\[\],&*!|>%`]*(?<!:)|\"[^\"\\\n]*\")"
_KIT: Final = pattern(
    rf"  (?P<name>{_TEXT}):\n"
    rf"    source: (?P<source>{_TEXT})\n"
    rf"(?:    ref: (?P<ref>{_TEXT})\n)?"
    rf"(?:    commit: (?P<commit>{_TEXT})\n)?"
    rf"    tree: (?P<tree>{_TEXT})\n"
    rf"    version: (?P<version>{_TEXT})\n"
    rf"    manifest_sha256: (?P<manifest_sha256>{_TEXT})\n"
    rf"    installed_to: (?P<installed_to>{_TEXT})\n"
    r"    files:\n(?P<files>(?:      .*\n)+)"
)
_FILE: Final = pattern(
    r"      (?P<path>[A-Za-z0-9][A-Za-z0-9 _./-]*[A-Za-z0-9]|\"[^\"\\\n]*\"): "
    r"\{sha256: \"?(?P<sha256>[0-9a-f]{64})\"?, mode: \"?(?P<mode>100(?:644|755))\"?"
    r"(?P<own>, own: true)?(?P<left_out>, left_out: true)?\}\n"
)


@lru_cache(maxsize=256)
def _read_block(text: str) -> LockedKit | None:
    """A kit as `_written` writes it; `None` if it is written otherwise."""
    match = _KIT.fullmatch(text)
    rows = list(_FILE.finditer(match["files"])) if match else []
    if match is None or sum(len(row[0]) for row in rows) != len(match["files"]):
        return None
    said = {key: _unquoted(value) for key, value in match.groupdict().items() if value}
    paths = [MemoryPath(_unquoted(row["path"])) for row in rows]
    if len(set(paths)) != len(paths) or not _is_name(said["name"]):
        return None
    kit = LockedKit(
        name=said["name"],
        source=said["source"],
        ref=said.get("ref"),
        commit=CommitId(said["commit"]) if "commit" in said else None,
        tree=said["tree"],
        version=said["version"],
        manifest_sha256=said["manifest_sha256"],
        installed_to=checked_folder(said["installed_to"]),
        files={
            path: LockedFile(row["sha256"], row["mode"], bool(row["own"]), bool(row["left_out"]))
            for path, row in zip(paths, rows, strict=True)
        },
    )
    if _written(kit) != text:
        return None
    return kit


def _unquoted(text: str) -> str:
    return text[1:-1] if text.startswith('"') else text


def _kit(name: str, fields: dict[str, object]) -> LockedKit:
    files = _mapping(fields.pop("files", {}), f"{name}: files")
    commit, ref = _optional(fields, "commit", name), _optional(fields, "ref", name)
    return LockedKit(
        name=name,
        source=_text(fields, "source", name),
        ref=ref,
        commit=CommitId(commit) if commit else None,
        tree=_text(fields, "tree", name),
        version=_text(fields, "version", name),
        manifest_sha256=_text(fields, "manifest_sha256", name),
        installed_to=checked_folder(_text(fields, "installed_to", name)),
        files={MemoryPath(path): _file(path, _mapping(one, path)) for path, one in files.items()},
        more=fields,
    )


def _is_name(text: str) -> bool:
    return re.fullmatch(NAME, text) is not None


def _name(text: str) -> str:
    if not _is_name(text):
        raise InvalidContent(f"{text[:80]!r} is no name of a kit")
    return text


def _file(path: str, fields: dict[str, object]) -> LockedFile:
    mode = str(fields.pop("mode", REGULAR))
    is_own, is_left_out = _marked(fields, _OWN), _marked(fields, _LEFT_OUT)
    return LockedFile(_text(fields, "sha256", path), mode, is_own, is_left_out, fields)


def _marked(fields: dict[str, object], key: str) -> bool:
    """Whether a file has a mark; what else may be there is a key that is not known."""
    is_marked = fields.get(key) is True
    if is_marked:
        del fields[key]
    return is_marked


def _mapping(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidContent(f"{where[:80]} is not a mapping")
    return dict(value)


def _text(fields: dict[str, object], key: str, where: str) -> str:
    found = _optional(fields, key, where)
    if not found:
        raise InvalidContent(f"{where[:80]} has no {key}")
    return found


def _optional(fields: dict[str, object], key: str, where: str) -> str | None:
    value = fields.pop(key, None)
    if value is None or isinstance(value, str):
        return value
    raise InvalidContent(f"{where[:80]}: {key} is not text")


def write_lock(lock: Lock) -> bytes:
    """The file for a lock; the same lock gives the same bytes, which need not be parsed again."""
    content = _text_of(lock)
    if len(content) <= _LARGEST:
        _READ.once(content, lambda: lock)
    return content


def _text_of(lock: Lock) -> bytes:
    lines = [f"version: {_VERSION}", *_more(lock.more, "")]
    lines.append("kits:" if lock.kits else "kits: {}")
    head = "\n".join(lines) + "\n"
    return (head + "".join(_written(lock.kits[name]) for name in sorted(lock.kits))).encode("utf-8")


def _written(kit: LockedKit) -> str:
    """The lines of a kit, made once."""
    if not kit.written:
        lines = [f"  {yaml_block.write(kit.name)}:", *_kit_lines(kit)]
        object.__setattr__(kit, "written", "\n".join(lines) + "\n")
    return kit.written


def _kit_lines(kit: LockedKit) -> list[str]:
    fields = {
        "source": kit.source,
        "ref": kit.ref,
        "commit": kit.commit,
        "tree": kit.tree,
        "version": kit.version,
        "manifest_sha256": kit.manifest_sha256,
        "installed_to": kit.installed_to,
    }
    lines = [f"    {key}: {yaml_block.write(text)}" for key, text in fields.items() if text]
    lines += _more(kit.more, "    ")
    lines.append("    files:" if kit.files else "    files: {}")
    for path in sorted(kit.files):
        one = kit.files[path]
        marks = {key: True for key, is_on in _marks(one) if is_on}
        more = "".join(f", {_key(key)}: {_flow(v)}" for key, v in {**marks, **one.more}.items())
        inner = f"sha256: {_digest(one.sha256)}, mode: {_key(one.mode)}{more}"
        lines.append(f"      {yaml_block.write(path)}: {{{inner}}}")
    return lines


def _digest(text: str) -> str:
    """As `_flow`, many times quicker: what begins with a digit could be read as a number."""
    if not _SHA256.fullmatch(text):
        return _flow(text)
    return f'"{text}"' if text[0].isdecimal() else text


def _marks(one: LockedFile) -> tuple[tuple[str, bool], ...]:
    return (_OWN, one.is_own), (_LEFT_OUT, one.is_left_out)


def _more(fields: Mapping[str, object], indent: str) -> list[str]:
    return [f"{indent}{_key(key)}: {_flow(value)}" for key, value in sorted(fields.items())]


@lru_cache(maxsize=256)
def _key(key: str) -> str:
    return yaml_block.write(key, flow=True)


def _flow(value: object) -> str:
    """Any value that a file can have, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None or isinstance(value, str | int):
        return yaml_block.write(value, flow=True)
    return str(value)

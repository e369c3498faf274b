"""Writing use cases: update, edit, delete, move. Each is one commit with the index (C9, C10)."""

from __future__ import annotations

from collections.abc import Sequence

from pack.catalog.refresh import bring_up
from pack.catalog.row import decode, title_from_path
from pack.core.core import Core
from pack.core.requests import as_blob, encode_content
from pack.core.writer import Decision
from pack.errors import (
    AlreadyExists,
    BlobChanged,
    InvalidContent,
    InvalidPath,
    MigrationNeeded,
    NotFound,
)
from pack.files import frontmatter, schema
from pack.files.edits import Edit, apply_edits
from pack.index.format import is_generated, is_page_path, may_be_generated
from pack.model import ABSENT, BlobId, Change, Contents, Delete, MemoryPath, Mode, Put
from pack.paths import fold, is_memory_file, parse_memory_path, parse_stored_path
from pack.results import Written


def update(
    core: Core, path: str, content: str, sha: str | None, message: str | None, *, dry_run: bool
) -> Written:
    """See `Memory.update`."""
    encode_content(content)

    def decide() -> Decision:
        target, current = find_target(core, path)
        _expect(target, current, as_blob(sha))
        verb = "update" if current else "add"
        return _store(core, target, current, content, (verb, message))

    return core.writer.write(decide, dry_run=dry_run)


def edit(
    core: Core,
    path: str,
    edits: Sequence[Edit],
    sha: str | None,
    message: str | None,
    *,
    dry_run: bool,
) -> Written:
    """See `Memory.edit`."""

    def decide() -> Decision:
        target, current = _existing(core, path)
        if sha is not None:
            _expect(target, current, as_blob(sha))
        text = apply_edits(decode(target, current.content), edits)
        encode_content(text)
        return _store(core, target, current, text, ("edit", message))

    return core.writer.write(decide, dry_run=dry_run)


def delete(core: Core, path: str, sha: str, message: str | None, *, dry_run: bool) -> Written:
    """See `Memory.delete`."""

    def decide() -> Decision:
        target, current = _existing(core, path)
        _expect(target, current, as_blob(sha))
        with_index = not _is_v1_file(core, target)
        changes = [Delete(target, current.sha)]
        return Decision(target, changes, f"{target}: delete", message, with_index=with_index)

    return core.writer.write(decide, dry_run=dry_run)


def move(
    core: Core, path: str, new_path: str, sha: str, message: str | None, *, dry_run: bool
) -> Written:
    """See `Memory.move`."""

    def decide() -> Decision:
        source, current = _existing(core, path)
        if _is_v1_file(core, source):
            raise MigrationNeeded(source, new_path)
        _expect(source, current, as_blob(sha))
        target = _new_path(new_path)
        taken = core.reader.find(target)
        if taken is not None:
            raise AlreadyExists(target, None, taken.sha, taken.content)
        refuse_twin(core, target, leaving=source)
        changes: list[Change] = [
            Put(target, current.content, ABSENT),
            Delete(source, current.sha),
        ]
        subject = f"{target}: move from {source}"
        return Decision(target, changes, subject, message, moved={source: target})

    return core.writer.write(decide, dry_run=dry_run)


def find_target(core: Core, path: str) -> tuple[MemoryPath, Contents | None]:
    """The file a write is about, and what is there now.

    Raises:
        NotInitialised: There is no memory.
        MigrationNeeded: The memory is one v1 file, and the path is another.
        InvalidPath: No memory file can be called so.
    """
    mode = core.require_mode()
    target = parse_stored_path(path)
    if mode is Mode.V1:
        if target != core.reader.v1_path:
            raise MigrationNeeded(core.reader.v1_path, path)
        return target, core.reader.find(target)
    current = core.reader.find(target) if is_memory_file(target) else None
    if current is None:
        target = _new_path(path)
        refuse_twin(core, target)
    elif _is_generated(target, current.content):
        raise InvalidPath(path, "this index is generated")
    return target, current


def _new_path(text: str) -> MemoryPath:
    path = parse_memory_path(text)
    if is_page_path(path):
        raise InvalidPath(text, "pages of the index are called so")
    return path


def refuse_twin(core: Core, path: MemoryPath, leaving: MemoryPath | None = None) -> None:
    """Refuse a path that some file systems take for another one that is in use.

    Raises:
        InvalidPath: It names the other one.
    """
    bring_up(core.catalog, core.connector, core.connector.head())
    for twin in core.catalog.twins(fold(path)):
        if twin not in (path, leaving):
            raise InvalidPath(path, f"some file systems take it for {twin}")
    used = {fold(part): part for f in core.catalog.folders() for part in _ancestors(f.folder)}
    for folder in _ancestors(path.rpartition("/")[0]):
        other = used.get(fold(folder), folder)
        if other != folder:
            raise InvalidPath(path, f"some file systems take {folder}/ for {other}/")


def _ancestors(folder: str) -> list[str]:
    parts = folder.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _existing(core: Core, path: str) -> tuple[MemoryPath, Contents]:
    target, current = find_target(core, path)
    if current is None:
        raise NotFound(path)
    return target, current


def _is_v1_file(core: Core, path: MemoryPath) -> bool:
    """Whether a path is the one file of a v1 memory; in a v2 memory it is a file like any other."""
    return path == core.reader.v1_path and core.reader.mode() is Mode.V1


def _is_generated(path: MemoryPath, content: bytes) -> bool:
    if not may_be_generated(path):
        return False
    text = content.decode("utf-8", "replace")
    return is_generated(path, frontmatter.read(text).fields)


def _expect(path: MemoryPath, current: Contents | None, sha: BlobId | None) -> None:
    """Refuse to go on unless the caller has read what is there."""
    actual = current.sha if current else None
    if actual != sha:
        raise BlobChanged(path, sha, actual, current.content if current else None)


def _store(
    core: Core,
    target: MemoryPath,
    current: Contents | None,
    text: str,
    words: tuple[str, str | None],
) -> Decision:
    """The decision to store a text; `words` are the verb of the subject and the caller's own."""
    verb, message = words
    expect = current.sha if current else ABSENT
    subject = f"{target}: {verb}"
    if _is_v1_file(core, target):
        # A v1 file is the user's as a whole: nothing is added to it.
        change = Put(target, encode_content(text), expect)
        return Decision(target, [change], subject, message, with_index=False)
    previous = current.content.decode("utf-8", "replace") if current else None
    stamped = schema.stamp(text, previous, core.clock(), title_from_path(target))
    warnings = (stamped.warning,) if stamped.warning else ()
    change = Put(target, encode_content(stamped.text), expect)
    if _is_generated(target, change.content):
        # It would be hidden, and replaced by the next write.
        raise InvalidContent("`pack_index` in the frontmatter marks an index that PACK generates")
    return Decision(target, [change], subject, message, warnings=warnings)

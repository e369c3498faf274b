"""What a source delivers, and the kit that is made of it: files, limits, and what is odd about it.

The files of a kit are data. Nothing of it is run, filled in, or read as configuration; links and
submodules are left out, and a path that would lead out of the kit's folder refuses all of it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol, TypeVar

from pack.catalog.scope import ScopeRule
from pack.errors import InvalidPath, LimitExceeded, RefusedForSafety
from pack.index.format import may_be_generated
from pack.kits.foreign import PLUGIN_FILES, find_manifest
from pack.kits.manifest import Manifest
from pack.limits import MAX_FILE_BYTES
from pack.model import BlobId, CommitId, MemoryPath, blob_id, object_id
from pack.paths import INDEX, fold, parse_path

MOST_FILES: Final = 5000
MOST_BYTES: Final = 50 * 1024 * 1024
FOLDER: Final = "kits"
"""Where kits go that do not say otherwise."""
RESERVED: Final = ("profiles", "legacy", "archive")
"""Folders of the memory to which no kit goes: what is in them means something already."""
REGULAR: Final = "100644"
EXECUTABLE: Final = "100755"
LINK: Final = "120000"
_Path = TypeVar("_Path", bound=str)
_TELL: Final = "Tell the kit's maintainer; nothing of it can be installed."
TOO_LARGE: Final = b"\0" * (MAX_FILE_BYTES + 1)
"""What a source gives for a file that it does not read, as nothing of that is installed."""


@dataclass(frozen=True, slots=True)
class ShippedFile:
    """A file as a source has it.

    Attributes:
        content: Its bytes; empty for what is no file.
        mode: As in git: `100644`, `100755`, `120000` for a link, `160000` for a submodule.
    """

    content: bytes
    mode: str = REGULAR

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.content)

    @property
    def blob(self) -> BlobId:
        """Git's id of its bytes."""
        return blob_id(self.content)


class FileOnDemand(ShippedFile):
    """A file that is stored where its bytes can be read whenever they are needed.

    Args:
        blob: Git's id of its bytes.
        read: Reads a blob; what it returns has this id.
        mode: As in `ShippedFile`.
        size: How many bytes it has; `None` if only reading it tells.
    """

    __slots__ = ("_blob", "_read", "_size")

    def __init__(
        self,
        blob: BlobId,
        read: Callable[[BlobId], bytes],
        mode: str = REGULAR,
        size: int | None = None,
    ) -> None:
        for name, value in (("_blob", blob), ("_read", read), ("mode", mode), ("_size", size)):
            object.__setattr__(self, name, value)

    _blob: BlobId
    _read: Callable[[BlobId], bytes]
    _size: int | None

    @property
    def content(self) -> bytes:
        """The bytes of the blob."""
        return self._read(self._blob)

    @property
    def size(self) -> int:
        """See `ShippedFile.size`."""
        return len(self.content) if self._size is None else self._size

    @property
    def blob(self) -> BlobId:
        """See `ShippedFile.blob`."""
        return self._blob


class ContentsOnDemand(Mapping[_Path, bytes]):
    """The bytes of files by path; those of each are read when somebody asks for them, and once."""

    def __init__(self, files: Mapping[_Path, ShippedFile]) -> None:
        self._files = files
        self._read: dict[_Path, bytes] = {}

    def __getitem__(self, path: _Path) -> bytes:
        if path not in self._read:
            self._read[path] = self._files[path].content
        return self._read[path]

    def __iter__(self) -> Iterator[_Path]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


@dataclass(frozen=True, slots=True)
class Shipment:
    """What a source delivers.

    Attributes:
        source: Where it comes from, as the lock names it; without secrets.
        ref: The branch, tag or commit that was asked for; `None` for the newest.
        commit: The commit; `None` where the source is not in git.
        files: Its files, by path, as the source spells them.
        called: What its folder is called.
        signer: The fingerprint of the key that signed the version; `None` if none did.
    """

    source: str
    ref: str | None
    commit: CommitId | None
    files: Mapping[str, ShippedFile]
    called: str = "kit"
    signer: str | None = None


class KitSource(Protocol):
    """A place that kits come from."""

    @property
    def address(self) -> str:
        """How the lock names it; without secrets."""
        ...

    @property
    def is_near(self) -> bool:
        """Whether it is on this machine, so that looking costs nothing."""
        ...

    def at(self, ref: str | None = None) -> CommitId | None:
        """The commit that a branch is at, if that can be told at no cost; `None` if it cannot.

        Args:
            ref: The branch; `None` for the newest.
        """
        ...

    def ship(self, ref: str | None = None) -> Shipment:
        """What it has now.

        Args:
            ref: A branch, a tag or a commit; `None` for the newest.

        Raises:
            NotFound: It has no such ref, or nothing at all.
            InvalidRequest: It has no refs.
            LimitExceeded: It is too large.
            Unavailable: It cannot be read.
        """
        ...

    def refs(self) -> list[str]:
        """What else it can ship: its tags and, before them, its commits; the newest first.

        Raises:
            Unavailable: It cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class NotInstalled:
    """A file of a source that is not installed.

    Attributes:
        path: As the source spells it.
        reason: Why, in words.
    """

    path: str
    reason: str


@dataclass(frozen=True)
class Kit:
    """A kit that can be installed.

    Attributes:
        manifest: What it says of itself.
        manifest_sha256: Of the file that says it.
        shipment: Where it comes from.
        shipped: Its files, by path below its folder.
        left_out: What is not installed.
    """

    manifest: Manifest
    manifest_sha256: str
    shipment: Shipment
    shipped: Mapping[MemoryPath, ShippedFile]
    left_out: tuple[NotInstalled, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.manifest.name

    @cached_property
    def files(self) -> Mapping[MemoryPath, bytes]:
        """Its contents, by path below its folder."""
        return ContentsOnDemand(self.shipped)

    @cached_property
    def blobs(self) -> Mapping[MemoryPath, BlobId]:
        """Its blobs, by path below its folder."""
        return {path: one.blob for path, one in self.shipped.items()}

    @cached_property
    def tree(self) -> str:
        """The id of the git tree with exactly these files."""
        return tree_id(self.blobs)

    @property
    def folder(self) -> str:
        """The folder that it goes to, with a slash at its end.

        Raises:
            InvalidPath: The manifest names none that a kit may have.
        """
        return kit_folder(self.manifest)


def kit_folder(manifest: Manifest) -> str:
    """The folder that a kit goes to, with a slash at its end.

    Raises:
        InvalidPath: The manifest names none that a kit may have.
    """
    try:
        folder = checked_folder(manifest.install_to or f"{FOLDER}/{manifest.name}")
        refuse_all_kits(folder)
    except (InvalidPath, LimitExceeded) as error:
        error.remedy = "The kit itself asks for this folder (`install_to`). Tell its maintainer."
        raise
    return folder


def refuse_all_kits(folder: str) -> None:
    """Do nothing, unless a folder is the one in which each kit has its own.

    Raises:
        InvalidPath: It is.
    """
    if fold(folder) == f"{FOLDER}/":
        raise InvalidPath(folder, "each kit has a folder of its own in it")


def checked_folder(text: str) -> str:
    """A folder that a kit may have, with a slash at its end.

    Raises:
        InvalidPath: No kit may have it.
        LimitExceeded: Its name is too long.
    """
    folder = parse_path(text.removesuffix("/"))
    if fold(folder.split("/")[0]) in RESERVED:
        raise InvalidPath(folder, "a kit cannot go there")
    return f"{folder}/"


def unpack(shipment: Shipment) -> Kit:
    """The kit in a shipment.

    Raises:
        NotFound: There is none.
        InvalidContent: What it says of itself cannot be used.
        InvalidPath: It would go where no kit may go.
        LimitExceeded: It is too large.
        RefusedForSafety: A path leads out of its folder, or two files would be one on some systems.
    """
    texts = ContentsOnDemand({path: one for path, one in shipment.files.items() if _is_file(one)})
    name, manifest = find_manifest(texts, shipment.called)
    folder = kit_folder(manifest)
    rules = [ScopeRule.of(pattern) for pattern in manifest.files]
    files, left_out = dict[MemoryPath, ShippedFile](), list[NotInstalled]()
    for path, one in sorted(shipment.files.items()):
        refuse_escape(path)
        if path != name and not any(rule.holds(path) for rule in rules):
            continue
        if reason := _unusable(folder, path, one, may_begin_with_dot=path in PLUGIN_FILES):
            left_out.append(NotInstalled(path, reason))
        else:
            files[MemoryPath(path)] = one
    _check_size(files)
    _refuse_twins(files)
    digest = hashlib.sha256(texts[name]).hexdigest()
    return Kit(manifest, digest, shipment, files, tuple(left_out))


def _is_file(one: ShippedFile) -> bool:
    return one.mode in (REGULAR, EXECUTABLE)


def refuse_escape(path: str) -> None:
    """Do nothing, unless a path was made to leave the folder: then nothing of it is believed.

    Raises:
        RefusedForSafety: It was.
    """
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or ".." in parts or path[1:2] == ":" or "\0" in path:
        raise RefusedForSafety(
            f"the kit has a path that leads out of its folder: {path[:80]!r}",
            _TELL,
        )


def _unusable(folder: str, path: str, one: ShippedFile, *, may_begin_with_dot: bool) -> str | None:
    """Why a file of a source is not installed; `None` if it is."""
    if not _is_file(one):
        return "a link" if one.mode == LINK else "a submodule"
    if may_be_generated(path) or fold(path.rpartition("/")[2]) == INDEX:
        return f"{INDEX} is PACK's own"
    if one.size > MAX_FILE_BYTES:
        return f"it is larger than {MAX_FILE_BYTES:,} bytes"
    plain = _without_dots(path)
    try:
        parse_path(f"{folder}{plain}")
    except (InvalidPath, LimitExceeded) as error:
        return str(error)
    return None if plain == path or may_begin_with_dot else "its name begins with a dot"


def _without_dots(path: str) -> str:
    return "/".join(part.lstrip(".") or "x" for part in path.split("/"))


def _check_size(files: Mapping[MemoryPath, ShippedFile]) -> None:
    if len(files) > MOST_FILES:
        raise LimitExceeded("the kit", MOST_FILES, "files")
    if sum(one.size for one in files.values()) > MOST_BYTES:
        raise LimitExceeded("the kit", MOST_BYTES)


def _refuse_twins(files: Iterable[str]) -> None:
    """Do nothing, unless two paths would be one on a file system that ignores case."""
    if twins := find_twins((), files):
        raise RefusedForSafety(
            f"{twins[0]} and {twins[1]} of the kit are one on some systems", _TELL
        )


def find_twins(there: Iterable[str], new: Iterable[str]) -> tuple[str, str] | None:
    """A path that some file systems confuse with another one, and that one; `None` if none is.

    Args:
        there: Paths that are there already, whatever they are.
        new: Paths that come; they are compared with each other, too.
    """
    seen = {fold(part): part for path in there for part in _with_folders(path)}
    for path in new:
        for part in _with_folders(path):
            other = seen.setdefault(fold(part), part)
            if other != part:
                return part, other
    return None


def _with_folders(path: str) -> Iterator[str]:
    return (path.rsplit("/", end)[0] for end in range(path.count("/") + 1))


def tree_id(files: Mapping[MemoryPath, BlobId]) -> str:
    """The id of the git tree with these files, all of them regular.

    Source: git's fsck.c and tree.c: a folder is sorted as if its name ended in a slash.
    """
    inner: dict[str, dict[MemoryPath, BlobId]] = defaultdict(dict)
    rows: list[tuple[bytes, bytes]] = []
    for path, blob in files.items():
        first, slash, rest = path.partition("/")
        if slash:
            inner[first][MemoryPath(rest)] = blob
        else:
            rows.append((first.encode(), _row(REGULAR, first, blob)))
    for name, below in inner.items():
        rows.append((f"{name}/".encode(), _row("40000", name, tree_id(below))))
    return object_id("tree", b"".join(row for _, row in sorted(rows)))


def _row(mode: str, name: str, sha: str) -> bytes:
    return f"{mode} {name}\0".encode() + bytes.fromhex(sha)


def sha256s(files: Mapping[MemoryPath, bytes]) -> Iterator[tuple[MemoryPath, str]]:
    """The SHA-256 of each file."""
    return ((path, hashlib.sha256(content).hexdigest()) for path, content in files.items())

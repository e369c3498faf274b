"""A kit in a repository on this machine, read where it is: nothing is fetched.

Only what is plain is read so: the tip of a branch, in a repository of the person's own. Wherever
anything is out of the ordinary, nothing is told, and the repository is fetched, which says what is
wrong with it.

Source: git's fsck.c, `fsck_tree` and `fsck_commit`, for what no tree and no commit may hold.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pack.errors import ConnectorError, LimitExceeded, NotFound, Unavailable
from pack.kits.shipment import MOST_BYTES, TOO_LARGE, ShippedFile, UnreadFile
from pack.limits import MAX_FILE_BYTES
from pack.model import BlobId, CommitId
from pack.paths import fold
from pack_connectors.local_git.objects import (
    EXECUTABLE_MODE,
    FILE_MODE,
    SUBMODULE_MODE,
    SYMLINK_MODE,
    TREE_MODE,
    TreeEntry,
    find_in_tree,
    iter_tree,
)
from pack_connectors.local_git.process import ZERO_ID, GitRunner
from pack_connectors.local_git.remote.near_objects import NearObjects
from pack_connectors.local_git.remote.near_ref import MOST_TAGS, near_commit, near_tags

_MOST_ROWS: Final = 20_000
_ID_BYTES: Final = 20
_FILES: Final = (FILE_MODE, EXECUTABLE_MODE)
_MODES: Final = (*_FILES, SYMLINK_MODE, SUBMODULE_MODE, TREE_MODE)
_PLAIN_DOT_NAMES: Final = (".gitignore", ".gitattributes", ".gitkeep", ".github")
_ODD_NAME: Final = re.compile(
    r"\.{1,2}|\.git.*|.*[/\\:~\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff].*", re.DOTALL
)
"""What some system takes for git's own, or for another folder; only git knows all of that."""
_WHO: Final = rb"[^<>\0\n]* <[^<>\0\n]*> [0-9]{1,18} [+-][0-9]{4}\n"
_COMMIT: Final = re.compile(
    rb"tree ([0-9a-f]{40})\n(?:parent [0-9a-f]{40}\n)*author " + _WHO + rb"committer " + _WHO
)


class NearRepository:
    """A repository as it was when somebody first asked for a branch of it.

    Args:
        place: The repository, with files or without.
        start: Returns what runs git with the objects of a folder.
    """

    def __init__(self, place: Path, start: Callable[[Path], GitRunner]) -> None:
        self._place = place
        folder = place / ".git" if (place / ".git").exists() else place
        self._folder = folder
        self._objects = NearObjects(folder / "objects", start)
        self._tips: dict[str | None, CommitId | None] = {}

    def at(self, branch: str | None) -> CommitId | None:
        """The commit that a branch is at; `None` where that is not plain to see.

        Args:
            branch: The branch; `None` for the current one.
        """
        if branch not in self._tips:
            self._tips[branch] = near_commit(self._place, branch)
        return self._tips[branch]

    def is_own(self) -> bool:
        """Whether it belongs to whoever runs this, as git wants it before it reads one."""
        if not hasattr(os, "geteuid"):
            return False  # it takes git to say
        try:
            owners = {self._place.stat().st_uid, self._folder.stat().st_uid}
        except OSError:
            return False
        return owners == {os.geteuid()}

    def files(self, commit: CommitId, folder: str) -> list[tuple[str, ShippedFile]]:
        """The files of a folder in a commit, by their path below it; none has been read yet.

        Raises:
            LimitExceeded: They are too large.
            NotFound, Unavailable: They cannot be told so.
        """
        rows = list(self._rows(self._tree_of(commit, folder)))
        blobs = [one.id for _, one in rows if one.mode in _FILES]
        sizes = self._objects.sizes(list(dict.fromkeys(blobs)))
        small = (sizes[blob] for blob in blobs if sizes[blob] <= MAX_FILE_BYTES)
        if sum(small) > MOST_BYTES:
            raise LimitExceeded("the kit", MOST_BYTES)
        return [(path, self._file(one, sizes.get(one.id, 0))) for path, one in rows]

    def tags_at(self, commit: CommitId) -> list[tuple[str, bytes]]:
        """The annotated tags of a commit, by name.

        Raises:
            NotFound, Unavailable: They cannot be told so.
        """
        tags = near_tags(self._folder)
        if tags is None or len(tags) > MOST_TAGS:
            raise Unavailable("there are tags that only git can tell")
        begin = f"object {commit}\n".encode()
        found = [(name, self._tag(at)) for name, at in tags.items() if at != commit]
        return [(name, tag) for name, tag in found if tag is not None and tag.startswith(begin)]

    def close(self) -> None:
        """End the git that was asked."""
        self._objects.close()

    def _tag(self, name: str) -> bytes | None:
        """A tag; `None` for what is no tag but a commit with a name."""
        try:
            return self._objects.read(name, "tag")
        except NotFound:
            self._objects.read(name, "commit")
            return None

    def _tree_of(self, commit: CommitId, folder: str) -> str:
        begin = _COMMIT.match(self._objects.read(commit, "commit"))
        if begin is None:
            raise Unavailable(f"commit {commit} is not as git would make it")
        tree = begin[1].decode("ascii")
        for name in filter(None, folder.split("/")):
            found = find_in_tree(self._tree(tree), name)
            if found is None or found.mode != TREE_MODE:
                raise NotFound(folder)
            tree = found.id
        return tree

    def _rows(self, tree: str) -> Iterator[tuple[str, TreeEntry]]:
        """Path and entry of all below a tree that is no folder."""
        left, count = [("", tree)], 0
        while left:
            prefix, at = left.pop()
            for one in iter_tree(self._tree(at)):
                count += 1
                if count > _MOST_ROWS:
                    raise Unavailable("there are too many files")
                if one.mode == TREE_MODE:
                    left.append((f"{prefix}{one.name}/", one.id))
                else:
                    yield f"{prefix}{one.name}", one

    def _tree(self, name: str) -> bytes:
        """A tree that no check of git's would refuse.

        Raises:
            Unavailable: One might.
        """
        data = self._objects.read(name, "tree")
        names, before, size = set[str](), b"", 0
        for one in _entries(name, data):
            end = "/" if one.mode == TREE_MODE else ""
            key = f"{one.name}{end}".encode("utf-8", "surrogateescape")
            odd = _is_odd(one.name) or one.name in names or one.id == ZERO_ID
            if odd or key <= before or one.mode not in _MODES:
                raise Unavailable(f"tree {name} is not as git would make it")
            names.add(one.name)
            before, size = key, size + len(f"{one.mode:o} \0") + len(key) - len(end) + _ID_BYTES
        if size != len(data):  # a mode is written in another way
            raise Unavailable(f"tree {name} is not as git would make it")
        return data

    def _file(self, one: TreeEntry, size: int) -> ShippedFile:
        mode = f"{one.mode:o}"
        if one.mode not in _FILES:
            return ShippedFile(b"", mode)
        if size > MAX_FILE_BYTES:
            return ShippedFile(TOO_LARGE, mode)
        return UnreadFile(BlobId(one.id), self._read, mode, size)

    def _read(self, blob: BlobId) -> bytes:
        try:
            return self._objects.read(blob, "blob")
        except NotFound as error:  # somebody has just removed it
            raise Unavailable(f"{self._place} cannot be read: {error}") from error


def _entries(name: str, data: bytes) -> Iterator[TreeEntry]:
    """The entries of a tree; raises `Unavailable` if it is damaged."""
    try:
        yield from iter_tree(data)
    except ConnectorError as error:
        raise Unavailable(f"tree {name} is damaged") from error


def _is_odd(name: str) -> bool:
    return name not in _PLAIN_DOT_NAMES and _ODD_NAME.fullmatch(fold(name)) is not None

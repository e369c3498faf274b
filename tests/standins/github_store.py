"""One repository's state: a bare git repository, read and written with git's plumbing.

Why real git: ids are true, `git clone` and `git push` meet the same objects as the API, and
`git fsck` can judge what a test has made.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.standins.git_objects import (
    EMPTY_TREE,
    CommitData,
    GitObject,
    TreeItem,
    encode_pack,
    parse_commit,
    parse_tree,
)

# Not a revision expression: a reflog entry (`@{1}`) is no ref.
_REF = re.compile(r"refs/(?!.*@\{)[^\x00-\x20~^:?*\[\\]+")
_OID = re.compile(r"[0-9a-f]{40}")
_LOOSE_UP_TO = 200
_TREES_KEPT = 2000
_CONFIG = """
[core]
    repositoryFormatVersion = 0
    bare = true
[gc]
    auto = 0
[http]
    receivepack = true
[receive]
    autogc = false
    denyDeleteCurrent = ignore
[uploadpack]
    allowFilter = true
    allowAnySHA1InWant = true
[core]
    logAllRefUpdates = true
"""


def git_environment() -> dict[str, str]:
    """The environment for git on the server's side: nothing of the user's set-up."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}


class GitRepository:
    """A bare repository. Safe for use from several threads."""

    def __init__(self, folder: Path, default_branch: str = "main") -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self.before_ref_update: Callable[[], None] | None = None
        self._reader: subprocess.Popen[bytes] | None = None
        self._trees: dict[str, Mapping[str, TreeItem]] = {}
        self._histories: dict[str, Sequence[str]] = {}
        self._before_last_write: dict[str, str] = {}
        # As git makes one (gitrepository-layout(5)), without a process for it.
        for name in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
            (folder / name).mkdir(parents=True)
        (folder / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n", encoding="utf-8")
        (folder / "config").write_text(_CONFIG, encoding="utf-8")

    def close(self) -> None:
        """End the reading process."""
        with self.lock:
            if self._reader is not None:
                self._reader.communicate()
                self._reader = None

    def git(self, *args: str, stdin: bytes = b"") -> bytes:
        """Output of a git command in this repository.

        Raises:
            subprocess.CalledProcessError: git failed.
        """
        return self._run(*args, stdin=stdin)

    def _run(self, *args: str, stdin: bytes = b"") -> bytes:
        command = ["git", *args]
        done = subprocess.run(
            command, cwd=self.folder, env=git_environment(), input=stdin, capture_output=True,
            check=True,
        )  # fmt: skip
        return done.stdout

    # --- objects -------------------------------------------------------------------------------

    def find(self, name: str) -> tuple[str, GitObject] | None:
        """Id and object that a full id or a full ref name means."""
        with self.lock:
            reader = self._open_reader()
            assert reader.stdin is not None
            assert reader.stdout is not None
            reader.stdin.write(name.encode() + b"\n")
            reader.stdin.flush()
            return _read_object(reader.stdout)

    def _open_reader(self) -> subprocess.Popen[bytes]:
        if self._reader is None:
            self._reader = subprocess.Popen(
                ["git", "cat-file", "--batch"], cwd=self.folder, env=git_environment(),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        return self._reader

    def get(self, oid: str, kind: str) -> bytes | None:
        """Body of the object if it is there and of that kind."""
        found = self.find(oid) if _OID.fullmatch(oid) else None
        return found[1].data if found and found[1].kind == kind else None

    def commit_data(self, oid: str) -> CommitData | None:
        data = self.get(oid, "commit")
        return None if data is None else parse_commit(data)

    def tree(self, oid: str) -> Mapping[str, TreeItem] | None:
        """Entries of a tree by name."""
        if oid == EMPTY_TREE:
            return {}
        if (known := self._trees.get(oid)) is not None:
            return known
        data = self.get(oid, "tree")
        if data is None:
            return None
        if len(self._trees) >= _TREES_KEPT:
            self._trees.clear()
        return self._trees.setdefault(oid, parse_tree(data))

    def item_at(self, tree: str, path: str) -> TreeItem | None:
        """What a path leads to from a tree; the tree itself for the empty path."""
        item = TreeItem("40000", tree)
        for part in path.split("/") if path else ():
            items = self.tree(item.oid) if item.kind == "tree" else None
            if not items or part not in items:
                return None
            item = items[part]
        return item

    def add(self, objects: Sequence[GitObject]) -> None:
        """Store objects; those that are there already do no harm."""
        if len(objects) > _LOOSE_UP_TO:
            self._run("index-pack", "--stdin", stdin=encode_pack(objects))
            return
        for one in objects:
            self._add_loose(one)

    def _add_loose(self, one: GitObject) -> None:
        """A file as git itself writes it (gitformat-loose(5)), without a process for it."""
        oid = one.oid
        file = self.folder / "objects" / oid[:2] / oid[2:]
        if file.exists():
            return
        file.parent.mkdir(exist_ok=True)
        header = f"{one.kind} {len(one.data)}\0".encode()
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix="tmp_obj_", delete=False) as new:
            new.write(zlib.compress(header + one.data, 1))
        Path(new.name).replace(file)

    # --- refs ----------------------------------------------------------------------------------

    def ref(self, name: str, *, stale: bool = False) -> str | None:
        """Id a full ref name points to; with `stale`, as it was before the last write."""
        if stale:
            return self._before_last_write.get(name)
        found = self.find(name) if _REF.fullmatch(name) else None
        return found[0] if found else None

    def refs(self, *, stale: bool = False) -> dict[str, str]:
        """All refs, sorted by name."""
        if stale:
            return dict(self._before_last_write)
        # As git keeps them (gitrepository-layout(5)), without a process for it.
        packed = self.folder / "packed-refs"
        lines = packed.read_text(encoding="utf-8").splitlines() if packed.exists() else []
        pairs = (line.split(" ", 1) for line in lines if line[0] not in "#^")
        found = {name: oid for oid, name in pairs}
        for file in (self.folder / "refs").rglob("*"):
            if file.is_file() and file.suffix != ".lock":
                name = file.relative_to(self.folder).as_posix()
                found[name] = file.read_text(encoding="ascii").strip()
        return dict(sorted(found.items()))

    def is_empty(self, *, stale: bool = False) -> bool:
        """Whether there is no ref at all."""
        if not stale and self.find("HEAD") is not None:
            return False  # the usual case, without a process of its own
        return not self.refs(stale=stale)

    def swap(self, name: str, new: str | None, old: str | None) -> bool:
        """Move a ref if it still is `old` (`None`: absent); says whether it did.

        Source: git-update-ref(1).
        """
        hook, self.before_ref_update = self.before_ref_update, None
        if hook is not None:
            hook()
        with self.lock:
            before = self.refs()
            if before.get(name) != old:
                return False
            zeros = "0" * 40
            command = f"update {name}\0{new or zeros}\0{old or zeros}\0"
            self._run("update-ref", "-z", "--stdin", stdin=command.encode())
            self._before_last_write = before
            return True

    def remember_refs(self, before: Mapping[str, str]) -> None:
        """Keep what the refs were before a push, for stale reads."""
        if before != self.refs():
            self._before_last_write = dict(before)

    def is_ancestor(self, old: str, new: str) -> bool:
        command = ["git", "merge-base", "--is-ancestor", old, new]
        done = subprocess.run(
            command, cwd=self.folder, env=git_environment(), capture_output=True, check=False
        )
        return done.returncode == 0

    def log(self, *args: str) -> list[str]:
        """Commit ids that `git rev-list` gives."""
        return self._run("rev-list", *args).decode().split()

    def history(self, start: str) -> Sequence[str]:
        """The same for one commit: of the next one it takes no process, as it begins the list."""
        with self.lock:
            if start not in self._histories:
                data = self.commit_data(start)
                parents = data.parents if data else ()
                before = self._histories.get(parents[0]) if len(parents) == 1 else None
                found = self.log(start) if before is None else (start, *before)
                self._histories[start] = found
            return self._histories[start]


def _read_object(out: IO[bytes]) -> tuple[str, GitObject] | None:
    header = out.readline().decode().rstrip("\n")
    if header.endswith((" missing", " ambiguous")):
        return None
    oid, kind, size = header.split()
    data = out.read(int(size))
    out.read(1)
    return oid, GitObject(kind, data)


def sorted_paths(paths: Iterable[str]) -> list[str]:
    """Paths in the order of their UTF-8 bytes, as git lists them."""
    return sorted(paths, key=lambda path: path.encode("utf-8", "surrogateescape"))

"""A repository with memory files, and the slow and certain answer to what is edited in it."""

import os
import subprocess
from pathlib import Path

from pack_connectors.local_git.changes.state import WorktreeState
from pack_connectors.local_git.worktree import Worktree

from pack.catalog.row import is_catalogued
from pack.limits import MAX_FILE_BYTES
from pack.model import EntryType, blob_id

_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


class Repository:
    """A git repository; `commit_all` makes a commit of what is in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root / ".git/pack/worktree.seen"
        self.git("init", "--quiet", "--template=", str(root), cwd=root.parent)
        self.open = []
        self.commits = {}

    def git(self, *args: str, cwd: Path | None = None) -> str:
        command = ["git", "-c", "core.autocrlf=false", *args]
        done = subprocess.run(
            command, cwd=cwd or self.root, env=_ENVIRONMENT, check=True, capture_output=True
        )
        return os.fsdecode(done.stdout)

    def write(self, path: str, content: bytes | str = b"") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit_all(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        return self.head()

    def head(self) -> str:
        name = (self.root / ".git/HEAD").read_text("ascii").strip()
        if not name.startswith("ref: "):
            return name
        return (self.root / ".git" / name.removeprefix("ref: ")).read_text("ascii").strip()

    def walk(self, commit):
        if commit not in self.commits:
            rows = self.git("ls-tree", "-r", "-z", commit).split("\0")[:-1]
            files = [row.split("\t") for row in rows if row.startswith("100")]
            self.commits[commit] = {path: meta.split()[2] for meta, path in files}
        return self.commits[commit].items()

    def diff(self, old, new):
        before, after = dict(self.walk(old)), dict(self.walk(new))
        return [(p, after.get(p)) for p in before | after if before.get(p) != after.get(p)]

    def state(self, **options) -> WorktreeState:
        options = {"diff": self.diff, "walk": self.walk, "cache_file": self.cache} | options
        made = WorktreeState(Worktree(self.root), **options)
        self.open.append(made)
        return made

    def close(self) -> None:
        for state in self.open:
            state.close()

    def edits(self, commit):
        """What `WorktreeState.edits` has to answer, found by reading everything."""
        tree = Worktree(self.root)
        visible = {}
        for path, kind in tree.scan():
            if kind is EntryType.FILE and is_catalogued(path):
                large = tree.stat(path).st_size > MAX_FILE_BYTES
                visible[path] = "" if large else blob_id(tree.read(path).content)
        committed = dict(self.walk(commit)) if commit else {}
        committed = {path: blob for path, blob in committed.items() if is_catalogued(path)}
        return {
            path: visible.get(path)
            for path in visible | committed
            if visible.get(path) != committed.get(path)
        }

"""A memory that distributes, and repositories that get parts of it, in real git."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.stories.cli_driver import Ended, Folder, new_memory

USER = ("-c", "user.name=Human", "-c", "user.email=human@example.org")
RULES = ".pack/distribution/rules"
LINES = "".join(f"line {n}\n\n" for n in range(1, 8))
FIRST = {
    "projects/web/a.md": f"# A\n\n{LINES}",
    "projects/web/b.md": f"# B\n\nSee [A](a.md).\n\n{LINES}",
    "projects/web/gone.md": "# It goes\n\nOnly here.\n",
    "projects/web/private/secret.md": "# Not for others\n",
}
RULE = """\
sync_rule:
  id: guides
  source: "projects/web/*.md"
  target_repo: ../down
  target_path: docs/guides/
  strategy: copy
  frequency: on_release
"""


class Memory(Folder):
    """A memory with rules, and releases."""

    def rule(self, text: str = RULE, name: str = "guides") -> None:
        """Have a rule."""
        self.write({f"{RULES}/{name}.yaml": text})

    def release(self, version: str, files: Mapping[str, str | None]) -> str:
        """Change files, and tag what is there; the commit."""
        for name, content in files.items():
            if content is None:
                (self.path / name).unlink()
            else:
                self.write({name: content})
        self.git("add", "--all")
        self.git(*USER, "commit", "--quiet", "--allow-empty", "-m", f"Say {version}")
        self.git("tag", version)
        return self.head()

    def results(self, *words: str, status: int = 0) -> list[dict[str, Any]]:
        """What a run came to, by rule."""
        ended = self.distribute(*words, status=status)
        found: list[dict[str, Any]] = ended.json["results"]
        return found

    def run(self, *words: str, status: int = 0) -> dict[str, Any]:
        """The same of the only rule."""
        (found,) = self.results("run", *words, status=status)
        return found

    def distribute(self, *words: str, status: int = 0) -> Ended:
        ended = self.pack("distribute", *words, "--format", "json")
        assert ended.status == status, ended
        return ended


class Downstream(Folder):
    """A repository that gets files, where people work."""

    def branches(self) -> dict[str, str]:
        rows = self.git("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads/")
        return dict(row.split(" ") for row in rows.splitlines())

    def files(self, ref: str = "main") -> dict[str, bytes]:
        names = self.git("ls-tree", "-r", "--name-only", "-z", ref).split("\0")[:-1]
        return {name: self.git_bytes("cat-file", "blob", f"{ref}:{name}") for name in names}

    def commit(self, files: Mapping[str, str | bytes | None], branch: str = "main") -> str:
        """Change files on a branch, as a person does."""
        self.git("switch", "--quiet", branch)
        for name, content in files.items():
            if content is None:
                (self.path / name).unlink()
            else:
                self.write({name: content})
        self.git("add", "--all")
        self.git(*USER, "commit", "--quiet", "--allow-empty", "-m", "Change by hand")
        head = self.head()
        self.git("switch", "--quiet", "main")
        return head

    def merge(self, branch: str, how: str = "merge") -> str:
        """Take a branch into main, as hosts do, and remove it; where main is."""
        self.git("switch", "--quiet", "main")
        if how == "merge":
            self.git(*USER, "merge", "--quiet", "--no-ff", "--no-edit", branch)
        elif how == "squash":
            self.git(*USER, "merge", "--quiet", "--squash", branch)
            self.git(*USER, "commit", "--quiet", "--allow-empty", "-m", f"Take {branch} (#1)")
        elif how == "rebase":
            self.git(*USER, "cherry-pick", f"main..{branch}")
        else:
            self.git("merge", "--quiet", "--ff-only", branch)
        self.git("branch", "--quiet", "-D", branch)
        return self.head()


def make_pair(folder: Path) -> None:
    """A memory with one release and one rule, and a repository that has nothing of it."""
    folder.mkdir(parents=True, exist_ok=True)
    memory = Memory(folder / "memory")
    new_memory(memory.path)
    memory.rule()
    memory.release("v1.0.0", FIRST)
    down = Downstream(folder / "down")
    down.start({"README.md": "# Down\n"})


def pair(folder: Path) -> tuple[Memory, Downstream]:
    return Memory(folder / "memory"), Downstream(folder / "down")


def another(down: Downstream, name: str) -> Downstream:
    """A copy of a repository."""
    shutil.copytree(down.path, down.path.with_name(name))
    return Downstream(down.path.with_name(name))

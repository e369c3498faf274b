"""A downstream in a git repository on this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from pack_connectors.local_git.distribution.downstream import GitDownstream
from pack_connectors.local_git.distribution.scratch import Scratch

from pack.distribution.ports import Downstream
from pack.model import CommitId
from tests.conformance.downstream_contract import FILES, DownstreamContract, DownstreamPlace

HOOK = """#!/bin/sh
while read old new ref; do
  if [ "$ref" = "refs/heads/{branch}" ]; then echo "this branch is protected"; exit 1; fi
done
"""


def run_git(folder: Path) -> Callable[..., bytes]:
    def run(*args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        return subprocess.run(
            ["git", "-C", str(folder), *args],
            input=stdin,
            capture_output=True,
            check=True,
            env={**os.environ, **(env or {})},
        ).stdout

    return run


def stream(files: Mapping[str, bytes | None], branch: str, on: str | None) -> bytes:
    """What `git fast-import` makes a commit of."""
    lines = [f"commit refs/heads/{branch}\ncommitter Ann <ann@x> 1770000000 +0000\n".encode()]
    lines.append(b"data 8\nby hand\n\n" + (f"from {on}\n".encode() if on else b""))
    for path, content in files.items():
        if content is None:
            lines.append(f"D {path}\n".encode())
            continue
        mode = "755" if path.startswith("bin/") else "644"
        lines.append(f"M {mode} inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
    return b"".join(lines)


def make_place(folder: Path, address: str, scratch: Scratch) -> DownstreamPlace:
    git = run_git(folder)

    def commit(branch: str, files: Mapping[str, bytes | None]) -> CommitId:
        found = git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").decode()
        start = git("for-each-ref", "--format=%(objectname)", "refs/heads/main").decode()
        git("fast-import", "--quiet", stdin=stream(files, branch, (found or start).strip() or None))
        return CommitId(git("rev-parse", f"refs/heads/{branch}").decode().strip())

    def forbid(branch: str) -> None:
        hook = Path(git("rev-parse", "--absolute-git-dir").decode().strip()) / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK.format(branch=branch), encoding="utf-8")
        hook.chmod(0o755)

    return DownstreamPlace(lambda: GitDownstream(address, scratch), git, commit, forbid)


@pytest.fixture(scope="module")
def scratch() -> Iterator[Scratch]:
    made = Scratch()
    yield made
    made.close()


@pytest.mark.usefixtures("git_identity")
class TestBare(DownstreamContract):
    address = "{folder}"
    options = ("--bare",)

    @pytest.fixture
    def empty(self, tmp_path: Path, scratch: Scratch) -> DownstreamPlace:
        folder = tmp_path / "down stream.git"
        init = ["git", "init", "--quiet", "--initial-branch=main", *self.options, str(folder)]
        subprocess.run(init, check=True)
        return make_place(folder, self.address.format(folder=folder), scratch)

    @pytest.fixture
    def place(self, empty: DownstreamPlace) -> DownstreamPlace:
        empty.commit("main", FILES)
        return empty

    @pytest.fixture
    def missing(self, tmp_path: Path, scratch: Scratch) -> Downstream:
        return GitDownstream(self.address.format(folder=tmp_path / "nothing"), scratch)


class TestWorkingTree(TestBare):
    """A folder in which somebody works, named by its address."""

    address = "file://{folder}"
    options = ()

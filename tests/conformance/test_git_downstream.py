"""A downstream in a git repository on this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pack_connectors.local_git.distribution.downstream import GitDownstream
from pack_connectors.local_git.distribution.scratch import Scratch

from pack.distribution.ports import Downstream
from tests.conformance.downstream_contract import (
    FILES,
    DownstreamContract,
    DownstreamPlace,
    run_git,
)

HOOK = """#!/bin/sh
while read old new ref; do
  if [ "$ref" = "refs/heads/{branch}" ]; then echo "this branch is protected"; exit 1; fi
done
"""


def make_place(folder: Path, address: str, scratch: Scratch) -> DownstreamPlace:
    git = run_git(folder)

    def forbid(branch: str) -> None:
        hook = Path(git("rev-parse", "--absolute-git-dir").decode().strip()) / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK.format(branch=branch), encoding="utf-8")
        hook.chmod(0o755)

    return DownstreamPlace(lambda: GitDownstream(address, scratch), git, forbid)


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


@pytest.mark.soak
class TestWorkingTree(TestBare):
    """A folder in which somebody works, named by its address.

    What is different there is in tests/unit/connectors/local_git/distribution/test_downstream.py.
    """

    address = "file://{folder}"
    options = ()

"""Skills and plugins that people have published: installed unchanged, or left with a reason.

`PACK_TEST_SKILLS` names a folder of git repositories; without it there is nothing to try.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

from tests.stories.cli_driver import Folder, new_memory

pytestmark = pytest.mark.soak
SAMPLE = 200
ENOUGH = 0.95
SKILLS = os.environ.get("PACK_TEST_SKILLS")  # before the tests lose sight of it


class Published(NamedTuple):
    """A folder that somebody published as a skill or as a plugin."""

    repository: Path
    folder: str

    @property
    def source(self) -> str:
        return f"{self.repository}#{self.folder}" if self.folder else str(self.repository)

    def files(self) -> dict[str, str]:
        """The blob of each of its files."""
        below = f"{self.folder}/" if self.folder else ""
        found = tree(self.repository)
        return {path[len(below) :]: blob for path, blob in found.items() if path.startswith(below)}


def tree(repository: Path) -> dict[str, str]:
    listed = subprocess.run(
        ["git", "-C", repository, "ls-tree", "-rz", "HEAD"], capture_output=True, check=True
    )
    rows = (row.split("\t", 1) for row in listed.stdout.decode().split("\0") if row)
    return {path: facts.split()[2] for facts, path in rows}


def published(folder: Path) -> list[Published]:
    """All skills and plugins in the repositories of a folder, in a fixed order."""
    found = set()
    for repository in sorted(path.parent for path in folder.glob("*/.git")):
        for path in map(PurePosixPath, tree(repository)):
            if path.name == "SKILL.md":
                found.add((repository, path.parent))
            elif path.parts[-2:] == (".claude-plugin", "plugin.json"):
                found.add((repository, path.parent.parent))
    named = ((repository, "" if str(at) == "." else str(at)) for repository, at in found)
    return sorted(Published(repository, at) for repository, at in named)


def reason(one: Published, memory: Folder) -> str | None:
    """Why not all files of a folder are in the memory as they were published; `None` if they are.

    Raises:
        AssertionError: Something is missing or changed without a word about it.
    """
    done = memory.pack("kit", "install", one.source, "--yes")
    if done.status:
        assert (done.status, done.err[:7]) == (1, "error: "), (one, done)
        return done.err
    got = {
        path.split("/", 2)[2]: blob
        for path, blob in tree(memory.path).items()
        if path.startswith("kits/")
    }
    other = [path for path, blob in one.files().items() if got.get(path) != blob]
    unexplained = [path for path in other if path in got or path not in done.text]
    assert not unexplained, (one, unexplained)
    return f"left out: {', '.join(other)}" if other else None


@pytest.mark.skipif(SKILLS is None, reason="PACK_TEST_SKILLS names no folder of repositories")
def test_most_of_what_people_have_published_installs_unchanged(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    all_of_them = published(Path(SKILLS or "."))
    sample = random.Random(SAMPLE).sample(all_of_them, min(SAMPLE, len(all_of_them)))
    whys = {}
    for number, one in enumerate(sample):
        memory = Folder(tmp_path / str(number))
        new_memory(memory.path)
        if why := reason(one, memory):
            whys[one.source] = why
            print(f"{one.source}: {why}")
    record_property("installed unchanged", f"{len(sample) - len(whys)} of {len(sample)}")
    assert len(whys) <= (1 - ENOUGH) * len(sample), whys

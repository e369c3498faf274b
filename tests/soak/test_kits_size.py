"""Many kits of many files: how they stand and their update, in processor time, offline."""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stories.cli_driver import COMMAND, Folder, new_memory

pytestmark = pytest.mark.soak
KITS = 50
FILES = 100
USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")
PARAGRAPHS = "".join(f"Paragraph {n}: how it is done, and why it is so.\n\n" for n in range(10))


def publish(source: Folder, version: str, *, every: int = 1) -> None:
    """Have this be a version of a kit, in which every so many files have changed."""
    manifest = f"schema: 1\nname: {source.path.name}\nversion: {version}\nlicense: MIT\n"
    notes = {
        f"note{number:03}.md": f"---\ntopic: Note {number}\n---\n{PARAGRAPHS}Version {version}.\n"
        for number in range(0, FILES - 1, every)
    }
    source.write({"kit.yaml": manifest, **notes})
    source.git("add", "--all")
    source.git(*USER, "commit", "-qm", version)


def cost(memory: Folder, *words: str) -> tuple[Any, float]:
    """The answer of a command, and the seconds of processor time that it and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [COMMAND, *words, "--local", str(memory.path), "--format", "json"]
    done = subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return json.loads(done.stdout), spent


def test_fifty_kits_of_a_hundred_files(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    memory = Folder(tmp_path / "memory")
    new_memory(memory.path)
    sources = [Folder(tmp_path / f"kit-{number:02}") for number in range(KITS)]
    for source in sources:
        source.path.mkdir()
        source.git("init", "--quiet", "--initial-branch=main")
        publish(source, "1.0.0")
        cost(memory, "kit", "install", str(source.path), "--yes")
    for source in sources:
        publish(source, "1.1.0", every=2)
    _, start = cost(memory, "list", "--limit", "1")
    found, status = cost(memory, "kit", "status")
    assert {(one["state"], one["latest"]) for one in found["kits"]} == {("OUTDATED", "1.1.0")}
    done, update = cost(memory, "kit", "update", "--yes")
    assert [one["to"] for one in done["updated"]] == ["1.1.0"] * KITS
    again, nothing = cost(memory, "kit", "update", "--yes")
    assert [one["commit"] for one in again["updated"]] == [None] * KITS
    figures = {"status": status, "update": update, "update with nothing new": nothing}
    for name, seconds in figures.items():
        record_property(name, seconds - start)
        print(f"{name}, {KITS} kits of {FILES} files: {seconds - start:.2f} s beyond the start")

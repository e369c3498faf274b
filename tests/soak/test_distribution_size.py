"""Many downstreams and many files: planned, brought, killed in between, brought again."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.cli_driver import COMMAND, new_memory
from tests.stories.distributing import RULE, Downstream, Memory
from tests.support import examples

pytestmark = pytest.mark.soak
FILES = 200
DOWNSTREAMS = 50
PARTS = "".join(
    f"## Part {n}\n\nWords about {n}, see [the next](NEXT) and `code`.\n\n" for n in range(12)
)


def make(folder: Path, downstreams: int, files: int) -> Memory:
    memory = Memory(folder / "memory")
    new_memory(memory.path)
    for number in range(downstreams):
        text = RULE.replace("id: guides", f"id: r{number}").replace("../down", f"../d{number}")
        memory.rule(text, f"r{number}")
    names = [f"n{number}.md" for number in range(files)]
    following = zip(names, [*names[1:], names[0]], strict=True)
    notes = {name: f"# {name}\n\n{PARTS.replace('NEXT', other)}" for name, other in following}
    memory.release("v1.0.0", {f"projects/web/{name}": text for name, text in notes.items()})
    first = Downstream(folder / "d0")
    first.start({f"src/f{number}.py": f"x = {number}\n" for number in range(100)})
    for number in range(1, downstreams):
        shutil.copytree(first.path, folder / f"d{number}")
    return memory


def distribute(memory: Memory, *words: str) -> Counter[str]:
    command = [COMMAND, "distribute", *words, "--local", str(memory.path), "--format", "json"]
    done = subprocess.run(command, capture_output=True, check=True)
    return Counter(one["status"] for one in json.loads(done.stdout)["results"])


def test_fifty_downstreams_of_two_hundred_files(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    memory = make(tmp_path, DOWNSTREAMS, FILES)
    for words, statuses in ((["plan"], "opened"), (["run"], "opened"), (["run"], "unchanged")):
        before = time.perf_counter()
        assert distribute(memory, *words) == {statuses: DOWNSTREAMS}
        seconds = time.perf_counter() - before
        record_property(f"{words[0]} {statuses}", seconds)
        print(f"{words[0]}, {DOWNSTREAMS} downstreams, {FILES} files: {seconds:.1f} s")


@pytest.mark.parametrize("seed", range(examples(1, 20)))
def test_a_run_that_is_killed_at_any_moment_goes_on(tmp_path: Path, seed: int) -> None:
    memory = make(tmp_path, 6, 20)
    command = [COMMAND, "distribute", "run", "--local", str(memory.path)]
    chance = random.Random(seed)
    for _ in range(4):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            running.wait(chance.uniform(0.3, 3.0))
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
    distribute(memory, "run")
    assert distribute(memory, "run") == {"unchanged": 6}
    for number in range(6):
        down = Downstream(tmp_path / f"d{number}")
        branch = f"memory-sync/v1.0.0/r{number}"
        assert down.branches().keys() == {"main", branch}
        down.git("fsck", "--strict")
        assert len([path for path in down.files(branch) if path.startswith("docs/")]) == 20

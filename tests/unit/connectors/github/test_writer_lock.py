"""Many processes write to one memory on GitHub: all is there, once, and the index is true."""

import itertools
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.github_support import NAME, GithubWorld, memory_of
from tests.standins.github_limits import Limits
from tests.stories.prepared import start

ROOT = Path(__file__).resolve().parents[4]
WRITER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.github_writer import main
main(*sys.argv[1:4], int(sys.argv[4]))
"""


def write_together(tmp_path: Path, count: int, machines: int) -> None:
    """Eight processes, on so many machines: each has a cache and a lock of its own."""
    with GithubWorld(tmp_path, memory_of({"context/general.md": b"# General\n"})) as world:
        world.service.limiter.limits = Limits(primary=10**6)
        environment = os.environ | {"PACK_TEST_TOKEN": world.service.token}
        names = [f"w{number}" for number in range(8)]
        folders = itertools.cycle(str(tmp_path / f"machine{number}") for number in range(machines))
        writers = [
            start([world.service.url, folder, name, str(count)], program=WRITER, env=environment)
            for folder, name in zip(folders, names, strict=False)
        ]
        ended = [writer.communicate(timeout=500) for writer in writers]
        assert [errors.decode() for _, errors in ended] == [""] * 8
        acknowledged = [request for out, _ in ended for request in out.decode().split()]
        made = re.findall(
            r"^Pack-Request: (\S+)$", "\n".join(world.service.messages(NAME)), re.MULTILINE
        )
        assert Counter(made) == Counter(acknowledged)
        assert len(made) == len(set(made)) == 8 * count * 2
        general = world.service.files(NAME)["context/general.md"].decode()
        for name in names:
            for number in range(count):
                assert general.count(f"line {name} {number}\n") == 1
        assert world.open().care.validate() == []
        assert world.service.limiter.most_writes_at_once <= machines
        world.service.repository(NAME).git.git("fsck", "--strict")


@pytest.mark.contract("C1", "C9", "C10")
def test_eight_processes_write_on_two_machines(tmp_path):
    write_together(tmp_path, count=1, machines=2)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.contract("C1", "C9", "C10")
@pytest.mark.parametrize("machines", [1, 8])
def test_eight_processes_write_for_long(tmp_path, machines):
    write_together(tmp_path, count=12, machines=machines)

"""A large export comes in without more memory than a small one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chat_exports import chat, claude_chat
from tests.stories.prepared import COMMAND

pytestmark = pytest.mark.soak
_MOST = 200 * 1024 * 1024
_MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
sys.stdout.buffer.write(done.stdout)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("PEAK", peak * (1 if sys.platform == "darwin" else 1024))
sys.exit(done.returncode)
"""


def _conversations(size: int, made: Callable[..., object], turns: int) -> Iterator[str]:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghij", k=chance.randint(2, 9))) for _ in range(5000)]
    number, written = 0, 0
    while written < size:
        said = (" ".join(chance.choices(words, k=200)) for _ in range(turns))
        id_ = f"{number:08x}-0000-4000-8000-000000000000"
        text = json.dumps(made(id_, " ".join(chance.choices(words, k=4)), *said))
        yield text
        number, written = number + 1, written + len(text)


def _generated(file: Path, size: int, made: Callable[..., object], turns: int) -> int:
    with file.open("w", encoding="utf-8") as opened:
        count = 0
        for count, text in enumerate(_conversations(size, made, turns), 1):
            opened.write("[" if count == 1 else ",")
            opened.write(text)
        opened.write("]")
    return count


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("made", "turns", "words"),
    [(chat, 40, []), (chat, 40, ["--transcripts"]), (claude_chat, 25, ["--transcripts"])],
    ids=["1 GB", "1 GB with its conversations", "1 GB of many more"],
)
def test_a_large_export_takes_little_memory(
    tmp_path: Path, made: Callable[..., object], turns: int, words: list[str]
) -> None:
    memory, export = tmp_path / "memory", tmp_path / "conversations.json"
    subprocess.run([COMMAND, "init", "--local", memory], check=True, capture_output=True)
    count = _generated(export, 1024**3, made, turns)
    command = [COMMAND, "import", export, "--local", memory, "--format", "json", *words]
    measured = [sys.executable, "-c", _MEASURED, *map(str, command)]
    ended = subprocess.run(measured, check=True, capture_output=True, text=True).stdout
    answer, _, peak = ended.partition("PEAK")
    assert json.loads(answer)["written"] == (count if words else 0)
    assert int(peak) < _MOST

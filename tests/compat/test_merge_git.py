"""What git merges without a conflict, PACK merges to the same bytes."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from pack.merge.file import merge_file


def _git_merge(folder: Path, versions: dict[str, str]) -> str | None:
    """What `git merge-file` makes of three versions; `None` for a conflict."""
    for name, text in versions.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [
        "git",
        "merge-file",
        "-p",
        *(str(folder / name) for name in ("ours", "base", "theirs")),
    ]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout.decode() if done.returncode == 0 else None


def _edited(lines: list[str], word: str, chance: random.Random) -> list[str]:
    edited = list(lines)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(edited) + 1)
        new = [f"{word} {chance.randrange(1000)}" for _ in range(chance.randrange(3))]
        edited[place : place + chance.randrange(3)] = new
    return edited


@pytest.mark.usefixtures("git_identity")
@pytest.mark.parametrize("different", [6, 1000])
def test_what_git_merges_cleanly_is_merged_alike(tmp_path: Path, different: int) -> None:
    chance = random.Random(different)
    compared = 0
    for _ in range(120):
        base = [f"line {chance.randrange(different)}" for _ in range(chance.randrange(4, 25))]
        sides = (base, _edited(base, "ours", chance), _edited(base, "theirs", chance))
        texts = ["".join(f"{line}\n" for line in lines) for lines in sides]
        expected = _git_merge(tmp_path, dict(zip(("base", "ours", "theirs"), texts, strict=True)))
        if expected is not None:
            compared += 1
            merged = merge_file(*(text.encode() for text in texts))
            assert merged.kept is None
            assert merged.content.decode() == expected
    assert compared > 30

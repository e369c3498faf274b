"""Histories as memories have them after months of use, made from a seed in a second.

Several agents and a person write, rename, split, delete and edit by hand; branches are merged. The
same seed gives the same commits, byte for byte, and the model knows what each commit holds.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pack.provenance import Identity, Origin, Source, commit_message
from tests.support import START, git

AGENTS: Final = (
    Origin(Source.AI_CLOUD, "claude-code"),
    Origin(Source.AI_CLOUD, "cursor"),
    Origin(Source.AI_LOCAL, "llama"),
)
PERSON: Final = Identity("Ann Person", "ann@example.invalid")
_FOLDERS: Final = ("projects", "contacts", "context", "notes/2026", "r\u00e9cits")
_WORDS: Final = (
    *("roof", "boiler", "Vienna", "train", "coffee", "launch", "garden", "slate", "meeting"),
    *("\u5168\u6587", "\u691c\u7d22", "na\u00efve", "\U0001f600", "decided", "moved", "paid"),
)
_INDEX: Final = b"---\nversion: 2\n---\n\n# Memory index\n"


@dataclass(frozen=True)
class Step:
    """A commit of the model: its mark, what it holds, and who made it."""

    mark: int
    files: dict[str, bytes]
    by: str
    kind: str
    parents: tuple[int, ...]


@dataclass
class History:
    """A repository, and the commits on its branch.

    Attributes:
        folder: The working tree.
        steps: The commits of the model, oldest first.
        ids: The commit of each mark.
    """

    folder: Path
    steps: list[Step] = field(default_factory=list)
    ids: dict[int, str] = field(default_factory=dict)

    def line(self) -> list[Step]:
        """The line of first parents, oldest first."""
        by_mark = {step.mark: step for step in self.steps}
        found = [self.steps[-1]]
        while found[-1].parents:
            found.append(by_mark[found[-1].parents[0]])
        return found[::-1]


def build_history(folder: Path, seed: int, commits: int) -> History:
    """A new repository with a memory in it, and so many commits."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", folder], check=True)
    history = History(folder)
    history.steps = list(_Author(random.Random(seed)).steps(commits))
    stream = b"".join(_as_stream(history.steps))
    marks = folder / ".git" / "marks"
    git(folder, "fast-import", "--quiet", f"--export-marks={marks}", stdin=stream)
    for line in marks.read_text().splitlines():
        mark, commit = line.split()
        history.ids[int(mark[1:])] = commit
    git(folder, "update-ref", "-d", "refs/heads/work")
    git(folder, "reset", "--quiet", "--hard")
    return history


class _Author:
    """Thinks up the commits."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._number = 0

    def steps(self, commits: int) -> Iterator[Step]:
        files: dict[str, bytes] = {"index.md": _INDEX, "profiles/me.md": b"# Me\n\nI like tea.\n"}
        step = Step(self._next(), files, "person", "begin", ())
        yield step
        side: Step | None = None
        while self._number < commits:
            if side is None and self._rng.random() < 0.02:
                side = self._edited(step, step)
                yield side
            elif side is not None and self._rng.random() < 0.3:
                step = self._merged(step, side)
                side = None
                yield step
            elif side is not None and self._rng.random() < 0.5:
                side = self._edited(side, side)
                yield side
            else:
                step = self._edited(step, step)
                yield step

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _edited(self, on: Step, parent: Step) -> Step:
        kind = self._rng.choices(
            ("add", "edit", "rename", "split", "delete"), (3, 10, 1, 0.5, 0.7)
        )[0]
        files = dict(on.files)
        notes = sorted(path for path in files if path != "index.md")
        path = self._rng.choice(notes)
        if kind == "add" or len(notes) < 3:
            kind, files[self._free(files)] = "add", self._text()
        elif kind == "edit":
            files[path] = self._rewritten(files[path])
        elif kind == "rename":
            files[self._free(files)] = files.pop(path)
        elif kind == "split":
            lines = files[path].splitlines(keepends=True)
            files[path], files[self._free(files)] = (
                b"".join(lines[: len(lines) // 2]) or b"x\n",
                b"".join(lines[len(lines) // 2 :]) or b"y\n",
            )
        else:
            del files[path]
        by = self._rng.choice(("person", *(agent.label for agent in AGENTS)))
        return Step(self._next(), files, by, kind, (parent.mark,))

    def _merged(self, ours: Step, theirs: Step) -> Step:
        """A merge that a person made: theirs where only they have a file, ours elsewhere."""
        files = {**theirs.files, **ours.files}
        return Step(self._next(), files, "person", "merge", (ours.mark, theirs.mark))

    def _free(self, files: dict[str, bytes]) -> str:
        folder = self._rng.choice(_FOLDERS)
        return f"{folder}/{self._rng.choice(_WORDS[:9]).lower()}-{self._number}.md"

    def _text(self) -> bytes:
        head = f"---\ntopic: Note {self._number}\ntags: [seeded]\n---\n\n# Note {self._number}\n\n"
        return (head + "".join(self._line() for _ in range(self._rng.randint(1, 12)))).encode()

    def _rewritten(self, content: bytes) -> bytes:
        lines = content.decode().splitlines(keepends=True)
        for _ in range(self._rng.randint(1, 3)):
            at = self._rng.randint(0, len(lines))
            if lines and self._rng.random() < 0.4:
                del lines[min(at, len(lines) - 1)]
            else:
                lines.insert(at, self._line())
        text = "".join(lines)
        return text.rstrip("\n").encode() if self._rng.random() < 0.05 else text.encode()

    def _line(self) -> str:
        words = [self._rng.choice(_WORDS) for _ in range(self._rng.randint(2, 9))]
        return f"{' '.join(words).capitalize()} {self._rng.randint(0, 10**6)}.\n"


def _as_stream(steps: list[Step]) -> Iterator[bytes]:
    """The steps as git-fast-import(1) reads them."""
    by_mark = {step.mark: step for step in steps}
    last = steps[-1].mark
    for step in steps:
        when = START + timedelta(minutes=step.mark)
        yield from _head(step, when, "refs/heads/main" if step.mark == last else "refs/heads/work")
        before = by_mark[step.parents[0]].files if step.parents else {}
        for path in before.keys() - step.files.keys():
            yield f"D {path}\n".encode()
        for path, content in step.files.items():
            if before.get(path) != content:
                yield f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


def _head(step: Step, when: datetime, ref: str) -> Iterator[bytes]:
    agent = next((one for one in AGENTS if one.label == step.by), None)
    said = f"{step.kind} {step.mark}"
    message = said if agent is None else commit_message(said, agent, f"r{step.mark}")
    who = agent.author if agent is not None and agent.author is not None else PERSON
    signed = f"{who.name} <{who.email}> {int(when.timestamp())} +0000"
    data = message.encode()
    yield f"commit {ref}\nmark :{step.mark}\nauthor {signed}\ncommitter {signed}\n".encode()
    yield f"data {len(data)}\n".encode() + data + b"\n"
    for word, parent in zip(("from", "merge"), step.parents, strict=False):
        yield f"{word} :{parent}\n".encode()

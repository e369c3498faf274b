"""What the measurements at one size of memory share."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.client import StdioServer, do_nothing_command, pack_command
from tests.bench.corpus import Corpus
from tests.bench.repositories import Repository

WARM_UP = 3
"""Pairs that are taken first and not counted."""


@dataclass(frozen=True)
class Setting:
    """A memory, and how to measure it.

    Attributes:
        memory: The repository that PACK serves.
        paths: Its notes.
        corpus: Where new texts come from.
        env: The environment of the servers.
        rounds: Pairs to take of each measurement.
        pause: Seconds after a write, for what it may have left running in the background.
    """

    memory: Repository
    paths: list[str]
    corpus: Corpus
    env: Mapping[str, str]
    rounds: int
    pause: float

    @property
    def notes(self) -> int:
        return len(self.paths)

    @contextmanager
    def pack(self) -> Iterator[StdioServer]:
        """A PACK server that has shaken hands."""
        with self._started(pack_command("serve", "--local", self.memory.directory)) as server:
            yield server

    @contextmanager
    def nothing(self) -> Iterator[StdioServer]:
        """A server that does nothing and has shaken hands."""
        with self._started(do_nothing_command()) as server:
            yield server

    @contextmanager
    def _started(self, command: list[str | Path]) -> Iterator[StdioServer]:
        with StdioServer(command, self.env, self.memory.directory.parent) as server:
            server.initialize()
            yield server

    def pick(self, count: int) -> list[str]:
        """`count` notes, none twice while there are enough; the same in every run."""
        shuffled = random.Random(self.notes).sample(self.paths, self.notes)
        return [shuffled[number % self.notes] for number in range(count)]

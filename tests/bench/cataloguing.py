"""What the catalog costs: to make it, to open it, to keep it, to change one note in it."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import Final

from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.local_git.connector import LocalGit
from pack_servers.wiring.clock import clock

from pack.catalog.refresh import bring_up
from pack.catalog.row import Row, describe
from pack.files.note import Note
from pack.model import CommitId, MemoryPath, blob_id
from tests.bench.figures import Figure, value
from tests.bench.setting import WARM_UP, Setting

LARGE: Final = 10_000
"""Notes from which on a build and the size of its file are judged: both have a fixed part."""
BUILD_LIMIT_US: Final = 50.0
"""20,000 notes a second."""
OPEN_LIMIT_MS: Final = 30.0
SIZE_LIMIT: Final = 2.5
CHANGE_LIMIT_MS: Final = 2.0


def measure_catalog(setting: Setting) -> list[Figure]:
    """The figures of a catalog beside the one that the servers use."""
    file = setting.memory.directory.with_name("catalog.sqlite")
    connector = LocalGit(setting.memory.directory, clock)
    try:
        return [
            _build(setting, connector, file),
            _open(setting, connector, file),
            _size(setting, file),
            *_change(setting, file),
        ]
    finally:
        connector.close()


def _build(setting: Setting, connector: LocalGit, file: Path) -> Figure:
    catalog = SqliteCatalog(file)
    start = time.perf_counter()
    bring_up(catalog, connector, connector.head())
    seconds = time.perf_counter() - start
    catalog.close()
    microseconds = 1e6 * seconds / setting.notes
    limit = BUILD_LIMIT_US if setting.notes >= LARGE else None
    return value("first build, a note", setting.notes, "us", microseconds, limit)


def _open(setting: Setting, connector: LocalGit, file: Path) -> Figure:
    times = []
    for _ in range(setting.rounds):
        start = time.perf_counter()
        catalog = SqliteCatalog(file)
        bring_up(catalog, connector, connector.head())
        times.append(1000 * (time.perf_counter() - start))
        catalog.close()
    return value("opening the catalog", setting.notes, "ms", median(times), OPEN_LIMIT_MS)


def _size(setting: Setting, file: Path) -> Figure:
    folder = setting.memory.directory
    text = sum((folder / path).stat().st_size for path in setting.paths)
    limit = SIZE_LIMIT if setting.notes >= LARGE else None
    return value("catalog / text", setting.notes, "x", file.stat().st_size / text, limit)


def _change(setting: Setting, file: Path) -> list[Figure]:
    """A changed note: what the write waits for, and all of it."""
    catalog = SqliteCatalog(file)
    waited, whole = [], []
    for path in setting.pick(setting.rounds + WARM_UP):
        row = _row(path, setting.corpus.text())
        old = catalog.commit() or CommitId("")
        start = time.perf_counter()
        catalog.advance(old, CommitId(row.blob), [row], [])
        waited.append(1000 * (time.perf_counter() - start))
        catalog.catch_up()
        whole.append(1000 * (time.perf_counter() - start))
    catalog.close()
    return [
        value(
            "changed note, before the answer", setting.notes, "ms", median(waited[WARM_UP:]), None
        ),
        value("changed note, all", setting.notes, "ms", median(whole[WARM_UP:]), CHANGE_LIMIT_MS),
    ]


def _row(path: str, text: str) -> Row:
    content = text.encode()
    row = describe(Note.stored(MemoryPath(path), blob_id(content), content))
    assert row is not None
    return row

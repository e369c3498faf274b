"""What an import knows again of earlier ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from pack.imports.records import (
    ImportedPart,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    RecordClass,
)
from pack.memory import Memory
from pack.provenance import Origin, Source
from pack.use_cases.imports.results import Imported
from tests.support import World


@dataclass
class _Reader:
    given: Sequence[ImportedRecord]
    kind: ImportKind = ImportKind.CLAUDE
    progress: ReadProgress = field(default_factory=lambda: ReadProgress(1, 1))

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord]:
        yield from self.given


def _take(memory: Memory, *records: ImportedRecord) -> Imported:
    return memory.written_by(Origin(Source.USER, "cli")).importing.take(_Reader(records))


def _memory_of(account: str, text: str) -> ImportedRecord:
    id_ = f"account/{account}/memory" if account else "memory"
    part = ImportedPart(text, Origin(Source.AI_CLOUD, "claude"))
    return ImportedRecord(
        *(RecordClass.MEMORY, id_, "Claude memory", [part], "profiles", "claude-memory.md"),
        former_id="memory",
    )


@pytest.fixture
def memory(world: World) -> Memory:
    return world.init()


def test_a_note_is_known_by_the_id_that_it_formerly_had_once(world: World, memory: Memory) -> None:
    _take(memory, replace(_memory_of("", "Works.\n"), former_id=""))
    _take(memory, _memory_of("a", "Works.\n\nBakes.\n"))
    _take(memory, _memory_of("b", "Has a dog.\n"))
    _take(memory, _memory_of("a", "Works.\n\nBakes.\n\nRuns.\n"))
    files = {path: text.decode() for path, text in world.files().items() if "claude-m" in path}
    assert {path: text.partition("---\n\n")[2] for path, text in files.items()} == {
        "profiles/claude-memory.md": "Works.\n\nBakes.\n\nRuns.\n",
        "profiles/claude-memory-2.md": "Has a dog.\n",
    }
    assert "source_id: account/a/memory\n" in files["profiles/claude-memory.md"]


def test_files_that_have_not_changed_are_known_by_it_too(world: World, memory: Memory) -> None:
    file = ImportedRecord(RecordClass.NOTE, "Notes/a.md", "", (), "n", "a.md", verbatim=b"a\n")
    _take(memory, file)
    for year in (2024, 2023):
        text = b"a\n" if year == 2024 else b"other\n"
        _take(
            memory,
            replace(file, source_id=f"Notes {year}/a.md", former_id="Notes/a.md", verbatim=text),
        )
    found = {path: text for path, text in world.files().items() if path.startswith("n/")}
    assert found == {"n/a.md": b"a\n", "n/a-2.md": b"other\n"}

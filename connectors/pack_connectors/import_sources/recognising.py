"""Finds out whose export a source is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pack.errors import UnusableInput
from pack.imports.records import ExportReader, ImportKind
from pack_connectors.import_sources import (
    chatgpt,
    claude,
    gemini,
    mem0,
    memory_jsonl,
    pack_exports,
)
from pack_connectors.import_sources.folders import agents, claude_code, logseq, notion, vaults
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.opening import open_source
from pack_connectors.import_sources.source import Committed, ImportSource
from pack_connectors.import_sources.zips import with_archives, zips_in

FORMATS: Final[Sequence[ExportFormat]] = (
    pack_exports.FORMAT,
    chatgpt.FORMAT,
    claude.FORMAT,
    gemini.FORMAT,
    memory_jsonl.FORMAT,
    mem0.FORMAT,
    logseq.FORMAT,
    vaults.OBSIDIAN,
    notion.FORMAT,
    claude_code.FORMAT,
    vaults.BASIC_MEMORY,
    vaults.MEMORY_BANK,
    agents.FORMAT,
)
"""In the order in which they are tried: the first that recognises a source reads it."""


@contextmanager
def open_export(
    path: Path, kind: ImportKind | None = None, committed: Committed | None = None
) -> Iterator[ExportReader]:
    """The reader of an export.

    Args:
        path: Where it is.
        kind: Whose it is; `None` to find that out.
        committed: Says when a file got its bytes, if the source has a history.

    Raises:
        NotFound: There is nothing.
        UnusableInput: It is no export that is known, or none of that kind; or a hostile one.
        LimitExceeded: It holds more than an import takes.
    """
    with open_source(path) as source:
        if committed is not None:
            source.committed = committed
        chosen, opened = _chosen(source, kind)
        yield chosen.read(opened)


def _chosen(source: ImportSource, kind: ImportKind | None) -> tuple[ExportFormat, ImportSource]:
    unpacked: list[ImportSource] = []
    for one in FORMATS:
        if kind not in (None, one.kind):
            continue
        opened = source
        if one.opens_archives and any(zips_in(source)):
            unpacked = unpacked or [with_archives(source)]
            opened = unpacked[0]
        is_it = one.recognises if kind is None or one.accepts is None else one.accepts
        if is_it(opened):
            return one, opened
    known = ", ".join(sorted(one.kind for one in FORMATS))
    if kind is None:
        raise UnusableInput(f"{source.name} is no export that PACK knows (those of {known})")
    raise UnusableInput(f"{source.name} is no export of {kind}")

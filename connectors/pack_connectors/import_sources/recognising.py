"""Finds out whose export a source is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pack.errors import InvalidRequest, LimitExceeded, UnusableInput
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
from pack_connectors.import_sources.folders.markdown_files import without_top
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
"""In the order in which they are tried: the first that recognises a source reads it.

Those whose mark a source bears come before them all, but for PACK's own, as people open a memory
with an editor of vaults.
"""


@contextmanager
def open_export(
    path: Path,
    kind: ImportKind | None = None,
    committed: Committed | None = None,
    *,
    with_attachments: bool = False,
) -> Iterator[ExportReader]:
    """The reader of an export.

    Args:
        path: Where it is.
        kind: Whose it is; `None` to find that out.
        committed: Says when a file got its bytes, if the source has a history.
        with_attachments: Whether the files of other types that are beside its notes come, too.

    Raises:
        NotFound: There is nothing.
        InvalidRequest: Attachments are asked for, and of such an export none are taken.
        UnusableInput: It is no export that is known, or none of that kind; or a hostile one.
        LimitExceeded: It holds more than an import takes.
    """
    with open_source(path) as source:
        if committed is not None:
            source.committed = committed
        source.with_attachments = with_attachments
        chosen, opened = _chosen(source, kind)
        if with_attachments and not chosen.has_attachments:
            raise _without_attachments(chosen)
        yield chosen.read(opened)


def _without_attachments(chosen: ExportFormat) -> InvalidRequest:
    error = InvalidRequest(f"of an export of {chosen.kind}, only text is taken")
    others = ", ".join(one.kind for one in FORMATS if one.has_attachments)
    error.remedy = f"Leave out --with-attachments: it is for {others}."
    return error


def _chosen(source: ImportSource, kind: ImportKind | None) -> tuple[ExportFormat, ImportSource]:
    archives = _Archives(source)
    if kind is None:
        for one in _candidates(source):
            opened = archives.for_format(one)
            if opened is not None and one.recognises(opened):
                return one, opened
        if archives.error is not None:
            raise archives.error
        known = ", ".join(sorted(one.kind for one in FORMATS))
        raise UnusableInput(f"{source.name} is no export that PACK knows (those of {known})")
    for one in FORMATS:
        if one.kind is kind:
            opened = archives.for_format(one)
            if opened is None and archives.error is not None:
                raise archives.error
            if opened is not None and (one.accepts or one.recognises)(opened):
                return one, opened
    raise UnusableInput(f"{source.name} is no export of {kind}")


def _candidates(source: ImportSource) -> Sequence[ExportFormat]:
    paths = [one.path for one in without_top(source).files]
    marked = [
        one for one in FORMATS if one.mark and any(path.startswith(one.mark) for path in paths)
    ]
    return list(dict.fromkeys((pack_exports.FORMAT, *marked, *FORMATS)))


class _Archives:
    """Opens the zips in a source for formats of which they are a part; to others they are files.

    Attributes:
        error: Why they cannot be opened, if that was tried: a vault may have any zip in it.
    """

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        self._opened: ImportSource | None = None
        self.error: UnusableInput | LimitExceeded | None = None

    def for_format(self, one: ExportFormat) -> ImportSource | None:
        """What a format is to look at; `None` if that cannot be had."""
        if not one.opens_archives or not any(zips_in(self._source)):
            return self._source
        if self._opened is None and self.error is None:
            try:
                self._opened = with_archives(self._source)
            except (UnusableInput, LimitExceeded) as error:
                self.error = error
        return self._opened

"""What each page of Notion is to show: a memory file, the index, the full export. No I/O."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from pack.files.markdown import headings, links, split_lines
from pack.model import BlobId
from pack.sync.labels import LabelledFile, Separation, read_labels
from pack.sync.text import join_sections

EXPORT_TITLE: Final = "PACK Full Export (read-only)"
_MAX_TITLE: Final = 200
_TARGET_END: Final = re.compile(r"[^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*")


@dataclass(frozen=True, slots=True)
class PageContent:
    """A memory file as a page shows it.

    Attributes:
        path: The file.
        blob: Its bytes in the commit.
        title: Of the page; no two pages have the same.
        heading: The line or lines its text begins with, as markdown.
        body: What follows.
    """

    path: str
    blob: BlobId
    title: str
    heading: str
    body: str

    @property
    def text(self) -> str:
        """The section of the full export."""
        return f"{self.heading}\n\n{self.body}" if self.body else self.heading


def make_content(path: str, blob: BlobId, section: str) -> PageContent:
    """A file as a page shows it.

    Args:
        path: The file.
        blob: Its bytes.
        section: Its title and text, as `pack.sync.text` gives it to targets.
    """
    first = headings(section)[0]
    lines = split_lines(section)
    heading = "".join(lines[: first.end_line]).strip("\n")
    body = "".join(lines[first.end_line :]).strip("\n")
    title = " ".join(first.title.split()) or path
    title = title if len(title) <= _MAX_TITLE else f"{title[: _MAX_TITLE - 1].rstrip()}…"
    return PageContent(path, blob, title, heading, body)


def with_own_titles(sheets: Sequence[PageContent]) -> list[PageContent]:
    """The sheets, with the path in each title that another has, or that is PACK's own."""
    used = Counter([EXPORT_TITLE.casefold(), *(sheet.title.casefold() for sheet in sheets)])
    return [
        replace(sheet, title=f"{sheet.title} ({sheet.path})")
        if used[sheet.title.casefold()] > 1
        else sheet
        for sheet in sheets
    ]


# --- links ---------------------------------------------------------------------------------------


def linked(text: str, path: str, url_of: Callable[[str], str | None]) -> str:
    """A text in which links to memory files lead to their pages.

    A link whose place in the text is not certain stays as it is.

    Args:
        text: Markdown of a file, or a part of it.
        path: The file, which targets are relative to.
        url_of: The page of a file; `None` where it has none.
    """
    lines = split_lines(text)
    for link in sorted(links(text), key=lambda one: (one.line, one.column), reverse=True):
        url = url_of(_resolved(path, link.target)) if link.column > 1 else None
        if url is not None:
            line, start = lines[link.line - 1], link.column - 1
            lines[link.line - 1] = line[:start] + url + line[_target_end(line, start) :]
    return "".join(lines)


def _resolved(path: str, target: str) -> str:
    if target.startswith("/"):
        return posixpath.normpath(target).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def _target_end(line: str, start: int) -> int:
    if line[start - 1] == "<":
        return line.index(">", start)
    found = _TARGET_END.match(line, start)
    return found.end() if found else start


# --- the index and the export --------------------------------------------------------------------


def index_text(
    sheets: Sequence[PageContent], url_of: Callable[[str], str | None], export: str
) -> str:
    """What the page above the others shows: a link to each, by folder.

    Args:
        sheets: In their order; a folder stands where its first file does.
        url_of: The page of a file.
        export: Where the full export is.
    """
    order = {folder: at for at, folder in reversed(list(enumerate(map(_folder, sheets))))}
    by_folder = sorted(sheets, key=lambda sheet: order[_folder(sheet)])
    parts = [f"[{EXPORT_TITLE}]({export})"]
    for folder, group in groupby(by_folder, key=_folder):
        rows = "\n".join(f"- [{_label(one.title)}]({url_of(one.path)})" for one in group)
        parts.append(f"## {_label(folder)}\n\n{rows}")
    return "\n\n".join(parts) + "\n"


def _folder(sheet: PageContent) -> str:
    return posixpath.dirname(sheet.path)


def _label(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#~&!|])", r"\\\1", text)


def export_sections(
    sheets: Sequence[PageContent], url_of: Callable[[str], str | None]
) -> list[tuple[str, str]]:
    """Heading and text of each section of the full export, in its order.

    Joined by blank lines, they are the text that other targets get, with links to pages.
    """
    files = [LabelledFile(one.path, one.text, read_labels(one.text)) for one in sheets]
    found = []
    for number, (sheet, text) in enumerate(zip(sheets, Separation().apply(files), strict=True), 1):
        heading = "".join(split_lines(text)[: len(split_lines(sheet.heading))]).strip("\n")
        rule = "\n\n---" if number < len(sheets) else ""
        found.append((heading, f"{linked(text, sheet.path, url_of)}{rule}"))
    return found


def export_text(sections: Sequence[tuple[str, str]]) -> str:
    """The whole full export."""
    return join_sections([text.removesuffix("\n\n---") for _, text in sections])


def digest(text: str) -> str:
    """A short name for a text, to see whether it changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def changed_sections(old: Sequence[str], new: Sequence[tuple[str, str]]) -> list[int] | None:
    """Which sections differ; `None` where they are not the same ones, so that all is written.

    Args:
        old: What was delivered: `mark` of each section.
        new: What is to be.
    """
    if len(old) != len(new):
        return None
    changed = []
    for at, (before, section) in enumerate(zip(old, new, strict=True)):
        if before == mark(section):
            continue
        if before.partition(":")[0] != digest(section[0]):
            return None
        changed.append(at)
    return changed


def mark(section: tuple[str, str]) -> str:
    """What is remembered of a section: the digests of its heading and its text."""
    heading, text = section
    return f"{digest(heading)}:{digest(text)}"


# --- what has become of the files ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moves:
    """What the pages of files that are no more are for.

    Attributes:
        moved: New path by old one; the page stays and gets another title.
        gone: Files whose pages go to the trash.
    """

    moved: Mapping[str, str]
    gone: Sequence[str]


def find_moves(
    mapped: Sequence[str], sheets: Mapping[str, PageContent], before: Mapping[str, BlobId]
) -> Moves:
    """Which files were moved: the same bytes are at a new path, and only there.

    Args:
        mapped: Files that have a page.
        sheets: The files there are.
        before: The bytes of the files at the commit that was delivered last; empty if unknown.
    """
    lost = [path for path in mapped if path not in sheets]
    new = {sheet.blob: path for path, sheet in sheets.items() if path not in mapped}
    counts = Counter(sheet.blob for path, sheet in sheets.items() if path not in mapped)
    counts.update(before[path] for path in lost if path in before)
    moved = {
        path: new[before[path]]
        for path in lost
        if path in before and before[path] in new and counts[before[path]] == 2
    }
    return Moves(moved, [path for path in lost if path not in moved])

"""What each page in Notion should show: a memory file, the index, the full export. No I/O."""

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
from pack.index.format import folder_title
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
        title: Of the page; unique.
        heading: The line or lines that its text begins with, as markdown.
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
        section: Its title and text, as `pack.sync.text` passes it to targets.
    """
    first = headings(section)[0]
    lines = split_lines(section)
    heading = "".join(lines[: first.end_line]).strip("\n")
    body = "".join(lines[first.end_line :]).strip("\n")
    title = " ".join(first.title.split()) or path
    title = title if len(title) <= _MAX_TITLE else f"{title[: _MAX_TITLE - 1].rstrip()}…"
    return PageContent(path, blob, title, heading, body)


def with_own_titles(contents: Sequence[PageContent]) -> list[PageContent]:
    """The contents, with the path added to each title that is not unique or is PACK's own."""
    used = Counter([EXPORT_TITLE.casefold(), *(content.title.casefold() for content in contents)])
    return [
        replace(content, title=f"{content.title} ({content.path})")
        if used[content.title.casefold()] > 1
        else content
        for content in contents
    ]


# --- links ---------------------------------------------------------------------------------------


def linked(text: str, path: str, url_of: Callable[[str], str | None]) -> str:
    """The text with links to memory files pointing to their pages.

    A link whose position in the text is uncertain stays as it is.

    Args:
        text: The markdown of a file, or a part of it.
        path: The file, which targets are relative to.
        url_of: The page of a file; `None` if it has none.
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
    contents: Sequence[PageContent], url_of: Callable[[str], str | None], export: str
) -> str:
    """What the parent page shows: a link to each page, by folder.

    Args:
        contents: In order; a folder comes where its first file does.
        url_of: The page of a file.
        export: Where the full export is.
    """
    order = {folder: at for at, folder in reversed(list(enumerate(map(_folder, contents))))}
    by_folder = sorted(contents, key=lambda content: order[_folder(content)])
    parts = [f"[{EXPORT_TITLE}]({export})"]
    for folder, group in groupby(by_folder, key=_folder):
        rows = "\n".join(f"- [{_label(one.title)}]({url_of(one.path)})" for one in group)
        parts.append(f"## {_label(folder or folder_title(folder))}\n\n{rows}")
    return "\n\n".join(parts) + "\n"


def _folder(content: PageContent) -> str:
    return posixpath.dirname(content.path)


def _label(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#~&!|])", r"\\\1", text)


def export_sections(
    contents: Sequence[PageContent], url_of: Callable[[str], str | None]
) -> list[tuple[str, str]]:
    """Heading and text of each section of the full export, in order.

    Joined by blank lines, they are the text that other targets receive, with links to pages.
    """
    files = [LabelledFile(one.path, one.text, read_labels(one.text)) for one in contents]
    found = []
    for number, (content, text) in enumerate(
        zip(contents, Separation().apply(files), strict=True), 1
    ):
        heading = "".join(split_lines(text)[: len(split_lines(content.heading))]).strip("\n")
        rule = "\n\n---" if number < len(contents) else ""
        found.append((heading, f"{linked(text, content.path, url_of)}{rule}"))
    return found


def export_text(sections: Sequence[tuple[str, str]]) -> str:
    """The whole full export."""
    return join_sections([text.removesuffix("\n\n---") for _, text in sections])


def digest(text: str) -> str:
    """A short name for a text, to see whether it has changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def changed_sections(old: Sequence[str], new: Sequence[tuple[str, str]]) -> list[int] | None:
    """Which sections have changed; `None` if sections were added, removed or reordered.

    Args:
        old: The `mark` of each section that was delivered.
        new: The sections to deliver.
    """
    if [one.partition(":")[0] for one in old] != [digest(heading) for heading, _ in new]:
        return None
    return [at for at, section in enumerate(new) if old[at] != mark(section)]


def mark(section: tuple[str, str]) -> str:
    """What is remembered of a section: digests of its heading and its text."""
    heading, text = section
    return f"{digest(heading)}:{digest(text)}"


# --- files that were moved or deleted -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moves:
    """What happens to the pages of files that no longer exist.

    Attributes:
        moved: New path by old path; the page stays and gets a new title.
        gone: Files whose pages go to the trash.
    """

    moved: Mapping[str, str]
    gone: Sequence[str]


def find_moves(
    mapped: Sequence[str], contents: Mapping[str, PageContent], before: Mapping[str, BlobId]
) -> Moves:
    """Which files were moved: the same bytes are at exactly one new path.

    Args:
        mapped: Files that have a page.
        contents: The files there are.
        before: The bytes of the files at the commit delivered last; empty if unknown.
    """
    lost = [path for path in mapped if path not in contents]
    new = {content.blob: path for path, content in contents.items() if path not in mapped}
    counts = Counter(content.blob for path, content in contents.items() if path not in mapped)
    counts.update(before[path] for path in lost if path in before)
    moved = {
        path: new[before[path]]
        for path in lost
        if path in before and before[path] in new and counts[before[path]] == 2
    }
    return Moves(moved, [path for path in lost if path not in moved])

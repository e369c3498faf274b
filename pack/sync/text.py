"""The markdown that sync targets get (C3): one text, which depends only on the tree.

The files in `sync_order` come first, then the rest alphabetically; files with `sync: false` are
left out. Frontmatter is stripped. Each file becomes a section under one `# Title`, with `---`
between sections. The title is the file's own first-level heading if it begins with one, or else its
topic. If a file has more first-level headings, its headings are shifted down by one level. A file
above PACK's size limit, which can only be committed by hand, is not parsed but shown as code.

Whatever a file leaves open (a code fence, an HTML comment) is closed, so that it does not swallow
the files after it (`pack.sync.open_blocks`). A file's link labels do not affect other files
(`labels`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from pack.catalog.managed import sharing
from pack.catalog.row import describe
from pack.connector import Connector
from pack.files import frontmatter
from pack.files.markdown import headings, split_lines
from pack.files.note import Note
from pack.index.format import in_sync_order, read_head
from pack.limits import MAX_FILE_BYTES
from pack.model import BlobId, CommitId, EntryType, MemoryPath
from pack.paths import INDEX, continued, find_spelling
from pack.sync.labels import LabelledFile, Labels, Separation, read_labels
from pack.sync.open_blocks import with_end

_RULE: Final = "\n\n---\n\n"
_LEVELS: Final = 6
_MAY_BE_HEADING: Final = re.compile(r"^ {0,3}(?:#(?:[ \t#]|$)|=+[ \t]*$)", re.MULTILINE)
_BACKTICKS: Final = re.compile("`+")
_UNDERLINE: Final = re.compile(r"[ ]{0,3}=")


@dataclass(frozen=True, slots=True)
class Section:
    """A file as targets get it.

    Attributes:
        text: Its title and body, with LF line ends but none at the end.
        is_shared: Whether targets get it at all.
        expires: ISO date after which it is expired, if it has a ttl.
        labels: The link labels in the text.
    """

    text: str
    is_shared: bool
    expires: str | None
    labels: Labels


def read_section(path: MemoryPath, content: bytes) -> Section | None:
    """A file as targets get it; `None` for an index that PACK generates."""
    row = describe(Note.stored(path, BlobId(""), content))
    if row is None:
        return None
    body = strip_frontmatter(content)
    is_large = len(content) > MAX_FILE_BYTES
    text = _as_code(row.topic, body) if is_large else make_section(row.topic, body)
    return Section(text, row.sync, row.expires, read_labels(text))


def strip_frontmatter(content: bytes) -> str:
    """The markdown of a file, with LF line ends; bytes that are not UTF-8 are replaced."""
    body = frontmatter.split(content.decode("utf-8", "replace")).body
    return body.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def make_section(topic: str, body: str) -> str:
    """A title and the text below it.

    Args:
        topic: The title, unless the text begins with one.
        body: Markdown without frontmatter, with LF line ends.
    """
    lines = split_lines(body)
    found = headings(body) if _MAY_BE_HEADING.search(body) else []
    title = f"# {_on_one_line(topic)}"
    if found and found[0].level == 1 and not "".join(lines[: found[0].line - 1]).strip():
        first, found = found[0], found[1:]
        title = _atx(lines, first.line, first.end_line, 1)
        lines[: first.end_line] = [""] * first.end_line
    if any(one.level == 1 for one in found):
        for one in reversed(found):
            shifted = _shifted(lines, one.line, one.end_line)
            # As many lines as before, since moving all later ones each time would be quadratic.
            lines[one.line - 1 : one.end_line] = [shifted, *[""] * (one.end_line - one.line)]
    text = "".join(lines).strip("\n")
    return with_end(f"{title}\n\n{text}" if text else title)


def _as_code(topic: str, body: str) -> str:
    """A file that is too large to parse, as code, in which nothing has a meaning to go wrong."""
    longest = max(map(len, _BACKTICKS.findall(body)), default=0)
    fence = "`" * max(longest + 1, 3)
    return f"# {_on_one_line(topic)}\n\n{fence}\n{body}\n{fence}"


def _on_one_line(topic: str) -> str:
    """A topic as heading text; a `#` at its end is escaped, or it would close the heading."""
    flat = " ".join(topic.split())
    return re.sub(r"(?<=[ \t])(#+)$", r"\\\1", flat) if flat.strip("#") else f"\\{flat}"


def _shifted(lines: list[str], first: int, last: int) -> str:
    """The lines of a heading, one level down; the lowest level stays."""
    line = lines[first - 1].lstrip(" ")
    if first == last:
        level = len(line) - len(line.lstrip("#"))
        return line if level >= _LEVELS else f"#{line}"
    level = 2 if _UNDERLINE.match(lines[last - 1]) else 3
    return f"{_atx(lines, first, last, level)}\n"


def _atx(lines: list[str], first: int, last: int, level: int) -> str:
    """A heading on one line; as it is written, unless it is underlined."""
    if first == last:
        return lines[first - 1].strip(" \n")
    text = " ".join(line.strip() for line in lines[first - 1 : last - 1])
    return f"{'#' * level} {_on_one_line(text)}"


def join_sections(texts: Iterable[str]) -> str:
    """All sections as one text, which ends with a line end unless it is empty."""
    joined = _RULE.join(texts)
    return f"{joined}\n" if joined else ""


class TextSource:
    """The text of the memory at a commit. What was read from a file is cached until it changes.

    Args:
        connector: Where the memory is kept.
        v1_path: The single file of a v1 memory.
    """

    def __init__(self, connector: Connector, v1_path: MemoryPath) -> None:
        self._connector = connector
        self._v1_path = v1_path
        self._sections: dict[tuple[MemoryPath, BlobId], Section | None] = {}
        self._separation = Separation()

    def text_at(self, commit: CommitId | None, today: date | None = None) -> str:
        """The markdown of a commit; uncommitted edits are not included.

        Args:
            commit: The commit; `None` if the memory has none.
            today: Files that have expired on that day are left out; `None` to keep them.

        Raises:
            NotFound: There is no such commit.
            ConnectorError: The memory cannot be read.
        """
        entries = self._connector.get_tree(commit) if commit else []
        blobs = {entry.path: entry.sha for entry in entries if entry.type is EntryType.FILE}
        if INDEX not in blobs:
            return self._v1_text(blobs)
        order = read_head(self._read(blobs[INDEX]).decode("utf-8", "replace")).sync_order
        self._keep({path: blobs[path] for path in filter(sharing(self._connector), blobs)})
        shared = {
            path: section
            for (path, _), section in self._sections.items()
            if section is not None and _is_given(section, today)
        }
        given = [(path, shared[MemoryPath(path)]) for path in in_sync_order(order, shared)]
        files = [LabelledFile(path, one.text, one.labels) for path, one in given]
        return join_sections(self._separation.apply(files))

    def _keep(self, files: dict[MemoryPath, BlobId]) -> None:
        """Read those of these files that are not cached, and drop all others from the cache."""
        known = self._sections
        wanted = list(files.items())
        missing = [key for key in wanted if key not in known]
        contents = self._connector.read_blobs(blob for _, blob in missing)
        new = {
            key: read_section(key[0], content)
            for key, (_, content) in zip(missing, contents, strict=True)
        }
        self._sections = {key: new[key] if key in new else known[key] for key in wanted}

    def _v1_text(self, blobs: dict[MemoryPath, BlobId]) -> str:
        found = []
        for path in continued(find_spelling(self._v1_path, blobs)):
            if path not in blobs:
                break
            found.append(strip_frontmatter(self._read(blobs[path])))
        joined = "\n\n".join(found)
        return f"{joined}\n" if joined else ""

    def _read(self, blob: BlobId) -> bytes:
        ((_, content),) = self._connector.read_blobs([blob])
        return content


def _is_given(section: Section, today: date | None) -> bool:
    if not section.is_shared:
        return False
    return today is None or section.expires is None or today.isoformat() <= section.expires

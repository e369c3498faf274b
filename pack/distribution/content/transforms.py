"""Changes the links of a note for its new place: those that lead nowhere there, and moved ones.

`strip_internal_links` turns a link to a file that does not go too into the text that it shows.
`rewrite_paths` has a link lead to where its file lies downstream. All else stays as it is, byte for
byte: code, addresses, frontmatter, and links that are right already.

A link is read as people mean it: from the note's own folder, or, if nothing is there, from the root
of the memory. It is written in the same way again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import unquote

from pack.distribution.content.links import LinkKind, LinkSpan, find_links
from pack.distribution.content.placing import Placing, rewritten
from pack.errors import InvalidContent, LimitExceeded
from pack.files import frontmatter
from pack.files.yaml_block import LINE_END
from pack.model import MemoryPath

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_OWN_SCHEME: Final = re.compile(r"memory:/+", re.IGNORECASE)
_REST: Final = re.compile(r"[?#]")
_UNSAFE: Final = re.compile(r"[\x00-\x20()<>\\\"'%#?`\x7f]")
_UNSAFE_IN_ANGLES: Final = re.compile(r"[\x00-\x1f<>\\%#?\x7f]")
_BEGINS_BLOCK: Final = re.compile(
    r"#{1,6}(?:[ \t]|$)|[-+*](?:[ \t]|$)|>|[-=]+[ \t]*$|(?:[-_*][ \t]*){3,}$|~{3}|`{3,}[^`\n]*$",
    re.MULTILINE,
)
_BEGINS_ITEM: Final = re.compile(r"([0-9]{1,9})([.)])(?=[ \t\r\n]|$)")
_MARKDOWN: Final = (".md", ".markdown", ".mdx", ".mdc")
_MOST_ROUNDS: Final = 20


class _Style(Enum):
    """What a link is counted from."""

    FOLDER = "folder"
    ROOT = "root"
    SLASH = "slash"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class _Aim:
    """A link that leads into the memory.

    Attributes:
        style: What it is counted from.
        path: The file or folder that it leads to; `None` if that is outside of the memory.
        is_there: Whether the memory has it.
    """

    style: _Style
    path: str | None
    is_there: bool


class Neighbours:
    """What the links of a rule's files can lead to.

    Args:
        placing: Where files lie downstream.
        going: The files that go, and where.
        present: All files of the memory.
    """

    def __init__(
        self, placing: Placing, going: Mapping[str, str], present: Collection[str]
    ) -> None:
        self.placing = placing
        self.going = going
        self.present = present
        self.going_folders = frozenset(_folders(going))
        self._folders = frozenset(_folders(present))
        self._stems: dict[str, list[str]] = {}
        for path in present:
            self._stems.setdefault(_stem(path), []).append(path)
        self._aims: dict[tuple[str, str], _Aim | None] = {}

    def goes(self, path: str | None) -> bool:
        """Whether a file goes, or something in a folder."""
        return path in self.going or path in self.going_folders

    def noted(self, name: str) -> list[str]:
        """The files that a wiki link can mean."""
        wanted = name.strip().lstrip("/")
        exact = [one for one in (wanted, f"{wanted}.md") if one in self.present]
        return exact or ([] if "/" in wanted else self._stems.get(_stem(wanted), []))

    def aim(self, folder: str, target: str) -> _Aim | None:
        """What a link leads to in the memory; `None` if it leads elsewhere, or within its note.

        Args:
            folder: The folder of its note.
            target: Where it leads, as the parser reads it.
        """
        key = (folder, target)
        if key not in self._aims:
            self._aims[key] = self._aim(folder, target)
        return self._aims[key]

    def _aim(self, folder: str, target: str) -> _Aim | None:
        own = _OWN_SCHEME.match(target)
        if own is None and _SCHEME.match(target):
            return None
        path = unquote(_REST.split(target[own.end() :] if own else target, maxsplit=1)[0])
        if own is not None or path.startswith("/"):
            there = _joined("", path.strip("/"))
            return _Aim(_Style.ADDRESS if own else _Style.SLASH, there, self._is_there(there))
        if not path:
            return None
        near, far = _joined(folder, path), _joined("", path)
        if not self._is_there(near) and self._is_there(far) and not path.startswith("."):
            return _Aim(_Style.ROOT, far, is_there=True)
        return _Aim(_Style.FOLDER, near, self._is_there(near))

    def _is_there(self, path: str | None) -> bool:
        """Whether the memory has a file or folder."""
        return path in self.present or path in self._folders


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".md").casefold()


def _folders(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        parts = path.split("/")[:-1]
        yield from ("/".join(parts[:end]) for end in range(len(parts) + 1))


def transform(
    path: MemoryPath, content: bytes, neighbours: Neighbours, *, strip: bool, rewrite: bool
) -> bytes:
    """A file with its links changed; what is not markdown, or no text, stays as it is.

    Raises:
        InvalidContent: A link cannot be followed; the message names file and line.
        LimitExceeded: It has too many links.
    """
    if not path.lower().endswith(_MARKDOWN):
        return content
    try:
        parts = frontmatter.split(content.decode("utf-8"))
    except UnicodeDecodeError:
        return content
    if parts.is_wrapped:
        return content  # it is all in a code fence
    note = _Note(path, neighbours)
    try:
        body = note.stripped(parts.body) if strip else parts.body
        body = note.rewritten(body) if rewrite else body
    except InvalidContent as error:
        line = (error.line or 1) + parts.body_line - 1
        raise InvalidContent(f"{path}: {error.reason}", line, error.column) from error
    except LimitExceeded as error:
        raise InvalidContent(f"{path}: {error}") from error
    head = "".join((parts.prefix, parts.opening, parts.block or "", parts.closing))
    return f"{head}{body}{parts.suffix}".encode()


_Edit = tuple[int, int, str]


class _Note:
    """A note that goes.

    Args:
        path: Where it is in the memory.
        neighbours: What its links can lead to.
    """

    def __init__(self, path: MemoryPath, neighbours: Neighbours) -> None:
        self._path = path
        self._folder = path.rpartition("/")[0]
        self._neighbours = neighbours

    def stripped(self, body: str) -> str:
        """The text without links to what does not go.

        What was in the brackets of a link can be a link afterwards, so this goes on until none is.
        """
        for _ in range(_MOST_ROUNDS):
            gone = [one for one in find_links(body) if self._is_internal(one)]
            if not gone:
                return body
            body = _edited(body, [edit for one in gone for edit in _unlinked(body, one)])
        raise InvalidContent("its links are nested too deeply", 1, 1)

    def rewritten(self, body: str) -> str:
        """The text with links to where things lie downstream."""
        edits: list[_Edit] = []
        for one in find_links(body):
            if one.target is None:
                continue
            new = self._wiki(one) if one.kind is LinkKind.WIKI else self._moved(body, one)
            if new is not None:
                edits.append((*one.target, new))
        return _edited(body, edits)

    # --- where a link leads ----------------------------------------------------------------------

    def _is_internal(self, link: LinkSpan) -> bool:
        if link.kind is LinkKind.WIKI:
            found = self._neighbours.noted(link.leads_to)
            return bool(found) and not all(map(self._neighbours.goes, found))
        aim = self._neighbours.aim(self._folder, link.leads_to)
        return aim is not None and not self._neighbours.goes(aim.path)

    # --- where it leads downstream ---------------------------------------------------------------

    def _moved(self, body: str, link: LinkSpan) -> str | None:
        """The new target of a link; `None` if it stays as it is."""
        aim = self._neighbours.aim(self._folder, link.leads_to)
        if aim is None or aim.path is None or link.target is None:
            return None
        rest = _rest(link.leads_to)
        old = unquote(link.leads_to[: len(link.leads_to) - len(rest)])
        new = self._path_of(aim, old)
        if new is None or new.rstrip("/") == old.rstrip("/"):
            return None
        is_angled = body[link.target.start - 1 : link.target.start] == "<"
        is_plain = link.kind in (LinkKind.HTML, LinkKind.HTML_IMAGE)
        unsafe = _UNSAFE_IN_ANGLES if is_angled and not is_plain else _UNSAFE
        slash = "/" if old.endswith("/") and not new.endswith("/") else ""
        return unsafe.sub(lambda match: f"%{ord(match[0]):02X}", new) + slash + rest

    def _path_of(self, aim: _Aim, old: str) -> str | None:
        """The path that a link has to name downstream."""
        placing, path = self._neighbours.placing, aim.path or ""
        if not aim.is_there:
            # Nothing is there, so it is a path as the rule writes them, or means nothing to us.
            slash = "/" if aim.style is _Style.SLASH else ""
            bare = old.removeprefix(slash)
            new = rewritten(bare, placing.rewrites)
            is_done = any(one.after and bare.startswith(one.after) for one in placing.rewrites)
            return None if is_done or new == bare else slash + new
        place = self._place(path)
        if place is None:
            return None
        if aim.style is _Style.ROOT:
            return place
        if aim.style is _Style.SLASH:
            return f"/{place}"
        return self._relative(place, old)

    def _place(self, path: str) -> str | None:
        """Where a file or a folder lies downstream; `None` if it does not and no rule says so."""
        neighbours, folder = self._neighbours, f"{path}/" if path else ""
        if path in neighbours.going:
            return neighbours.going[path]
        if path in neighbours.going_folders:
            return neighbours.placing.place(folder).rstrip("/")
        spelt = path if path in neighbours.present else folder
        new = rewritten(spelt, neighbours.placing.rewrites)
        return new.rstrip("/") if new != spelt else None

    def _relative(self, place: str, old: str) -> str:
        here = self._neighbours.going[self._path].split("/")[:-1]
        there = place.split("/")
        shared = 0
        while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
            shared += 1
        up = [".."] * (len(here) - shared)
        dot = ["."] if old.startswith("./") and not up else []
        return "/".join((*dot, *up, *there[shared:]))

    def _wiki(self, link: LinkSpan) -> str | None:
        """The new target of a wiki link that names a path."""
        found = self._neighbours.noted(link.leads_to)
        if "/" not in link.leads_to or len(found) != 1 or found[0] not in self._neighbours.going:
            return None
        place = self._neighbours.going[found[0]]
        new = place if link.leads_to.strip().endswith(".md") else place.removesuffix(".md")
        return None if new == link.leads_to.strip() else new


def _joined(folder: str, path: str) -> str | None:
    """A path from a folder on, without dots; `None` if it leads out of the memory."""
    parts = folder.split("/") if folder else []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _rest(target: str) -> str:
    """The query and the fragment of a target."""
    match = _REST.search(target)
    return target[match.start() :] if match is not None else ""


# --- changing the text ---------------------------------------------------------------------------


def _edited(body: str, edits: Iterable[_Edit]) -> str:
    pieces, done = list[str](), 0
    for start, end, new in sorted(edits):
        pieces += (body[done:start], new)
        done = end
    return "".join((*pieces, body[done:]))


def _unlinked(body: str, link: LinkSpan) -> Iterator[_Edit]:
    """What makes a link the text that it shows."""
    whole, label = link.whole, link.label
    if link.kind is LinkKind.DEFINITION:
        yield (*_line_of(body, whole.start, whole.end), "")
    elif link.kind is LinkKind.HTML:
        yield (*whole, "")
        if link.closing is not None:
            yield (*link.closing, "")
    elif link.kind is LinkKind.WIKI:
        yield (*whole, _shown(body[slice(*label)], is_alias=label != link.target))
    elif link.kind is LinkKind.HTML_IMAGE:
        yield (*whole, body[slice(*label)])
    else:
        yield whole.start, label.start, _escape(body, whole.start, body[slice(*label)])
        yield from _escaped_item(body, link)
        yield label.end, whole.end, ""


def _shown(name: str, *, is_alias: bool) -> str:
    """What a reader sees of a wiki link: never the folders of a note that stays."""
    return name if is_alias else name.strip().rpartition("/")[2].removesuffix(".md")


def _line_of(body: str, start: int, end: int) -> tuple[int, int]:
    """A definition with its line end, if nothing else is on the line."""
    before = _line_start(body, start)
    if body[before:start].strip():
        return start, end
    after = LINE_END.match(body, end)
    return before, after.end() if after is not None else end


def _line_start(body: str, at: int) -> int:
    return max(body.rfind("\n", 0, at), body.rfind("\r", 0, at)) + 1


def _begins_line(body: str, at: int) -> bool:
    """Whether a place is the first one of its line, not counting marks of lists and quotations."""
    before = _line_start(body, at)
    return not body[before:at].strip(" \t>-+*0123456789.)")


def _escape(body: str, at: int, label: str) -> str:
    """What keeps the text of a link from beginning a block of its own."""
    return "\\" if _begins_line(body, at) and _BEGINS_BLOCK.match(label) else ""


def _escaped_item(body: str, link: LinkSpan) -> Iterator[_Edit]:
    """The same for a number that would begin a list."""
    match = _BEGINS_ITEM.match(body, link.label.start, link.label.end)
    if match is not None and _begins_line(body, link.whole.start):
        yield match.start(2), match.start(2), "\\"

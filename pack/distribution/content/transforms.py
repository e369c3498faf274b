"""Changes the links of a note for its new place: those that lead nowhere there, and moved ones.

`strip_internal_links` turns a link to a file that does not go too into the text that it shows.
`rewrite_paths` has a link lead to where its file lies downstream. All else stays as it is, byte for
byte: code, addresses, frontmatter, and links that are right already.

A link is read as people mean it (`neighbours`), and written in the same way again.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from pack.distribution.content.links import LinkKind, LinkSpan, find_links
from pack.distribution.content.neighbours import Aim, LinkStyle, Neighbours, rest_of
from pack.distribution.content.placing import rewritten
from pack.distribution.content.unlinking import Edit, edited, unlinked
from pack.errors import InvalidContent, LimitExceeded
from pack.files import frontmatter
from pack.model import MemoryPath

_UNSAFE: Final = re.compile(r"[\x00-\x20()<>\\\"'%#?`\x7f]")
_UNSAFE_IN_ANGLES: Final = re.compile(r"[\x00-\x1f<>\\%#?\x7f]")
MARKDOWN: Final = (".md", ".markdown", ".mdx", ".mdc")
"""The ends of the names of what is markdown, for changes and checks alike."""
_MOST_ROUNDS: Final = 20


def transform(
    path: MemoryPath, content: bytes, neighbours: Neighbours, *, strip: bool, rewrite: bool
) -> bytes:
    """A file with its links changed; what is not markdown, or no text, stays as it is.

    Raises:
        InvalidContent: A link cannot be followed, or there are too many; names file and line.
    """
    if not path.lower().endswith(MARKDOWN):
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
            body = edited(body, [edit for one in gone for edit in unlinked(body, one)])
        raise InvalidContent("its links are nested too deeply", 1, 1)

    def rewritten(self, body: str) -> str:
        """The text with links to where things lie downstream."""
        edits: list[Edit] = []
        for one in find_links(body):
            if one.target is None:
                continue
            new = self._wiki(one) if one.kind is LinkKind.WIKI else self._moved(body, one)
            if new is not None:
                edits.append((*one.target, new))
        return edited(body, edits)

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
        rest = rest_of(link.leads_to)
        old = unquote(link.leads_to[: len(link.leads_to) - len(rest)])
        new = self._path_of(aim, old)
        if new is None or new.rstrip("/") == old.rstrip("/"):
            return None
        is_angled = body[link.target.start - 1 : link.target.start] == "<"
        is_plain = link.kind in (LinkKind.HTML, LinkKind.HTML_IMAGE)
        unsafe = _UNSAFE_IN_ANGLES if is_angled and not is_plain else _UNSAFE
        slash = "/" if old.endswith("/") and not new.endswith("/") else ""
        return unsafe.sub(lambda match: f"%{ord(match[0]):02X}", new) + slash + rest

    def _path_of(self, aim: Aim, old: str) -> str | None:
        """The path that a link has to name downstream."""
        placing, path = self._neighbours.placing, aim.path or ""
        if not aim.is_there:
            # Nothing is there, so it is a path as the rule writes them, or means nothing to us.
            slash = "/" if aim.style is LinkStyle.SLASH else ""
            bare = old.removeprefix(slash)
            new = rewritten(bare, placing.rewrites)
            is_done = any(one.after and bare.startswith(one.after) for one in placing.rewrites)
            return None if is_done or new == bare else slash + new
        place = self._place(path)
        if place is None:
            return None
        if aim.style is LinkStyle.ROOT:
            return place
        if aim.style is LinkStyle.SLASH:
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

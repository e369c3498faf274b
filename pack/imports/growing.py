"""What was gathered from many things, such as a list of memories: it grows from export to export.

An export may hold a part of them, or a tool may keep only the newest. So what an earlier one had
stays, and what is new comes to its place.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Final

from pack.files import frontmatter
from pack.files.frontmatter import Frontmatter
from pack.files.keys import CREATED, ORIGIN_SOURCE, UPDATED

_TURN: Final = "## You"
_ITEM: Final = "- "


def grown(before: bytes, now: bytes) -> bytes:
    """A note with all that either of two versions has, in their order, and the widest dates.

    Args:
        before: What earlier exports had, as it was rendered.
        now: The same of this export.

    Raises:
        InvalidContent, LimitExceeded: Its frontmatter cannot be written.
    """
    old, new = (frontmatter.read(one.decode("utf-8", "replace")) for one in (before, now))
    is_said = any(_TURN in head.body.split("\n") for head in (old, new))
    begin, between = (_TURN, "\n\n") if is_said else (_ITEM, "\n")
    first, second = (_blocks(head.body, begin) for head in (old, new))
    is_later = _date(new, CREATED.name) > _date(old, CREATED.name)
    joined = _joined(first, second, is_later=is_later)
    if joined == first:
        return before
    # The note of a tool says so, even if this export has only what the person said.
    parts = (new if ORIGIN_SOURCE.name in new.fields else old).parts
    text = f"{parts.opening}{parts.block or ''}{parts.closing}\n{between.join(joined)}\n"
    return frontmatter.set_fields(text, _widest(old, new)).encode("utf-8", "replace")


def _widest(old: Frontmatter, new: Frontmatter) -> Mapping[str, str]:
    choices = {CREATED.name: min, UPDATED.name: max}
    dates = {name: [date for one in (old, new) if (date := _date(one, name))] for name in choices}
    return {name: choices[name](found) for name, found in dates.items() if found}


def _date(head: Frontmatter, name: str) -> str:
    """A date as it was rendered: such texts are in the order of time."""
    return str(head.fields.get(name) or "")


def _joined(old: Sequence[str], new: Sequence[str], *, is_later: bool) -> list[str]:
    """All blocks, each of the new ones behind that which it follows."""
    places = defaultdict[str, deque[int]](deque)
    for number, block in enumerate(old):
        places[block].append(number)
    is_apart = not any(block in places for block in new)
    at = len(old) - 1 if is_apart and is_later else -1
    added = defaultdict[int, list[str]](list)
    for block in new:
        if places.get(block):
            at = places[block].popleft()
        else:
            added[at].append(block)
    found = list(added[-1])
    for number, block in enumerate(old):
        found += [block, *added[number]]
    return found


def _blocks(body: str, begin: str) -> list[str]:
    blocks: list[list[str]] = []
    for line in body.strip("\n").split("\n"):
        if not blocks or line.startswith(begin):
            blocks.append([])
        blocks[-1].append(line)
    return ["\n".join(lines).strip("\n") for lines in blocks]

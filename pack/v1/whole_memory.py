"""Serves the whole memory as one text, and accepts such a text back (C2).

An agent with the v1 prompt knows only one text, which it reads, changes and sends back as a whole.
PACK compares what it sends with what it last read, and puts the added lines into one file. Nothing
is removed on its say-so, because it may not have meant the file that the line is in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pack.files import frontmatter
from pack.files.markdown import headings, split_lines
from pack.v1.outline import is_ruler

BETWEEN: Final = "\n---\n\n"
"""What is between two files."""
_LONGEST_LINE: Final = 250_000
_NOTICE: Final = "[PACK: this is not the whole memory."


def join(files: Iterable[tuple[str, str, str]]) -> str:
    """All files as one markdown text: each with its path and a heading, and rules in between.

    Args:
        files: Path, topic and text of each, in order.
    """
    return BETWEEN.join(one(path, topic, text) for path, topic, text in files)


def notice(said: str) -> str:
    """The line at the end of a text that is not the whole memory.

    It is recognised when a client sends it back, and never stored.
    """
    return f"{_NOTICE} {said}]"


def one(path: str, topic: str, text: str) -> str:
    """One file as it stands in the whole text."""
    body = frontmatter.split(text).body.strip("\r\n")
    title = "" if _is_titled(body, topic) else f"# {topic}\n\n"
    return f"<!-- {path} -->\n{title}{body}\n"


def _is_titled(body: str, topic: str) -> bool:
    """Whether a text begins with a title: any of the first level, or its topic at another one."""
    if body.startswith("# "):
        return True
    for line in body.lstrip().split("\n", 4)[:4]:
        found = headings(line) if line.startswith("#") else []
        if found and not is_ruler(found[0].title):
            return found[0].title == " ".join(topic.split())
        if line.strip() and not found:
            return False
    return False


@dataclass(frozen=True, slots=True)
class Base:
    """What an update is compared with.

    Attributes:
        text: What the client last read, plus what it has sent since; if unknown, the whole memory
            as it is now.
        was_read: Whether the client has read the text.
    """

    text: str
    was_read: bool


@dataclass(frozen=True, slots=True)
class Addition:
    """Lines that an update adds.

    Attributes:
        anchor: The known line before them, without surrounding blanks; `None` at the beginning.
        lines: With their line ends; each is at most 250,000 characters long.
    """

    anchor: str | None
    lines: Sequence[str]


def additions(sent: str, base: Base) -> list[Addition]:
    """The lines that a text adds to what its sender knew.

    A line counts as added if it occurs more often than in what was read, so lines removed since
    then do not come back. If it is unknown what was read, no line that is anywhere in the memory is
    added again. Blank lines belong to what they follow.
    """
    left = Counter(line.strip() for line in _lines(base.text))
    found: list[Addition] = []
    anchor: str | None = None
    run: list[str] = []
    for line in _lines(sent):
        text = line.strip()
        if text.startswith(_NOTICE):
            continue
        if not text:
            if run:
                run.append(line)
        elif left[text] > 0:
            left[text] -= base.was_read
            if run:
                found.append(Addition(anchor, run))
            anchor, run = text, []
        else:
            run.append(line)
    return [*found, Addition(anchor, run)] if run else found


def insert(current: str, added: Sequence[Addition], today: date, *, in_place: bool) -> str:
    """`current` with the additions and all of its own lines.

    Args:
        current: The text to add to; may be empty.
        added: The additions, in order.
        today: For the heading above additions that have no place of their own.
        in_place: Put an addition after its anchor, if exactly one line of `current` is that anchor.
    """
    lines = split_lines(current)
    places = _unique_places(lines) if in_place else {}
    loose: list[str] = []
    inserted: dict[int, list[str]] = {}
    for addition in added:
        place = places.get(addition.anchor)
        target = loose if place is None else inserted.setdefault(place, [])
        target += _ended(addition.lines)
    for place, more in inserted.items():
        lines[place] = "".join(_ended([lines[place]]) + more)
    text = "".join(lines)
    return _append(text, loose, today) if loose else text


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends; a line that is too long for a file is cut into several."""
    for line in split_lines(text):
        for start in range(0, len(line), _LONGEST_LINE):
            yield line[start : start + _LONGEST_LINE]


def _unique_places(lines: Sequence[str]) -> dict[str | None, int]:
    """The numbers of the lines that occur once, by text without surrounding blanks."""
    stripped = [line.strip() for line in lines]
    counts = Counter(stripped)
    return {text: number for number, text in enumerate(stripped) if counts[text] == 1}


def _ended(run: Sequence[str]) -> list[str]:
    return [line if line.endswith(("\n", "\r")) else f"{line}\n" for line in run]


def _append(text: str, run: Sequence[str], today: date) -> str:
    heading = f"## {today.isoformat()}"
    text = text if not text or text.endswith(("\n", "\r")) else f"{text}\n"
    last = next((line for line in reversed(split_lines(text)) if line.startswith("## ")), "")
    if last.strip() == heading:
        return text + "".join(run)
    gap = "\n" if text.strip() else ""
    return f"{text}{gap}{heading}\n\n{''.join(run)}"

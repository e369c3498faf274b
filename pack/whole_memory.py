"""The whole memory as one text, and taking such a text back (C2).

An agent with the v1 prompt knows one text: it reads it whole, changes it, and sends it back
whole. What it sends is compared with what it last read, and what it added goes into one file.
Nothing is removed on its word: it may not have meant the file the line is in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pack import frontmatter
from pack.markdown import split_lines


def join(files: Iterable[tuple[str, str, str]]) -> str:
    """One markdown text of all files: a heading and a path for each, a rule between them.

    Args:
        files: Path, topic and text of each, in the order they are to have.
    """
    return "\n---\n\n".join(_one(path, topic, text) for path, topic, text in files)


def _one(path: str, topic: str, text: str) -> str:
    body = frontmatter.split(text).body.strip("\r\n")
    title = "" if body.startswith("# ") else f"# {topic}\n\n"
    return f"<!-- {path} -->\n{title}{body}\n"


@dataclass(frozen=True, slots=True)
class Base:
    """What an update is compared with.

    Attributes:
        text: What the client last read; where that is not known, the whole memory as it is now.
        was_read: Whether the client read it.
    """

    text: str
    was_read: bool


def merge(current: str, sent: str, base: Base, today: date) -> str:
    """`current` with everything that `sent` adds; no line of `current` is lost.

    Args:
        current: The text that receives the additions; may be empty.
        sent: The text the client sent.
        base: What it is compared with.
        today: For the heading of additions that have no place of their own.
    """
    runs = list(_additions(split_lines(sent), base))
    lines = split_lines(current)
    loose: list[str] = []
    for anchor, run in reversed(runs):
        place = _place_of(anchor, lines) if base.was_read else None
        if place is None:
            loose = [*_ended(run), *loose]
        else:
            lines[place - 1 : place] = _ended(lines[place - 1 : place])
            lines[place:place] = _ended(run)
    text = "".join(lines)
    return _append(text, loose, today) if loose else text


def _additions(sent: Sequence[str], base: Base) -> Iterator[tuple[str | None, list[str]]]:
    """Runs of lines that the base does not have, each with the base's line before it.

    What the client read may be repeated as often as it was there; a line more is an addition. When
    it is not known what was read, a line that is anywhere in the memory is not added again.
    """
    left = Counter(line.strip() for line in split_lines(base.text))
    anchor: str | None = None
    run: list[str] = []
    for line in sent:
        text = line.strip()
        if not text:
            if run:
                run.append(line)
        elif left[text] > 0:
            left[text] -= 1 if base.was_read else 0
            if run:
                yield anchor, run
            anchor, run = text, []
        else:
            run.append(line)
    if run:
        yield anchor, run


def _place_of(anchor: str | None, lines: Sequence[str]) -> int | None:
    """Where to insert what follows `anchor`, if there is exactly one such line."""
    found = [number for number, line in enumerate(lines) if line.strip() == anchor]
    return found[0] + 1 if len(found) == 1 else None


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

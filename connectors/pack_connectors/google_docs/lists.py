"""Lists of markdown: as lists of the document where it can show the same, else as text.

A document numbers from 1 and without a break, and a paragraph without a bullet, or a list of
another kind inside, is such a break. A number must not change for that, so those lists are text
with their markers, indented.

Source: Google Docs API reference, `CreateParagraphBulletsRequest` (tabs, presets), `Bullet`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pack_connectors.google_docs.inline import inline_runs, without_prefix
from pack_connectors.google_docs.text import Bullet, Paragraph, TextRun, merged

if TYPE_CHECKING:
    from markdown_it.token import Token

_LEVELS: Final = 9
_BULLETS: Final = "•◦▪"
_TASK: Final = re.compile(r"\[([ xX])\](?= |$)")
_BOXES: Final = {" ": "☐", "x": "☑", "X": "☑"}


def is_native(tokens: Sequence[Token]) -> bool:
    """Whether the document can show a list, from its opening to its closing token, as it is."""
    kind = tokens[0].type
    depth = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type.endswith("_list_open"):
            depth += 1
            if token.type != kind or "start" in token.attrs or depth > _LEVELS:
                return False
        elif token.type.endswith("_list_close"):
            depth -= 1
        elif token.type == "paragraph_open":
            # Anywhere else, it would be a second one of its item.
            if before is None or before.type != "list_item_open":
                return False
        elif token.type == "inline":
            if not _is_plain_item(token):
                return False
        elif token.type not in ("list_item_open", "list_item_close", "paragraph_close"):
            return False
    return True


def _is_plain_item(token: Token) -> bool:
    """Whether text can be that of an item; tabs at its beginning would be taken for nesting."""
    text = "".join(run.text for run in inline_runs(token.children or ()))
    return not text.startswith("\t") and not _TASK.match(text)


def native_items(tokens: Sequence[Token]) -> Iterator[Paragraph]:
    """The items of a list that `is_native`."""
    is_ordered = tokens[0].type == "ordered_list_open"
    level, begins = -1, True
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type.endswith("_list_open"):
            level += 1
        elif token.type.endswith("_list_close"):
            level -= 1
        is_empty = token.type == "list_item_open" and (
            after is None or after.type != "paragraph_open"
        )
        if is_empty or token.type == "inline":
            runs = inline_runs(token.children or ())
            yield Paragraph(runs, bullet=Bullet(level, is_ordered, begins))
            begins = False


@dataclass(frozen=True, slots=True)
class Marker:
    """What stands before the text of an item.

    Attributes:
        number: Its number as it is written, with what follows it; empty for none.
        bullet: What stands there without a number.
    """

    number: str
    bullet: str

    def before(self, runs: tuple[TextRun, ...]) -> tuple[TextRun, ...]:
        """The text of the item with its marker; the box of a task takes the place of a bullet."""
        task = _TASK.match(runs[0].text) if runs else None
        marker = self.number or self.bullet
        if task:
            box = _BOXES[task[1]]
            marker = f"{self.number} {box}".lstrip()
            runs = without_prefix(runs, task.end() + 1)
        return merged([TextRun(f"{marker} "), *runs])


class TextList:
    """A list that is written as text.

    Args:
        token: That opens it.
        depth: How many lists it is in.
    """

    def __init__(self, token: Token, depth: int) -> None:
        self._is_ordered = token.type == "ordered_list_open"
        self._number = int(token.attrs.get("start", 1))
        self._bullet = _BULLETS[depth % len(_BULLETS)]

    def next_marker(self, token: Token) -> Marker:
        """The marker of the item that a token opens."""
        if not self._is_ordered:
            return Marker("", self._bullet)
        number = f"{self._number}{token.markup}"
        self._number += 1
        return Marker(number, "")

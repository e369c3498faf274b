"""Lists of markdown: as lists of the document if it can show the same, else as text.

A document numbers from 1 and without a gap; a paragraph without a bullet, or a list of another kind
inside, would start again. As no number may change, such lists become indented text with their
markers.

Source: Google Docs API reference, `CreateParagraphBulletsRequest` (tabs, presets), `Bullet`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count, pairwise, repeat
from typing import TYPE_CHECKING, Final

from pack_connectors.google_docs.inline import inline_runs, without_prefix
from pack_connectors.google_docs.text import Bullet, Paragraph, TextRun, merged

if TYPE_CHECKING:
    from markdown_it.token import Token

_LEVELS: Final = 9
_BULLETS: Final = "•◦▪"
_TASK: Final = re.compile(r"\[([ xX])\](?= |$)")
_BOXES: Final = {" ": "☐", "x": "☑", "X": "☑"}
_OF_ITEMS: Final = frozenset(
    "list_item_open list_item_close paragraph_close bullet_list_close ordered_list_close".split()
)


def is_native(tokens: Sequence[Token]) -> bool:
    """Whether the document can show a list, from its opening to its closing token, as it is."""
    pairs = pairwise([tokens[0], *tokens])
    return all(_fits(token, before, tokens[0].type) for before, token in pairs)


def _fits(token: Token, before: Token, kind: str) -> bool:
    if token.type == kind:  # the level counts lists and items
        return "start" not in token.attrs and token.level < 2 * _LEVELS
    if token.type == "paragraph_open":  # anywhere else, it is a second one of its item
        return before.type == "list_item_open"
    if token.type == "inline":
        # Tabs at the beginning would be taken for nesting.
        text = "".join(run.text for run in inline_runs(token.children or ()))
        return not text.startswith("\t") and not _TASK.match(text)
    return token.type in _OF_ITEMS


def native_items(tokens: Sequence[Token]) -> Iterator[Paragraph]:
    """The items of a list that `is_native`."""
    is_ordered = tokens[0].type == "ordered_list_open"
    begins = True
    for item, first, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type == "list_item_open":
            text = inline.children if first.type == "paragraph_open" else None
            bullet = Bullet(item.level // 2, is_ordered, begins)
            yield Paragraph(inline_runs(text or ()), bullet=bullet)
            begins = False


def text_markers(opening: Token, depth: int) -> Iterator[str]:
    """The markers of a list that is written as text, one for each item.

    Args:
        opening: The token that opens it.
        depth: How many lists it is in.
    """
    if opening.type == "bullet_list_open":
        return repeat(_BULLETS[depth % len(_BULLETS)])
    return (f"{number}{opening.markup}" for number in count(int(opening.attrs.get("start", 1))))


def with_marker(marker: str, runs: tuple[TextRun, ...]) -> tuple[TextRun, ...]:
    """The text of an item after its marker; the box of a task replaces a bullet."""
    task = _TASK.match(runs[0].text) if runs else None
    if task:
        box = _BOXES[task[1]]
        marker = box if marker in _BULLETS else f"{marker} {box}"
        runs = without_prefix(runs, task.end() + 1)
    return merged([TextRun(f"{marker} "), *runs])

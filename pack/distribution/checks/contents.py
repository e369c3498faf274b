"""What is in a file: its text, and what was found in it, which many downstreams ask for again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Generic, TypeVar

from pack.distribution.content.transforms import MARKDOWN
from pack.distribution.values import MadeFile

_Found = TypeVar("_Found")


class Remembered(Generic[_Found]):
    """Looks into files, once for each name and content; where a file lies does not matter.

    Args:
        find: Finds it.
    """

    def __init__(self, find: Callable[[MadeFile], _Found]) -> None:
        self._find = find
        self._known: dict[tuple[str, bytes], _Found] = {}

    def of(self, file: MadeFile) -> _Found:
        """What is in a file."""
        key = (file.path.rpartition("/")[2], hashlib.sha256(file.content).digest())
        if key not in self._known:
            self._known[key] = self._find(file)
        return self._known[key]


def is_markdown(path: str) -> bool:
    """Whether a file is markdown, by its name."""
    return path.lower().endswith(MARKDOWN)


def text_of(file: MadeFile) -> str | None:
    """The text of a file; `None` if it is none in UTF-8."""
    try:
        return file.content.decode("utf-8")
    except UnicodeDecodeError:
        return None

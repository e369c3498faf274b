"""Notes that look like a memory: the same ones for the same seed, on every machine.

Words follow Zipf's law over an invented vocabulary, so that compression and search meet the
distribution of natural text; sizes are spread evenly from 0.5 KB to a little under 2 KB.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

FOLDERS: Final = ("contacts", "context", "profiles", "projects")
MIN_BYTES: Final = 500
MAX_BYTES: Final = 1800
_VOCABULARY: Final = 6000
_TAGS: Final = 40
_EPOCH: Final = date(2024, 1, 1)
_ONSETS: Final = ("b", "br", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v")
_VOWELS: Final = ("a", "e", "i", "o", "u", "ea", "ou")
_CODAS: Final = ("", "", "l", "n", "r", "s", "t", "ng")


@dataclass(frozen=True)
class Note:
    """A memory file as an agent would send it.

    Attributes:
        path: In one of the four folders.
        text: Frontmatter and body, ASCII; from `MIN_BYTES` to a paragraph more than `MAX_BYTES`.
    """

    path: str
    text: str


class Corpus:
    """An endless supply of notes from one seed.

    Attributes:
        words: Its vocabulary, the commonest first.
    """

    def __init__(self, seed: int = 2) -> None:
        self._random = random.Random(seed)
        self.words = self._vocabulary()
        weights = (1 / rank for rank in range(1, _VOCABULARY + 1))
        self._cumulative = list(itertools.accumulate(weights))

    def notes(self, count: int) -> Iterator[Note]:
        """`count` notes, spread evenly over the folders."""
        for number in range(count):
            slug = "-".join(self.words_of(2))
            yield Note(f"{FOLDERS[number % len(FOLDERS)]}/{slug}-{number:05}.md", self.text())

    def text(self) -> str:
        """A note's text: its frontmatter dates lie in the past, so that an update changes them."""
        created = _EPOCH + timedelta(days=self._random.randrange(300))
        updated = created + timedelta(days=self._random.randrange(300))
        topic = " ".join(self.words_of(3))
        tags = sorted({f"tag-{self._random.randrange(_TAGS)}" for _ in range(3)})
        head = (
            f"---\ntopic: {topic}\ntags: [{', '.join(tags)}]\n"
            f"created: {created}\nupdated: {updated}\n---\n\n# {topic.capitalize()}\n"
        )
        size = self._random.randint(MIN_BYTES, MAX_BYTES)
        return head + self._body(size - len(head))

    def _body(self, size: int) -> str:
        kinds = (self._heading, self._paragraph, self._paragraph, self._list)
        parts: list[str] = []
        while size > 0:
            parts.append(self._random.choice(kinds)())
            size -= len(parts[-1])
        return "".join(parts)

    def _heading(self) -> str:
        return f"\n## {' '.join(self.words_of(3)).capitalize()}\n"

    def _paragraph(self) -> str:
        count = self._random.randint(12, 30)
        return f"\n{' '.join(self.words_of(count)).capitalize()}.\n"

    def _list(self) -> str:
        items = (" ".join(self.words_of(6)) for _ in range(3))
        return "\n" + "".join(f"- {item}\n" for item in items)

    def words_of(self, count: int) -> list[str]:
        """`count` words, common ones more often."""
        return self._random.choices(self.words, cum_weights=self._cumulative, k=count)

    def _vocabulary(self) -> list[str]:
        words: dict[str, None] = {}
        while len(words) < _VOCABULARY:
            syllables = self._random.randint(1, 3)
            words["".join(self._syllable() for _ in range(syllables))] = None
        return list(words)

    def _syllable(self) -> str:
        return "".join(map(self._random.choice, (_ONSETS, _VOWELS, _CODAS)))

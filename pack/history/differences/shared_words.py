"""How much of what two texts say is the same: the words that they share, by their length."""

from __future__ import annotations

from collections import Counter
from typing import Final

from pack.history.differences.tokens import is_word, split_words

Words = Counter[str]
HEAVIEST: Final = 12
"""Letters that count of a word: a long one is not worth several."""


def words_in(text: str) -> Words:
    """The words of a text, however they are capitalised."""
    return Counter(word.casefold() for word in split_words(text) if is_word(word))


def weight_of(words: Words) -> int:
    """How much some words say."""
    return sum(min(len(word), HEAVIEST) * count for word, count in words.items())


def share_of(old: Words, new: Words) -> float:
    """The part of two texts that both have: 0 for nothing, 1 for all."""
    whole = weight_of(old) + weight_of(new)
    return 2 * weight_of(old & new) / whole if whole else 0.0

"""Questions that ask for a place, and texts that name one.

"Where does Anna live?" is answered by "she moved to Lisbon", which has no word of the question.
PACK has no list of places, but a capitalised word after `in`, `to` or `from` often names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pack.deferred import pattern
from pack.search.dates import MONTHS
from pack.search.words import fold_text

_KINDS: Final = (
    "airports?|areas?|bars?|beach(?:es)?|buildings?|caf[eé]s?|cit(?:y|ies)|continents?|"
    "countr(?:y|ies)|count(?:y|ies)|destinations?|districts?|hotels?|islands?|locations?|"
    "museums?|neighbou?rhoods?|offices?|parks?|places?|provinces?|regions?|restaurants?|rivers?|"
    "schools?|states?|stations?|streets?|towns?|universit(?:y|ies)|venues?|villages?"
)
_ASKED: Final = pattern(
    rf"\A\W*where \w+ \w|\b(?:what|which)(?: [\w'’.-]+)? (?:{_KINDS})\b", re.IGNORECASE
)
_NAMED: Final = pattern(r" (?:in|to|from|at|near|around|visit(?:ed|ing)?) (?:the )?(\w{3,})")


def asks_for_place(text: str) -> bool:
    """Whether a query asks for a place, as `where is it` and `which city` do."""
    return _ASKED.search(text) is not None


def places_named(text: str) -> Iterator[str]:
    """Capitalised words after `in`, `to`, `from` and the like, except months.

    Each is folded (`pack.search.words.fold_text`).
    """
    for found in _NAMED.finditer(text):
        if found[1][0].isupper():
            word = fold_text(found[1])
            if word not in MONTHS:
                yield word

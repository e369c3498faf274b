"""Questions for a place, and texts that name one.

"Where does Anna live?" is answered by "she moved to Lisbon", which has no word of the question.
Which names are places is not known; a word with a capital after `in`, `to`, `from` often is one.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from pack.search_dates import MONTHS
from pack.terms import fold_text

_KINDS: Final = (
    "airports?|areas?|bars?|beach(?:es)?|buildings?|caf[eé]s?|cit(?:y|ies)|continents?|"
    "countr(?:y|ies)|count(?:y|ies)|destinations?|districts?|hotels?|islands?|locations?|"
    "museums?|neighbou?rhoods?|offices?|parks?|places?|provinces?|regions?|restaurants?|rivers?|"
    "schools?|states?|stations?|streets?|towns?|universit(?:y|ies)|venues?|villages?"
)
_ASKED: Final = re.compile(
    rf"\A\W*where \w+ \w|\b(?:what|which)(?: [\w'’.-]+)? (?:{_KINDS})\b", re.IGNORECASE
)
_NAMED: Final = re.compile(r" (?:in|to|from|at|near|around|visit(?:ed|ing)?) (?:the )?(\w{3,})")


def asks_for_place(text: str) -> bool:
    """Whether a query asks for a place: it begins with `where`, or has `which` with `city` say."""
    return _ASKED.search(text) is not None


def names_place(text: str, known: Container[str]) -> bool:
    """Whether something with a capital is said to be where somebody is, goes or comes from.

    Args:
        text: As it is written.
        known: What is no answer (`pack.terms.fold_text`). Months never are.
    """
    capitals = (word for word in _NAMED.findall(text) if word[0].isupper())
    folded = map(fold_text, capitals)
    return any(word not in known and word not in MONTHS for word in folded)

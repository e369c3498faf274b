"""Where a rewrite has other words for lines of the person: what else is new is put beside them.

A line that a rewrite changes is in no place there, and without its place nobody knows what was put
above or below it. Another line may be it in other words. That is only believed where it is beyond
doubt: each line that is missing from a stretch has a line that is like it, in the same order, and
nothing else in the stretch is nearly as like it. Then the other lines are what was put between.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pack.history.differences.shared_words import Words, share_of, words_in

_SAME: Final = 0.5
"""The share of words that a line has in common with what it was."""
_OTHER: Final = 0.6
"""What has more in common with a missing line than this is not beside it."""
_CLEARLY: Final = 0.2
"""How much less any other line has to have in common with it."""
_MOST_PAIRS: Final = 2_500


def reworded_places(missing: Sequence[str], there: Sequence[str]) -> list[int] | None:
    """The place of each missing line among others; `None` if it is in doubt for one of them.

    Args:
        missing: Lines of the person that a stretch of a new text does not have, in their order.
        there: The lines of that stretch.
    """
    if not missing or len(missing) * len(there) > _MOST_PAIRS:
        return None
    new = [words_in(line) for line in there]
    shares = [[share_of(old, one) for one in new] for old in map(words_in, missing)]
    places = [max(range(len(new)), key=row.__getitem__, default=-1) for row in shares]
    if any(one >= two for one, two in pairwise(places)):
        return None
    if all(_is_beyond_doubt(row, place, places) for row, place in zip(shares, places, strict=True)):
        return places
    return None


def _is_beyond_doubt(row: Sequence[float], place: int, taken: Sequence[int]) -> bool:
    best = row[place] if place >= 0 else 0.0
    others = (share for other, share in enumerate(row) if other not in taken)
    return best >= _SAME and all(share < _OTHER and share <= best - _CLEARLY for share in others)


def are_all_there(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether what each of some lines says is said by others, in these or in like words."""
    left = [line.rstrip() for line in new]
    words: list[Words] | None = None
    for line in filter(str.strip, old):
        if line.rstrip() in left:
            continue
        words = [words_in(one) for one in left] if words is None else words
        if not any(share_of(words_in(line), one) >= _SAME for one in words):
            return False
    return True

"""What a new text of a note leaves out of the old one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from pack.files.markdown import split_lines

_LONG: Final = 100


@dataclass(frozen=True, slots=True)
class Loss:
    """The lines of a body that a new body does not have, wherever they stand."""

    lost: int
    total: int

    @property
    def is_large(self) -> bool:
        """Whether more than half of a long note is gone."""
        return self.total > _LONG and self.lost * 2 > self.total


def loss(before: str, after: str) -> Loss:
    """What is lost between two bodies; blanks at the ends of lines do not matter."""
    old = Counter(line.strip() for line in split_lines(before))
    kept = Counter(line.strip() for line in split_lines(after))
    return Loss((old - kept).total(), old.total())

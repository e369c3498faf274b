"""The files that a new memory begins with: while nobody has touched one, a note replaces it."""

from __future__ import annotations

import re
from typing import Final

_TODAY: Final = "{today}"
_DAY: Final = r"\d{4}-\d{2}-\d{2}"


def is_untouched(content: bytes, starter: str | None) -> bool:
    """Whether a file is still as it was made, on whatever day.

    Args:
        content: Its bytes.
        starter: The text that a new memory has at its path; `None` for none.
    """
    if starter is None:
        return False
    pattern = _DAY.join(map(re.escape, starter.split(_TODAY)))
    return re.fullmatch(pattern.encode(), content) is not None

"""What is remembered of the pages between two deliveries; losing it only costs requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pack.pages.mapping import bare

_MOST: Final = 60 * 1024
"""A target's receipt may have 64 KiB."""
_LAST: Final = 100
"""Pages whose receipts have room in any case."""


@dataclass(slots=True)
class PagesCache:
    """What the pages showed after the last delivery.

    Attributes:
        sections: Digests of the sections of the full export, in order; empty if unknown.
        shown: Digests that each name a page, its title and its text. A page whose digest is not
            among them may show anything.
    """

    sections: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    _receipts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> PagesCache:
        """What an earlier delivery returned; an empty cache if that is not of this kind."""
        try:
            found: Any = json.loads(text) if text else None
        except ValueError:
            found = None
        if not isinstance(found, Mapping) or not isinstance(found.get("pages"), Mapping):
            return cls()
        sections, shown = found.get("sections"), found.get("shown")
        return cls(
            [str(one) for one in sections] if isinstance(sections, list) else [],
            set(shown.split()) if isinstance(shown, str) else set(),
            {str(page): str(receipt) for page, receipt in found["pages"].items()},
        )

    def receipt_of(self, page: str) -> str:
        """The receipt of a page; empty for none. The parent page is the empty name."""
        return self._receipts.get(bare(page), "")

    def keep(self, page: str, receipt: str) -> None:
        """Remember the receipt of a page; the oldest receipts are forgotten first."""
        self._receipts.pop(bare(page), None)
        self._receipts[bare(page)] = receipt

    def forget(self, page: str) -> None:
        """Drop the receipt of a page."""
        self._receipts.pop(bare(page), None)

    def write(self) -> str:
        """As much of it as there is room for; never empty, which would mean a first delivery."""
        left = list(self._receipts.items())
        while len(text := _text(left, self)) > _MOST and left:
            del left[: max(len(left) // 8, 1)]
        if len(text) <= _MOST:
            return text
        return _text(list(self._receipts.items())[-_LAST:], PagesCache())


def _text(receipts: list[tuple[str, str]], cache: PagesCache) -> str:
    shown = " ".join(sorted(cache.shown))
    value = {"pages": dict(receipts), "sections": cache.sections, "shown": shown}
    return json.dumps(value, separators=(",", ":"))

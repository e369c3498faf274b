"""What is remembered of the pages between two deliveries; losing it costs requests only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pack.pages.mapping import bare

_MOST: Final = 60 * 1024
"""A target's receipt may have 64 KiB."""
_LAST: Final = 100
"""Pages whose receipts have room in any case."""


@dataclass(slots=True)
class PagesCache:
    """The receipts of single pages.

    Attributes:
        sections: What the full export holds, section by section; empty for what is not known.
        titles: Digest of the titles that the pages have; empty for what is not known.
        links: Digest of which page each file had; likewise.
    """

    sections: list[str] = field(default_factory=list)
    titles: str = ""
    links: str = ""
    _receipts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> PagesCache:
        """What an earlier delivery returned; nothing, if it is not of this kind."""
        try:
            found: Any = json.loads(text) if text else None
        except ValueError:
            found = None
        if not isinstance(found, Mapping) or not isinstance(found.get("pages"), Mapping):
            return cls()
        sections = found.get("sections")
        receipts = {str(page): str(receipt) for page, receipt in found["pages"].items()}
        known = [str(one) for one in sections] if isinstance(sections, list) else []
        titles, links = (str(found.get(name, "")) for name in ("titles", "links"))
        return cls(known, titles, links, receipts)

    def of(self, page: str) -> str:
        """The receipt of a page; empty for none. The page above all is the empty name."""
        return self._receipts.get(bare(page), "")

    def keep(self, page: str, receipt: str) -> None:
        """Remember a page's; the newest is forgotten last."""
        self._receipts.pop(bare(page), None)
        self._receipts[bare(page)] = receipt

    def forget(self, page: str) -> None:
        """Drop a page's."""
        self._receipts.pop(bare(page), None)

    def write(self) -> str:
        """All of it, as far as there is room; never empty, as that means that nothing is known."""
        receipts = dict(self._receipts)
        while len(text := self._text(receipts, self.sections)) > _MOST and receipts:
            for page in list(receipts)[: max(len(receipts) // 8, 1)]:
                del receipts[page]
        return text if len(text) <= _MOST else self._text(self._receipts_of_last(), [])

    def _receipts_of_last(self) -> dict[str, str]:
        """The receipts of the pages that were written last."""
        return dict(list(self._receipts.items())[-_LAST:])

    def _text(self, receipts: Mapping[str, str], sections: Sequence[str]) -> str:
        value = {
            "pages": receipts,
            "sections": list(sections),
            "titles": self.titles,
            "links": self.links,
        }
        return json.dumps(value, separators=(",", ":"))

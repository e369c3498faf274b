"""What is remembered of the pages between two deliveries; losing it costs requests only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pack.pages.mapping import bare

_MOST: Final = 60 * 1024
"""A target's memo may have 64 KiB."""
_LAST: Final = 100
"""Pages whose memos have room in any case."""


@dataclass(slots=True)
class PagesMemo:
    """The memos of single pages.

    Attributes:
        sections: What the full export holds, section by section; empty for what is not known.
        titles: Digest of the titles that the pages have; empty for what is not known.
        links: Digest of which page each file had; likewise.
    """

    sections: list[str] = field(default_factory=list)
    titles: str = ""
    links: str = ""
    _memos: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> PagesMemo:
        """What an earlier delivery returned; nothing, if it is not of this kind."""
        try:
            found: Any = json.loads(text) if text else None
        except ValueError:
            found = None
        if not isinstance(found, Mapping) or not isinstance(found.get("pages"), Mapping):
            return cls()
        sections = found.get("sections")
        memos = {str(page): str(memo) for page, memo in found["pages"].items()}
        known = [str(one) for one in sections] if isinstance(sections, list) else []
        titles, links = (str(found.get(name, "")) for name in ("titles", "links"))
        return cls(known, titles, links, memos)

    def of(self, page: str) -> str:
        """The memo of a page; empty for none. The page above all is the empty name."""
        return self._memos.get(bare(page), "")

    def keep(self, page: str, memo: str) -> None:
        """Remember a page's; the newest is forgotten last."""
        self._memos.pop(bare(page), None)
        self._memos[bare(page)] = memo

    def forget(self, page: str) -> None:
        """Drop a page's."""
        self._memos.pop(bare(page), None)

    def write(self) -> str:
        """All of it, as far as there is room; never empty, as that means that nothing is known."""
        memos = dict(self._memos)
        while len(text := self._text(memos, self.sections)) > _MOST and memos:
            for page in list(memos)[: max(len(memos) // 8, 1)]:
                del memos[page]
        return text if len(text) <= _MOST else self._text(self._memos_of_last(), [])

    def _memos_of_last(self) -> dict[str, str]:
        """The memos of the pages that were written last."""
        return dict(list(self._memos.items())[-_LAST:])

    def _text(self, memos: Mapping[str, str], sections: Sequence[str]) -> str:
        value = {
            "pages": memos,
            "sections": list(sections),
            "titles": self.titles,
            "links": self.links,
        }
        return json.dumps(value, separators=(",", ":"))

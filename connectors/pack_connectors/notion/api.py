"""What PACK asks of Notion, one method per request.

Source: Notion API reference 2026-03-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pack.errors import ConnectorError, InvalidConfig, NotFound
from pack_connectors.notion.blocks.json import Json
from pack_connectors.notion.http import NotionHttp, Refused

PAGE_SIZE: Final = 100
START: Final = "start"
END: Final = "end"
_ID: Final = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)


def parse_id(text: str, setting: str) -> str:
    """The id of a page, with dashes, from an id or the address of the page.

    Raises:
        InvalidConfig: The text contains no id.
    """
    last_part = text.strip().split("?")[0].split("#")[0].rstrip("/").rpartition("/")[2]
    found = _ID.search(last_part.replace("-", "")[-32:])
    if found is None:
        raise InvalidConfig(setting, "it is neither the id nor the address of a Notion page")
    return dashed(found[0])


def dashed(text: str) -> str:
    """An id in the form that Notion answers with."""
    bare = text.replace("-", "").lower()
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))


def url_of(page: str) -> str:
    """Where a browser shows a page."""
    return f"https://www.notion.so/{page.replace('-', '')}"


@dataclass(frozen=True, slots=True)
class PageState:
    """A page, without what is on it.

    Attributes:
        edited: When it was last edited, to the minute.
        editor: Who edited it then.
        maker: Who created it.
    """

    id: str
    title: str
    in_trash: bool
    edited: str
    editor: str
    maker: str


class NotionApi:
    """Asks Notion. Errors are those of `NotionHttp`."""

    def __init__(self, http: NotionHttp) -> None:
        self._http = http
        self._me = ""

    def close(self) -> None:
        """As `NotionHttp.close`."""
        self._http.close()

    def me(self) -> str:
        """The id of the integration as a user; asked once."""
        if not self._me:
            self._me = _text(self._http.get("users/me"), "id")
        return self._me

    # --- pages ---------------------------------------------------------------------------------

    def page(self, page: str) -> PageState:
        """A page that the integration may see, even in the trash."""
        return _state(self._http.get(f"pages/{page}"))

    def create_page(self, parent: str, title: str, children: Sequence[Json]) -> PageState:
        """Create a page with blocks on it; after `NoAnswer` it may or may not be there."""
        parent_id: Json = {"type": "page_id", "page_id": parent}
        body = {"parent": parent_id, "properties": _title(title), "children": list(children)}
        return _state(self._http.send("POST", "pages", body, is_safe=False))

    def set_title(self, page: str, title: str) -> None:
        """Change the title of a page."""
        self._http.send("PATCH", f"pages/{page}", {"properties": _title(title)}, is_safe=True)

    def trash(self, page: str) -> None:
        """Move a page to the trash."""
        self._http.send("PATCH", f"pages/{page}", {"in_trash": True}, is_safe=True)

    # --- blocks --------------------------------------------------------------------------------

    def children(self, block: str) -> Iterator[Json]:
        """The blocks directly below a page or block, in order."""
        query: dict[str, str | int] = {"page_size": PAGE_SIZE}
        while True:
            answer = self._http.get(f"blocks/{block}/children", query)
            yield from _results(answer)
            cursor = answer.get("next_cursor")
            if not answer.get("has_more") or not isinstance(cursor, str):
                return
            if cursor == query.get("start_cursor"):
                raise ConnectorError("Notion's list of blocks never ends")
            query["start_cursor"] = cursor

    def append(self, block: str, children: Sequence[Json], place: str) -> list[str]:
        """Add blocks below a page or block.

        Args:
            block: The page or block.
            children: What to add.
            place: `START`, `END`, or the id of the block to add them after.

        Returns:
            Their ids, without those of blocks below them.
        """
        position: Json = {"type": place}
        if place not in (START, END):
            position = {"type": "after_block", "after_block": {"id": place}}
        body = {"children": list(children), "position": position}
        answer = self._http.send("PATCH", f"blocks/{block}/children", body, is_safe=False)
        return [_text(one, "id") for one in _results(answer)]

    def delete_block(self, block: str) -> None:
        """Move a block to the trash; nothing happens if it is there already, or gone."""
        try:
            self._http.send("DELETE", f"blocks/{block}", None, is_safe=True)
        except NotFound:
            return
        except Refused as refused:
            if "archived" not in refused.message and "trash" not in refused.message:
                raise


def _results(answer: Json) -> list[Json]:
    found = answer.get("results")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(answer: Json, name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str):
        raise ConnectorError(f"Notion's answer lacks {name}")
    return found


def _title(title: str) -> Json:
    return {"title": {"title": [{"type": "text", "text": {"content": title[:1000]}}]}}


def _state(answer: Json) -> PageState:
    return PageState(
        _text(answer, "id"),
        _title_in(answer.get("properties")),
        answer.get("in_trash") is True,
        _text(answer, "last_edited_time"),
        _user(answer.get("last_edited_by")),
        _user(answer.get("created_by")),
    )


def _user(found: Any) -> str:
    return _text(found, "id") if isinstance(found, dict) else ""


def _title_in(properties: Any) -> str:
    for one in properties.values() if isinstance(properties, dict) else ():
        if isinstance(one, dict) and one.get("type") == "title":
            return "".join(str(part.get("plain_text", "")) for part in one.get("title", ()))
    return ""

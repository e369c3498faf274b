"""The messages of a conversation with Claude: the branch that the person sees, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pack.provenance import Origin, Source
from pack_connectors.import_sources.moments import moment

_CLAUDE: Final = Origin(Source.AI_CLOUD, "claude")
_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
"""The parent of the first message."""
_LONGEST_ATTACHMENT: Final = 200_000


def spoken_in(
    messages: Sequence[object],
) -> tuple[list[tuple[Origin | None, str]], list[datetime]]:
    """Who says what, in order, and when."""
    shown = _branch([one for one in messages if isinstance(one, dict)])
    times = [at for at in (moment(one.get("created_at")) for one in shown) if at is not None]
    return [(_writer(one), "\n\n".join(_pieces(one))) for one in shown], times


def _branch(messages: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The newest branch where the person went back; all messages where none says its parent."""
    by_key = {one["uuid"]: one for one in messages if isinstance(one.get("uuid"), str)}
    parents = [one.get("parent_message_uuid") for one in messages]
    if not any(parent in by_key for parent in parents) or len(by_key) != len(messages):
        return messages
    answered = set(parents)
    ends = [one for one in messages if one["uuid"] not in answered] or messages
    place: object = max(ends, key=_sent)["uuid"]
    found: list[Mapping[str, Any]] = []
    seen: set[object] = set()
    while isinstance(place, str) and place in by_key and place not in seen and place != _NOBODY:
        seen.add(place)
        found.append(by_key[place])
        place = by_key[place].get("parent_message_uuid")
    return found[::-1]


def _sent(message: Mapping[str, Any]) -> float:
    at = moment(message.get("created_at"))
    return at.timestamp() if at else 0.0


def _writer(message: Mapping[str, Any]) -> Origin | None:
    return None if message.get("sender") in ("human", "user") else _CLAUDE


def _pieces(message: Mapping[str, Any]) -> Iterator[str]:
    """What a message says; thoughts and what tools said are left out."""
    blocks = message.get("content")
    texts = [
        one["text"]
        for one in (blocks if isinstance(blocks, list) else ())
        if isinstance(one, dict) and one.get("type") == "text" and isinstance(one.get("text"), str)
    ]
    if not any(text.strip() for text in texts) and isinstance(message.get("text"), str):
        texts = [message["text"]]
    yield from (text.strip("\n") for text in texts if text.strip())
    for one in _listed(message, "attachments"):
        yield from _attachment(one)
    for one in _listed(message, "files"):
        if isinstance(one.get("file_name"), str):
            yield f"*(attached: {one['file_name']})*"


def _listed(message: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = message.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _attachment(one: Mapping[str, Any]) -> Iterator[str]:
    """A text that was pasted or attached, quoted; a long one only by its name."""
    name = one.get("file_name") if isinstance(one.get("file_name"), str) else ""
    text = one.get("extracted_content")
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_ATTACHMENT:
        yield f"*(attached: {name or 'a file'})*"
        return
    quoted = "\n".join(f"> {line}".rstrip() for line in text.strip("\n").splitlines())
    yield f"*(attached: {name or 'a text'})*\n\n{quoted}"

"""The messages of a conversation with ChatGPT: which of them the person sees, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pack.provenance import Origin, Source
from pack_connectors.import_sources.json_lines import read_json
from pack_connectors.import_sources.moments import moment

_MEMORY_TOOL: Final = "bio"
_ACKNOWLEDGED: Final = re.compile(r"model set context updated\.?", re.IGNORECASE)
_SHOWN: Final = frozenset(("text", "multimodal_text"))
_REFERENCE: Final = re.compile("\ue200[^\ue200\ue201]*\ue201|【[^【】†]{0,80}†[^【】]{0,200}】")
"""Marks of ChatGPT's that the page turns into links; in a text alone they say nothing."""
_FENCE: Final = "```"
_LANGUAGE: Final = re.compile(r"\w+\n")
_POINTERS: Final = {"image_asset_pointer": "image", "audio_asset_pointer": "recording"}
_SAID_ALOUD: Final = "audio_transcription"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message.

    Attributes:
        role: `user`, `assistant`, `tool` or `system`.
        name: Which tool.
        recipient: Whom it is for: `all`, or a tool.
        content: As it is in the export.
        metadata: The same.
        at: When it was sent.
    """

    role: str
    name: str
    recipient: str
    content: Mapping[str, Any]
    metadata: Mapping[str, Any]
    at: datetime | None

    @property
    def content_type(self) -> str:
        """What kind of thing it says."""
        return _text(self.content.get("content_type"))


def active_path(mapping: Mapping[str, Any], current: object) -> list[ChatMessage]:
    """The messages that a person sees: from the current one up to the first.

    Where the export does not say which is current, it is the newest that nothing follows.
    """
    nodes = {key: node for key, node in mapping.items() if isinstance(node, dict)}
    place = current if isinstance(current, str) and current in nodes else _newest_end(nodes)
    found: list[ChatMessage] = []
    seen: set[str] = set()
    while place in nodes and place not in seen:
        seen.add(place)
        message = _message(nodes[place].get("message"))
        if message is not None:
            found.append(message)
        parent = nodes[place].get("parent")
        place = parent if isinstance(parent, str) else ""
    return found[::-1]


def _newest_end(nodes: Mapping[str, Mapping[str, Any]]) -> str:
    parents = {one.get("parent") for one in nodes.values() if isinstance(one.get("parent"), str)}
    ends = [key for key in nodes if key not in parents] or [*nodes]
    with_text = [key for key in ends if isinstance(nodes[key].get("message"), dict)] or ends
    return max(with_text, key=lambda key: _sent(nodes[key]), default="")


def _sent(node: Mapping[str, Any]) -> float:
    message = node.get("message")
    at = moment(message.get("create_time")) if isinstance(message, dict) else None
    return at.timestamp() if at else 0.0


def _message(found: object) -> ChatMessage | None:
    if not isinstance(found, dict):
        return None
    author, content = _mapping(found.get("author")), _mapping(found.get("content"))
    return ChatMessage(
        _text(author.get("role")),
        _text(author.get("name")),
        _text(found.get("recipient")) or "all",
        content,
        _mapping(found.get("metadata")),
        moment(found.get("create_time")),
    )


# --- what they say --------------------------------------------------------------------------------


def spoken_by(message: ChatMessage) -> tuple[Origin | None, str]:
    """Who says what in a message, as the person sees it; an empty text if they see nothing."""
    is_hidden = message.metadata.get("is_visually_hidden_from_conversation") is True
    is_for_all = message.recipient == "all"
    if is_hidden or not is_for_all or message.content_type not in _SHOWN:
        return None, ""
    if message.role not in ("user", "assistant"):
        return None, ""
    text = "\n\n".join(_pieces(message))
    return (None if message.role == "user" else _assistant(message)), text


def _assistant(message: ChatMessage) -> Origin:
    model = _text(message.metadata.get("model_slug"))
    return Origin(Source.AI_CLOUD, "chatgpt", f"openai/{model}" if model else None)


def _pieces(message: ChatMessage) -> Iterator[str]:
    is_persons = message.role == "user"
    for text in _parts(message):
        plain = text if is_persons else _REFERENCE.sub("", text)
        if plain.strip():
            yield plain.strip("\r\n")
    attachments = message.metadata.get("attachments")
    for one in attachments if isinstance(attachments, list) else ():
        name = _text(one.get("name")) if isinstance(one, dict) else ""
        if name:
            yield f"*(attached: {name})*"


def _parts(message: ChatMessage) -> Iterator[str]:
    parts = message.content.get("parts")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            kind = _text(part.get("content_type"))
            if kind in _POINTERS:
                yield f"*({_POINTERS[kind]})*"
            elif kind == _SAID_ALOUD or isinstance(part.get("text"), str):
                yield _text(part.get("text"))
    if isinstance(message.content.get("text"), str):
        yield message.content["text"]


def memory_of(message: ChatMessage) -> str:
    """What a message has ChatGPT save to its memory; empty if nothing."""
    is_said_to = message.role == "assistant" and message.recipient == _MEMORY_TOOL
    is_said_by = message.role == "tool" and message.name == _MEMORY_TOOL
    if not is_said_to and not is_said_by:
        return ""
    text = "\n".join(_parts(message)).strip()
    return "" if _ACKNOWLEDGED.fullmatch(text) else _plain_memory(text)


def _plain_memory(text: str) -> str:
    """The words of a memory; some versions of ChatGPT put them into JSON."""
    if not text.startswith("{"):
        return text
    found = read_json(text)
    if not isinstance(found, dict):
        return text
    told = found.get("content") or found.get("text") or found.get("memory")
    return told if isinstance(told, str) else text


def instructions_of(message: ChatMessage) -> str:
    """The custom instructions that a message holds, as markdown; empty if it holds none."""
    if message.content_type != "user_editable_context":
        return ""
    plain = _mapping(message.metadata.get("user_context_message_data"))
    about_person = _text(plain.get("about_user_message")) or _unwrapped(
        message.content.get("user_profile")
    )
    about_answers = _text(plain.get("about_model_message")) or _unwrapped(
        message.content.get("user_instructions")
    )
    heads = (("About me", about_person), ("How to answer", about_answers))
    return "\n\n".join(f"## {head}\n\n{text.strip()}" for head, text in heads if text.strip())


def _unwrapped(value: object) -> str:
    """What the person typed; the export has it in a fence, below words to the model."""
    text = _text(value)
    _, _, rest = text.partition(_FENCE)
    fenced, end, _ = rest.partition(_FENCE)
    if not end:
        return text
    language = _LANGUAGE.match(fenced)
    return fenced[language.end() if language is not None else 0 :].strip()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

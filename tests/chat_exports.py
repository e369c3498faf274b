"""Synthetic exports of chat tools: nobody's conversations, made up for the tests."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BEGAN = 1_714_557_600.0  # 2024-05-01 10:00 UTC
DAY = 86_400


def chatgpt_message(
    number: int, role: str, content: Mapping[str, Any] | str, **more: Any
) -> dict[str, Any]:
    """One message of ChatGPT's export."""
    told = {"content_type": "text", "parts": [content]} if isinstance(content, str) else content
    author = {"role": role, "name": more.pop("name", None), "metadata": {}}
    return {
        "id": f"m{number}",
        "author": author,
        "create_time": BEGAN + number * 60,
        "content": told,
        "status": "finished_successfully",
        "recipient": more.pop("recipient", "all"),
        "metadata": more.pop("metadata", {}),
        **more,
    }


def chatgpt_conversation(
    key: str, title: str | None, messages: Sequence[Mapping[str, Any]], **more: Any
) -> dict[str, Any]:
    """A conversation whose messages follow each other."""
    mapping: dict[str, Any] = {
        "root": {"id": "root", "message": None, "parent": None, "children": []}
    }
    last = "root"
    for message in messages:
        place = message["id"]
        mapping[last]["children"].append(place)
        mapping[place] = {"id": place, "message": message, "parent": last, "children": []}
        last = place
    return {
        "title": title,
        "create_time": BEGAN,
        "update_time": BEGAN + DAY,
        "mapping": mapping,
        "current_node": last,
        "conversation_id": key,
        "id": key,
        "default_model_slug": "gpt-4o",
        **more,
    }


def chat(key: str, title: str | None, *said: str, **more: Any) -> dict[str, Any]:
    """A conversation in which the person and ChatGPT take turns."""
    roles = ("user", "assistant")
    messages = [chatgpt_message(n, roles[n % 2], text) for n, text in enumerate(said)]
    return chatgpt_conversation(key, title, messages, **more)


def remembering(key: str, *memories: str) -> dict[str, Any]:
    """A conversation in which ChatGPT saves something to its memory."""
    messages = [chatgpt_message(0, "user", "Please remember that.")]
    for number, text in enumerate(memories):
        messages.append(chatgpt_message(1 + 2 * number, "assistant", text, recipient="bio"))
        messages.append(
            chatgpt_message(2 + 2 * number, "tool", "Model set context updated.", name="bio")
        )
    return chatgpt_conversation(key, "Remembering", messages)


def instructing(key: str, about: str, answers: str) -> dict[str, Any]:
    """A conversation that begins with custom instructions."""
    content = {
        "content_type": "user_editable_context",
        "user_profile": f"The user said of themselves:\nUser profile:\n```{about}```",
        "user_instructions": f"The user said how to answer:\n```{answers}```",
    }
    hidden = {"is_visually_hidden_from_conversation": True, "is_user_system_message": True}
    messages = [
        chatgpt_message(0, "user", content, metadata=hidden),
        chatgpt_message(1, "user", "Good morning."),
        chatgpt_message(2, "assistant", "Good morning!"),
    ]
    return chatgpt_conversation(key, "Morning", messages)


def zipped(files: Mapping[str, Any]) -> bytes:
    """A zip; what is not bytes is written as JSON."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, _encoded(content))
    return made.getvalue()


def laid_out(folder: Path, files: Mapping[str, Any]) -> Path:
    """The same as a folder."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_encoded(content))
    return folder


def _encoded(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    return json.dumps(content, ensure_ascii=False).encode()


# --- Claude ------------------------------------------------------------------------------------


def claude_chat(key: str, name: str, *said: str) -> dict[str, Any]:
    """A conversation in which the person and Claude take turns."""
    senders = ("human", "assistant")
    return {
        "uuid": key,
        "name": name,
        "summary": "",
        "created_at": "2025-03-01T10:00:00.123456Z",
        "updated_at": "2025-03-02T10:00:00Z",
        "account": {"uuid": "a"},
        "chat_messages": [
            {
                "uuid": f"m{number}",
                "sender": senders[number % 2],
                "text": text,
                "content": [{"type": "text", "text": text}],
                "attachments": [],
                "files": [],
                "created_at": f"2025-03-01T10:0{number}:00Z",
            }
            for number, text in enumerate(said)
        ],
    }


def claude_project(key: str, name: str, docs: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A project with its documents."""
    at = "2025-01-01T00:00:00Z"
    return {
        "uuid": key,
        "name": name,
        "description": "About it.",
        "prompt_template": "Be kind.",
        "created_at": at,
        "updated_at": at,
        "docs": [
            {"uuid": f"{key}-{file}", "filename": file, "content": text, "created_at": at}
            for file, text in (docs or {}).items()
        ],
    }


# --- Gemini ------------------------------------------------------------------------------------


def gemini_entry(title: str, time: object, html: str | None = None, **more: Any) -> dict[str, Any]:
    """One prompt in Google Takeout."""
    answer = {"safeHtmlItem": [{"html": html}]} if html is not None else {}
    header = more.pop("header", "Gemini Apps")
    return {"header": header, "title": title, "time": time, "products": [header], **answer, **more}

"""BEAM as a memory: a folder for each chat, and a note for each message.

A question names the messages that answer it, and is asked of the folder of its chat.
Format: mohammadtavakoli78/BEAM, `chats/100K/N/chat.json` and `probing_questions.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

_END_SIGN: Final = "->->"
_TIER: Final = "chats/100K"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its kind, and the notes with the messages that answer it."""

    text: str
    kind: str
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat: its number, its folder, its notes by path, and the questions with evidence."""

    number: int
    folder: str
    notes: Mapping[str, str]
    questions: tuple[Question, ...]


def load_chats(path: Path) -> list[Chat]:
    """The chats of the 100K tier, by number.

    Args:
        path: The repository, or a folder of it that holds the numbered chats.
    """
    top = path / _TIER if (path / _TIER).is_dir() else path
    folders = [folder for folder in top.iterdir() if (folder / "chat.json").is_file()]
    return [_chat(folder) for folder in sorted(folders, key=lambda folder: int(folder.name))]


def _chat(folder: Path) -> Chat:
    number = int(folder.name)
    name = f"chat-{number:03}"
    messages = list(_messages(_read(folder / "chat.json")))
    paths = {message["id"]: f"{name}/m{message['id']:05}.md" for message in messages}
    questions = _read(folder / "probing_questions" / "probing_questions.json")
    return Chat(
        number,
        name,
        {paths[message["id"]]: _note(message) for message in messages},
        tuple(_questions(questions, paths)),
    )


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _messages(batches: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The messages; one without a date of its own has that of the message before it."""
    anchor = None
    for batch in batches:
        anchor = batch.get("time_anchor") or anchor
        for turn in batch["turns"]:
            for message in turn:
                anchor = message.get("time_anchor") or anchor
                yield {**message, "time_anchor": anchor}


def _note(message: Mapping[str, Any]) -> str:
    said = message["content"].partition(_END_SIGN)[0].strip()
    title = message["role"]
    head = ""
    if message["time_anchor"]:
        day = datetime.strptime(message["time_anchor"], "%B-%d-%Y").date()  # noqa: DTZ007
        head = f"---\ncreated: {day}\nupdated: {day}\n---\n\n"
        title = f"{title} {day}"
    return f"{head}# {title}\n\n{said}\n"


def _questions(
    kinds: Mapping[str, list[Mapping[str, Any]]], paths: Mapping[int, str]
) -> Iterator[Question]:
    for kind, questions in kinds.items():
        for question in questions:
            named = set(_numbers(question.get("source_chat_ids")))
            evidence = frozenset(paths[number] for number in named if number in paths)
            if evidence:
                yield Question(question["question"], kind, evidence)


def _numbers(value: object) -> Iterator[int]:
    """All numbers in lists and objects of lists."""
    if isinstance(value, int):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, dict):
        yield from _numbers(list(value.values()))

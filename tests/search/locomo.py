"""LoCoMo as memories: each conversation one, as a note for each session or for each turn.

A conversation has sessions of turns; a question names the turns that answer it (its evidence).
Format: snap-research/LoCoMo, `data/locomo10.json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

CATEGORIES: Final = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}
"""The categories that are asked; 5 has questions that nothing answers."""

_SESSION: Final = re.compile(r"session_(\d+)")
_TURN_ID: Final = re.compile(r"D\d+:\d+")
_SESSION_TIME: Final = "%I:%M %p on %d %B, %Y"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one of the two said; `image` is the caption of a picture that was shown."""

    id: str
    speaker: str
    text: str
    image: str

    @property
    def body(self) -> str:
        said = f"{self.speaker}: {self.text}"
        return f"{said} [shared a photo: {self.image}]" if self.image else said


@dataclass(frozen=True, slots=True)
class Session:
    """The turns of one sitting, in order; the title names who spoke and when."""

    number: int
    title: str
    day: date
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the ids of the turns that answer it, all of them in the conversation."""

    text: str
    category: int
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation with the questions that are asked about it."""

    name: str
    sessions: tuple[Session, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """A conversation as notes.

    Attributes:
        notes: Text by path; the order of paths is that of time.
        path_of: The note that holds a turn, by the id of the turn.
    """

    notes: Mapping[str, str]
    path_of: Mapping[str, str]

    def answers(self, question: Question) -> frozenset[str]:
        """The notes that hold the evidence."""
        return frozenset(self.path_of[turn] for turn in question.evidence)


def load(file: Path) -> list[Conversation]:
    """The conversations of a file; without questions of other categories or without evidence."""
    return [_conversation(item) for item in json.loads(file.read_text(encoding="utf-8"))]


def by_session(conversation: Conversation) -> Split:
    """A note for each session."""
    notes, path_of = {}, {}
    for session in conversation.sessions:
        path = f"sessions/{session.day}-s{session.number:02}.md"
        notes[path] = _note(session, "\n\n".join(turn.body for turn in session.turns))
        path_of.update({turn.id: path for turn in session.turns})
    return Split(notes, path_of)


def by_turn(conversation: Conversation) -> Split:
    """A note for each turn."""
    notes, path_of = {}, {}
    for session in conversation.sessions:
        for number, turn in enumerate(session.turns, start=1):
            stem = f"{session.day}-s{session.number:02}-t{number:03}"
            path = path_of[turn.id] = f"sessions/{stem}.md"
            notes[path] = _note(session, turn.body)
    return Split(notes, path_of)


def _note(session: Session, body: str) -> str:
    head = f"topic: Session {session.number}\ncreated: {session.day}\nupdated: {session.day}"
    return f"---\n{head}\n---\n\n# {session.title}\n\n{body}\n"


def _conversation(item: Mapping[str, Any]) -> Conversation:
    sessions = tuple(sorted(_sessions(item["conversation"]), key=lambda session: session.number))
    known = {turn.id for session in sessions for turn in session.turns}
    return Conversation(item["sample_id"], sessions, tuple(_questions(item["qa"], known)))


def _sessions(parts: Mapping[str, Any]) -> Iterator[Session]:
    speakers = f"{parts['speaker_a']} and {parts['speaker_b']}"
    for key, turns in parts.items():
        found = _SESSION.fullmatch(key)
        if found is not None and turns:
            time = parts[f"{key}_date_time"]
            # Wherever the two live, the day is theirs.
            day = datetime.strptime(time, _SESSION_TIME).date()  # noqa: DTZ007
            yield Session(int(found[1]), f"{speakers}, {time}", day, tuple(map(_turn, turns)))


def _turn(part: Mapping[str, Any]) -> Turn:
    return Turn(part["dia_id"], part["speaker"], part["text"], part.get("blip_caption", ""))


def _questions(items: list[Mapping[str, Any]], known: set[str]) -> Iterator[Question]:
    for item in items:
        # Some entries hold several ids in one text, and a few name turns that do not exist.
        named = frozenset(_TURN_ID.findall(" ".join(item.get("evidence", ()))))
        if item["category"] in CATEGORIES and named & known:
            yield Question(item["question"], item["category"], named & known)

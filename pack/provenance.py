"""Who wrote a commit: the author field, and trailers that no caller can forge."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from pack.deferred import dataclass
from pack.limits import MAX_MESSAGE_BYTES
from pack.model import Identity

_SUBJECT_CHARACTERS: Final = 72
_LABEL: Final = 64
_KIT_LABEL: Final = 100
"""The name of a kit and its version."""
_SKIP: Final = "Pack-Sync: skip"
_OURS: Final = "Pack-Request: "


class Source(StrEnum):
    """What kind of writer is behind a commit. `ai-network`, as PACK 2.0.0 has it, is `ai-lan`."""

    USER = "user"
    AUTOMATION = "automation"
    AI_LOCAL = "ai-local"
    AI_LAN = "ai-lan"
    AI_CLOUD = "ai-cloud"
    KIT = "kit"

    @classmethod
    def _missing_(cls, value: object) -> Source | None:
        return cls.AI_LAN if value == "ai-network" else None


TRUTH_LEVELS: Final[Mapping[Source, int]] = {
    Source.USER: 1,
    Source.AUTOMATION: 2,
    Source.AI_LOCAL: 3,
    Source.AI_LAN: 4,
    Source.AI_CLOUD: 5,
    Source.KIT: 5,
}
"""How far each is trusted: the lower the number, the more authority."""

ORIGIN_TRAILER: Final = "Pack-Origin"
LEVEL_TRAILER: Final = "Pack-Truth-Level"
REQUEST_TRAILER: Final = "Pack-Request"
MODEL_TRAILER: Final = "Pack-Model"
DERIVED_FROM: Final = "Pack-Derived-From"
ACCEPTED_BY: Final = "Pack-Accepted-By"
ACCEPTED_VIA: Final = "Pack-Accepted-Via"
PROPOSAL: Final = "Pack-Proposal"
RECORDED_BY: Final = "Pack-Recorded-By"
RESTORES: Final = "Pack-Restores"
UNDOES: Final = "Pack-Undoes"
"""The commit that an undo takes back."""
IMPORTED_FROM: Final = "Pack-Imported-From"
"""Which tool's export a commit brought."""
WRITTEN_TOO_BY: Final = "Pack-Written-Too-By"
"""The tool that wrote a part of it (`pack.truth.credit`)."""
OUR_ADDRESSES: Final = "@pack.invalid"
"""How the addresses of authors end that are not the user."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The writer of a request.

    Attributes:
        source: What kind of writer.
        client: Its name, if it gave one: `cli`, `editor`, the name of an MCP client.
        model: The model behind it, as `provider/name`, if that is known.
    """

    source: Source
    client: str
    model: str | None = None

    @property
    def level(self) -> int:
        """How far the writer is trusted, from 1 (the user) to 5."""
        return TRUTH_LEVELS[self.source]

    @property
    def label(self) -> str:
        """`source:client`, in characters that are safe in a trailer."""
        is_kit = self.source is Source.KIT
        allowed, most = (r"A-Za-z0-9._@-", _KIT_LABEL) if is_kit else (r"A-Za-z0-9._-", _LABEL)
        client = re.sub(rf"[^{allowed}]+", "-", self.client).strip("-")[:most]
        return f"{self.source}:{client or 'unknown'}"

    @property
    def author(self) -> Identity | None:
        """The author that a commit names; `None` for the user whom the memory belongs to."""
        if self.source is Source.USER:
            return None
        label = self.label
        name = re.sub(r"[^\w .()-]+", " ", self.client).strip()[:64] or "unknown client"
        address = label.replace(":", ".").replace("@", "-")
        return Identity(name, f"{address}{OUR_ADDRESSES}")


EDITOR: Final = Origin(Source.USER, "editor")
"""Edits made in the folder, with whatever tools the user has."""
IMPORT: Final = Origin(Source.USER, "import")
"""Notes that the user had before the memory began."""
MERGER: Final = Origin(Source.AUTOMATION, "merge")
"""Merges of two heads."""


def commit_message(
    subject: str,
    origin: Origin,
    request: str,
    said: str | None = None,
    paths: Sequence[str] = (),
    *,
    skips_sync: bool = False,
    trailers: Sequence[tuple[str, str]] = (),
) -> str:
    """The message of a commit.

    Args:
        subject: What was done, beginning with the path; never shortened, because it names the path.
        origin: Who did it.
        request: Id of the request, by which a repeated request can be recognised.
        said: The caller's own words. The first line joins the subject and the rest becomes the
            body; none of it can pass for a trailer.
        paths: More paths to name, one per line.
        skips_sync: Whether sync targets ignore the commit, because it records what one of them has
            done.
        trailers: Further trailers, by name.
    """
    subject = _plain(subject)
    first, rest = _caller_words(said)
    if first:
        room = max(_SUBJECT_CHARACTERS - len(subject) - 3, 20)
        cut = first if len(first) <= room else f"{first[: room - 1].rstrip()}…"
        rest = f"{first}\n{rest}".strip() if cut != first else rest
        subject = f"{subject} ({cut})"
    last = "\n".join(
        (
            f"{ORIGIN_TRAILER}: {origin.label}",
            f"{LEVEL_TRAILER}: {origin.level}",
            f"{REQUEST_TRAILER}: {request}",
            *([f"{MODEL_TRAILER}: {_model(origin.model)}"] if origin.model else ()),
            *([_SKIP] if skips_sync else ()),
            *(f"{name}: {_plain(value)}" for name, value in trailers),
        )
    )
    parts = (subject, "\n".join(map(_harmless, map(_plain, paths))), rest, last)
    return "\n\n".join(part for part in parts if part)


def parse_origin(text: str) -> Origin | None:
    """The origin that a text such as `ai-cloud:cursor` names; `None` if it names none."""
    source, colon, client = text.partition(":")
    try:
        return Origin(Source(source), client) if colon and client else None
    except ValueError:
        return None


def parse_label(text: str) -> Origin | None:
    """The origin that a label names; `None` if it is none that PACK writes (`Origin.label`).

    Labels are shown to models, who take them for PACK's own words: nobody else's belong there.
    """
    found = parse_origin(text)
    is_plain = found is not None and found.label == f"{found.source}:{found.client}"
    return found if is_plain else None


def weaker(first: Source, second: Source) -> Source:
    """The one of two that is trusted less: a claim lowers authority and never raises it."""
    return max(first, second, key=TRUTH_LEVELS.__getitem__)


def skips_sync(message: str) -> bool:
    """Whether PACK made the commit and marked it for sync targets to ignore."""
    return _SKIP in _trailers(message)


def is_ours(message: str) -> bool:
    """Whether PACK made the commit."""
    return bool(_trailers(message))


def without_trailers(message: str) -> str:
    """The part of a commit's message that is meant for people."""
    text = message.strip()
    return text.rpartition("\n\n")[0].strip() if _trailers(message) else text


def _trailers(message: str) -> list[str]:
    """The trailers of a commit that PACK made (its last paragraph); none for any other commit."""
    lines = message.strip().rpartition("\n\n")[2].splitlines()
    return lines if any(line.startswith(_OURS) for line in lines) else []


def _caller_words(said: str | None) -> tuple[str, str]:
    """First line and rest of a caller's message, made harmless.

    A line of the rest is indented if a parser could take it for a trailer, a scissors line or the
    end of the message. Indented, it is plain text to all parsers (git-interpret-trailers(1)).
    """
    text = (said or "").encode("utf-8", "replace")[:MAX_MESSAGE_BYTES].decode("utf-8", "ignore")
    lines = [_plain(line) for line in text.splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    if not lines:
        return "", ""
    return lines[0], "\n".join(map(_harmless, lines[1:])).strip("\n")


def _plain(line: str) -> str:
    """One line without unprintable characters; a file's name may contain anything."""
    return "".join(c for c in line if c.isprintable()).strip()


def _model(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._/:+-]+", "-", name).strip("-")[:100] or "unknown"


def _harmless(line: str) -> str:
    is_special = re.match(r"[\w-]+\s*[:=#]|---|\(cherry picked|#|-- >8", line)
    return f"  {line}" if is_special else line

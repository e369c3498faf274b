"""The JSON that webhooks receive (C8): one object for each file in a commit, or for each commit.

v2 has `version: 2` and holds the one file. Its `event` is one of two words: `memory_update` if the
path has content afterwards, otherwise `memory_delete`; `action` says what was done. v1 has no
`version`, always says `memory_update`, and holds the whole memory. The schemas of both are in
`pack_templates.webhook_schema`.

Why two words: consumers of the first PACK look for `memory_update` alone, and would miss an edit or
a move under another name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from pack.log import CommitFacts
from pack.sync.events import EventKind, FileEvent
from pack.times import format_time

_UPDATE: Final = "memory_update"
_DELETE: Final = "memory_delete"


class PayloadVersion(IntEnum):
    """The payloads that the consumer of a webhook expects."""

    V1 = 1
    V2 = 2


def file_payload(event: FileEvent, repo: str) -> bytes:
    """A v2 payload: what happened to one file.

    Args:
        event: What happened.
        repo: The name of the memory: `OWNER/REPO`, or the name of its folder.
    """
    word = _DELETE if event.kind is EventKind.DELETE else _UPDATE
    return _json(
        {
            "version": int(PayloadVersion.V2),
            **_shared(word, event.content, event.message, repo, event.commit),
            "action": event.kind.value,
            "file": event.path.rpartition("/")[2],
            "path": event.path,
            "old_path": event.old_path,
        }
    )


def memory_payload(events: Sequence[FileEvent], content: str, repo: str) -> bytes:
    """A v1 payload: the whole memory as of a commit.

    Args:
        events: What the commit did; at least one event.
        content: The memory as one text.
        repo: As for `file_payload`.
    """
    first = events[0]
    return _json(_shared(_UPDATE, content, first.message, repo, first.commit))


def event_key(commit: CommitFacts, part: int) -> str:
    """The key by which receivers recognise repetitions: the commit, plus `:2`, `:3` for more files.

    Args:
        commit: The commit.
        part: From 0.
    """
    return commit.id if part == 0 else f"{commit.id}:{part + 1}"


def _shared(
    event: str, content: str, message: str, repo: str, commit: CommitFacts
) -> dict[str, object]:
    return {
        "event": event,
        "content": content,
        "message": message,
        "repo": repo,
        "sha": commit.id,
        "commit_url": commit.url,
        "timestamp": format_time(commit.at),
    }


def _json(payload: dict[str, object]) -> bytes:
    # A folder's name, or a message written by another program, need not be Unicode.
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")

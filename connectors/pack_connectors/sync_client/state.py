"""How far two memories have met, in a file beside the other derived ones; it can be deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pack.errors import Unavailable
from pack.truth.sync_items.meeting import Agreed, MeetingState
from pack_connectors.system.durable_files import write_durably


class StateFile:
    """Keeps the state of the meetings with one other memory.

    Args:
        file: Where.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def load(self) -> MeetingState:
        """What was saved last; the state of two that never met if there is nothing readable.

        Raises:
            Unavailable: There is something that cannot be read now.
        """
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            return MeetingState()
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error
        try:
            found = json.loads(content)
            files = {
                str(path): Agreed(_blob(here), _blob(there), int(version))
                for path, (here, there, version) in found["files"].items()
            }
            pending = frozenset(map(str, found["pending"]))
            return MeetingState(
                found["tenant"], int(found["taken"]), int(found["given"]), files, pending
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return MeetingState()

    def save(self, state: MeetingState) -> None:
        """Keep a state.

        Raises:
            Unavailable: It cannot be stored.
        """
        files: Mapping[str, list[object]] = {
            path: [agreed.here, agreed.there, agreed.version]
            for path, agreed in state.files.items()
        }
        fields = {
            "tenant": state.tenant,
            "taken": state.taken,
            "given": state.given,
            "files": files,
            "pending": sorted(state.pending),
        }
        try:
            write_durably(str(self._file), json.dumps(fields).encode(), f"{self._file}-")
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error


def _blob(value: object) -> str | None:
    return value if isinstance(value, str) else None

"""How the last exchanges with a remote went, in a derived file that may be deleted."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from pack.errors import Unavailable
from pack.remote.remote import RemoteRecord, Stop, StopKind
from pack_connectors.system.durable_files import write_durably


class RecordFile:
    """The record of one remote.

    Args:
        file: Where it is.
        old_file: Where 2.0.0 kept it; read until there is a newer one, then removed.
    """

    def __init__(self, file: Path, old_file: Path | None = None) -> None:
        self._file = file
        self._old_file = old_file

    def load(self) -> RemoteRecord:
        """What was stored last; an empty record if none can be read."""
        try:
            return _parsed(self._stored())
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return RemoteRecord()  # it only says how things went: the next exchange writes it again

    def _stored(self) -> bytes:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            if self._old_file is None:
                raise
            return self._old_file.read_bytes()

    def save(self, record: RemoteRecord) -> None:
        """Store a record.

        Raises:
            Unavailable: It cannot be stored.
        """
        try:
            self._file.parent.mkdir(exist_ok=True)
            data = json.dumps(asdict(record)).encode()
            write_durably(str(self._file), data, f"{self._file}-")
            if self._old_file is not None:
                self._old_file.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error


def _parsed(content: bytes) -> RemoteRecord:
    data = json.loads(content.decode("utf-8"))
    stop = data.pop("stop")
    if stop is not None:
        stop = Stop(**{**stop, "kind": StopKind(stop["kind"])})
    others = tuple(data.pop("others", ()))  # 2.0.0 kept no branches
    return _checked(RemoteRecord(**data, stop=stop, others=others))


def _checked(record: RemoteRecord) -> RemoteRecord:
    """The record, if it has the right form; anybody may have edited the file."""
    times = (record.exchanged_at, record.attempted_at, record.not_before)
    texts = (*times, record.agreed, record.problem, record.configured, record.branch)
    are_texts = all(text is None or isinstance(text, str) for text in texts)
    are_texts = are_texts and all(isinstance(name, str) for name in record.others)
    if are_texts and isinstance(record.failures, int) and isinstance(record.is_waiting, bool):
        return record
    raise ValueError("not a record")

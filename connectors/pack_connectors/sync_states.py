"""Stores how far each sync target is: one file per target, next to the other derived files (C6).

If its file is deleted, a target counts as new: one that shows the memory gets all of it, and one
that receives events begins at the current commit.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from pack.errors import InvalidRequest, Unavailable
from pack.sync.state import DamagedState, Parked, TargetState
from pack_connectors.system.durable_files import write_durably
from pack_connectors.system.process_lock import ProcessLock

_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")
_STORED_NAMES: Final = {"receipt": "memo"}
"""Names that PACK 2.0.0 used in its files; they stay, so that both versions can read a file."""
_NUMBERS: Final = ("part", "failures")


class SyncFiles:
    """The states of one memory's targets.

    Args:
        folder: Where the files are. Created when first needed, like its parent folder.
        makes_parents: Whether the folders above those are created too. Right for a cache, which may
            be deleted at any time, but if git's folder is gone, a new one would hide that.
    """

    def __init__(self, folder: Path, *, makes_parents: bool = False) -> None:
        self._folder = folder
        self._makes_parents = makes_parents
        self._locks: dict[str, ProcessLock] = {}
        self._guard = threading.Lock()

    def load(self, key: str) -> TargetState | None:
        """See `SyncStates.load`."""
        try:
            text = self._file(key).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise DamagedState(key) from error
        except OSError as error:  # its contents are unknown, so they must not be given up
            raise Unavailable(f"{self._file(key)}: {error.strerror}") from error
        try:
            return _state(json.loads(text))
        except (ValueError, TypeError, RecursionError) as error:
            raise DamagedState(key) from error

    def save(self, key: str, state: TargetState) -> None:
        """See `SyncStates.save`."""
        file = self._file(key)
        data = json.dumps(_stored(asdict(state))).encode()
        try:
            self._make_folder()
            write_durably(str(file), data, f"{file}-")
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error

    @contextmanager
    def exclusive(self, key: str) -> Iterator[None]:
        """See `SyncStates.exclusive`."""
        file = self._file(key, "held")
        try:
            self._make_folder()
        except OSError as error:
            raise Unavailable(f"{self._folder}: {error.strerror}") from error
        with self._guard:
            lock = self._locks.setdefault(key, ProcessLock(file, timeout=0))
        with lock:
            yield

    def close(self) -> None:
        """Close the lock files."""
        with self._guard:
            for lock in self._locks.values():
                lock.close()
            self._locks.clear()

    def _make_folder(self) -> None:
        for folder in (self._folder.parent, self._folder):
            folder.mkdir(mode=0o700, parents=self._makes_parents, exist_ok=True)

    def _file(self, key: str, kind: str = "json") -> Path:
        if _KEY.fullmatch(key) is None:
            raise InvalidRequest(
                "a key of a target may hold only letters, digits, dots and hyphens"
            )
        return self._folder / f"{key}.{kind}"


def _state(data: object) -> TargetState:
    """The state in a file, provided that its values are valid; anybody may have edited it.

    Unknown keys, from a later version, are ignored: they are no reason to give up the rest.

    Raises:
        ValueError, TypeError: It is not a state.
    """
    given = _known(_restored(data), TargetState)
    parked = given.pop("parked", None)
    if parked is not None:
        parked = Parked(**_known(parked, Parked))
        _check(asdict(parked), (), may_be_none=False)
    state = TargetState(**given, parked=parked)
    known = {field.name: getattr(state, field.name) for field in fields(state)}
    del known["parked"], known["is_asked"]
    _check(known, _NUMBERS, may_be_none=True)
    if not isinstance(state.is_asked, bool):
        raise TypeError("not a state")
    return state


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {_STORED_NAMES.get(name, name): value for name, value in values.items()}


def _restored(data: object) -> object:
    if not isinstance(data, dict):
        return data
    names = {stored: name for name, stored in _STORED_NAMES.items()}
    return {names.get(name, name): value for name, value in data.items()}


def _known(data: object, kind: type[TargetState] | type[Parked]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise TypeError("not a state")
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


def _check(values: dict[str, object], numbers: tuple[str, ...], *, may_be_none: bool) -> None:
    for name, value in values.items():
        if value is None and may_be_none and name not in (*numbers, "receipt"):
            continue
        if not isinstance(value, int if name in numbers else str):
            raise TypeError(f"{name} is not what it should be")
        if isinstance(value, int) and value < 0:
            raise ValueError(f"{name} is not what it should be")

"""A JSON file of this user's, for all memories: what this machine knows by itself about kits.

It is in no memory, so nothing that comes from another machine changes it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from pack.errors import Unavailable
from pack_connectors.system.durable_files import DurableFiles
from pack_connectors.system.process_lock import ProcessLock

_T = TypeVar("_T")
_LOCK_SECONDS: Final = 10.0


class UserFile(Generic[_T]):
    """A file that maps names to something.

    Args:
        file: Where it is; made when something is stored.
        kind: What is in it.
    """

    def __init__(self, file: Path, kind: TypeAdapter[dict[str, _T]]) -> None:
        self._file = file
        self._kind = kind

    def read(self) -> dict[str, _T]:
        """What is in it.

        Raises:
            Unavailable: It cannot be read.
        """
        try:
            return self._kind.validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error
        except ValidationError as error:
            raise Unavailable(
                f"{self._file} is damaged, and what this machine trusts would be lost with it: "
                "repair it, or move it away to begin afresh"
            ) from error

    def change(self, change: Callable[[dict[str, _T]], dict[str, _T]]) -> None:
        """Store what becomes of its contents; no other process changes them meanwhile.

        Raises:
            Unavailable: It cannot be read or stored.
        """
        file = str(self._file)
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = ProcessLock(self._file.with_suffix(".lock"), _LOCK_SECONDS)
            with closing(lock), lock:
                before = self.read()
                after = change(dict(before))
                if after == before:
                    return
                content = self._kind.dump_json(dict(sorted(after.items())), indent=2)
                with DurableFiles() as files:
                    files.add(file, content, f"{file}-", mode=0o600)
                    files.finish()
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error

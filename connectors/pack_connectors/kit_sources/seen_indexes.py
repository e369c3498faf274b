"""How indexes were when this machine saw them last: a file of this user's, for all memories.

It is in no memory, so that nothing that comes from another machine can say which key to believe.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from pack.errors import Unavailable
from pack.kits.indexes.trust import SeenIndex
from pack_connectors.system.durable_files import DurableFiles
from pack_connectors.system.process_lock import ProcessLock

_SEEN: Final = TypeAdapter(dict[str, SeenIndex])
_LOCK_SECONDS: Final = 10.0


class SeenIndexFile:
    """See `SeenIndexes`.

    Args:
        file: Where it is; made when something is stored.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def find(self, address: str) -> SeenIndex | None:
        """See `SeenIndexes.find`."""
        return self._read().get(address)

    def put(self, address: str, seen: SeenIndex, before: SeenIndex | None) -> None:
        """See `SeenIndexes.put`."""
        file = str(self._file)
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = ProcessLock(self._file.with_suffix(".lock"), _LOCK_SECONDS)
            with closing(lock), lock:
                known = self._read()
                if known.get(address) != before:
                    return
                known[address] = seen
                content = _SEEN.dump_json(dict(sorted(known.items())), indent=2)
                with DurableFiles() as files:
                    files.add(file, content, f"{file}-", mode=0o600)
                    files.finish()
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error

    def _read(self) -> dict[str, SeenIndex]:
        try:
            return _SEEN.validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error
        except ValidationError as error:
            raise Unavailable(
                f"{self._file} is damaged; what it says of keys of indexes would be lost with it, "
                "so repair it, or move it away to believe each index afresh"
            ) from error

"""Files for bundles on their way, and what a killed process left of them.

Each is in a folder of its own with a lock that its process holds, so whether one is in use does not
depend on a clock.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from pack_connectors.system.process_lock import ProcessLock

from pack.errors import ConnectorError

_PREFIX: Final = "pack-mesh-"
_LOCK: Final = "lock"


@contextmanager
def bundle_file() -> Iterator[str]:
    """A file for a bundle on its way, gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder,
        closing(ProcessLock(Path(folder, _LOCK), 0)) as lock,
        lock,
    ):
        yield str(Path(folder, "bundle"))


def sweep_bundle_files() -> None:
    """Remove the files of processes that were killed; those in use stay, and other people's."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, ConnectorError):  # in use, or whoever comes next tries again
            if _is_ours(folder) and (folder / _LOCK).is_file():
                with closing(ProcessLock(folder / _LOCK, 0)) as lock, lock:
                    shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    is_real = folder.is_dir() and not folder.is_symlink()
    return is_real and (os.name != "posix" or folder.stat().st_uid == os.getuid())

"""Which kits this machine offers, and to whom: a file that only its owner can read.

It is beside what the machine remembers of its peers, in git's own folder: nothing that comes from
another machine is ever written there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from pack.errors import Unavailable
from pack.kits.sharing.offer import KitOffer
from pack_connectors.system.durable_files import DurableFiles
from pack_connectors.system.process_lock import ProcessLock

_OFFERS: Final = TypeAdapter(list[KitOffer])
_NAME: Final = "kits.json"
_LOCK: Final = "kits.lock"
_LOCK_SECONDS: Final = 10.0


class OfferFiles:
    """See `OfferState`.

    Args:
        folder: Where the file is; made when something is stored. The lock is beside it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / _NAME
        self._lock = folder.with_name(_LOCK)

    def offers(self) -> Sequence[KitOffer]:
        """See `OfferState.offers`."""
        try:
            return _OFFERS.validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error
        except ValidationError as error:
            raise Unavailable(f"{self._file} is damaged; move it away to start afresh") from error

    def set_offers(self, offers: Sequence[KitOffer]) -> None:
        """See `OfferState.set_offers`."""
        file = str(self._file)
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with DurableFiles() as files:
                files.add(file, _OFFERS.dump_json(list(offers), indent=2), f"{file}-", mode=0o600)
                files.finish()
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `OfferState.exclusive`."""
        with closing(ProcessLock(self._lock, _LOCK_SECONDS)) as lock, lock:
            yield

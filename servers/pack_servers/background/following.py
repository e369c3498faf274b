"""Something that is open for as long as there is reason for it, while a memory is served.

A memory may join a group, or leave it, while its server runs, and nobody restarts it for that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Event, Thread
from typing import Final, Generic, TypeVar

from pack.errors import PackError

_LOOK_SECONDS: Final = 1.0
_T = TypeVar("_T")

logger = logging.getLogger(__name__)


@contextmanager
def following(
    reason: Callable[[], object | None], opened: Callable[[], AbstractContextManager[_T]]
) -> Iterator[Callable[[], _T | None]]:
    """Have something open while there is reason for it, until the block ends.

    Args:
        reason: Why it is to be open now; another reason is another opening. `None` for none.
        opened: What is to be open.

    Yields:
        What gives it while it is open.

    Raises:
        PackError: There is reason for it from the start, and it cannot be opened.
    """
    worker, leaving = _Follower(reason, opened), Event()
    with worker.closing():
        worker.look()
        thread = Thread(target=worker.run, args=(leaving,), name="pack-following", daemon=True)
        thread.start()
        try:
            yield worker.current
        finally:
            leaving.set()
            thread.join()


class _Follower(Generic[_T]):
    def __init__(
        self,
        reason: Callable[[], object | None],
        opened: Callable[[], AbstractContextManager[_T]],
    ) -> None:
        self._reason = reason
        self._opened = opened
        self._stack = ExitStack()
        self._why: object | None = None
        self._current: _T | None = None
        self._said = ""

    def current(self) -> _T | None:
        return self._current

    @contextmanager
    def closing(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._close()

    def run(self, leaving: Event) -> None:
        while not leaving.wait(_LOOK_SECONDS):
            try:
                self.look()
            except PackError as error:  # as long as it lasts, it is told once
                if str(error) != self._said:
                    logger.warning("%s", error)
                self._said = str(error)
            else:
                self._said = ""

    def look(self) -> None:
        why = self._reason()
        if why == self._why:
            return
        self._close()
        if why is not None:
            self._current = self._stack.enter_context(self._opened())
        self._why = why

    def _close(self) -> None:
        self._why = self._current = None
        self._stack.close()

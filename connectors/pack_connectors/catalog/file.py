"""The file of a catalog: a connection that always answers, whatever happens to the file.

A file that is damaged, of another version, locked for too long or on a read-only disk is replaced
by a new one, or else by a temporary file, or else by memory. What it held is lost then.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from pack_connectors.catalog.schema import BUSY_SECONDS, connect, set_busy_timeout, transaction

_BUSY_SECONDS: Final = BUSY_SECONDS
_GLANCE_SECONDS: Final = 0.02

_T = TypeVar("_T")
Step = Callable[[sqlite3.Connection], None]
"""A change; it is made again if the file fails in the middle of it."""


class CopySource(NamedTuple):
    """What a new catalog begins with.

    Attributes:
        file: What is copied, without its last changes.
        before: Called whenever it is about to be copied.
    """

    file: CatalogFile
    before: Callable[[], None]


class CatalogFile:
    """A catalog's connection, shared by threads.

    Args:
        file: Where it is; `None` for one that vanishes when it is closed.
        source: What one without a file begins with; `None` for nothing.
    """

    def __init__(self, file: Path | None, source: CopySource | None = None) -> None:
        self._file = file
        self._source = source
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._in_memory = False
        self._is_filling = False
        self._holds_state = False
        self._owed: deque[Step] = deque()

    @property
    def is_kept(self) -> bool:
        """Whether the next process finds what it holds."""
        return self._file is not None

    def owe(self, step: Step) -> None:
        """Put off a change until the next question or `settle_idly`; waits for nobody."""
        self._owed.append(step)

    def settle(self) -> None:
        """Make the changes that were put off, unless one state is being read, or it is filled."""
        if self._takes_lock():
            try:
                self._settle()
            finally:
                self._lock.release()

    def fill(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        """As `read`, for an action that takes long; `glance` does not wait for it."""
        with self._lock:
            self._is_filling = True
            try:
                return self.read(action)
            finally:
                self._is_filling = False

    def glance(self, action: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        """As `read`; but while another thread fills the file, the answer is `otherwise`."""
        if not self._takes_lock():
            return otherwise
        try:
            return self.read(action)
        finally:
            self._lock.release()

    def _takes_lock(self) -> bool:
        """Take the lock, unless another thread fills the file."""
        while not self._lock.acquire(timeout=0 if self._is_filling else _GLANCE_SECONDS):
            if self._is_filling:
                return False
        return True

    def read(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        """The result of an action, after all changes that were put off."""
        with self._lock:
            self._settle()
            return self._carry_out(action)

    def read_state(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        """The answer to a question of several statements, which all see the same state."""

        def ask(db: sqlite3.Connection) -> _T:
            if db.in_transaction:  # that of `state`
                return question(db)
            with _one_state(db):
                return question(db)

        return self.read(ask)

    @contextmanager
    def state(self, begin: Callable[[sqlite3.Connection], bool], prepare: Step) -> Iterator[None]:
        """Let the questions inside see one state.

        Args:
            begin: Begins a transaction and returns true, unless something must be done first.
            prepare: Does that.
        """
        with self._lock:
            while not self.read(begin):
                self.read(prepare)
            self._holds_state = True
            try:
                yield
            finally:
                self._holds_state = False
                # If the file failed meanwhile, the connection is closed.
                if self._connection is not None and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def is_prepared(self, db: sqlite3.Connection) -> bool:
        """Whether a question is one of those inside `state`, which nothing has to precede."""
        return self._holds_state and db.in_transaction  # not, once the file has failed

    def settle_idly(self, step: Callable[[sqlite3.Connection], bool]) -> bool:
        """Make the changes that were put off, and then a step, unless somebody else is writing.

        Returns:
            What the step returns; `False` if it did not run.
        """

        def settle(db: sqlite3.Connection) -> bool:
            db.execute("PRAGMA busy_timeout = 0")
            try:
                while self._owed:
                    self._owed[0](db)
                    self._owed.popleft()
                return step(db)
            except sqlite3.OperationalError as error:
                if not _is_in_use(error):
                    raise
                return False
            finally:
                set_busy_timeout(db, _BUSY_SECONDS)

        with self._lock:
            return self._carry_out(settle)

    def open(self) -> sqlite3.Connection:
        """The connection.

        Raises:
            sqlite3.DatabaseError: The file cannot be used.
        """
        if self._connection is None:
            if self._source is not None:
                self._source.before()
            self._connection = self._connect()
            if self._source is not None and not self._source.file.copy_to(self._connection):
                self._disconnect()
                self._connection = self._connect()  # what is there may be half a copy
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        return connect(self._file, _BUSY_SECONDS, in_memory=self._in_memory)

    def copy_to(self, target: sqlite3.Connection) -> bool:
        """Copy all but the last changes into a new connection; returns whether it succeeded."""

        def copy(db: sqlite3.Connection) -> bool:
            try:
                db.backup(target)
                with transaction(target):
                    target.execute("UPDATE head SET dated = NULL")
                    target.execute("DELETE FROM last_change")
            except sqlite3.DatabaseError:
                return False  # the place for the copy may be full, so this file stays
            return True

        return self.read(copy)

    def give_up(self) -> None:
        """Do without the file, or without the temporary one, as it cannot hold the catalog."""
        with self._lock:
            self._in_memory = self._file is None
            self._do_without()

    def reopen(self) -> None:
        """Close the connection until the next question, to free memory after a large build.

        A connection keeps prepared statements, each with all the values it stored last.
        """
        if self.is_kept:
            with self._lock:
                self._disconnect()

    def close(self) -> None:
        """Make the changes that were put off, and close the file until the next question."""
        with self._lock:
            self._settle()
            self._disconnect()

    def _settle(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            return  # that of `state`, which nothing may change
        while self._owed:
            self._carry_out(self._owed.popleft())

    def _carry_out(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        """Carry out an action; if the file is in the way, on a new one, and then without one."""
        try:
            return action(self.open())
        except (sqlite3.DatabaseError, ValueError) as error:
            if _is_in_use(error):
                self._do_without()  # others are working with it, so it stays
            else:
                self._discard()
        try:
            return action(self.open())
        except (sqlite3.DatabaseError, ValueError):
            self._do_without()
            return action(self.open())

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _do_without(self) -> None:
        self._disconnect()
        self._file = None

    def _discard(self) -> None:
        self._disconnect()
        if self._file is not None:
            try:
                for ending in ("", "-wal", "-shm"):
                    self._file.with_name(self._file.name + ending).unlink(missing_ok=True)
            except OSError:
                self._file = None  # a read-only disk: do without


@contextmanager
def _one_state(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:  # some errors end it
            db.execute("ROLLBACK")


def _is_in_use(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

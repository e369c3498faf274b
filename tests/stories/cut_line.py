"""A line to a server on loopback that can be cut, as between machines that lose each other."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Lock, Thread

_BLOCK = 65536


class CutLine:
    """Listens at `port`, and passes on to a server while it is whole."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._is_cut = False
        self._lock = Lock()
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Drop every connection, and each new one at once."""
        with self._lock:
            self._is_cut = True
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                came, _ = self._listening.accept()
                Thread(target=self._connect, args=(came,), daemon=True).start()

    def _connect(self, came: socket.socket) -> None:
        with came, suppress(OSError), socket.create_connection(("127.0.0.1", self._target)) as on:
            with self._lock:
                if self._is_cut:
                    return
                self._open |= {came, on}
            back = Thread(target=_pass, args=(on, came), daemon=True)
            back.start()
            _pass(came, on)
            back.join()
            with self._lock:
                self._open -= {came, on}


def _pass(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while block := one.recv(_BLOCK):
            other.sendall(block)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)

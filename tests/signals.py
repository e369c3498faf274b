"""Signals that this process was started to ignore must still reach the processes it starts."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def children_hear_signals() -> Iterator[None]:
    """Processes started in the block end on SIGINT and SIGHUP, even under `nohup` or in a `&` job.

    A child inherits that a signal is ignored, but never its handler: one that does nothing keeps
    this process as deaf as it was and leaves its children with the default.
    """
    numbers = (signal.SIGINT, signal.SIGHUP)
    ignored = [number for number in numbers if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)

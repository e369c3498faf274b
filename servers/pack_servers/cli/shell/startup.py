"""Starting fast: clients wait for a server, and people wait for every command."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Import without garbage collection.

    Imports create a hundred thousand objects and hardly any garbage; collecting it would delay a
    server's first answer by tens of milliseconds. What exists at the end is never scanned again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

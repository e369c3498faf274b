"""Starting fast: clients wait for a server, and people for every command."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Import without looking for garbage.

    Imports make a hundred thousand objects and hardly any garbage; looking for it costs a server
    tens of milliseconds until it answers. What is there at the end is not looked at again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

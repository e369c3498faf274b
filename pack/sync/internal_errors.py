"""Mistakes of PACK's own in what brings one target up: they cost that target an attempt, no more.

A target is talked to by libraries and shapes that others change. What nobody has expected of them
is told as an error that is tried again, with the place to look at, and the other targets go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from types import FrameType
from typing import Final

from pack.errors import InternalError, PackError
from pack.sync.routes import TargetFailed
from pack.sync.state import DamagedState

_EXPECTED: Final = (PackError, TargetFailed, DamagedState)
_FRAMES: Final = 3
_SEPARATOR: Final = re.compile(r"[/\\]")


@contextmanager
def as_internal_errors() -> Iterator[None]:
    """What is raised inside, and is nothing that the sync knows, becomes an `InternalError`.

    Raises:
        InternalError: In place of any exception but those that end a process.
    """
    try:
        yield
    except _EXPECTED:
        raise
    except Exception as error:
        raise InternalError(_kind_and_place(error)) from error


def _kind_and_place(error: Exception) -> str:
    """Class and innermost frames; the message of a foreign error may quote a secret."""
    frames = list(walk_tb(error.__traceback__))[-_FRAMES:]
    places = ", from ".join(_place(frame, line) for frame, line in reversed(frames))
    return f"{type(error).__module__}.{type(error).__qualname__} at {places}"


def _place(frame: FrameType, line: int) -> str:
    code = frame.f_code
    file = "/".join(_SEPARATOR.split(code.co_filename)[-2:])
    return f"{file}:{line} in {code.co_name}"

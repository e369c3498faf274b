"""Contains bugs in a delivery: they cost the target concerned one attempt, and nothing else.

Talking to a target relies on libraries and data formats that others may change. An unexpected
failure becomes an error that is retried and that says where in the code it occurred; other targets
are not affected.
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
    """Turn any exception raised inside that the sync does not know into an `InternalError`.

    Raises:
        InternalError: In place of any unknown exception, except those that end a process.
    """
    try:
        yield
    except _EXPECTED:
        raise
    except Exception as error:
        raise InternalError(_kind_and_place(error)) from error


def _kind_and_place(error: Exception) -> str:
    """Class and innermost frames, without the message: that of a library may quote a secret."""
    frames = list(walk_tb(error.__traceback__))[-_FRAMES:]
    places = ", from ".join(_place(frame, line) for frame, line in reversed(frames))
    return f"{type(error).__module__}.{type(error).__qualname__} at {places}"


def _place(frame: FrameType, line: int) -> str:
    code = frame.f_code
    file = "/".join(_SEPARATOR.split(code.co_filename)[-2:])
    return f"{file}:{line} in {code.co_name}"

"""What `pack context` prints, however its command line was read."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Final

from pack.errors import Unavailable
from pack.history.briefing.context import BUDGET, CHARACTERS, ContextRequest
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.streams import write_bytes
from pack_servers.cli.shell.wording import CommandCalls

CLIENT: Final = "cli"
_HOOK_SECONDS: Final = 5.0
_COMPACTION: Final = "PreCompact"
"""An event of Claude Code, which takes what its hooks print for instructions on what to keep of the
conversation. Notes are no such instructions, and a new conversation is shown them anyway."""
_BEFORE_COMPACTION: Final = (
    "The notes of the memory are read again after this, so the summary need not repeat them.\n"
)


def print_beginning(
    *,
    task: str | None = None,
    budget: int = BUDGET,
    chars: int = CHARACTERS,
    client: str = CLIENT,
    hook: bool = False,
    event: str | None = None,
    as_json: bool = False,
    local: Path | None = None,
    github: str | None = None,
) -> None:
    """Print what a conversation should begin with. The arguments are the options of the command.

    Before a compaction, it is one sentence, and nobody counts as having seen the memory.

    Raises:
        PackError: There is no such text, or, for a hook, it takes too long.
    """
    if event == _COMPACTION and not as_json:
        write_bytes(_BEFORE_COMPACTION.encode("utf-8"))
        return
    with at_most(_HOOK_SECONDS if hook else None), opened(local, github) as memory:
        request = ContextRequest(task, client, budget, chars)
        found = memory.context.text(request, CommandCalls())
        if as_json:
            # Here, as a hook wants text.
            from pack_servers.cli.shell.output import show_json  # noqa: PLC0415

            show_json(asdict(found))
        elif event is not None:
            write_bytes(_for_event(event, found.text))
        else:
            write_bytes(found.text.encode("utf-8"))
        memory.context.seen(client, found.commit)


def _for_event(event: str, text: str) -> bytes:
    """What a client reads that takes a hook's plain text for a message to the person."""
    import json  # noqa: PLC0415 - most clients take the text as it is

    said = {"hookEventName": event, "additionalContext": text}
    return json.dumps({"hookSpecificOutput": said}, ensure_ascii=False).encode()


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """Give up what takes longer, where the system can interrupt a program."""
    if seconds is None or not hasattr(signal, "setitimer"):
        yield
        return

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise Unavailable(f"it took more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

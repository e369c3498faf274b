"""Saying which edits made by hand are in no commit, so that they were not sent anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pack_servers.cli.shell.output import counted
from pack_servers.cli.shell.streams import say

_SHOWN: Final = 5


def say_uncommitted(paths: Sequence[str]) -> None:
    """Name the files that were changed by hand and are in no commit, if there are any."""
    if not paths:
        return
    more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
    files = f"{counted(len(paths), 'file')} changed by hand"
    say(f"{files}, in no commit and not sent: {', '.join(paths[:_SHOWN])}{more}")
    say("  → To record what was changed by hand, run `pack commit`.")

"""What `pack doctor` finds: one value for each thing that was checked."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Final

from pack_connectors.catalog.check import check_catalog

from pack.deferred import dataclass


class State(StrEnum):
    """The verdict of a check."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        name: What was checked.
        state: The verdict.
        found: What was found.
        remedy: What to do; empty where there is nothing to do.
    """

    name: str
    state: State
    found: str
    remedy: str = ""


def init_command(*arguments: str) -> str:
    """The command that makes a memory. Only `pack doctor` shows checks, so they name commands."""
    return shlex.join(["pack", "init", *arguments])


_CATALOG_WORDS: Final = {
    "missing": "none; it is built when it is needed",
    "old": "from another version of pack; it is rebuilt when it is needed",
    "damaged": "damaged; it is rebuilt when it is needed, or by `pack reindex`",
    "busy": "in use by another process right now",
}


def of_catalog(file: Path) -> Check:
    """The catalog in a file, which is not changed."""
    found = check_catalog(file)
    if found.state == "sound":
        return Check("catalog", State.OK, f"{found.files:,} files, {found.size / 1e6:.1f} MB")
    return Check("catalog", State.NOTE, _CATALOG_WORDS[found.state])

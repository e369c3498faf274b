"""What looks like a setting of PACK and is none: it is told, since nothing else would show it.

Names in the settings file count as meant for PACK. In the environment, only those do that begin
with `PACK_` or are nearly the name of a setting, since other programs use `GITHUB_` and `GOOGLE_`
too. Only names are shown, never values.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Final

from pack.errors import InvalidConfig
from pack_servers.config.settings import ENV_FILE, SETTINGS, env_file

_ALIKE: Final = 0.75
"""Likeness from which a name is offered as the one that was meant."""
_MISTYPED: Final = 0.87
"""Likeness from which a name of the environment counts as mistyped: `GITHUB_REF` is below it."""
_COPY: Final = re.compile(r"#.*|.*(?:~|\.(?:bak|old|orig|save))")
_SHOWN: Final = 64
_KNOWN: Final = tuple(sorted(name.upper() for name in SETTINGS))


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that is set and that nothing reads.

    Attributes:
        found: What it is, and where.
        remedy: What to do about it.
    """

    found: str
    remedy: str


def unread_settings() -> list[Unread]:
    """Everything that looks like a setting, or like the settings file, and is not read.

    Raises:
        InvalidConfig: The settings file cannot be read.
    """
    return [*_in_the_file(), *_in_the_environment(), *_misnamed_files()]


def _in_the_file() -> Iterator[Unread]:
    file = env_file()
    if not file.is_file():
        if file.exists():
            yield Unread(f"{ENV_FILE} is not a file", "Make it a file of lines NAME=value.")
        return
    # Imported here, as it is in `settings`: it would delay the start of a server.
    from dotenv.parser import parse_stream  # noqa: PLC0415

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig(str(file), f"cannot be read: {type(error).__name__}") from error
    for binding in parse_stream(io.StringIO(text)):
        name = (binding.key or "").upper()
        if binding.error or (name in _KNOWN and binding.value is None):
            found = f"line {binding.original.line} of {ENV_FILE} is not NAME=value"
            yield Unread(found, "Correct the line; nothing reads it as it is.")
        elif name and name not in _KNOWN:
            yield _unknown(name, ENV_FILE)


def _in_the_environment() -> Iterator[Unread]:
    for name in sorted({name.upper() for name, value in os.environ.items() if value}):
        if name not in _KNOWN and (name.startswith("PACK_") or _nearest(name, _MISTYPED)):
            yield _unknown(name, "the environment")


def _unknown(name: str, where: str) -> Unread:
    meant = _nearest(name, _ALIKE)
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
    remedy = f"Did you mean {meant}?" if meant else "Remove it; the guide lists all settings."
    return Unread(f"{shown} in {where} is not a setting of PACK", remedy)


def _nearest(name: str, likeness: float) -> str | None:
    return next(iter(get_close_matches(name[:_SHOWN], _KNOWN, 1, likeness)), None)


def _misnamed_files() -> Iterator[Unread]:
    """Files that seem to be meant as the settings file: in the home, `~/.pack`, and here."""
    right = env_file()
    for folder in (right.parent, right.parent / ".pack"):
        for file in _files_in(folder):
            is_env = folder != right.parent and file.name in (".env", "env")
            if file != right and (is_env or _is_like(file.name, right.name)):
                yield _misnamed(file)
    here = Path(right.name).absolute()
    if here.parent not in (right.parent, right.parent / ".pack") and here.is_file():
        yield _misnamed(here)


def _files_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_file())
    except OSError:  # there is none, or it is somebody else's
        return []


def _is_like(name: str, right: str) -> bool:
    if _COPY.fullmatch(name):
        return False
    letters, wanted = (
        re.sub(r"[^a-z]", "", each.lower()) for each in (name.removesuffix(".txt"), right)
    )
    return letters == "envpack" or SequenceMatcher(None, letters, wanted).ratio() > _MISTYPED - 0.02


def _misnamed(file: Path) -> Unread:
    return Unread(f"{file} is not read", f"If it holds settings of PACK, move them to {ENV_FILE}.")

"""Changing one setting in the settings file, and nothing else."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Final

from pack_connectors.system.durable_files import replace_durably

from pack.errors import InvalidConfig, Unavailable

_PRIVATE: Final = 0o600
_SAFE: Final = re.compile(r"[A-Za-z0-9/_.~+=:,@-]*")
_BEFORE: Final = re.compile(r"\s*(?:export\s+)?")
_BLANK_LINES: Final = re.compile(r"(?:[^\S\r\n]*(?:\r\n|\n|\r))*")


def with_setting(text: str, name: str, value: str) -> str:
    """The text of a settings file with one setting changed or added; the rest stays as it is.

    A setting that occurs several times occurs once afterwards, where it was last.

    Args:
        text: What the file holds.
        name: The name of the setting, in capitals; the file may spell it in any case.
        value: Letters, digits and `/_.~+=:,@-` only, so that it needs no quotes.

    Raises:
        ValueError: The value has other characters.
    """
    # Imported here: only this needs the parser, the same one that reads the file.
    from dotenv.parser import parse_stream  # noqa: PLC0415

    if not _SAFE.fullmatch(value):
        raise ValueError(f"the value of {name} cannot be written to a settings file")
    bindings = list(parse_stream(io.StringIO(text, newline="")))
    places = [
        number for number, binding in enumerate(bindings) if (binding.key or "").upper() == name
    ]
    parts = [binding.original.string for binding in bindings]
    newline = "\r\n" if "\r\n" in text else "\n"
    if not places:
        gap = "" if not text or text.endswith(("\n", "\r")) else newline
        return f"{text}{gap}{name}={value}{newline}"
    for number in places:
        # To the parser, a setting begins with the blank lines before it.
        pattern = _BEFORE if number == places[-1] else _BLANK_LINES
        found = pattern.match(parts[number])
        parts[number] = found[0] if found else ""
    parts[places[-1]] += f"{name}={value}{newline}"
    return "".join(parts)


def store_setting(file: Path, name: str, value: str) -> None:
    """Set a value in a settings file, durably; afterwards only its owner can read the file.

    A file that is a link stays one; a missing file is created.

    Raises:
        InvalidConfig: The file is not UTF-8.
        Unavailable: It cannot be read or written; it is as it was.
        ValueError: As `with_setting`.
    """
    try:
        target = file.resolve()
        text = target.read_bytes().decode("utf-8") if target.exists() else ""
        replace_durably(target, with_setting(text, name, value).encode("utf-8"), _PRIVATE)
    except UnicodeDecodeError as error:
        raise InvalidConfig(str(file), "is not UTF-8") from error
    except OSError as error:
        raise Unavailable(f"{file}: {error.strerror or type(error).__name__}") from error
    except RuntimeError as error:  # raised by `resolve` before Python 3.13
        raise Unavailable(f"{file}: it is a link to itself") from error

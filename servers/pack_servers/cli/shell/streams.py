"""Standard input, output and error, the same on every platform.

stdout is data, stderr is talk. Text is UTF-8 whatever the locale says, because a memory is.
"""

from __future__ import annotations

import io
import os
import re
import sys
import unicodedata
from contextlib import AbstractContextManager, nullcontext
from typing import Final, TextIO

from pack.errors import ConfirmationNeeded, InvalidContent

# Line feeds and tabs are layout; any other control character could change what a person sees.
_LAYOUT: Final = "\n\t"


def prepare_streams() -> None:
    """Make the three standard streams usable: open, UTF-8, never failing on a character.

    A stream that the caller closed becomes the null device. Otherwise the next file we open would
    take its number, and we or a child process would write into that file.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream, errors in (
        (sys.stdin, "strict"),
        (sys.stdout, "surrogateescape"),  # file names that are not UTF-8 come out unchanged
        (sys.stderr, "backslashreplace"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)


def is_terminal() -> bool:
    """Whether stdout goes to a person, not to a file or a program."""
    return sys.stdout.isatty()


def can_ask() -> bool:
    """Whether there is a person who can be asked and can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def say(text: str = "") -> None:
    """Print one line for the person on stderr, without control characters."""
    sys.stdout.flush()  # keeps the order where both streams go to one place
    print(printable(text, sys.stderr), file=sys.stderr)


def confirm(question: str, what: str, *, yes: bool) -> None:
    """Return only if the person agrees, by `--yes` or by answering the question.

    Raises:
        ConfirmationNeeded: Nobody can be asked.
        Exit: The answer was anything but yes.
    """
    if yes:
        return
    if not can_ask():
        raise ConfirmationNeeded(what, "--yes")
    if not ask(question):
        # Here, as a hook needs no parser, and asks nobody.
        import typer  # noqa: PLC0415

        say("nothing was changed")
        raise typer.Exit(1)


def ask(question: str) -> bool:
    """Whether the person at the terminal answers yes; an empty answer means no."""
    print(f"{printable(question, sys.stderr)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def working(text: str) -> AbstractContextManager[object]:
    """Show on a terminal that something takes a while; the line is removed afterwards."""
    if not sys.stderr.isatty():
        return nullcontext()
    # Imported here: rich is slow to import, and only a person should wait for it.
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=True).status(text)


def write_bytes(content: bytes) -> None:
    """Write exactly these bytes to stdout, on Windows too; a person sees what they would hide."""
    if is_terminal():
        content = _visible(content.decode("utf-8", "surrogateescape")).encode("utf-8")
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def read_text() -> str:
    """Read all of standard input.

    Raises:
        InvalidContent: It is not UTF-8.
    """
    return decoded(sys.stdin.buffer.read(), "standard input")


def decoded(content: bytes, source: str) -> str:
    """Decode bytes that a person provided.

    Raises:
        InvalidContent: They are not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidContent(f"{source} is not valid UTF-8 (byte {error.start + 1})") from error


def printable(text: str, stream: TextIO | None = None) -> str:
    """Text that is safe to show: no control characters, and at a terminal nothing hidden.

    Args:
        text: The text.
        stream: Where it is shown; `None` for stdout.
    """
    if (stream or sys.stdout).isatty():
        return _visible(text)
    if text.isprintable():
        return text
    return "".join(
        c
        if c in _LAYOUT or unicodedata.category(c) not in ("Cc", "Zl", "Zp")
        else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )


def _visible(text: str) -> str:
    """A text of which a terminal hides nothing, and which can do nothing to it.

    Each character that is not drawn, or that changes how others are, is spelled out: `<U+202E>`.
    """
    if text.isascii() and text.isprintable():
        return text
    # Here, as only what a person sees is looked through.
    from pack.truth.deciding.hidden import show_hidden  # noqa: PLC0415

    return re.sub("\r(?!\n)", "<U+000D>", show_hidden(text))

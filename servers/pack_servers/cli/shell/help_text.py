"""The help of a command, laid out for the width of the terminal.

Lines break between words only: option names, paths and commands stay whole, so that they can be
copied. Where a terminal is too narrow for two columns, descriptions go below what they describe.
"""

from __future__ import annotations

import inspect
import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

_WIDEST: Final = 100
_NARROWEST: Final = 30
_LEAST_FOR_TEXT: Final = 30
"""Columns below which a description goes below what it describes."""
_GAP: Final = 2
_Row = tuple[str, str]
OPTIONAL_VALUE: Final = "["
"""What the metavar of an option begins with that may stand without its value: it is empty then."""


class CommandHelp(TyperCommand):
    """A command whose help is laid out here."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The usage line: options, then arguments as people write them."""
        del ctx
        arguments = [each for each in self.params if isinstance(each, TyperArgument)]
        return ["[OPTIONS]", *(each.metavar or each.name.upper() for each in arguments)]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read a command line, in which some options may stand without their value."""
        may_be_alone = {
            name
            for each in self.params
            if isinstance(each, TyperOption) and (each.metavar or "").startswith(OPTIONAL_VALUE)
            for name in each.opts
        }
        given: list[str] = []
        for number, word in enumerate(args, 1):
            given.append(word)
            is_alone = number == len(args) or args[number].startswith("-")
            if word in may_be_alone and is_alone:
                given.append("")
        return super().parse_args(ctx, given)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write all of it: usage, what it does, arguments, options and examples."""
        width = page_width()
        parts = [
            _usage(ctx.command_path, self.collect_usage_pieces(ctx), width),
            _paragraph(self.help, width),
            *_parameters(self.get_params(ctx), width),
            _section("Examples", examples(self.epilog or "", width)),
        ]
        formatter.write("\n\n".join(part for part in parts if part))


class GroupHelp(TyperGroup):
    """The first help: the commands, by room.

    Args:
        groups: Names of commands by the heading that they stand under.
    """

    groups: Mapping[str, Sequence[str]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands in the order of their groups."""
        del ctx
        return [name for names in self.groups.values() for name in names if name in self.commands]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write all of it: usage, what it is, commands by group, options and a start."""
        width = page_width()
        summaries = {name: _summary(each.help) for name, each in self.commands.items()}
        column = max(map(len, summaries))
        parts = [
            _usage(ctx.command_path, ["[OPTIONS]", "COMMAND", "[ARGS]..."], width),
            _paragraph(self.help, width),
            *(
                _section(group, _table([(name, summaries[name]) for name in names], width, column))
                for group, names in self.groups.items()
            ),
            *_parameters(self.get_params(ctx), width),
            _section("Start", examples(self.epilog or "", width)),
        ]
        formatter.write("\n\n".join(part for part in parts if part))


def page_width() -> int:
    """Columns that help may use: those of the terminal, within reason."""
    return max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))


def examples(text: str, width: int) -> str:
    """Commands with what they do beside them; all below them where one would not fit."""
    rows = [_example(line) for line in text.splitlines() if line.strip()]
    column = max((len(command) for command, _ in rows), default=0)
    lines = [f"  {command:<{column + _GAP}}{said}".rstrip() for command, said in rows]
    if all(len(line) <= width for line in lines):
        return "\n".join(lines)
    return "\n".join(line for row in rows for line in _stacked_example(*row, width))


def _example(line: str) -> _Row:
    command, _, said = line.strip().partition("  ")
    return command, said.strip()


def _stacked_example(command: str, said: str, width: int) -> Iterator[str]:
    # A shell joins lines that end in a backslash: what was cut can be copied all the same.
    yield from " \\\n".join(_wrapped(command, width - 2, "  ", "      ")).split("\n")
    yield from _wrapped(said, width, "      ", "      ")


def _usage(path: str, pieces: Sequence[str], width: int) -> str:
    start = f"Usage: {path} "
    return "\n".join(_wrapped(" ".join(pieces), width, start, " " * len(start)))


def _paragraph(text: str | None, width: int) -> str:
    words = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join("\n".join(_wrapped(part, width, "  ", "  ")) for part in words)


def _section(heading: str, content: str) -> str:
    return f"{heading}:\n{content}" if content else ""


def _parameters(parameters: Sequence[object], width: int) -> Iterator[str]:
    arguments = [_argument(each) for each in parameters if isinstance(each, TyperArgument)]
    options = [_option(each) for each in parameters if isinstance(each, TyperOption)]
    yield _section("Arguments", _table(arguments, width))
    yield _section("Options", _table(options, width))


_SIGNS: Final = str.maketrans("", "", "[].")
"""What says in a usage line that something may be left out, or given several times."""


def _argument(argument: TyperArgument) -> _Row:
    name = argument.metavar or argument.name.upper()
    return name.translate(_SIGNS), argument.help or ""


def _option(option: TyperOption) -> _Row:
    names = ", ".join(sorted(option.opts, key=len))
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    default = option.default.value if isinstance(option.default, Enum) else option.default
    is_shown = option.show_default and isinstance(default, str | int | float)
    shown = f" [default: {default:g}]" if isinstance(default, float) else f" [default: {default}]"
    is_told = is_shown and not isinstance(default, bool)
    return f"{names}{value}", f"{option.help or ''}{shown if is_told else ''}"


def _table(rows: Sequence[_Row], width: int, column: int | None = None) -> str:
    """Rows with their descriptions beside them, or below them where there is no room."""
    if column is None:
        column = max((len(name) for name, _ in rows), default=0)
    beside = 2 + column + _GAP
    if width - beside < _LEAST_FOR_TEXT:
        return "\n".join(line for row in rows for line in _stacked(row, width))
    return "\n".join(line for row in rows for line in _beside(row, width, beside))


def _beside(row: _Row, width: int, column: int) -> list[str]:
    name, text = row
    return _wrapped(text, width, f"  {name}".ljust(column), " " * column)


def _stacked(row: _Row, width: int) -> list[str]:
    name, text = row
    return [f"  {name}", *_wrapped(text, width, "      ", "      ")]


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or ([first.rstrip()] if first.strip() else [])


def _summary(text: str | None) -> str:
    """The first sentence of a help text."""
    first = inspect.cleandoc(text or "").split("\n\n")[0]
    return re.split(r"(?<=\.)\s", " ".join(first.split()))[0]

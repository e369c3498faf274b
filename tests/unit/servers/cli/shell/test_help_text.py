"""Help fits the terminal, breaks lines between words only, and shows no names of types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import pytest
import typer
from pack_servers.cli.app import COMMANDS
from pack_servers.cli.shell.exit import run
from pack_servers.cli.shell.help_text import CommandHelp, examples

Help = Callable[[str, int], str]


@pytest.fixture
def helped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Help:
    """The help of a command in a terminal of so many columns."""

    def show(command: str, columns: int) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        assert run([*([command] if command else []), "--help"]) == 0
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_line_is_too_long_and_no_word_is_broken(command: str, helped: Help) -> None:
    wide = helped(command, 240)
    for columns in (40, 60, 72, 80, 100, 132):
        narrow = helped(command, columns)
        assert max(map(len, narrow.splitlines())) <= columns
        # A command that goes on ends its line with a backslash, so that it can be copied.
        assert set(narrow.split()) - {"\\"} == set(wide.split())


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_type_is_shown(command: str, helped: Help) -> None:
    shown = helped(command, 100)
    assert "<" not in shown.replace("< plan.md", "").replace("< style.md", "")
    usage = shown.splitlines()[0]
    assert usage.startswith(f"Usage: pack {command}".rstrip())
    assert not set("{}<>") & set(usage)
    assert "[[" not in usage


def test_an_example_that_is_too_long_can_be_copied_as_it_stands() -> None:
    assert examples("  pack get a/b.md    a file\n  pack list", 40) == (
        "  pack get a/b.md  a file\n  pack list"
    )
    assert examples("  pack get a/b.md --format json    a file", 24) == (
        "  pack get a/b.md \\\n      --format json\n      a file"
    )


@pytest.mark.parametrize(
    ("words", "session", "path"),
    [
        ([], None, None),
        (["--session"], "", None),
        (["--session", "--plain"], "", None),
        (["--session", "abcd", "a.md"], "abcd", "a.md"),
        (["a.md", "--session"], "", "a.md"),
    ],
)
def test_an_option_may_stand_without_its_value(words, session, path):
    found = []

    def run(
        path: Annotated[str | None, typer.Argument()] = None,
        session: Annotated[str | None, typer.Option("--session", metavar="[COMMIT]")] = None,
        plain: Annotated[bool, typer.Option("--plain")] = False,
    ) -> None:
        found.append((session, path))

    app = typer.Typer()
    app.command(cls=CommandHelp)(run)
    typer.main.get_command(app).main(args=words, standalone_mode=False)
    assert found == [(session, path)]

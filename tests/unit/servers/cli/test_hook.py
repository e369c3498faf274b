"""A hook's command line is read as the parser would read it, or left to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pack_servers.cli.app import build_app
from pack_servers.cli.hook import OPTIONS, hook_options, is_hook
from typer.main import get_command


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--client claude-code",
        "--client=claude-code --budget 800 --chars=0900",
        "--local /tmp/a --github me/notes",
        "--client one --client two",
        "--task plan=it",
        "--task=a=b",
    ],
)
def test_a_plain_line_means_what_the_parser_takes_it_for(words: str) -> None:
    arguments = ["context", *words.split(), "--hook"]
    found = hook_options(arguments)
    assert found is not None
    assert found == {name: value for name, value in _parsed(arguments).items() if name in found}
    assert hook_options(["context", "--hook", *words.split()]) == found


@pytest.mark.parametrize(
    "words",
    [
        *("--unknown", "word", "--", "--client", "--client=", "--client --task", "--budget many"),
        *("--budget -1", "--budget 1_0", "--budget ٣", "--format json", "--hook=1", "--help", "-h"),
        "--client a b",
    ],
)
def test_any_other_line_is_left_to_the_parser(words: str) -> None:
    assert hook_options(["context", "--hook", *words.split()]) is None


@pytest.mark.parametrize("words", ["", "context", "list --hook", "--hook context", "get context"])
def test_no_other_command_is_a_hook(words: str) -> None:
    assert not is_hook(words.split())
    assert hook_options(words.split()) is None


def test_the_parser_has_each_of_the_options() -> None:
    known = {name for each in _command().params for name in each.opts}
    assert known >= OPTIONS.keys()


def _command() -> Any:
    group: Any = get_command(build_app(["context"]))
    return group.commands["context"]


def _parsed(arguments: list[str]) -> dict[str, object]:
    context = _command().make_context("context", arguments[1:])
    found: dict[str, object] = context.params
    assert isinstance(found["local"], Path | None)
    return found

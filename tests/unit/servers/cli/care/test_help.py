"""The guide is read offline, by topic and by command."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files

import click
import pytest
from pack_servers.cli.app import COMMANDS
from pack_servers.cli.care import help as command
from pack_servers.cli.shell.exit import run
from pack_templates import GUIDE_TOPICS, guide_page

Run = Callable[..., str]


@pytest.fixture
def pack(capsys: pytest.CaptureFixture[str]) -> Run:
    """What a command that succeeds prints."""

    def show(*words: str) -> str:
        assert run(words) == 0
        shown = capsys.readouterr()
        assert shown.err == ""
        return shown.out

    return show


def test_every_page_is_a_topic() -> None:
    pages = {file.name for file in (files("pack_templates") / "guide").iterdir()}
    assert pages == {f"{topic}.md" for topic in GUIDE_TOPICS}


@pytest.mark.parametrize("topic", GUIDE_TOPICS)
def test_a_page_is_plain_markdown_and_then_the_help_of_the_command(topic: str, pack: Run) -> None:
    shown = pack("help", topic)
    assert shown.startswith(guide_page(topic))
    assert (f"Usage: pack {topic} " in shown) == (topic in COMMANDS)


def test_without_a_topic_there_is_a_list(pack: Run) -> None:
    topics = re.findall(r"^  ([a-z]+)  +\S", pack("help"), re.MULTILINE)
    assert tuple(topics) == GUIDE_TOPICS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_topic(name: str, pack: Run) -> None:
    assert pack(name, "--help").strip() in pack("help", name)


def test_an_unknown_topic_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "no-such-topic"]) == 1
    assert capsys.readouterr().err == (
        "error: the help topic 'no-such-topic' does not exist\n"
        "  → Run `pack help` to list the topics.\n"
    )


def test_a_terminal_gets_a_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    paged: list[str] = []
    monkeypatch.setattr(click, "echo_via_pager", paged.append)
    monkeypatch.setattr(command, "is_terminal", lambda: True)
    assert run(["help", "search"]) == 0
    assert paged[0].startswith(guide_page("search"))

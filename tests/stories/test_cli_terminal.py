"""What a person at a terminal sees, and is asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.stories.cli_driver import COMMAND, Folder, new_memory
from tests.stories.terminal_driver import ASKED, at_terminal, read_screen

pty = pytest.importorskip("pty", reason="pseudo terminals are POSIX")


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    return new_memory(tmp_path / "memory")


def test_colours_are_for_terminals_only(memory: Folder) -> None:
    assert "\x1b[1mPATH" in at_terminal(memory, "list")[1]
    assert "\x1b[" in at_terminal(memory, "search", "place")[1]
    assert "\x1b" not in memory.ok("list").text
    forced = memory.pack("list", env={"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": "xterm"})
    assert "\x1b" not in forced.text


def test_no_color_is_respected(memory: Folder) -> None:
    for words in (["list"], ["search", "place"], ["doctor"]):
        _, screen = at_terminal(memory, *words, NO_COLOR="1")
        assert "\x1b[3" not in screen, words
    sha = memory.sha("profiles/me.md")
    memory.ok("update", "profiles/me.md", "--sha", sha, stdin="I live in Vienna.\n")
    memory.ok("edit", "profiles/me.md", "--replace", "Vienna", "Graz")
    assert "[-Vienna-]{+Graz+}" in at_terminal(memory, "show", NO_COLOR="1")[1]


def test_the_match_of_a_search_is_highlighted(memory: Folder) -> None:
    _, screen = at_terminal(memory, "search", "PLACE")
    assert "\x1b[1;33mplace\x1b[0m" in screen


def test_get_is_the_same_bytes_on_a_terminal(memory: Folder) -> None:
    status, screen = at_terminal(memory, "get", "profiles/me.md")
    assert (status, screen) == (0, memory.ok("get", "profiles/me.md").text)


HIDING = "before \x1b]0;title\x07\u202ertl\u202c a\u200bb \x1b[31mred\rafter"
SHOWN = "before <U+001B>]0;title<U+0007><U+202E>rtl<U+202C> a<U+200B>b <U+001B>[31mred<U+000D>after"


def test_what_a_text_hides_is_spelled_out_on_a_terminal_and_nowhere_else(memory: Folder) -> None:
    path = "notes/a.md"
    memory.ok("update", path, stdin="# A\n\nbefore all\n")
    memory.ok("update", path, "--sha", memory.sha(path), stdin=f"# A\n\n{HIDING}\n")
    assert HIDING in memory.ok("get", path).out.decode()
    for words in (
        ("get", path),
        ("blame", path),
        ("diff", path),
        ("show",),
        ("context", "--task", "rtl"),
    ):
        _, screen = at_terminal(memory, *words, NO_COLOR="1", COLUMNS="300")
        shown = screen if words[0] != "show" else screen.replace("{+", "").replace("+}", "")
        assert "<U+202E>rtl<U+202C>" in shown, words
        for hidden in ("\x1b]0", "\x1b[31m", "\x07", "\u202e", "\u200b"):
            assert hidden not in screen, words
    assert SHOWN in at_terminal(memory, "get", path)[1]
    _, screen = at_terminal(memory, "search", "rtl", NO_COLOR="1", COLUMNS="300")
    assert "<U+202E>\x1b[1mrtl" in screen
    assert "\u202e" not in screen


def test_a_table_that_does_not_fit_cuts_nothing(memory: Folder) -> None:
    path = "context/" + "very-" * 20 + "long.md"
    memory.ok("update", path, stdin="---\ntopic: A topic\ntags: [one, two]\n---\n")
    _, screen = at_terminal(memory, "list", NO_COLOR="1", TERM="dumb")
    lines = screen.splitlines()
    assert path in lines
    assert lines[lines.index(path) + 1].startswith("    A topic  ·  one, two  ·  ")


@pytest.mark.contract("C1")
@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04", "maybe\n"])
def test_delete_takes_only_yes_for_yes(memory: Folder, answer: str) -> None:
    before = memory.state()
    status, screen = at_terminal(memory, "delete", "profiles/me.md", typed=[(ASKED, answer)])
    assert status == 1
    assert "Delete profiles/me.md? [y/N]" in screen
    assert screen.rstrip().endswith("nothing was changed")
    assert memory.state() == before
    status, _ = at_terminal(memory, "delete", "profiles/me.md", typed=[(ASKED, "yes\n")])
    assert status == 0
    assert not (memory.path / "profiles/me.md").exists()


@pytest.mark.contract("C1")
def test_prune_shows_what_would_go_before_it_asks(memory: Folder) -> None:
    memory.ok("update", "context/gone.md", stdin="---\nttl: 2020-01-01\n---\nx\n")
    before = memory.state()
    status, screen = at_terminal(memory, "prune", typed=[(ASKED, "n\n")])
    assert status == 1
    assert screen.index("context/gone.md") < screen.index("Delete 1 expired file? [y/N]")
    assert memory.state() == before


@pytest.mark.contract("C1")
def test_migrate_shows_the_plan_before_it_asks(tmp_path: Path) -> None:
    memory = Folder(tmp_path / "memory")
    memory.path.mkdir()
    memory.start({"MEMORY.md": "# M\n\n## Work\n\nx\n"})
    before = memory.state()
    status, screen = at_terminal(memory, "migrate", typed=[(ASKED, "n\n")])
    assert status == 1
    assert screen.index("context/general.md") < screen.index("Split MEMORY.md into 2 files? [y/N]")
    assert memory.state() == before
    status, screen = at_terminal(memory, "migrate", typed=[(ASKED, "y\n")])
    assert status == 0
    assert "migrated MEMORY.md to 2 files" in screen
    assert max(map(len, screen.partition("To check now")[2].splitlines())) <= 90


def test_an_update_without_a_pipe_says_how_to_end_the_text(memory: Folder) -> None:
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - the child becomes the command
        os.execv(COMMAND, [COMMAND, "update", "context/t.md", "--local", str(memory.path)])
    screen = b""
    while b"Ctrl-D" not in screen:
        screen += os.read(terminal, 1000)
    os.write(terminal, b"typed by hand\n\x04")
    while part := read_screen(terminal):
        screen += part
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert memory.ok("get", "context/t.md").text.endswith("typed by hand\n")


def test_a_person_is_asked_about_notes_at_the_root(tmp_path: Path) -> None:
    vault = Folder(tmp_path / "vault")
    vault.path.mkdir()
    vault.write({"Idea.md": b"idea\n", "README.md": b"mine\n"})
    status, screen = at_terminal(vault, "init", typed=[(ASKED, "y\n")])
    assert status == 0
    assert "1 note at the root, 5 bytes: Idea.md" in screen
    assert "Are notes at the root memory?" in screen
    assert vault.git("show", "HEAD:.pack.yaml").endswith("root_notes: true\n")
    assert vault.git("status", "--porcelain") == "?? README.md\n"

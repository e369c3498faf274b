"""A conversation begins with one text: by a hook on the command line, and by a tool."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from pack_servers.cli.history.beginning import at_most
from pack_servers.config.settings import Settings
from pack_servers.mcp.server import build_server
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory

from pack.errors import Unavailable
from tests.stories.cli_driver import Folder, run
from tests.stories.mcp_support import call, make_memory, texts
from tests.stories.mcp_support import run as run_client
from tests.support import make_again

NOTES = {
    "profiles/me.md": "# Me\n\nI live in Vienna.\n",
    "context/rules.md": "---\npin: true\n---\n# Rules\n\nNo tables.\n",
    "projects/roof.md": "# Roof\n\nThe roof is slate.\n",
}


def _taken_over(folder: Path) -> None:
    made = Folder(folder)
    made.path.mkdir()
    made.start(NOTES)
    made.ok("init")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "memory")
    make_again(_taken_over, made.path)
    return made


def test_a_person_sees_what_an_agent_begins_with(folder: Folder) -> None:
    shown = folder.ok("context", "--task", "what is the roof made of?").text
    parts = ["I live in Vienna.", "No tables.", "On this task", "slate", "What there is"]
    assert sorted(parts, key=shown.index) == parts
    found = folder.json("context", "--budget", "90", "--chars", "200")
    assert found.keys() == {"text", "tokens", "characters", "left_out", "commit"}
    assert found["tokens"] <= 90
    assert found["characters"] == len(found["text"]) <= 200
    assert {"what": "the list of all notes", "call": "`pack list`"} in found["left_out"]


def test_each_client_hears_what_is_new_to_it(folder: Folder) -> None:
    claude = ("context", "--client", "claude")
    assert "Changed" not in folder.ok(*claude).text
    folder.ok("update", "projects/new.md", stdin="new\n")
    news = folder.ok(*claude).text
    assert "- projects/new.md: added by user:cli\n" in news
    assert folder.ok(*claude).text == news
    assert "Changed" not in folder.ok("context", "--client", "cursor").text


def test_a_visit_that_cannot_be_stored_costs_nobody_the_text(folder: Folder) -> None:
    (folder.path / ".git/pack/visits").symlink_to("nowhere")
    assert "I live in Vienna." in folder.ok("context", "--client", "claude").text


def test_a_hook_answers_an_event_as_json(folder: Folder) -> None:
    plain = folder.ok("context", "--hook", "--client", "a").text
    said = folder.ok("context", "--hook", "--client", "b", "--event", "SessionStart").json
    assert said == {
        "hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": plain}
    }


def test_before_a_compaction_a_hook_tells_no_notes_and_no_news(folder: Folder) -> None:
    hook = ("context", "--hook", "--client", "claude-code")
    folder.ok(*hook)
    folder.ok("update", "projects/new.md", stdin="new\n")
    said = folder.ok(*hook, "--event", "PreCompact").text
    assert said.startswith("The notes of the memory are read again")
    assert said.count("\n") == 1
    assert "projects/new.md: added" in folder.ok(*hook).text  # nobody had seen it


def test_a_hook_never_fails(folder: Folder, tmp_path: Path) -> None:
    assert "I live in Vienna." in folder.ok("context", "--hook").text
    (tmp_path / "file").write_text("no folder")
    for wrong in (
        ("context", "--hook", "--local", tmp_path / "nowhere"),
        ("context", "--hook", "--local", tmp_path / "file"),
        ("context", "--hook", "--local", folder.path, "--budget", "many"),
        ("context", "--hook", "--local", folder.path, "--unknown"),
        ("context", "--hook", "--local", folder.path, "--budget", "0"),
    ):
        ended = run(*wrong, cwd=tmp_path)
        assert (ended.status, ended.out) == (0, b"")
        assert ended.err
    without = run("context", "--local", tmp_path / "nowhere", cwd=tmp_path)
    assert without.status == 1


def test_a_hook_gives_up_in_time() -> None:
    with pytest.raises(Unavailable, match=r"more than 0\.01 seconds"), at_most(0.01):
        threading.Event().wait(60)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_begins_with_memory_context(tmp_path: Path, mode: Any) -> None:
    folder = make_memory(tmp_path / "memory")

    async def tell() -> None:
        with open_memory(Settings(), LocalPlace(folder)) as memory:
            memory.notes.update("projects/roof.md", NOTES["projects/roof.md"])
            server = build_server(memory, watch=False)
            async with Client(server, mode=mode) as client:
                answer = await client.call_tool(
                    "memory_context", {"task": "what is the roof made of?"}
                )
                found = await call(client, "memory_context", task="what is the roof made of?")
                assert texts(answer) == [found["text"]]
                assert "The roof is slate." in found["text"]
                assert (await call(client, "memory_context"))["text"] != found["text"]
                short = await call(client, "memory_context", max_tokens=100)
                assert short["tokens"] <= 100
                assert "## Left out" in short["text"]

    run_client(tell)

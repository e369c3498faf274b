"""The memory tool as a program uses it: over a folder, a memory, with and without an event loop."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import anyio
import pytest
from pack_templates import guide_page

from pack.errors import PackError
from pack.provenance import Source
from tests.memory_tools import OURS, SDK, new_memory
from tests.support import Later, git

anthropic = Later("anthropic")

CREATE = {"command": "create", "path": "/memories/progress.md", "file_text": "half done\n"}
VIEW = {"command": "view", "path": "/memories/progress.md"}


def test_a_tool_is_what_the_sdk_knows_and_describes_itself(tmp_path: Path):
    tool = OURS.PackMemoryTool(new_memory(), cache_control={"type": "ephemeral"})
    assert isinstance(tool, SDK.BetaAbstractMemoryTool)
    assert tool.to_dict() == {
        "type": "memory_20250818",
        "name": "memory",
        "cache_control": {"type": "ephemeral"},
    }
    assert isinstance(OURS.AsyncPackMemoryTool(new_memory()), SDK.BetaAsyncAbstractMemoryTool)


@pytest.mark.usefixtures("git_identity")
def test_a_folder_becomes_a_memory_on_first_use_and_commits_say_who_wrote(tmp_path: Path):
    folder = tmp_path / "memory"
    with OURS.PackMemoryTool(folder, client="my-agent", model="anthropic/claude") as tool:
        listing = tool.call({"command": "view", "path": "/memories"})
        assert str(listing).endswith("4K\t/memories")
        assert tool.call(CREATE) == "File created successfully at: /memories/progress.md"
    message = git(folder, "log", "-1", "--format=%an%n%B").decode()
    assert message.startswith("my-agent\ncontext/progress.md: add")
    assert "Pack-Origin: ai-cloud:my-agent\nPack-Truth-Level: 5" in message
    assert "Pack-Model: anthropic/claude" in message
    with OURS.PackMemoryTool(str(folder), source=Source.AI_LOCAL) as again:
        assert "half done" in str(again.call(VIEW))
        again.call({"command": "delete", "path": "/memories/progress.md"})
    assert b"Pack-Truth-Level: 3" in git(folder, "log", "-1", "--format=%B")


@pytest.mark.usefixtures("git_identity")
def test_the_settings_say_which_memory_and_what_a_client_counts_as(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PACK_DIR", str(tmp_path / "mine"))
    monkeypatch.setenv("PACK_ORIGINS", "client:at-home=ai-local")
    OURS.PackMemoryTool(tmp_path / "mine").close()
    with OURS.PackMemoryTool(client="at-home") as tool:
        tool.call(CREATE)
    assert b"Pack-Origin: ai-local:at-home" in git(tmp_path / "mine", "log", "-1", "--format=%B")


@pytest.mark.usefixtures("git_identity")
def test_a_folder_with_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "code.py").write_text("x", encoding="utf-8")
    with pytest.raises(PackError):
        OURS.PackMemoryTool(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["code.py"]


@pytest.mark.usefixtures("git_identity")
def test_a_tool_that_nobody_closes_is_closed_when_it_goes(tmp_path: Path):
    tool = OURS.PackMemoryTool(tmp_path / "memory")
    close = tool._close
    assert close.alive
    del tool
    gc.collect()
    assert not close.alive


def test_a_memory_that_is_open_stays_so_and_is_not_written_as_the_person():
    memory = new_memory()
    with OURS.PackMemoryTool(memory, client="my-agent") as tool:
        tool.call(CREATE)
    assert memory.plain_files.read("progress.md") == "half done\n"
    newest = memory.commits.page(limit=1).commits[0]
    assert newest.origin == "ai-cloud:my-agent"


def test_programs_with_an_event_loop_have_all_commands():
    async def story() -> list[str]:
        async with OURS.AsyncPackMemoryTool(new_memory()) as tool:
            said = [
                await tool.call(command)
                for command in (
                    CREATE,
                    {**VIEW, "command": "str_replace", "old_str": "half", "new_str": "well"},
                    {**VIEW, "command": "insert", "insert_line": 1, "insert_text": "more"},
                    {"command": "rename", "old_path": VIEW["path"], "new_path": "/memories/x"},
                    {"command": "view", "path": "/memories/x"},
                    {"command": "delete", "path": "/memories/x"},
                )
            ]
            with pytest.raises(SDK.ToolError):
                await tool.call(VIEW)
            return [*map(str, said), str(await tool.clear_all_memory())]

    said = anyio.run(story)
    assert said[4] == (
        "Here's the content of /memories/x with line numbers:\n     1\twell done\n     2\tmore\n"
        "     3\t"
    )
    assert said[-1] == "All memory cleared"


def test_many_calls_at_once_lose_nothing():
    async def story() -> str:
        async with OURS.AsyncPackMemoryTool(new_memory()) as tool:
            await tool.call({**CREATE, "file_text": ""})
            async with anyio.create_task_group() as group:
                for number in range(10):
                    group.start_soon(
                        tool.call,
                        {**VIEW, "command": "insert", "insert_line": 0, "insert_text": f"{number}"},
                    )
            return str(await tool.call(VIEW))

    lines = anyio.run(story).split("\n")[1:-1]
    assert sorted(line.partition("\t")[2] for line in lines) == sorted(map(str, range(10)))


def test_the_example_of_the_guide_runs_as_far_as_it_needs_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (example,) = re.findall(r"```python\n(.*?)```", guide_page("anthropic"), re.DOTALL)
    begun, runner, rest = example.partition("    runner = ")
    monkeypatch.setenv("HOME", str(tmp_path))
    ran: dict[str, object] = {}
    exec(f"{begun}    tool = memory.to_dict()\n", ran)
    assert ran["tool"] == {"type": "memory_20250818", "name": "memory"}
    assert runner
    client = anthropic.Anthropic(api_key="an example").beta.messages
    assert callable(client.tool_runner)
    assert "tools=[memory]" in rest

"""The plugins that come with PACK, and what is made of them for one machine."""

from __future__ import annotations

import json
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
from pack_servers.cli.hook import hook_options
from pack_servers.clients.plugins import HOSTS, is_written, plugin_here, write_plugin
from pack_servers.mcp.server import build_server
from pack_templates import plugin_files

from pack._version import __version__
from pack.memory import Memory

ROOT = Path(__file__).resolve().parents[4]
NAMES = ("claude-code", "codex", "gemini")
PACK = str(Path(sys.executable).with_name("pack"))


def text(name: str, path: str) -> str:
    return plugin_files(name)[path].decode()


def hooks(content: bytes | str) -> dict[str, list[str]]:
    """The commands of each event."""
    events = json.loads(content)["hooks"]
    return {
        event: [hook["command"] for group in groups for hook in group["hooks"]]
        for event, groups in events.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_files_can_be_read_and_have_the_version_of_pack(name: str) -> None:
    files = plugin_files(name)
    versions = set()
    for path, content in files.items():
        if path.endswith(".json"):
            versions.add(json.loads(content).get("version"))
        elif path.endswith(".toml"):
            assert set(tomllib.loads(content.decode())) == {"description", "prompt"}
    assert versions - {None} == {__version__}


def test_the_events_have_the_hooks() -> None:
    claude = hooks(text("claude-code", "hooks/hooks.json"))
    assert set(claude) == {"SessionStart", "PreCompact"}
    # What is printed before a compaction instructs the summary, so no note may be.
    assert ["--event PreCompact" in line for line in claude["SessionStart"]] == [False]
    assert ["--event PreCompact" in line for line in claude["PreCompact"]] == [True]
    found = [*claude.values(), *hooks(text("codex", "hooks/hooks.json")).values()]
    found += hooks(text("gemini", "hooks/hooks.json")).values()
    clients = set()
    for (command,) in found:
        words = shlex.split(command)
        options = hook_options(words[1:])  # without the parser, as a conversation waits for it
        assert words[0] == "pack"
        assert options is not None
        assert options["hook"] is True
        clients.add(options["client"])
    assert clients == {"claude-code", "codex", "gemini-cli"}


def test_the_hook_of_gemini_has_no_matcher() -> None:
    # Gemini CLI compares the matcher of such an event as a whole, so that `a|b` is never one.
    events = json.loads(text("gemini", "hooks/hooks.json"))["hooks"]
    assert [set(group) for groups in events.values() for group in groups] == [{"hooks"}]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_plugin_says_names_only_tools_that_there_are(name: str) -> None:
    tools = set(build_server(Memory.__new__(Memory))._tool_manager._tools)
    said = b"\n".join(plugin_files(name).values()).decode()
    named = set(re.findall(r"\bmemory_[a-z]+\b", said))
    assert named
    assert named <= tools


def test_each_client_gets_the_same_words() -> None:
    skill = text("claude-code", "skills/memory/SKILL.md")
    assert text("codex", "skills/memory/SKILL.md") == skill
    assert text("gemini", "GEMINI.md") == skill.partition("---\n")[2].partition("---\n\n")[2]
    for name in ("remember", "recall", "undo"):
        body = text("claude-code", f"commands/{name}.md").split("---\n\n", 1)[1]
        prompt = tomllib.loads(text("gemini", f"commands/{name}.toml"))["prompt"]
        assert prompt == body.replace("$ARGUMENTS", "{{args}}")


def test_the_repository_is_a_marketplace_for_both() -> None:
    claude = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text())
    codex = json.loads((ROOT / ".agents" / "plugins" / "marketplace.json").read_text())
    (one,), (other,) = claude["plugins"], codex["plugins"]
    assert (ROOT / one["source"] / ".claude-plugin" / "plugin.json").is_file()
    assert (ROOT / other["source"]["path"] / ".codex-plugin" / "plugin.json").is_file()
    assert {one["name"], other["name"], claude["name"], codex["name"]} == {"pack"}


def test_a_plugin_for_this_machine_has_its_paths(tmp_path: Path) -> None:
    memory = str(tmp_path / "my notes")
    for each in HOSTS:
        files = plugin_here(each, ["--local", memory])
        server = json.loads(files["pack/.mcp.json"])["mcpServers"]["pack"]
        assert server == {"command": PACK, "args": ["serve", "--local", memory]}
        for (command,) in hooks(files["pack/hooks/hooks.json"]).values():
            words = shlex.split(command)
            assert words[0] == PACK
            options = hook_options(words[1:])
            assert options is not None
            assert (options["local"], options["client"]) == (Path(memory), each.client)
        folder = tmp_path / each.client
        assert not is_written(folder, files)
        write_plugin(folder, files)
        assert is_written(folder, files)
        (folder / "more").write_text("")
        assert not is_written(folder, files)

"""The transcripts of the README are what a newcomer sees."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from pack_servers.config.settings import Settings
from pack_servers.mcp.server import build_server

from pack.memory import Memory

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_VARYING = (
    (re.compile(r"\b[0-9a-f]{40}\b"), "ID"),
    (re.compile(r"\b[0-9a-f]{7,12}\b(?=\s)"), "SHORT"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}\b"), "DATE"),
)


@dataclass(frozen=True)
class Step:
    """A command of a transcript and what it prints."""

    command: str
    output: str


def transcripts() -> list[list[Step]]:
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    return [steps(block) for block in blocks]


def steps(block: str) -> list[Step]:
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [Step(*(part.split("\n", 1))) for part in parts]


def normal(text: str, home: Path) -> str:
    text = text.replace(str(home), "~")
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def run(commands: list[str], folder: Path) -> list[str]:
    """What each command prints on both streams, all in one shell."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = "\n".join(f"{command}\nprintf '\\n@@@\\n'" for command in commands)
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.split("\n@@@\n")[:-1]


@pytest.mark.parametrize("number", range(len(transcripts())))
def test_a_transcript_is_what_the_commands_print(
    number: int, home: Path, git_identity: tuple[str, str], tmp_path: Path
) -> None:
    transcript = transcripts()[number]
    printed = run([step.command for step in transcript], tmp_path)
    for step, output in zip(transcript, printed, strict=True):
        assert normal(output, home) == normal(step.output, home), step.command


def test_every_command_is_in_the_readme() -> None:
    (helped,) = run(["pack --help"], ROOT)
    commands = re.findall(r"^  ([a-z-]+)  ", helped.split("Commands:")[1], re.MULTILINE)
    assert len(commands) > 10
    for command in commands:
        assert f"| `pack {command}` |" in README, command


def test_every_setting_is_in_the_readme() -> None:
    for name, field in Settings.model_fields.items():
        assert f"| `{name.upper()}` |" in README, name
        assert field.description is None


def test_every_tool_is_in_the_readme_with_its_arguments() -> None:
    server = build_server(Memory.__new__(Memory))
    for tool in asyncio.run(server.list_tools()):
        (row,) = re.findall(rf"^\| `{tool.name}` \| `([^`]*)` \|", README, re.MULTILINE)
        required = set(tool.input_schema.get("required", ()))
        documented = {word.removesuffix("[]") for word in row.split()}
        expected = {
            name if name in required else f"{name}?" for name in tool.input_schema["properties"]
        }
        assert documented == expected, tool.name

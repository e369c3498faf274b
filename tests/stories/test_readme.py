"""README and guide are true: transcripts, commands, settings, tools and links are what they say."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from pack_servers.cli.app import COMMANDS
from pack_servers.cli.shell.exit import run as in_process
from pack_servers.config.settings import SETTINGS
from pack_servers.mcp.server import build_server
from pack_templates import GUIDE_TOPICS

from pack.memory import Memory
from tests.stories.prepared import pack_command

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "templates" / "pack_templates" / "guide"
FRONT = ("README.md", "CHANGELOG.md", "CONTRACTS.md", "CONTRIBUTING.md")
PAGES = [ROOT / "README.md", *(GUIDE / f"{topic}.md" for topic in GUIDE_TOPICS)]
DOCUMENTS = [*(ROOT / name for name in FRONT), *PAGES[1:]]
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


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def everything() -> str:
    """The README and the guide, as one text."""
    return "\n".join(map(read, PAGES))


def transcripts() -> list[tuple[str, list[Step]]]:
    return [
        (f"{page.stem}-{number}", steps(block))
        for page in PAGES
        for number, block in enumerate(re.findall(r"```console\n(.*?)```", read(page), re.DOTALL))
    ]


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
    places = (Path(pack_command()).parent, Path(sys.executable).parent, os.environ["PATH"])
    script = "\n".join(f"{command}\nprintf '\\n@@@\\n'" for command in commands)
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=os.environ | {"PATH": os.pathsep.join(map(str, places))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.split("\n@@@\n")[:-1]


@pytest.mark.parametrize(
    "transcript", [pytest.param(steps, id=name) for name, steps in transcripts()]
)
def test_a_transcript_is_what_the_commands_print(
    transcript: list[Step], home: Path, git_identity: tuple[str, str], tmp_path: Path
) -> None:
    printed = run([step.command for step in transcript], tmp_path)
    for step, output in zip(transcript, printed, strict=True):
        shown = normal(output, home).replace(str(tmp_path), "~")
        assert shown == normal(step.output, home), step.command


def test_the_readme_is_a_front_page() -> None:
    lines = read(ROOT / "README.md").splitlines()
    assert len(lines) <= 160
    assert [line for line in lines if len(line) > 140 and not line.startswith("|")] == []


def test_every_page_of_the_guide_is_linked_from_the_readme() -> None:
    linked = set(re.findall(r"templates/pack_templates/guide/([a-z]+)\.md", read(PAGES[0])))
    assert linked == set(GUIDE_TOPICS)


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.stem)
def test_a_page_of_the_guide_can_be_read_in_a_terminal(page: Path) -> None:
    title, blank, *rest = read(page).splitlines()
    assert re.fullmatch(r"# \w+: \S.*", title)
    assert blank == ""
    prose = re.sub(r"^```.*?^```", "", "\n".join(rest), flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in prose.splitlines() if "](http" not in line]
    assert [line for line in lines if len(line) > 88 and not line.startswith("|")] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", read(document)):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        file = document.parent / name if name else document
        assert file.is_file(), target
        if anchor:
            assert anchor in anchors(read(file)), target


def anchors(markdown: str) -> set[str]:
    """The headings of a document, as GitHub names them in links."""
    titles = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_topic_that_a_text_sends_its_reader_to_is_there() -> None:
    sources = [everything(), *map(read, (ROOT / "servers").rglob("*.py"))]
    named = {topic for text in sources for topic in re.findall(r"pack help ([a-z-]+)", text)}
    assert named
    assert named <= {*GUIDE_TOPICS, *COMMANDS}


def test_every_command_is_described() -> None:
    documented = re.findall(r"^\| `pack ([a-z-]+)` \|", read(GUIDE / "commands.md"), re.MULTILINE)
    assert tuple(documented) == COMMANDS


def test_every_option_that_a_text_names_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    helped: dict[str, str] = {}
    for name in COMMANDS:
        assert in_process([name, "--help"]) == 0
        helped[name] = capsys.readouterr().out
    lines = re.findall(r"pack ([a-z-]+)((?:[^`\n|&#]*? --[a-z-]+)+)", everything())
    named = [(name, option) for name, rest in lines for option in re.findall(r"--[a-z-]+", rest)]
    assert len(named) > 20
    for name, option in named:
        assert name in COMMANDS
        assert re.search(rf"{option}\b", helped[name]), (name, option)


def test_every_setting_is_described() -> None:
    named = re.findall(r"^\| `([A-Z_]+)` \|", read(GUIDE / "settings.md"), re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in SETTINGS)


def test_every_tool_is_described_with_its_arguments() -> None:
    server = build_server(Memory.__new__(Memory))
    text = read(GUIDE / "clients.md")
    for tool in asyncio.run(server.list_tools()):
        (row,) = re.findall(rf"^\| `{tool.name}` \| `([^`]*)` \|", text, re.MULTILINE)
        required = set(tool.input_schema.get("required", ()))
        documented = {word.removesuffix("[]") for word in row.split()}
        expected = {
            name if name in required else f"{name}?" for name in tool.input_schema["properties"]
        }
        assert documented == expected, tool.name


def test_every_extra_is_described() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    extras = set(project["optional-dependencies"]) - {"dev"}
    for page in (ROOT / "README.md", GUIDE / "start.md"):
        assert extras <= set(re.findall(r"^\| `([a-z]+)` \|", read(page), re.MULTILINE))

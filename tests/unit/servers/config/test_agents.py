"""How a command sees that a coding agent has started it."""

from __future__ import annotations

import pytest
from pack_servers.config.agents import AgentMarks, agent_marks

from pack.errors import InvalidConfig

MARKS = AgentMarks()


@pytest.mark.parametrize(
    ("name", "value", "agent"),
    [
        ("CLAUDECODE", "1", "claude-code"),
        ("CLAUDE_PROJECT_DIR", "/x", "claude-code"),
        ("CURSOR_TRACE_ID", "7", "cursor"),
        ("CURSOR_AGENT", "1", "cursor"),
        ("CODEX_SANDBOX", "seatbelt", "codex"),
        ("GEMINI_CLI", "1", "gemini"),
        ("COPILOT_AGENT_JOB_ID", "1", "copilot"),
        ("CLINE_ACTIVE", "true", "cline"),
        ("OPENCODE", "1", "opencode"),
        ("GOOSE_TERMINAL", "1", "goose"),
        ("claudecode", "1", "claude-code"),
        ("AGENT", "goose", "goose"),
        ("AI_AGENT", "claude-code_2.1_agent", "claude-code"),
        ("AI_AGENT", "1", "agent"),
        ("CLAUDECODE", "", None),
        ("CLAUDECODE", "0", None),
        ("CURSOR_API_KEY", "k", None),
        ("CODEX_HOME", "/x", None),
        ("MY_AGENT", "1", None),
        ("SSH_AGENT_PID", "7", None),
        ("EDITOR", "cursor --wait", None),
    ],
)
def test_the_variables_of_agents(name: str, value: str, agent: str | None) -> None:
    assert MARKS.in_environment({"HOME": "/x", name: value}) == agent


@pytest.mark.parametrize(
    ("command", "agent"),
    [
        (["claude"], "claude-code"),
        (["bash", "claude", "-c"], "claude-code"),
        (["node", "node", "/x/node_modules/@anthropic-ai/claude-code/cli.js"], "claude-code"),
        (["python3", "python3", "/x/bin/aider"], "aider"),
        (["python3", "python3", "/x/site-packages/aider/__main__.py"], "aider"),
        (["node", "C:\\Tools\\codex.cmd"], "codex"),
        (["Codex.exe"], "codex"),
        (["bash", "-bash"], None),
        (["node", "/x/claude/site/node_modules/eslint/bin/eslint.js"], None),
        (["python3", "/x/aider/venv/site-packages/pytest/__main__.py"], None),
        (["cursor", "/x/cursor"], None),
        (["code", "/x/code", "--type=ptyHost"], None),
        (["claudette"], None),
        (["vim", "vim", "claude.md"], None),
        (["bash", "bash", "/home-of/claude/build.sh"], None),
        ([], None),
    ],
)
def test_the_processes_of_agents(command: list[str], agent: str | None) -> None:
    assert MARKS.in_command(command) == agent


def test_a_person_can_add_marks_and_take_them_away() -> None:
    marks = agent_marks("MINE_*=mine, process:Robot, -CURSOR_TRACE_ID,-GEMINI_CLI, -process:amp,")
    assert marks.in_environment({"MINE_X": "1"}) == "mine"
    assert marks.in_command(["robot"]) == "robot"
    assert marks.in_environment({"CURSOR_TRACE_ID": "1", "GEMINI_CLI": "1"}) is None
    assert marks.in_environment({"CURSOR_AGENT": "1"}) == "cursor"
    assert marks.in_command(["amp"]) is None
    assert MARKS.in_command(["amp"]) == "amp"


@pytest.mark.parametrize("setting", ["a b", "=x", "A=b=c", "A**", "--A", "process:"])
def test_a_mark_that_cannot_be_understood_is_refused(setting: str) -> None:
    with pytest.raises(InvalidConfig):
        agent_marks(setting)

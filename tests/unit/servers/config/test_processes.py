"""The processes of this machine, as far as they can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pack_servers.config.agents import AgentMarks
from pack_servers.config.processes import agent_in_folder, commands_above

MARKS = AgentMarks()


def test_the_processes_above_are_named() -> None:
    assert any(command for command in commands_above())


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="folders are seen on Linux only")
def test_an_agent_that_works_in_a_folder_is_seen_while_it_does(tmp_path: Path) -> None:
    inside = tmp_path / "memory" / "notes"
    inside.mkdir(parents=True)
    (tmp_path / "memory-too").mkdir()
    environment = {**os.environ, "CURSOR_AGENT": "1"}
    wait = [sys.executable, "-S", "-c", "print(flush=True); input()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(wait, cwd=inside, env=environment, **pipes) as agent:  # type: ignore[call-overload]
        agent.stdout.readline()
        assert agent_in_folder(tmp_path / "memory", MARKS) == "cursor"
        assert agent_in_folder(inside, MARKS) == "cursor"
        assert agent_in_folder(tmp_path / "memory-too", MARKS) is None
        assert agent_in_folder(inside / "deeper", MARKS) is None
        agent.communicate(b"\n")
    assert agent_in_folder(inside, MARKS) is None

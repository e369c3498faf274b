"""The official conformance suite of MCP, on PACK's own HTTP server with the suite's fixtures.

It needs Node, so only `make conformance` installs it, beside the environment of the tests. What
PACK does not pass is in `conformance_failures.yml`, with reasons.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.stories.mcp_support import make_memory

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / ".venv" / "conformance" / "node_modules"
SUITE = INSTALLED / ".bin" / "conformance"
FAILURES = Path(__file__).with_name("conformance_failures.yml")
REVISIONS = ("2025-11-25", "2026-07-28")
_OLDEST_NODE = 22
_VERDICT = re.compile(r"^([✓✗]) ([\w/-]+): \d+ passed, \d+ failed", re.MULTILINE)
_LEAST = {"2025-11-25": 30, "2026-07-28": 37}
"""Scenarios that the suite scores."""


def node() -> str | None:
    """A Node that is new enough: the one beside the suite, else the one on PATH."""
    beside = next(INSTALLED.glob("node-*/bin/node"), None)
    found = str(beside) if beside else shutil.which("node")
    if found is None:
        return None
    shown = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    return found if int(shown.removeprefix("v").partition(".")[0]) >= _OLDEST_NODE else None


pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not SUITE.exists(), reason="`make conformance` has not been run"),
    pytest.mark.skipif(
        SUITE.exists() and node() is None, reason=f"Node {_OLDEST_NODE} is not installed"
    ),
]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A server with the suite's fixtures."""
    folder = make_memory(tmp_path / "memory")
    command = [sys.executable, "-m", "tests.stories.conformance_server", str(folder)]
    with (
        (tmp_path / "log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8"
        ) as process,
    ):
        try:
            assert process.stdout
            found = process.stdout.readline().strip()
            assert found, (tmp_path / "log").read_text(encoding="utf-8")
            yield found
        finally:
            process.kill()


def run(url: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run scenarios of the suite; what each found is kept in the folder."""
    program = node()
    assert program is not None
    return subprocess.run(
        [program, str(SUITE), "server", "--url", url, "-o", str(folder), *options],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_official_suite_passes(revision: str, url: str, tmp_path: Path) -> None:
    listed = yaml.safe_load(FAILURES.read_text(encoding="utf-8"))[revision]
    everything = run(url, tmp_path, "--requirements", revision)
    marks = {name: mark for mark, name in _VERDICT.findall(everything.stdout)}
    assert len(marks) >= _LEAST[revision], everything
    failed = {name for name, mark in marks.items() if mark == "✗"}
    for name in sorted(failed - set(listed)):
        # Some checks wait for half a second only; on a busy machine they get a second chance.
        again = run(url, tmp_path, "--scenario", name, "--spec-version", revision)
        assert again.returncode == 0, again.stdout + again.stderr
    assert set(listed) <= failed, "what passes meanwhile does not belong on the list"
    assert all(listed.values()), "each has a reason"

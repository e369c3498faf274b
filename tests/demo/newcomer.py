"""The way of a newcomer, timed: `make newcomer` installs PACK into an empty environment, sets up a
client, has it write its first memory, and takes that back. It downloads what PACK needs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from tests.demo.recording import Newcomer

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Print how long each step took; exit with what is wrong if one fails."""
    with tempfile.TemporaryDirectory(prefix="pack-newcomer-") as name:
        work = Path(name)
        module = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
        subprocess.run([*module, name, str(ROOT)], check=True, stdout=subprocess.DEVNULL)
        (wheel,) = work.glob("*.whl")
        begun = time.monotonic()
        venv.create(work / "environment", with_pip=True)
        python = work / "environment" / "bin" / "python"
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", str(wheel)], check=True)
        _tell("install", begun)
        (work / "home").mkdir()
        person = Newcomer(work / "home", python.with_name("pack"))
        for step, _ in person.steps():
            _tell(step, begun)


def _tell(step: str, begun: float) -> None:
    print(f"{time.monotonic() - begun:6.1f} s  {step}")


if __name__ == "__main__":
    main()

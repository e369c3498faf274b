"""Builds the wheel, installs it into an empty environment and starts what it installs.

The environment gets the run-time dependencies only, in the versions and with the hashes of
`requirements.lock`: a module that needs a development tool to be imported fails here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "check-wheel", "version": "1"},
    },
}


def main() -> None:
    """Exit with a message when the wheel does not install, or what it installs does not start."""
    with tempfile.TemporaryDirectory(prefix="pack-wheel-") as name:
        work = Path(name)
        wheel = build(work)
        pack = install(wheel, work)
        # Neither the checkout nor the settings of the one who runs this may help.
        env = {key: value for key, value in os.environ.items() if not key.startswith("PACK_")}
        env |= {"HOME": str(work), "USERPROFILE": str(work), "PACK_DIR": str(work / "memory")}
        env.pop("PYTHONPATH", None)
        version = run([pack, "--version"], work, env).strip()
        if wheel.name.split("-")[1] not in version.split():
            sys.exit(f"{wheel.name} installs a command of another version: {version}")
        server = first_answer([pack, "serve"], work, env)
        print(f"{wheel.name}: installed, {version}, the server answers as {server}")  # noqa: T201


def build(work: Path) -> Path:
    """The wheel of this checkout, in `work`."""
    module = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    run([*module, work, ROOT], ROOT)
    (wheel,) = work.glob("*.whl")
    return wheel


def install(wheel: Path, work: Path) -> Path:
    """The installed `pack` command of a new environment that holds the wheel and what it needs."""
    environment = work / "environment"
    run([sys.executable, "-m", "venv", environment], work)
    wanted = work / "wanted.txt"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wanted.write_text(
        f"pack-memory @ {wheel.as_uri()} --hash=sha256:{digest}\n{runtime_lock()}", encoding="utf-8"
    )
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]
    run([scripts / "python", "-m", "pip", "install", *options, wanted], work)
    run([scripts / "python", "-m", "pip", "check"], work)
    return scripts / "pack"


def runtime_lock() -> str:
    """The part of the lock that an installed `pack` needs."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    needed = runtime_names()
    blocks = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    return "".join(block for block in blocks if block.partition("==")[0] in needed)


def runtime_names() -> set[str]:
    """Names of all distributions that `pack-memory` requires, directly or not."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement("pack-memory")]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        extras = {"", *wanted.extras}
        if extras <= found.get(name, set()):
            continue
        found.setdefault(name, set()).update(extras)
        for requirement in map(Requirement, requires(name) or []):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(requirement)
    return set(found)


def first_answer(command: Sequence[str | Path], work: Path, env: Mapping[str, str]) -> str:
    """Name and version the server answers `initialize` with, over standard input and output."""
    out = run(command, work, env, stdin=json.dumps(_INITIALIZE) + "\n")
    lines = out.splitlines()
    if len(lines) != 1:
        sys.exit(f"the server wrote {len(lines)} lines in answer to one request: {out[:500]!r}")
    info = json.loads(lines[0])["result"]["serverInfo"]
    return f"{info['name']} {info['version']}"


def run(
    command: Sequence[str | Path],
    work: Path,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
) -> str:
    """Standard output of a command; its errors end this program."""
    result = subprocess.run(  # noqa: S603 - fixed commands, no shell
        command,
        cwd=work,
        env=env,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    if result.returncode != 0:
        words = " ".join(map(str, command))
        sys.exit(f"{words}\nended with {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


if __name__ == "__main__":
    main()

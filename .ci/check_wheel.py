"""Builds the wheel, installs it into an empty environment, weighs it and runs `base_story` with it.

The environment gets what a base installation needs and nothing else, in the versions and with the
hashes of `requirements.lock`: a module that needs an extra or a tool for developers fails there.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import requires
from pathlib import Path

from base_story import Installed, tell
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
MOST_MEGABYTES = 80
"""That a base installation may add to an empty environment."""


def main() -> None:
    """Exit with a message when the wheel does not install, is too heavy, or does not work."""
    with tempfile.TemporaryDirectory(prefix="pack-wheel-") as name:
        work = Path(name)
        wheel = build(work)
        command, added = install(wheel, work)
        if added > MOST_MEGABYTES:
            sys.exit(f"a base installation adds {added:.0f} MB, more than {MOST_MEGABYTES}")
        # Neither the checkout nor the settings of the one who runs this may help.
        env = {key: value for key, value in os.environ.items() if not key.startswith("PACK_")}
        env |= {"HOME": str(work), "USERPROFILE": str(work), "PACK_DIR": str(work / "memory")}
        env |= {"PACK_SHELL_SOURCE": "user"}  # the story is the person's, who has no terminal here
        env.pop("PYTHONPATH", None)
        user = "[user]\n\tname = Wheel\n\temail = wheel@example.org\n"
        (work / ".gitconfig").write_text(user, encoding="utf-8")
        pack = Installed(command, work, env)
        version = pack.run("--version").strip()
        if wheel.name.split("-")[1] not in version.split():
            sys.exit(f"{wheel.name} installs a command of another version: {version}")
        tell(pack)
        print(f"{wheel.name}: {version} works alone; it adds {added:.0f} MB")  # noqa: T201


def build(work: Path) -> Path:
    """The wheel of this checkout, in `work`."""
    module = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    run([*module, work, ROOT], ROOT)
    (wheel,) = work.glob("*.whl")
    return wheel


def install(wheel: Path, work: Path) -> tuple[Path, float]:
    """The `pack` command of a new environment that holds the wheel and what it needs.

    Returns:
        The command, and the megabytes that it and its dependencies take there.
    """
    environment = work / "environment"
    run([sys.executable, "-m", "venv", environment], work)
    before = megabytes(environment)
    wanted = work / "wanted.txt"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wanted.write_text(
        f"pack-memory @ {wheel.as_uri()} --hash=sha256:{digest}\n{runtime_lock()}", encoding="utf-8"
    )
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]
    run([scripts / "python", "-m", "pip", "install", *options, wanted], work)
    run([scripts / "python", "-m", "pip", "check"], work)
    return scripts / "pack", megabytes(environment) - before


def megabytes(folder: Path) -> float:
    """What the files of a folder hold, in units of 2^20 bytes; a disk's blocks may add a tenth."""
    files = (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    return sum(file.lstat().st_size for file in files) / 2**20


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


def run(command: Sequence[str | Path], work: Path) -> str:
    """Standard output of a command; its errors end this program."""
    result = subprocess.run(  # noqa: S603 - fixed commands, no shell
        command,
        cwd=work,
        stdin=subprocess.DEVNULL,
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

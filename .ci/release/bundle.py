"""Builds what hosts and registries install: `dist/*.mcpb`, and a `server.json` that names it.

The bundle holds the wheel of this checkout, so it works before anything is published, and the
versions of everything else that the tests ran with; its host has uv fetch those. `npm` checks the
bundle with the tool of its authors, where there is one (`make bundle` installs it); `server.json`
is checked against `server.schema.json`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).resolve().parent
CHECKER: Final = ROOT / ".venv" / "bundle" / "node_modules" / ".bin" / "mcpb"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_PIN: Final = re.compile(r"^([a-z0-9.-]+==[^\s\\]+)((?: ;[^\\\n]*)?)", re.MULTILINE)


def main() -> None:
    """Build both into `dist`, or exit with what is wrong."""
    dist = ROOT / "dist"
    with tempfile.TemporaryDirectory(prefix="pack-bundle-") as name:
        work = Path(name)
        bundle = pack_bundle(build_wheel(work), work)
        check_bundle(bundle, work)
        dist.mkdir(exist_ok=True)
        made = Path(shutil.copy(bundle, dist))
    server = dist / "server.json"
    server.write_text(json.dumps(server_with(made), indent=2) + "\n", encoding="utf-8")
    for file in (made, server):
        print(f"built {file.relative_to(ROOT)}: {file.stat().st_size:,} bytes")  # noqa: T201


def build_wheel(work: Path) -> Path:
    """The wheel of this checkout, in `work`."""
    module = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    run([*module, str(work), str(ROOT)])
    (wheel,) = work.glob("*.whl")
    return wheel


def pack_bundle(wheel: Path, work: Path) -> Path:
    """The bundle with a wheel; the same files make the same bytes."""
    manifest = read_json(HERE / "mcpb" / "manifest.json")
    files = {
        "manifest.json": (HERE / "mcpb" / "manifest.json").read_bytes(),
        manifest["server"]["entry_point"]: (HERE / "mcpb" / "src" / "server.py").read_bytes(),
        "pyproject.toml": project(manifest, wheel.name).encode(),
        wheel.name: wheel.read_bytes(),
    }
    bundle = work / f"{manifest['name']}-{manifest['version']}.mcpb"
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return bundle


def project(manifest: dict[str, Any], wheel: str) -> str:
    """The project that uv installs on the host: the wheel, and what it was tested with."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [f"{name}{marker}".strip() for name, marker in _PIN.findall(lock)]
    return "\n".join(
        [
            "[project]",
            'name = "pack-memory-bundle"',
            f'version = "{manifest["version"]}"',
            f'requires-python = "{manifest["compatibility"]["runtimes"]["python"]}"',
            'dependencies = ["pack-memory"]',
            "",
            "[tool.uv]",
            "package = false",
            f"constraint-dependencies = {json.dumps(pins, indent=2)}",
            "",
            "[tool.uv.sources]",
            f'pack-memory = {{ path = "{wheel}" }}',
            "",
        ]
    )


def check_bundle(bundle: Path, work: Path) -> None:
    """Have the tool of the format's authors look at it, where it is installed."""
    if not CHECKER.exists():
        print("npm is missing, so the bundle is not checked by its authors' tool")  # noqa: T201
        return
    opened = work / "opened"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(opened)
    run([str(CHECKER), "validate", str(opened / "manifest.json")])


def server_with(bundle: Path) -> dict[str, Any]:
    """`server.json` with the bundle as one more package.

    Raises:
        SystemExit: It is not what the registry takes.
    """
    server = read_json(HERE / "server.json")
    address = f"{server['repository']['url']}/releases/download/v{server['version']}/{bundle.name}"
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    package = {
        "registryType": "mcpb",
        "identifier": address,
        "fileSha256": digest,
        "transport": {"type": "stdio"},
    }
    server["packages"].append(package)
    found = problems_of(server)
    if found:
        sys.exit("server.json: " + "; ".join(found))
    return server


def problems_of(server: dict[str, Any]) -> list[str]:
    """What the registry would not take of a `server.json`."""
    schema = read_json(HERE / "server.schema.json")
    found = Draft202012Validator(schema).iter_errors(server)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in found]


def read_json(file: Path) -> dict[str, Any]:
    """What a JSON file holds."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def run(command: list[str]) -> None:
    """Run a command that has to succeed."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()

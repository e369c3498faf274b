"""What hosts and registries install: the bundle, the entry in the registry, the container."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pack._version import __version__
from tests.stories.mcp_support import http_server, make_memory

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / ".ci" / "release"
DOCKERFILE = (RELEASE / "Dockerfile").read_text(encoding="utf-8")


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", RELEASE / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bundle = _load()


def read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / path).read_text(encoding="utf-8"))
    return found


MANIFEST = read(".ci/release/mcpb/manifest.json")


# --- one version, one name ----------------------------------------------------------------------


def test_all_name_the_version_of_the_package() -> None:
    server = read(".ci/release/server.json")
    python, image = server["packages"]
    assert {MANIFEST["version"], server["version"], python["version"]} == {__version__}
    assert image["identifier"].endswith(f":{__version__}")


def test_all_name_the_same_oldest_python() -> None:
    """Before 3.11.5, `re` gives back what a possessive quantifier has taken (cpython #106052)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert tuple(map(int, oldest.split("."))) >= (3, 11, 5)
    assert MANIFEST["compatibility"]["runtimes"]["python"] == f">={oldest}"
    for path in ("README.md", "Makefile", "templates/pack_templates/guide/start.md"):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert set(re.findall(r"Python ([\d.]+) or newer", text)) == {oldest}, path
    assert f"sys.version_info < ({', '.join(oldest.split('.'))})" in (ROOT / "Makefile").read_text(
        encoding="utf-8"
    )


def test_the_readme_and_the_image_prove_whose_the_entry_in_the_registry_is() -> None:
    name = read(".ci/release/server.json")["name"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"<!-- mcp-name: (\S+) -->", readme) == [name]
    assert f'io.modelcontextprotocol.server.name="{name}"' in DOCKERFILE


def test_uvx_finds_a_command_of_the_packages_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"][project["name"]] == project["scripts"]["pack"]
    said = subprocess.run(
        [str(Path(sys.executable).with_name("pack-memory")), "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert __version__ in said


# --- the entry in the registry ------------------------------------------------------------------


def test_the_registry_takes_the_entry() -> None:
    assert bundle.problems_of(read(".ci/release/server.json")) == []


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        (("name",), "pack-memory"),
        (("description",), "x" * 101),
        (("version",), "^2.0.0"),
        (("packages", 0, "version"), "latest"),
        (("packages", 0, "transport"), {}),
        (("packages", 0, "packageArguments"), [{"type": "positional"}]),
        (("packages", 1, "version"), "2.0.0"),
        (("packages", 1, "identifier"), "ghcr.io/someone/pack"),
        (("packages", 1, "runtimeArguments"), [{"type": "named", "value": "x"}]),
        (("packages", 0, "environmentVariables"), [{"name": "PACK_DIR", "secret": True}]),
        (("packages", 0, "registryType"), "mcpb"),
    ],
    ids=str,
)
def test_a_mistake_in_the_entry_is_found(where: tuple[str | int, ...], wrong: object) -> None:
    server: Any = read(".ci/release/server.json")
    *path, last = where
    inner = server
    for key in path:
        inner = inner[key]
    inner[last] = wrong
    assert bundle.problems_of(server)


# --- the bundle ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle around a file that stands for the wheel."""
    work = tmp_path_factory.mktemp("bundle")
    wheel = work / f"pack_memory-{__version__}-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    made: Path = bundle.pack_bundle(wheel, work)
    return made


def test_a_bundle_holds_all_that_uv_needs(packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files["manifest.json"])
    project = tomllib.loads(files["pyproject.toml"].decode())
    assert manifest == MANIFEST
    assert manifest["server"]["entry_point"] in files
    assert project["tool"]["uv"]["sources"]["pack-memory"]["path"] in files
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = {pin.partition(" ")[0] for pin in project["tool"]["uv"]["constraint-dependencies"]}
    assert pins == set(re.findall(r"^[a-z0-9.-]+==[^\s\\]+", lock, re.MULTILINE))


def test_the_same_files_make_the_same_bundle(packed: Path) -> None:
    before = packed.read_bytes()
    (wheel,) = packed.parent.glob("*.whl")
    assert bundle.pack_bundle(wheel, packed.parent).read_bytes() == before


def test_the_person_chooses_the_folder_and_the_server_gets_it() -> None:
    config = MANIFEST["user_config"]["folder"]
    assert (config["type"], config["required"]) == ("directory", True)
    *_, create, local, folder = MANIFEST["server"]["mcp_config"]["args"]
    assert (create, local, folder) == ("--create", "--local", "${user_config.folder}")


@pytest.mark.skipif(not bundle.CHECKER.exists(), reason="`make bundle` has not been run")
def test_the_tool_of_the_formats_authors_takes_the_bundle(packed: Path, tmp_path: Path) -> None:
    bundle.check_bundle(packed, tmp_path)


def test_a_release_adds_the_bundle_to_the_entry_with_its_hash(packed: Path) -> None:
    *_, package = bundle.server_with(packed)["packages"]
    assert package["registryType"] == "mcpb"
    assert package["identifier"].endswith(f"/v{__version__}/{packed.name}")


# --- the container ------------------------------------------------------------------------------


def test_the_container_is_no_root_and_keeps_the_memory_in_a_volume() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    instructions = re.findall(r"^([A-Z]+) (.*)", final, re.MULTILINE)
    said = dict(instructions)
    assert said["USER"] == "pack"
    assert said["VOLUME"] == "/memory"
    assert "PACK_DIR=/memory" in final
    order = [name for name, _ in instructions]
    assert order.index("USER") > max(i for i, name in enumerate(order) if name == "RUN")


def test_the_health_check_of_the_container_tells_a_server_from_none(
    tmp_path: Path, git_identity: tuple[str, str]
) -> None:
    (check,) = re.findall(r"^HEALTHCHECK .*\\\n\s+CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    _, *arguments = json.loads(check)
    with http_server(make_memory(tmp_path / "memory"), tmp_path / "log") as server:
        here = [text.replace("127.0.0.1:3005", server.url.split("/")[2]) for text in arguments]
        assert here != arguments
        assert subprocess.run([sys.executable, *here], check=False).returncode == 0
    gone = subprocess.run([sys.executable, *here], capture_output=True, check=False)
    assert gone.returncode != 0

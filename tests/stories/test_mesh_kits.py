"""Two machines install different kits offline, and meet in the mesh (C14, C15)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.stories.cli_driver import Folder, new_memory

pytestmark = pytest.mark.contract("C14", "C15")

USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")


def publish(source: Folder, name: str, version: str, text: str) -> None:
    """Have this be a version of a kit."""
    manifest = f"schema: 1\nname: {name}\nversion: {version}\nlicense: MIT\n"
    source.write({f"{name}/kit.yaml": manifest, f"{name}/note.md": text})
    source.git("add", "--all")
    source.git(*USER, "commit", "-qm", version)


class Peer:
    """A machine that meets others by files."""

    def __init__(self, folder: Path, name: str) -> None:
        self.memory = Folder(folder / name / "memory")
        self.memory.path.parent.mkdir()
        self._env = {"PACK_MESH_KEY": str(folder / name / "key")}

    def ask(self, *words: str | Path) -> Any:
        ended = self.memory.pack(*words, "--format", "json", env=self._env)
        assert ended.status == 0, ended
        return ended.json

    def kits(self) -> dict[str, tuple[str, str]]:
        found = self.ask("kit", "status")["kits"]
        return {one["name"]: (one["version"], one["state"]) for one in found}

    def edit(self, name: str) -> None:
        file = self.memory.path / f"kits/{name}/note.md"
        file.write_text(file.read_text() + "\nMine.\n")
        self.ask("commit")


@pytest.fixture
def source(tmp_path: Path) -> Folder:
    found = Folder(tmp_path / "kits")
    found.path.mkdir()
    found.git("init", "--quiet", "--initial-branch=main")
    for name in ("reading", "writing"):
        publish(found, name, "1.0.0", f"# {name}\n\nHow it is done.\n")
    return found


@pytest.fixture
def peers(tmp_path: Path, git_identity: tuple[str, str]) -> tuple[Peer, Peer]:
    laptop, desk = Peer(tmp_path, "laptop"), Peer(tmp_path, "desk")
    new_memory(laptop.memory.path)
    laptop.ask("mesh", "init", "--name", "laptop")
    line = laptop.ask("mesh", "invite")["invite"]
    request, file = tmp_path / "request", tmp_path / "file"
    desk.ask("mesh", "join", line, "--name", "desk", "--request", request)
    laptop.ask("mesh", "import", request)
    laptop.ask("mesh", "export", file)
    desk.ask("mesh", "join", line, "--name", "desk", "--bundle", file)
    return laptop, desk


def meet(file: Path, *peers: Peer) -> None:
    one, other = peers
    for giving, taking in ((one, other), (other, one)):
        giving.ask("mesh", "export", file)
        taken = taking.ask("mesh", "import", file)
        assert (taken["quarantined"], taken["pending"]) == ([], []), taken
    assert one.memory.head() == other.memory.head()


def test_two_machines_that_installed_other_kits_have_both(
    peers: tuple[Peer, Peer], source: Folder, tmp_path: Path
) -> None:
    laptop, desk = peers
    laptop.ask("kit", "install", f"{source.path}#reading", "--yes")
    laptop.edit("reading")
    desk.ask("kit", "install", f"{source.path}#writing", "--yes")
    meet(tmp_path / "file", laptop, desk)
    expected = {"reading": ("1.0.0", "MODIFIED"), "writing": ("1.0.0", "PRISTINE")}
    assert laptop.kits() == desk.kits() == expected
    publish(source, "reading", "1.1.0", "# reading\n\nHow it is done now.\n")
    asked = desk.memory.pack("kit", "update", "reading", "--yes")  # from there, says the laptop
    assert "nobody at this machine has agreed" in asked.err
    done = desk.ask("kit", "install", f"{source.path}#reading", "--yes")
    assert (done["version"], desk.kits()["reading"][0]) == ("1.1.0", "1.1.0")
    meet(tmp_path / "file", desk, laptop)
    for peer in peers:
        text = (peer.memory.path / "kits/reading/note.md").read_text()
        assert "done now." in text
        assert "Mine." in text
    assert laptop.ask("kit", "rollback", "reading", "--yes")["updated"][0]["to"] == "1.0.0"


def test_two_machines_that_installed_the_same_kit_have_it_once(
    peers: tuple[Peer, Peer], source: Folder, tmp_path: Path
) -> None:
    laptop, desk = peers
    for peer in peers:
        peer.ask("kit", "install", f"{source.path}#reading", "--yes")
    laptop.edit("reading")
    meet(tmp_path / "file", laptop, desk)
    assert laptop.kits() == desk.kits() == {"reading": ("1.0.0", "MODIFIED")}
    listed = subprocess.run(
        ["git", "ls-files", "kits"],
        cwd=desk.memory.path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert listed.stdout.split() == ["kits/reading/kit.yaml", "kits/reading/note.md"]


def test_two_machines_that_have_a_kit_in_two_versions_end_with_one(
    peers: tuple[Peer, Peer], source: Folder, tmp_path: Path
) -> None:
    laptop, desk = peers
    laptop.ask("kit", "install", f"{source.path}#reading", "--yes")
    publish(source, "reading", "1.1.0", "# reading\n\nHow it is done now.\n")
    desk.ask("kit", "install", f"{source.path}#reading", "--yes")
    meet(tmp_path / "file", laptop, desk)
    laptop.ask("kit", "update", "reading", "--yes")
    meet(tmp_path / "file", laptop, desk)
    assert {name: version for name, (version, _) in desk.kits().items()} == {"reading": "1.1.0"}
    for peer in peers:
        assert "done now." in (peer.memory.path / "kits/reading/note.md").read_text()


def test_a_machine_that_never_saw_the_source_has_what_was_installed(
    peers: tuple[Peer, Peer], source: Folder, tmp_path: Path
) -> None:
    """Also of a version that was merged, whose text is in no commit of the memory."""
    laptop, desk = peers
    laptop.ask("kit", "install", f"{source.path}#reading", "--yes")
    laptop.edit("reading")
    publish(source, "reading", "1.1.0", "# reading\n\nHow it is done now.\n")
    laptop.ask("kit", "update", "reading", "--yes")
    shutil.rmtree(source.path)
    meet(tmp_path / "file", laptop, desk)
    assert laptop.kits() == desk.kits() == {"reading": ("1.1.0", "MODIFIED")}
    (changed,) = desk.ask("kit", "diff", "reading")["files"]
    assert changed == laptop.ask("kit", "diff", "reading")["files"][0]
    assert "+Mine." in changed["patch"]
    assert "now." not in "".join(line for line in changed["patch"].splitlines() if line[:1] == "-")
    assert len(desk.ask("kit", "patch", "reading")["patches"]) == 1
    assert desk.ask("kit", "rollback", "reading", "--yes")["updated"][0]["to"] == "1.0.0"
    text = (desk.memory.path / "kits/reading/note.md").read_text()
    assert "How it is done.\n" in text
    assert "Mine." in text

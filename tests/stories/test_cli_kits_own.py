"""The kits that come with PACK: installed by name, without a network, and useful as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from pack_templates import own_kit, own_kits

from tests.stories.cli_driver import Folder, new_memory
from tests.support import make_again


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    make_again(new_memory, tmp_path / "memory")
    return Folder(tmp_path / "memory")


def test_every_kit_of_packs_is_installed_by_its_name_and_changes_nothing_else(
    memory: Folder,
) -> None:
    before = memory.git("ls-files", "profiles", "context").split()
    for name in own_kits():
        checked = memory.json("kit", "check", f"pack:{name}")
        assert checked["problems"] == []
        done = memory.json("kit", "install", name, "--yes")
        assert (done["name"], done["source"]) == (name, f"pack:{name}")
        paths = {f"kits/{name}/{file}" for file in own_kit(name)}
        assert {one["path"] for one in done["files"]} == paths
        notes = memory.json("list", "--dir", f"kits/{name}")["files"]
        assert {one["path"] for one in notes} == {path for path in paths if path.endswith(".md")}
        assert all(one["topic"] and one["tags"] for one in notes)
    assert memory.git("ls-files", "profiles", "context").split() == before
    assert memory.pack("validate").status == 0
    found = memory.json("kit", "status")["kits"]
    assert {one["state"] for one in found} == {"PRISTINE"}
    head = memory.head()
    for name in own_kits():
        memory.ok("kit", "install", f"pack:{name}", "--yes")
    memory.ok("kit", "update")
    assert memory.head() == head


def test_what_was_filled_in_stays(memory: Folder) -> None:
    memory.ok("kit", "install", "starter-profile", "--yes")
    file = memory.path / "kits" / "starter-profile" / "about-me.md"
    filled = file.read_text().replace("what to call me:", "what to call me: Ada")
    file.write_text(filled)
    memory.ok("kit", "update", "starter-profile")
    assert file.read_text() == filled
    memory.ok("kit", "uninstall", "starter-profile", "--yes")
    assert [one.name for one in file.parent.glob("*.md")] == ["about-me.md"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("pack:no-such-kit", "PACK has project-template and starter-profile"),
        ("pack:../secrets", "names no place|does not exist"),
        ("starter-profile@v9", "comes with PACK"),
    ],
)
def test_another_name_is_refused(memory: Folder, source: str, said: str) -> None:
    ended = memory.pack("kit", "install", source, "--yes")
    assert ended.status == 1
    assert any(part in ended.err for part in said.split("|")), ended.err


def test_a_folder_here_comes_before_a_kit_of_packs(memory: Folder) -> None:
    beside = memory.path.parent / "starter-profile"
    beside.mkdir()
    (beside / "kit.yaml").write_text("schema: 1\nname: mine\nversion: 1.0.0\n")
    done = memory.json("kit", "install", "starter-profile", "--yes")
    assert (done["name"], done["source"]) == ("mine", str(beside))


def test_a_new_kit_is_one_that_check_accepts_and_nothing_is_overwritten(memory: Folder) -> None:
    beside = memory.path.parent
    made = memory.json("kit", "new", "My Handbook")
    assert made["name"] == "my-handbook"
    files = {Path(one): Path(one).read_bytes() for one in made["files"]}
    assert {one.relative_to(beside).as_posix() for one in files} == {
        "My Handbook/kit.yaml",
        "My Handbook/README.md",
    }
    assert memory.json("kit", "check", "My Handbook")["problems"] == []
    again = memory.pack("kit", "new", "My Handbook")
    assert (again.status, "kit.yaml already" in again.err) == (1, True)
    assert {one: one.read_bytes() for one in files} == files
    done = memory.json("kit", "install", "My Handbook", "--yes")
    assert {one["path"] for one in done["files"]} == {
        "kits/my-handbook/kit.yaml",
        "kits/my-handbook/README.md",
    }


def test_a_folder_of_notes_becomes_a_kit_by_its_manifest_alone(memory: Folder) -> None:
    notes = memory.path.parent / "notes"
    notes.mkdir()
    (notes / "README.md").write_text("# Mine\n")
    planned = memory.json("kit", "new", notes, "--dry-run")
    assert [one.name for one in notes.iterdir()] == ["README.md"]
    assert memory.json("kit", "new", notes) == planned
    assert planned["files"] == [str(notes / "kit.yaml")]
    assert (notes / "README.md").read_text() == "# Mine\n"
    assert memory.json("kit", "check", notes)["files"] == 2
    for wrong in (notes / "README.md", "日本"):
        assert memory.pack("kit", "new", wrong).status == 1
    assert memory.pack("kit", "new").status == 1

"""Kits are found by name in the indexes that the person added (C15)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, new_memory
from tests.support import make_again

pytestmark = pytest.mark.contract("C15")

_USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")


def publish(folder: Folder, files: dict[str, str]) -> None:
    folder.write(dict(files))
    folder.git("init", "--quiet", "--initial-branch=main")
    folder.git("add", "--all")
    folder.git(*_USER, "commit", "-qm", "published")


def entry(name: str, source: str, more: str = "") -> str:
    return f"name: {name}\nsource: '{source}'\ndescription: How to {name}\n{more}"


def manifest(name: str) -> str:
    return f"schema: 1\nname: {name}\nversion: 1.0.0\n"


@pytest.fixture
def index(tmp_path: Path) -> Folder:
    """An index with a kit of its own, one elsewhere, an unlisted one and one that is another."""
    elsewhere = Folder(tmp_path / "elsewhere")
    publish(elsewhere, {"kit.yaml": manifest("bake"), "a.md": "# Bake\n"})
    found = Folder(tmp_path / "index")
    files = {
        "observe/kit.yaml": manifest("observe"),
        "observe/a.md": "# Observe\n",
        "kits/observe.yaml": entry("observe", "#observe", "version: 1.0.0\n"),
        "kits/bake.yaml": entry("bake", str(elsewhere.path)),
        "kits/hidden.yaml": entry("hidden", "#observe", "visibility: unlisted\n"),
        "kits/wrong.yaml": entry("wrong", "#observe"),
    }
    publish(found, files)
    return found


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    make_again(new_memory, tmp_path / "memory")
    return Folder(tmp_path / "memory")


def test_a_kit_is_searched_for_and_installed_by_its_name(memory: Folder, index: Folder) -> None:
    added = memory.json("kit", "index", "add", index.path)
    assert (added["index"], added["kits"]) == (str(index.path), 3)
    assert memory.json("kit", "index", "add", index.path)["commit"] is None
    assert memory.json("kit", "index", "list") == {"indexes": [str(index.path)]}
    found = memory.json("kit", "search", "how", "OBSERVE")
    assert found["problems"] == []
    source = f"{index.path}#observe"
    assert found["kits"] == [
        {
            "name": "observe",
            "source": source,
            "description": "How to observe",
            "version": "1.0.0",
            "index": str(index.path),
            "signer": None,
        }
    ]
    names = {one["name"] for one in memory.json("kit", "search")["kits"]}
    assert names == {"bake", "observe", "wrong", "project-template", "starter-profile"}
    done = memory.json("kit", "install", "observe", "--yes")
    assert (done["name"], done["source"]) == ("observe", source)
    head = memory.head()
    memory.ok("kit", "install", "observe", "--yes")
    memory.ok("kit", "update")
    assert memory.head() == head
    assert memory.json("kit", "install", "bake", "--yes")["name"] == "bake"
    memory.ok("kit", "index", "remove", index.path)
    assert memory.json("kit", "index", "list") == {"indexes": []}
    assert {one["name"] for one in memory.json("kit", "status")["kits"]} == {"bake", "observe"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hidden", "a kit called 'hidden' does not exist"),
        ("unknown", "a kit called 'unknown' does not exist"),
        ("wrong", "holds the kit observe, not wrong"),
        ("observe@v9", "v9"),
    ],
)
def test_what_is_not_listed_or_not_what_it_is_called_is_not_installed(
    memory: Folder, index: Folder, name: str, said: str
) -> None:
    memory.ok("kit", "index", "add", index.path)
    head = memory.head()
    ended = memory.pack("kit", "install", name, "--yes")
    assert ended.status == 1
    assert said in ended.err
    assert memory.head() == head


def test_a_name_in_two_places_is_refused_and_a_lost_index_is_said(
    memory: Folder, index: Folder, tmp_path: Path
) -> None:
    other = Folder(tmp_path / "other")
    publish(other, {"kits/observe.yaml": entry("observe", "#elsewhere")})
    for one in (index, other):
        memory.ok("kit", "index", "add", one.path)
    refused = memory.pack("kit", "install", "observe", "--yes")
    assert (refused.status, "in several places" in refused.err) == (1, True)
    other.path.rename(tmp_path / "gone")
    found = memory.pack("kit", "search", "bake", "--format", "json")
    assert found.status == 1
    assert [one["name"] for one in found.json["kits"]] == ["bake"]
    assert str(other.path) in found.json["problems"][0]
    memory.ok("kit", "index", "remove", other.path)
    assert memory.pack("kit", "search", "bake").status == 0


@pytest.mark.parametrize(
    "words",
    [("add",), ("remove",), ("remove", "/no/such"), ("change",), ("add", "/no/such/index")],
)
def test_what_is_no_index_is_refused(memory: Folder, words: tuple[str, ...]) -> None:
    before = memory.state()
    assert memory.pack("kit", "index", *words).status == 1
    assert memory.state() == before


def test_a_source_that_is_relative_begins_at_its_index(
    memory: Folder, index: Folder, tmp_path: Path
) -> None:
    index.write({"kits/bake.yaml": entry("bake", "../elsewhere")})
    index.git("add", "--all")
    index.git(*_USER, "commit", "-qm", "beside")
    memory.ok("kit", "index", "add", "index")
    assert memory.json("kit", "install", "bake", "--yes")["source"] == str(tmp_path / "elsewhere")


def test_an_index_that_vanished_is_removed_by_the_name_it_was_added_by(
    memory: Folder, index: Folder, tmp_path: Path
) -> None:
    memory.ok("kit", "index", "add", "index")
    index.path.rename(tmp_path / "gone")
    memory.ok("kit", "index", "remove", "index")
    assert memory.json("kit", "index", "list") == {"indexes": []}

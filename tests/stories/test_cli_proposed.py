"""What a command of a machine says where the person's text would have changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, new_memory

FILE = "notes/rules.md"
AS = ("--as", "automation:nightly")
TEXT = "# Rules\n\nNever push to main.\n\n- [ ] call the bank\n"


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    folder = new_memory(tmp_path / "memory")
    assert folder.pack("update", FILE, stdin=TEXT).status == 0
    return folder


def test_a_write_that_needs_the_person_is_no_error_and_changes_nothing(memory: Folder) -> None:
    before = memory.state()
    edit = ("edit", FILE, "--replace", "Never", "Rarely", *AS)
    done = memory.pack(*edit)
    assert done.status == 0
    ((ref, commit),) = refs(memory)
    name = ref.rpartition("/")[2]
    assert f"proposed: {FILE}\n  proposal  {name}\n" in done.text
    assert "Never push to main." in done.text
    assert f"pack proposals show {name}" in done.err
    assert memory.state() == before
    assert memory.git("rev-list", "--count", f"HEAD..{commit}").strip() == "1"
    assert memory.git("rev-parse", f"{commit}^").strip() == memory.git("rev-parse", "HEAD").strip()

    answer = memory.json(*edit)
    assert (answer["status"], answer["proposal"], answer["commit"]) == ("proposed", name, None)
    (held,) = answer["protected"]
    assert held["text"] == "Never push to main."
    assert held["line"] > 1
    assert "-Never push to main.\n+Rarely push to main." in answer["diff"]
    assert f"Tell the person: `pack proposals show {name}` shows it" in answer["tell"]
    assert refs(memory) == [(ref, commit)]

    memory.git("gc", "--quiet", "--prune=now")
    assert memory.pack("reindex").status == 0
    assert memory.json("proposals")["proposals"][0]["id"] == name


def test_a_removal_a_move_and_an_undo_say_so_too(memory: Folder) -> None:
    sha = memory.json("get", FILE)["sha"]
    for words in (
        ("delete", FILE, "--sha", sha, "--yes"),
        ("move", FILE, "notes/other.md", "--sha", sha),
        ("undo", "--yes"),
    ):
        answer = memory.json(*words, *AS)
        assert (answer["status"], answer["commit"]) == ("proposed", None)
    assert memory.pack("get", FILE).text.endswith(TEXT)


@pytest.mark.parametrize("way", ["update", "edit"])
def test_what_needs_nobody_is_written_at_once_if_asked_for(memory: Folder, way: str) -> None:
    found = memory.json("get", FILE)
    both = "- [x] call the bank\n- [ ] and Mia"
    changed = found["content"].replace("Never", "Rarely").replace("- [ ] call the bank", both)
    rules = ("edit", FILE, "--section", "Rules", "--text", "-")
    words = rules if way == "edit" else ("update", FILE, "--sha", found["sha"])
    stdin = changed.partition("# Rules\n")[2] if way == "edit" else changed
    held = memory.pack(*words, *AS, "--dry-run", stdin=stdin)
    assert "Never push to main." in held.text
    done = memory.pack(*words, *AS, "--apply-rest", "--format", "json", stdin=stdin).json
    assert (done["status"], done["protected"][0]["text"]) == ("proposed", "Never push to main.")
    text = memory.pack("get", FILE).text
    assert "Never push to main." in text
    assert both in text


def test_a_free_write_says_that_it_is_written(memory: Folder) -> None:
    answer = memory.json("edit", FILE, "--replace", "[ ]", "[x]", *AS)
    assert (answer["status"], "proposal" in answer) == ("written", False)
    assert answer["commit"] == memory.git("rev-parse", "HEAD").strip()


def refs(memory: Folder) -> list[tuple[str, str]]:
    out = memory.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/pack/proposals")
    return [(name, commit) for name, commit in (line.split() for line in out.splitlines())]

"""Kits at the command line: installed, changed here and upstream, updated, taken back (C15)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pack_connectors.local_git.remote.transport import GitExchange

from tests.stories.cli_driver import Folder, new_memory
from tests.stories.terminal_driver import ASKED, at_terminal
from tests.support import make_again

pytestmark = pytest.mark.contract("C15")

LINES = "".join(f"line {n}\n\n" for n in range(1, 8))
AT = "kits/observer/"
FIRST = {
    "pristine.md": LINES,
    "modified.md": LINES,
    "outdated.md": LINES,
    "both.md": LINES,
    "clash.md": LINES,
    "removed.md": LINES,
    "gone.md": "# It goes\n\nOnly here.\n",
    "moved.md": "# It moves\n\n" + LINES.replace("line", "row"),
}
SECOND = {
    **FIRST,
    "outdated.md": LINES.replace("line 4", "line four"),
    "both.md": LINES.replace("line 6", "line six"),
    "clash.md": LINES.replace("line 2", "theirs"),
    "removed.md": LINES.replace("line 1", "line one"),
    "sub/added.md": "# New\n",
    "sub/moved.md": FIRST["moved.md"],
}
GONE = ("gone.md", "moved.md")
STATES = {
    "both.md": "CONFLICT",
    "clash.md": "CONFLICT",
    "gone.md": "GONE_UPSTREAM",
    "kit.yaml": "OUTDATED",
    "local.md": "LOCAL",
    "modified.md": "MODIFIED",
    "moved.md": "GONE_UPSTREAM",
    "outdated.md": "OUTDATED",
    "pristine.md": "PRISTINE",
    "removed.md": "REMOVED_HERE",
    "sub/added.md": "OUTDATED",
    "sub/moved.md": "OUTDATED",
}


class Upstream(Folder):
    """A repository that somebody publishes a kit in, at `observer/`."""

    @property
    def source(self) -> str:
        return f"{self.path}#observer"

    def publish(self, version: str, files: Mapping[str, str | bytes], *tags: str) -> str:
        """Have exactly these files be a version; its commit."""
        shutil.rmtree(self.path / "observer", ignore_errors=True)
        manifest = f"schema: 1\nname: observer\nversion: {version}\nlicense: MIT\n"
        self.write({f"observer/{name}": text for name, text in files.items()})
        self.write({"observer/kit.yaml": manifest})
        self.git("add", "--all")
        self.git(*_USER, "commit", "-qm", version)
        for tag in tags or (f"v{version}",):
            self.git("tag", "--force", tag)
        return self.head()

    def second(self) -> str:
        return self.publish("1.1.0", {k: text for k, text in SECOND.items() if k not in GONE})


_USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")


def _make(folder: Path) -> None:
    """An upstream with one version, and a memory in which a branch of it is installed."""
    folder.mkdir(parents=True, exist_ok=True)
    upstream = Upstream(folder / "upstream")
    upstream.write({"README.md": "# Kits\n"})
    upstream.git("init", "--quiet", "--initial-branch=main")
    upstream.publish("1.0.0", FIRST)
    new_memory(folder / "memory")


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    make_again(_make, tmp_path / "story")
    return Upstream(tmp_path / "story" / "upstream")


@pytest.fixture
def memory(upstream: Upstream) -> Folder:
    """A memory without kits."""
    return Folder(upstream.path.parent / "memory")


@pytest.fixture
def installed(memory: Folder, upstream: Upstream) -> Folder:
    """A memory with version 1.0.0."""
    memory.ok("kit", "install", upstream.source, "--yes")
    return memory


@pytest.fixture
def edited(installed: Folder) -> Folder:
    """The same, with something changed in each way in which a person changes files."""
    edit(installed, "modified.md", "line 3", "line 3, mine")
    edit(installed, "both.md", "line 2", "line 2, mine")
    edit(installed, "clash.md", "line 2", "line 2, mine")
    edit(installed, "moved.md", "row 5", "row 5, mine")
    installed.write({f"{AT}local.md": "# Local\n"})
    (installed.path / AT / "removed.md").unlink()
    return installed


def edit(memory: Folder, name: str, old: str, new: str) -> None:
    file = memory.path / AT / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def text(memory: Folder, name: str) -> str:
    return (memory.path / AT / name).read_text()


def kit(memory: Folder, *words: str | Path, status: int = 0) -> Any:
    """The answer of `pack kit` as JSON."""
    ended = memory.pack("kit", *words, "--format", "json")
    assert ended.status == status, ended
    return ended.json


def states(memory: Folder) -> dict[str, str]:
    (found,) = kit(memory, "status")["kits"]
    return {one["path"].removeprefix(AT): one["state"] for one in found["files"]}


def actions(answer: Any) -> dict[str, str]:
    (done,) = answer["updated"]
    return {one["path"].removeprefix(AT): one["action"] for one in done["files"]}


def pristine(files: Mapping[str, object]) -> dict[str, str]:
    return dict.fromkeys(sorted([*files, "kit.yaml"]), "PRISTINE")


# --- installing ----------------------------------------------------------------------------------


def test_what_install_answers(memory: Folder, upstream: Upstream) -> None:
    before = memory.commits()
    dry = kit(memory, "install", upstream.source, "--dry-run")
    assert (dry["commit"], memory.commits()) == (None, before)
    assert memory.pack("kit", "install", upstream.source).status == 1  # nobody could be asked
    answer = kit(memory, "install", upstream.source, "--yes")
    assert answer == {
        "name": "observer",
        "version": "1.0.0",
        "source": upstream.source,
        "commit": memory.head(),
        "files": [{"path": AT + name, "state": "PRISTINE"} for name in pristine(FIRST)],
    }
    assert memory.commits() == before + 1
    state = memory.state()
    assert state[1] == ""
    assert {name: text(memory, name) for name in FIRST} == FIRST
    assert kit(memory, "install", upstream.source, "--yes") == {**answer, "commit": None}
    assert memory.state() == state
    assert (
        kit(memory, "status")
        == kit(memory, "list")
        == {
            "kits": [
                {
                    "name": "observer",
                    "version": "1.0.0",
                    "latest": "1.0.0",
                    "state": "PRISTINE",
                    "files": answer["files"],
                }
            ]
        }
    )


@pytest.mark.parametrize("form", ["{0}@v1.0.0#observer", "{0}#observer@v1.0.0", "{1}", "{2}"])
def test_a_version_a_folder_a_bundle_or_an_archive(
    memory: Folder, upstream: Upstream, form: str
) -> None:
    if form == "{1}":  # of a tag only, so that no HEAD is in it
        upstream.git("bundle", "create", "-q", "../kits.bundle", "v1.0.0")
        form = "{1}/kits.bundle#observer"
    if form == "{2}":
        upstream.git("archive", "--prefix=kits-1/", "-o", "../kits.tar.gz", "v1.0.0")
        form = "{1}/kits.tar.gz#observer"
    upstream.second()
    answer = kit(memory, "install", form.format(upstream.path, upstream.path.parent), "--yes")
    assert answer["version"] == "1.0.0"
    assert states(memory)["pristine.md"] == "PRISTINE"
    assert kit(memory, "info", "observer")["license"] == "MIT"


def test_each_kind_of_source_by_its_name_in_this_folder(
    memory: Folder, upstream: Upstream, tmp_path: Path
) -> None:
    """Commands run beside the memory, where `upstream` could be the name of a kit, too."""
    upstream.git("bundle", "create", "-q", "../kits", "--all")
    upstream.git("archive", "--prefix=kits-1/", "-o", "../kits.zip", "v1.0.0")
    shutil.copytree(upstream.path / "observer", upstream.path.parent / "folder")
    upstream.second()
    for text, version in (
        ("upstream@v1.0.0#observer", "1.0.0"),
        ("upstream#observer@v1.0.0", "1.0.0"),
        ("upstream#observer", "1.1.0"),
        ("folder", "1.0.0"),
        ("kits#observer", "1.0.0"),
        ("kits@v1.0.0#observer", "1.0.0"),
        ("kits.zip#observer", "1.0.0"),
    ):
        answer = kit(memory, "install", text, "--accept-older", "--yes")
        assert answer["version"] == version, text
        kit(memory, "uninstall", "observer", "--yes")
    shutil.rmtree(upstream.path / "observer")
    upstream.write(FIRST | {"kit.yaml": "schema: 1\nname: observer\nversion: 1.0.0\n"})
    upstream.git("add", "--all")
    upstream.git(*_USER, "commit", "-qm", "top")
    upstream.git("tag", "v9.0.0")
    assert kit(memory, "install", "upstream@v9.0.0", "--yes")["version"] == "1.0.0"


def test_a_whole_bundle_and_a_shallow_clone(memory: Folder, upstream: Upstream) -> None:
    upstream.second()
    upstream.git("bundle", "create", "-q", "../kits.bundle", "--all")
    clone = upstream.path.parent / "clone"
    upstream.git("clone", "-q", "--depth=1", upstream.path.as_uri(), str(clone))
    for place in (upstream.path.parent / "kits.bundle", clone):
        kit(memory, "install", f"{place}#observer", "--yes")
        kit(memory, "uninstall", "observer", "--yes")
    assert not (memory.path / "kits").exists()


def test_a_person_at_a_terminal_is_asked(memory: Folder, upstream: Upstream) -> None:
    before = memory.state()
    for answer in ("n\n", "perhaps\n"):
        status, screen = at_terminal(
            memory, "kit", "install", upstream.source, typed=[(ASKED, answer)]
        )
        assert status != 0
        assert "licence  MIT" in screen
    assert memory.state() == before
    assert at_terminal(memory, "kit", "install", upstream.source, typed=[(ASKED, "y\n")])[0] == 0
    edit(memory, "clash.md", "line 2", "line 2, mine")
    upstream.second()
    state = memory.state()
    status, screen = at_terminal(memory, "kit", "update", typed=[(ASKED, "what?\n")])
    assert status != 0
    assert "+line 2, mine" in screen
    assert memory.state() == state
    assert at_terminal(memory, "kit", "update", typed=[(ASKED, "y\n")])[0] == 2
    assert "line 2, mine" in text(memory, "clash.md")


def test_a_kit_cannot_add_lines_to_its_preview(memory: Folder, tmp_path: Path) -> None:
    odd = Folder(tmp_path / "odd")
    said = "Fine\\n  licence  Apache-2.0\\n  files    1, 12 bytes\\u202e\\t\\u2028x"
    odd.write(
        {
            "kit.yaml": f'schema: 1\nname: odd\nversion: 1.0.0\ndescription: "{said}"\n'
            'license: "MIT\\u200b\\n  goes to  elsewhere/"\n',
            "a.md": "# A\n",
            "b\n  warning  none.md": "# B\n",
        }
    )
    shown = memory.ok("kit", "install", odd.path, "--dry-run").text
    begins = [line.split()[0] for line in shown.splitlines()]
    assert begins == ["odd", "from", "goes", "licence", "files", "left", "added", "added"]
    assert not {"\u202e", "\u200b", "\t", "\u2028"} & set(shown)
    memory.ok("kit", "install", odd.path, "--yes")
    info = memory.ok("kit", "info", "odd").text
    assert sum(line.startswith("licence") for line in info.splitlines()) == 0
    assert [line.split()[0] for line in info.splitlines()][:4] == [
        "name",
        "version",
        "description",
        "license",
    ]
    index = Folder(tmp_path / "index")
    entry = f'name: odd\nsource: "{odd.path}"\ndescription: "{said}"\nversion: "1\\n2"\n'
    index.write({"kits/odd.yaml": entry})
    memory.ok("kit", "index", "add", index.path)
    found = memory.ok("kit", "search", "Fine").text.splitlines()
    assert [line.split()[0] for line in found] == ["odd", str(odd.path)]


def test_what_is_there_is_not_taken(memory: Folder, upstream: Upstream) -> None:
    memory.write({f"{AT}clash.md": "# Mine\n"})
    before = memory.state()
    ended = memory.pack("kit", "install", upstream.source, "--yes")
    assert ended.status != 0
    assert "pack kit adopt" in ended.err
    assert memory.state() == before
    assert text(memory, "clash.md") == "# Mine\n"


# --- updating ------------------------------------------------------------------------------------


def test_the_seven_states_and_what_an_update_does(edited: Folder, upstream: Upstream) -> None:
    there = upstream.second()
    assert states(edited) == STATES
    dry = actions(kit(edited, "update", "--dry-run", status=2))
    commits = edited.commits()
    answer = kit(edited, "update", "--yes", status=2)
    (done,) = answer["updated"]
    assert {key: done[key] for key in ("name", "from", "to")} == {
        "name": "observer",
        "from": "1.0.0",
        "to": "1.1.0",
    }
    assert done["commit"] == edited.head()
    assert set(done["files"][0]) == {"path", "before", "action", "conflict_copy"}
    assert {one["path"].removeprefix(AT): one["before"] for one in done["files"]} == STATES
    assert (
        actions(answer)
        == dry
        == {
            "both.md": "merged",
            "clash.md": "conflict",
            "gone.md": "removed",
            "kit.yaml": "replaced",
            "local.md": "none",
            "modified.md": "kept",
            "moved.md": "removed",
            "outdated.md": "replaced",
            "pristine.md": "none",
            "removed.md": "kept",
            "sub/added.md": "added",
            "sub/moved.md": "merged",
        }
    )
    both = text(edited, "both.md")
    assert "line 2, mine\n" in both
    assert "line six\n" in both
    assert "row 5, mine" in text(edited, "sub/moved.md")
    assert "line 2, mine" in text(edited, "clash.md")
    (copy,) = [one["conflict_copy"] for one in done["files"] if one["conflict_copy"]]
    assert "theirs" in (edited.path / copy).read_text()
    names = edited.git("ls-files", AT).split()
    assert not [name for name in names if name.endswith((".rej", ".orig"))]
    assert "<<<<<<<" not in edited.git("grep", "-h", "", "--", AT)
    assert not (edited.path / AT / "removed.md").exists()
    # The edits by hand are a commit of their own, and the update is one.
    assert edited.commits() <= commits + 2
    assert there in (edited.path / ".pack/kits.lock.yaml").read_text()
    state = edited.state()
    assert kit(edited, "update", "--yes")["updated"][0]["commit"] is None
    assert edited.state() == state


@pytest.mark.parametrize(("choice", "kept"), [("--keep", True), ("--theirs", False)])
def test_a_choice_for_what_both_changed(
    edited: Folder, upstream: Upstream, choice: str, kept: bool
) -> None:
    upstream.second()
    answer = kit(edited, "update", "observer", choice, "--yes")
    assert not [one for one in answer["updated"][0]["files"] if one["conflict_copy"]]
    for name in ("both.md", "clash.md"):
        assert ("line 2, mine" in text(edited, name)) is kept
        assert (text(edited, name) == SECOND[name]) is not kept
    assert "line 3, mine" in text(edited, "modified.md")
    assert text(edited, "outdated.md") == SECOND["outdated.md"]
    assert not (edited.path / AT / "removed.md").exists()
    if not kept:  # What gave way is in history.
        assert "line 2, mine" in edited.git("log", "-p", "--format=", "--", f"{AT}clash.md")
    state = edited.state()
    kit(edited, "update", choice, "--yes")
    assert edited.state() == state


def test_installing_what_is_newer_is_an_update(edited: Folder, upstream: Upstream) -> None:
    upstream.second()
    answer = kit(edited, "install", upstream.source, "--yes", status=2)
    assert answer["version"] == "1.1.0"
    found = {one["path"].removeprefix(AT): one["state"] for one in answer["files"]}
    assert found == states(edited)
    assert (found["outdated.md"], found["modified.md"]) == ("PRISTINE", "MODIFIED")


def test_back_and_again(edited: Folder, upstream: Upstream) -> None:
    upstream.second()
    edit(edited, "clash.md", "line 2, mine", "line 2")
    edit(edited, "clash.md", "line 7", "line 7, mine")
    kit(edited, "update", "--yes")
    (done,) = kit(edited, "rollback", "observer", "--yes")["updated"]
    assert (done["from"], done["to"]) == ("1.1.0", "1.0.0")
    for name, old, new in (
        ("modified.md", "line 3", "line 3, mine"),
        ("both.md", "line 2", "line 2, mine"),
        ("clash.md", "line 7", "line 7, mine"),
        ("moved.md", "row 5", "row 5, mine"),
    ):
        assert text(edited, name).rstrip() == FIRST[name].replace(old, new).rstrip()
    assert text(edited, "outdated.md") == FIRST["outdated.md"]
    assert not (edited.path / AT / "removed.md").exists()
    (again,) = kit(edited, "update", "--yes")["updated"]
    assert again["to"] == "1.1.0"
    ended = edited.pack("kit", "rollback", "observer", "9.9.9", "--yes")
    assert "9.9.9" in ended.err


def test_the_same_version_with_other_content_is_new(installed: Folder, upstream: Upstream) -> None:
    upstream.publish("1.0.0", {**FIRST, "outdated.md": "# Other\n"}, "v1.0.0")
    assert states(installed)["outdated.md"] == "OUTDATED"
    (done,) = kit(installed, "update", "--yes")["updated"]
    assert (done["from"], done["to"]) == ("1.0.0", "1.0.0")
    assert text(installed, "outdated.md") == "# Other\n"
    # ... and so is what somebody forces upon the branch, whatever was there before.
    upstream.git("checkout", "-q", "--orphan", "again")
    upstream.publish("1.0.0", FIRST, "v1.0.0")
    upstream.git("branch", "--force", "main", "again")
    kit(installed, "update", "--yes")
    assert text(installed, "outdated.md") == FIRST["outdated.md"]
    assert states(installed) == pristine(FIRST)


def test_the_last_line_of_an_update_is_true(installed: Folder, upstream: Upstream) -> None:
    upstream.second()
    edit(installed, "clash.md", "line 2", "line 2, mine")
    ended = installed.pack("kit", "update", "--yes")
    assert ended.status == 2
    assert "conflict" in ended.text
    assert "clash.conflict" in ended.text


def test_one_bad_source_holds_up_no_other_kit(
    installed: Folder, upstream: Upstream, tmp_path: Path
) -> None:
    second = Folder(tmp_path / "second")
    manifest = "schema: 1\nname: second\nversion: {}\n"
    second.write({"kit.yaml": manifest.format("1.0.0"), "a.md": "# A\n"})
    third = Folder(tmp_path / "third")
    third.write({"kit.yaml": "schema: 1\nname: third\nversion: 1.0.0\n", "a.md": "# A\n"})
    for one in (second, third):
        installed.ok("kit", "install", one.path, "--yes")
    upstream.publish("1.1.0", FIRST | {"A.md": "# A\n", "a.md": "# B\n"})
    third.path.rename(tmp_path / "away")
    second.write({"kit.yaml": manifest.format("1.1.0"), "n.md": "# N\n"})
    found = {one["name"]: one for one in kit(installed, "status")["kits"]}
    assert found["second"]["latest"] == "1.1.0"
    assert "problem" not in found["second"]
    assert found["observer"]["latest"] is None
    assert "one on some systems" in found["observer"]["problem"]
    shown = installed.ok("kit", "status").text
    assert (
        "\n  problem        a.md and A.md" in shown or "\n  problem        A.md and a.md" in shown
    )
    answer = kit(installed, "update", "--yes", status=1)
    assert [(one["name"], one["to"]) for one in answer["updated"]] == [("second", "1.1.0")]
    assert [one["name"] for one in answer["problems"]] == ["observer", "third"]
    assert answer["problems"][0]["code"] == "refused"
    again = installed.pack("kit", "update", "--yes")
    assert again.status == 1
    assert "second 1.1.0: nothing to do" in again.text
    assert "error: observer: " in again.err
    assert installed.pack("kit", "update", "observer", "--yes").status == 1


def test_a_source_that_has_not_moved_is_not_fetched(
    installed: Folder, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, fetched = kit(installed, "status"), list[str]()
    assert kit(installed, "update", "--yes")["updated"][0]["commit"] is None
    fetch = GitExchange.run
    monkeypatch.setattr(
        GitExchange, "run", lambda *words: fetched.append(words[1]) or fetch(*words)
    )
    assert kit(installed, "status") == before
    assert before["kits"][0]["latest"] == "1.0.0"
    assert kit(installed, "update", "--yes")["updated"][0]["commit"] is None
    assert fetched == []


def test_a_source_on_this_machine_is_fetched_only_where_it_is_not_plain(
    installed: Folder, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched, fetch = list[str](), GitExchange.run
    monkeypatch.setattr(
        GitExchange, "run", lambda *words: fetched.append(words[1]) or fetch(*words)
    )
    upstream.publish("1.1.0", SECOND)
    near = kit(installed, "status")
    assert near["kits"][0]["latest"] == "1.1.0"
    assert fetched == []
    upstream.git("checkout", "--quiet", "--detach")
    assert kit(installed, "status") == near
    assert fetched == ["fetch"]


def test_what_cannot_be_here_is_left_out_with_a_reason(memory: Folder, upstream: Upstream) -> None:
    memory.write({".gitignore": "secret*\n", f"{AT}secret-own.md": "# Mine\n"})
    upstream.publish("1.0.0", FIRST | {"secret.md": "# S\n"})
    done = kit(memory, "install", upstream.source, "--yes")
    states = {one["path"].removeprefix(AT): one["state"] for one in done["files"]}
    assert states.keys() == FIRST.keys() | {"kit.yaml"}
    (left_out,) = done["left_out"]
    assert left_out["path"] == f"{AT}secret.md"
    assert "ignored by git" in left_out["reason"]
    # What is a folder here is a file there, and the other way around.
    for name in ("gone.md", "moved.md"):
        (memory.path / AT / name).unlink()
    memory.write({f"{AT}gone.md/x.md": "# X\n", f"{AT}sub.md": "# Sub\n"})
    new = {
        "secret.md": "# S2\n",
        "secret-own.md": "# S\n",
        "gone.md": "# It comes back\n",
        "sub.md/y.md": "# Y\n",
        "outdated.md": SECOND["outdated.md"],
    }
    upstream.publish("1.1.0", FIRST | new)
    answer = kit(memory, "update", "--yes")
    found = {one["path"].removeprefix(AT): one for one in answer["updated"][0]["files"]}
    assert "ignored by git" in found["secret-own.md"]["reason"]
    assert found["sub.md/y.md"]["action"] == "left_out"
    assert "sub.md is a file here" in found["sub.md/y.md"]["reason"]
    assert found["outdated.md"]["action"] == "replaced"
    assert text(memory, "outdated.md") == SECOND["outdated.md"]
    assert text(memory, "secret-own.md") == "# Mine\n"
    assert text(memory, "sub.md").endswith("# Sub\n")
    assert (memory.path / AT / "gone.md/x.md").read_text().endswith("# X\n")
    assert not (memory.path / AT / "secret.md").exists()
    assert kit(memory, "update", "--yes")["updated"][0]["commit"] is None
    kit(memory, "uninstall", "observer", "--yes", "--purge")
    assert text(memory, "secret-own.md") == "# Mine\n"


def test_a_file_that_was_left_out_was_not_removed_here_and_comes_once_it_can(
    memory: Folder, upstream: Upstream
) -> None:
    memory.write({".gitignore": "secret*\n"})
    upstream.publish("1.0.0", FIRST | {"secret.md": "# S\n", "secret-removed.md": "# R\n"})
    kit(memory, "install", upstream.source, "--yes")
    (stands,) = kit(memory, "status")["kits"]
    assert stands["state"] == "PRISTINE"
    assert {one["path"] for one in stands["files"]} == {
        f"{AT}{name}" for name in (*FIRST, "kit.yaml")
    }
    assert [one["path"] for one in stands["left_out"]] == [
        f"{AT}secret-removed.md",
        f"{AT}secret.md",
    ]
    assert "left out" in memory.pack("kit", "status").text
    assert kit(memory, "diff", "observer") == {"files": []}
    head = memory.head()
    kit(memory, "update", "--yes")
    assert memory.head() == head
    # Git ignores only one of them any more.
    memory.write({".gitignore": "secret-*\n"})
    (stands,) = kit(memory, "status")["kits"]
    states = {one["path"]: one["state"] for one in stands["files"]}
    assert (stands["state"], states[f"{AT}secret.md"]) == ("OUTDATED", "OUTDATED")
    (done,) = kit(memory, "update", "--yes")["updated"]
    assert [one["path"] for one in done["files"] if one["action"] == "added"] == [f"{AT}secret.md"]
    assert text(memory, "secret.md") == "# S\n"
    # What the user removes is not left out, whatever git ignores then.
    (memory.path / AT / "secret.md").unlink()
    memory.write({".gitignore": "secret*\n"})
    (stands,) = kit(memory, "status")["kits"]
    assert {"path": f"{AT}secret.md", "state": "REMOVED_HERE"} in stands["files"]
    assert [one["path"] for one in stands["left_out"]] == [f"{AT}secret-removed.md"]
    kit(memory, "update", "--yes")
    memory.write({".gitignore": ""})
    (done,) = kit(memory, "update", "--yes")["updated"]
    assert [one["path"] for one in done["files"] if one["action"] == "added"] == [
        f"{AT}secret-removed.md"
    ]
    assert kit(memory, "uninstall", "observer", "--yes")["updated"][0]["to"] is None


def test_a_version_that_was_moved_is_not_taken_as_it_comes(
    installed: Folder, upstream: Upstream
) -> None:
    named = f"{upstream.path}@v1.0.0#observer"
    kit(installed, "uninstall", "observer", "--yes")
    kit(installed, "install", named, "--yes")
    upstream.publish("1.0.0", FIRST | {"outdated.md": "# Other\n"}, "v1.0.0")
    refused = installed.pack("kit", "install", named, "--yes")
    assert refused.status == 1
    assert "v1.0.0 has other files now than it had before" in refused.err
    assert "--accept-moved" in refused.err
    kit(installed, "install", named, "--yes", "--accept-moved")
    assert text(installed, "outdated.md") == "# Other\n"
    assert kit(installed, "install", named, "--yes")["commit"] is None


# --- without upstream ----------------------------------------------------------------------------


def test_upstream_may_go(edited: Folder, upstream: Upstream) -> None:
    upstream.second()
    kit(edited, "update", "--keep", "--yes")
    shutil.rmtree(upstream.path)
    (found,) = kit(edited, "status")["kits"]
    assert (found["latest"], found["state"]) == (None, "MODIFIED")
    assert edited.pack("kit", "update", "--yes").status != 0
    assert "+line 3, mine" in edited.ok("kit", "diff", "observer").text
    assert kit(edited, "patch", "observer")["patches"]
    assert kit(edited, "info", "observer")["version"] == "1.1.0"
    kit(edited, "rollback", "observer", "--keep", "--yes")
    assert "line 3, mine" in text(edited, "modified.md")
    kit(edited, "uninstall", "observer", "--yes")
    assert "line 3, mine" in text(edited, "modified.md")


def test_another_machine_has_the_lock_and_not_what_upstream_shipped(
    edited: Folder, upstream: Upstream
) -> None:
    edited.git("update-ref", "-d", "refs/pack/kits/observer")
    before = states(edited)
    assert before["modified.md"] == "MODIFIED"
    assert before["removed.md"] == "REMOVED_HERE"
    assert before["pristine.md"] == "PRISTINE"
    assert kit(edited, "info", "observer")["license"] == "MIT"
    upstream.second()
    assert states(edited) == STATES
    away = upstream.path.rename(upstream.path.parent / "away")
    ended = edited.pack("kit", "diff", "observer")
    assert ended.status != 0
    assert "another machine" in ended.err
    away.rename(upstream.path)
    assert "+line 3, mine" in edited.ok("kit", "diff", "observer").text
    kit(edited, "update", "--yes", status=2)
    assert "line 3, mine" in text(edited, "modified.md")
    edited.git("update-ref", "-d", "refs/pack/kits/observer")
    away = upstream.path.rename(upstream.path.parent / "away")
    kit(edited, "uninstall", "observer", "--yes")
    left = {file.name for file in (edited.path / AT).iterdir()}
    assert {"modified.md", "both.md", "clash.md", "local.md"} <= left
    assert not left & {"pristine.md", "outdated.md", "kit.yaml"}


def test_patches_that_git_takes(edited: Folder, upstream: Upstream, tmp_path: Path) -> None:
    answer = kit(edited, "patch", "observer")
    again = {file: Path(file).read_bytes() for file in answer["patches"]}
    names = {Path(file).name for file in again}
    assert names == {
        f"{name}.patch" for name in ("both.md", "clash.md", "modified.md", "moved.md", "removed.md")
    }
    assert kit(edited, "patch", "observer") == answer
    assert {file: Path(file).read_bytes() for file in answer["patches"]} == again
    # What is changed no more has none.
    was = text(edited, "modified.md")
    edited.write({f"{AT}modified.md": LINES})
    assert len(kit(edited, "patch", "observer")["patches"]) == len(again) - 1
    assert not [
        file for file in again if file.endswith("modified.md.patch") and Path(file).exists()
    ]
    edited.write({f"{AT}modified.md": was})
    assert kit(edited, "patch", "observer") == answer
    # A repository that has what upstream shipped, and has gone on since.
    there = Folder(tmp_path / "there")
    there.start({AT + name: content for name, content in FIRST.items()})
    there.write({f"{AT}both.md": SECOND["both.md"]})
    there.git(*_USER, "commit", "-qam", "on")
    there.git("apply", "-3", *answer["patches"])
    assert "line 2, mine" in text(there, "both.md")
    assert "line six" in text(there, "both.md")
    assert not (there.path / AT / "removed.md").exists()
    diff = edited.ok("kit", "diff", "observer").out
    subprocess.run(
        ["git", "apply", "--check", "--reverse"], cwd=edited.path, input=diff, check=True
    )


def test_patches_of_the_persons_own_stay(edited: Folder, tmp_path: Path) -> None:
    here = edited.path / ".patches/observer"
    edited.write({".patches/observer/own.patch": "mine\n", ".patches/observer/sub/x.patch": "x\n"})
    hidden = edited.git("status", "--porcelain", ".patches")
    assert hidden
    patches = kit(edited, "patch", "observer")["patches"]
    assert edited.git("status", "--porcelain", ".patches") == ""
    assert kit(edited, "patch", "observer")["patches"] == patches
    assert (here / "own.patch").read_text() == "mine\n"
    assert (here / "sub/x.patch").read_text() == "x\n"
    # What PACK made is the person's once it was edited.
    edited.write({".patches/observer/modified.md.patch": "edited\n"})
    state = sorted((file, file.read_bytes()) for file in here.rglob("*") if file.is_file())
    refused = edited.pack("kit", "patch", "observer")
    assert refused.status == 1
    assert "modified.md.patch is there, and is not as PACK made it" in refused.err
    assert sorted((file, file.read_bytes()) for file in here.rglob("*") if file.is_file()) == state
    edited.write({f"{AT}modified.md": LINES})
    kit(edited, "patch", "observer")
    assert (here / "modified.md.patch").read_text() == "edited\n"


@pytest.mark.parametrize(
    "link", [".patches", ".patches/observer", ".patches/observer/both.md.patch"]
)
def test_no_patch_is_written_or_removed_through_a_link(
    edited: Folder, tmp_path: Path, link: str
) -> None:
    away = tmp_path / "away"
    for folder in (away, away / "observer"):
        folder.mkdir()
        (folder / "own.patch").write_text("mine\n")
    place = edited.path / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(away / "own.patch" if link.endswith(".patch") else away)
    refused = edited.pack("kit", "patch", "observer")
    assert refused.status != 0
    assert "is a link" in refused.err
    assert {file.name for file in away.rglob("*")} == {"observer", "own.patch"}
    assert (away / "own.patch").read_text() == "mine\n"


# --- removing, adopting, undoing -----------------------------------------------------------------


def test_a_kit_goes_but_not_what_was_changed(edited: Folder) -> None:
    planned = kit(edited, "uninstall", "observer", "--dry-run")
    answer = kit(edited, "uninstall", "observer", "--yes")
    assert actions(answer) == actions(planned)
    left = {file.name for file in (edited.path / AT).iterdir() if file.name != "index.md"}
    assert left == {"modified.md", "both.md", "clash.md", "moved.md", "local.md"}
    assert kit(edited, "status") == {"kits": []}
    assert edited.pack("kit", "uninstall", "observer", "--yes").status != 0


def test_purge_leaves_only_what_was_added(edited: Folder) -> None:
    kit(edited, "uninstall", "observer", "--purge", "--yes")
    left = {file.name for file in (edited.path / AT).iterdir() if file.name != "index.md"}
    assert left == {"local.md"}


def test_a_copy_is_adopted_and_its_edits_are_seen(memory: Folder, upstream: Upstream) -> None:
    upstream.second()
    memory.write({f"handbook/{name}": content for name, content in FIRST.items()})
    memory.write({"handbook/modified.md": "# Mine\n"})
    before = {name: (memory.path / "handbook" / name).read_bytes() for name in FIRST}
    (done,) = kit(memory, "adopt", "handbook", upstream.source)["updated"]
    assert done["to"] == "1.0.0"
    assert {name: (memory.path / "handbook" / name).read_bytes() for name in FIRST} == before
    (found,) = kit(memory, "status")["kits"]
    by_path = {one["path"]: one["state"] for one in found["files"]}
    assert by_path["handbook/modified.md"] == "MODIFIED"
    assert by_path["handbook/outdated.md"] == "OUTDATED"
    kit(memory, "update", "--yes")
    assert (memory.path / "handbook/modified.md").read_text() == "# Mine\n"


def test_a_copy_is_adopted_whatever_the_source_once_had(memory: Folder, upstream: Upstream) -> None:
    upstream.publish("1.0.1", {"A.md": "# A\n", "a.md": "# B\n"})  # one on some systems
    upstream.write(
        {"observer/kit.yaml": "schema: 1\nname: observer\nversion: 1.0.2\ninstall_to: .x"}
    )
    upstream.git("add", "--all")
    upstream.git(*_USER, "commit", "-qm", "nowhere to go")
    upstream.publish("1.1.0", SECOND)
    memory.write({f"handbook/{name}": content for name, content in FIRST.items()})
    (done,) = kit(memory, "adopt", "handbook", upstream.source)["updated"]
    assert done["to"] == "1.0.0"


def test_undo_of_each(installed: Folder, upstream: Upstream) -> None:
    first = installed.head()
    upstream.second()
    kit(installed, "update", "--yes")
    installed.ok("undo", installed.head(), "--yes")
    assert (text(installed, "outdated.md"), kit(installed, "status")["kits"][0]["version"]) == (
        FIRST["outdated.md"],
        "1.0.0",
    )
    assert kit(installed, "update", "--yes")["updated"][0]["to"] == "1.1.0"
    kit(installed, "uninstall", "observer", "--yes")
    installed.ok("undo", installed.head(), "--yes")
    assert kit(installed, "status")["kits"][0]["version"] == "1.1.0"
    assert set(states(installed).values()) == {"PRISTINE"}
    kit(installed, "rollback", "observer", "--yes")
    installed.ok("undo", first, "--yes")
    assert kit(installed, "status") in ({"kits": []}, kit(installed, "list"))


def test_check_says_what_is_odd(memory: Folder, upstream: Upstream, tmp_path: Path) -> None:
    fine = kit(memory, "check", upstream.path / "observer")
    assert fine == {"name": "observer", "version": "1.0.0", "files": len(FIRST) + 1, "problems": []}
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "kit.yaml").write_text("schema: 1\nname: odd\nversion: 1.0.0\nfuture: 1\n")
    (odd / "a.md").write_text("# A\n\nHid\u200bden\n")
    problems = kit(memory, "check", odd, status=1)["problems"]
    assert any("future" in one for one in problems)
    assert any("hidden" in one for one in problems)
    assert memory.pack("kit", "check", tmp_path / "none").status != 0
    nowhere = Folder(tmp_path / "nowhere")
    nowhere.path.mkdir()
    assert kit(nowhere, "check", upstream.path / "observer") == fine
    assert not list(nowhere.path.iterdir())


def test_a_short_commit_and_an_address_of_a_file_are_what_they_stand_for(
    memory: Folder, upstream: Upstream
) -> None:
    short = upstream.head()[:10]
    upstream.second()
    source = f"{upstream.path.as_uri()}@{short}#observer"
    answer = kit(memory, "install", source, "--yes")
    assert (answer["version"], answer["source"]) == ("1.0.0", upstream.source)
    assert kit(memory, "status")["kits"][0]["latest"] == "1.1.0"
    assert kit(memory, "install", upstream.source, "--yes")["version"] == "1.1.0"


def test_what_is_no_text_is_not_said_to_be_unchanged(memory: Folder, tmp_path: Path) -> None:
    source = Folder(tmp_path / "binary")
    manifest = "schema: 1\nname: binary\nversion: 1.0.0\nfiles: ['**']\n"
    source.write({"kit.yaml": manifest, "a.bin": b"\xff\x00\x01"})
    kit(memory, "install", source.path, "--yes")
    assert "is as it was installed" in memory.ok("kit", "patch", "binary").text
    memory.write({"kits/binary/a.bin": b"\xff\x00\x02"})
    assert (
        "what was changed is no text (kits/binary/a.bin)"
        in memory.ok("kit", "patch", "binary").text
    )
    refused = memory.pack("kit", "contribute", "binary")
    assert refused.status == 1
    assert "goes into no patch of text: a.bin" in refused.err

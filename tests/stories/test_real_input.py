"""Files that people's agents really wrote, all the way through the installed command.

What they say is data. Afterwards git alone tells whether a promise was broken.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.stories.cli_driver import Folder, Stdio, new_memory
from tests.support import is_soak

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
V1_FILES = sorted(file.name for file in (DATA / "v1-memory").glob("*.md"))
BANKS = sorted(folder.name for folder in (DATA / "memory-bank").glob("*"))
NO_DATA = "the real memory files are not beside the checkout"


class Story:
    """A memory, and how many commits it must have by now."""

    def __init__(self, memory: Folder) -> None:
        self.memory = memory
        self.expected = memory.commits()

    def write(self, *words: str | Path, stdin: str = "", commits: int = 1) -> None:
        self.memory.ok(*words, stdin=stdin)
        self.expected += commits
        assert self.memory.commits() == self.expected, words

    def conflict(self, *words: str | Path, stdin: str = "") -> None:
        before = self.memory.state()
        ended = self.memory.pack(*words, stdin=stdin)
        assert (ended.status, ended.out) == (2, b""), words
        assert self.memory.state() == before


@pytest.mark.skipif(not V1_FILES, reason=NO_DATA)
@pytest.mark.contract("C1", "C2", "C6", "C9", "C10")
@pytest.mark.parametrize("name", V1_FILES)
def test_a_v1_memory_from_the_first_day_to_the_last(
    name: str, tmp_path: Path, git_identity: tuple[str, str]
) -> None:
    original = (DATA / "v1-memory" / name).read_bytes()
    memory = Folder(tmp_path / "memory")
    memory.path.mkdir()
    memory.start({"MEMORY.md": original})
    story = Story(memory)
    assert "pack migrate" in memory.ok("init").err
    paths = migrate(story, original)
    read(memory, paths)
    use_by_old_prompt(story)
    if is_soak() or name == V1_FILES[0]:  # what these do, they do to any file
        change(story, paths[0])
        let_expire(story)
        move_and_delete(story, paths[0])
    found = memory.pack("validate", "--format", "json").json["findings"]
    assert {finding["code"] for finding in found} <= {"broken_link", "frontmatter"}
    check_with_git(story, git_identity, {"MEMORY.md": original, "legacy/MEMORY.md": original})


def migrate(story: Story, original: bytes) -> list[str]:
    """Migrate by an edited plan; the new files."""
    memory = story.memory
    plan = memory.json("migrate", "--dry-run")
    last = plan["files"][-1]
    last["path"] = "projects/moved-by-the-plan.md"
    file = memory.path.parent / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    story.write("migrate", "--plan", file, "--yes")
    paths = [planned["path"] for planned in plan["files"]]
    kept = sum((lines_of(memory.git_bytes("show", f"HEAD:{path}")) for path in paths), Counter())
    wanted = lines_of(original.removeprefix("\ufeff".encode()))
    assert wanted - kept == Counter()
    added = kept - wanted
    keys = (b"---", b"topic:", b"tags:", b"created:", b"updated:", b"- ", b"  - ")
    assert all(line.startswith(keys) for line in added), added
    return paths


def lines_of(content: bytes) -> Counter[bytes]:
    return Counter(content.splitlines())


def read(memory: Folder, paths: list[str]) -> None:
    listed = memory.json("list", "--limit", "1000")["files"]
    assert [file["path"] for file in listed] == sorted(paths)
    whole = memory.ok("get").text
    assert all(f"<!-- {path} -->" in whole for path in paths)
    answer = memory.json("get", paths[0])
    assert answer["content"].encode() == memory.git_bytes("show", f"HEAD:{paths[0]}")
    assert answer["sha"] == sha_of(memory, paths[0])
    topic = next(file["topic"] for file in listed if file["path"] == paths[0])
    found = memory.json("search", "--limit", "1000", "--", topic)["matches"]
    assert paths[0] in {match["path"] for match in found}


def sha_of(memory: Folder, path: str) -> str:
    """The version git sees; cheaper than asking `pack`, and independent of it."""
    return memory.git("hash-object", "--no-filters", path).strip()


def change(story: Story, path: str) -> None:
    """The right sha, a stale one and none; an edit; and a hand edit in between."""
    memory, file = story.memory, story.memory.path / path
    before, sha = file.read_bytes(), sha_of(memory, path)
    story.conflict("update", path, stdin="replaced")
    text = before.decode("utf-8")
    story.write("update", path, "--sha", sha, stdin=f"{text}\nAdded by update.\n")
    story.conflict("update", path, "--sha", sha, stdin="replaced")
    story.write("edit", path, "--append", "Added by edit.", "-m", "a reason")
    read_before = sha_of(memory, path)
    by_hand = file.read_bytes() + b"Added by hand.\n"
    memory.write({path: by_hand})
    story.conflict("update", path, "--sha", read_before, stdin="replaced")
    assert file.read_bytes() == by_hand
    story.write("edit", path, "--append", "Added after that.", commits=2)
    assert memory.git_bytes("show", f"HEAD~1:{path}") == by_hand
    lost = lines_of(before) - lines_of(file.read_bytes())
    assert all(line.startswith(b"updated:") for line in lost), lost


def use_by_old_prompt(story: Story) -> None:
    """Over MCP, with two tools and no paths (C2)."""
    server = Stdio("--local", story.memory.path)
    server.initialize()
    before = server.call("memory_get")["content"]
    answer = server.call("memory_update", content=f"{before}\nRemembered by an old agent.\n")
    story.expected += 1
    assert answer["commit"] == story.memory.head()
    assert answer["warning"]
    after = server.call("memory_get")["content"]
    assert lines_of(before.encode()) - lines_of(after.encode()) == Counter()
    assert "Remembered by an old agent." in after
    assert server.end()[0] == b""


def let_expire(story: Story) -> None:
    memory = story.memory
    story.write("update", "context/offer.md", stdin="---\nttl: 2020-01-01\n---\nUntil then.\n")
    before = memory.state()
    assert memory.pack("prune").status == 1
    assert memory.state() == before
    story.write("prune", "--yes")
    assert not (memory.path / "context/offer.md").exists()


def move_and_delete(story: Story, path: str) -> None:
    memory = story.memory
    content = (memory.path / path).read_bytes()
    story.write("move", path, "contacts/moved.md")
    assert (memory.path / "contacts/moved.md").read_bytes() == content
    story.write("delete", "contacts/moved.md", "--yes")
    assert memory.git_bytes("show", "HEAD~1:contacts/moved.md") == content
    assert not (memory.path / "contacts/moved.md").exists()


def check_with_git(story: Story, user: tuple[str, str], unchanged: dict[str, bytes]) -> None:
    memory = story.memory
    assert memory.commits() == story.expected
    assert memory.git("fsck", "--strict", "--no-dangling") == ""
    assert memory.git("status", "--porcelain") == ""
    assert memory.git("rev-list", "--merges", "HEAD") == ""
    for path, content in unchanged.items():
        assert (memory.path / path).read_bytes() == content
        assert memory.git_bytes("show", f"HEAD:{path}") == content
    for commit in memory.git("rev-list", "--reverse", "HEAD").split()[1:]:
        check_commit(memory, commit, user)


def check_commit(memory: Folder, commit: str, user: tuple[str, str]) -> None:
    """A commit names a path it changed, and says who wrote it."""
    changed = memory.git("diff-tree", "-r", "--name-only", "--no-commit-id", "-z", commit)
    author, message = memory.git("log", "-1", "--format=%an <%ae>%n%B", commit).split("\n", 1)
    named = message.partition(": ")[0]
    assert named in {*changed.split("\0"), "MEMORY.md"}, message
    if "Pack-Origin: user:" in message:
        assert author == f"{user[0]} <{user[1]}>"
    else:
        assert "Pack-Origin: ai-cloud:" in message
        assert author != f"{user[0]} <{user[1]}>"


@pytest.mark.skipif(not BANKS, reason=NO_DATA)
@pytest.mark.contract("C1", "C6", "C9")
@pytest.mark.parametrize("name", BANKS)
def test_a_memory_bank_is_taken_over_byte_for_byte(
    name: str, tmp_path: Path, git_identity: tuple[str, str]
) -> None:
    bank = {file.name: file.read_bytes() for file in (DATA / "memory-bank" / name).iterdir()}
    memory = new_memory(tmp_path / "memory")
    story = Story(memory)
    answer: Any = memory.json("init", "--from", DATA / "memory-bank" / name)
    story.expected += 1
    assert answer["skipped"] == []
    assert len(answer["taken_over"]) == len(bank)
    places = {note["from"]: note["to"] for note in answer["renamed"]}
    first = places[min(bank)]
    assert memory.ok("get", first).out == bank[min(bank)]
    story.write("edit", first, "--append", "Added.")
    assert b"Added." in (memory.path / first).read_bytes()
    unchanged = {places.get(given, given): content for given, content in bank.items()}
    del unchanged[first]
    check_with_git(story, git_identity, unchanged)

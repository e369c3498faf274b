"""What the person's own git ignores, hides or converts; PACK respects it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pack_connectors.local_git.connector import LocalGit

from pack.errors import IgnoredPath, ManagedPath, NotFound
from pack.model import MemoryPath
from tests.compat.remote_support import Machine, Net, make_template
from tests.support import World, git

SECRET = MemoryPath("private/s.md")
A = MemoryPath("notes/a.md")

pytestmark = pytest.mark.usefixtures("git_identity")


# --- what git ignores ----------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["exclude", "default", "named", "nested"])
def test_every_list_of_the_person_counts(git_world: World, home: Path, source: str) -> None:
    git_world.init()
    folder = git_world.folder
    assert folder is not None
    place, shown = {
        "exclude": (folder / ".git/info/exclude", ".git/info/exclude"),
        "default": (Path(os.environ["XDG_CONFIG_HOME"]) / "git/ignore", "git/ignore"),
        "named": (home / "mine", "~/mine"),
        "nested": (folder / "private/.gitignore", "private/.gitignore"),
    }[source]
    if source == "named":
        git(folder, "config", "core.excludesFile", "~/mine")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("# secrets\ns.md\n")
    git_world.edit(SECRET, "hunter2\n")
    memory = git_world.memory
    assert SECRET not in git_world.listed()
    assert memory.search.find("hunter2").total == 0
    assert "hunter2" not in memory.whole.get().content
    assert memory.care.status().uncommitted == ()
    for call in (
        lambda: memory.notes.get(SECRET),
        lambda: memory.notes.update(SECRET, "x\n"),
        lambda: memory.notes.update(SECRET, "x\n", "1" * 40),
    ):
        with pytest.raises(IgnoredPath) as caught:
            call()
        assert caught.value.place.endswith(f"{shown}:2")
    assert len(git_world.messages()) == 1


def test_a_move_to_an_ignored_path_is_refused(git_world: World) -> None:
    memory = git_world.init()
    git_world.edit(".gitignore", "private/\n")
    made = memory.notes.update(A, "a\n")
    with pytest.raises(IgnoredPath):
        memory.notes.move(A, SECRET, made.sha or "")
    assert memory.notes.get(A).sha == made.sha


def test_what_a_person_adds_in_spite_of_a_rule_is_memory(git_world: World) -> None:
    memory = git_world.init()
    git_world.edit(".gitignore", "private/\n")
    git_world.edit(SECRET, "mine\n")
    assert SECRET not in git_world.listed()
    assert git_world.folder is not None
    git(git_world.folder, "add", "--force", SECRET)
    assert SECRET in git_world.listed()
    assert memory.notes.get(SECRET).content == "mine\n"


def test_a_rule_file_that_never_ends_is_no_rule_file(git_world: World) -> None:
    git_world.init()
    assert git_world.folder is not None
    os.mkfifo(git_world.folder / ".gitignore")
    (git_world.folder / ".git/info").mkdir(exist_ok=True)
    os.mkfifo(git_world.folder / ".git/info/exclude")
    git_world.memory.notes.update(A, "a\n")
    assert A in git_world.listed()


Step = Callable[[Path], object]
STEPS: list[tuple[str, Step]] = [
    ("a rule", lambda folder: (folder / ".gitignore").write_text("deps/\n")),
    ("a file in it", lambda folder: (folder / "deps/b.md").write_text("b\n")),
    ("an exception below", lambda folder: (folder / "deps/.gitignore").write_text("!*\n")),
    ("staged", lambda folder: git(folder, "add", "--force", "deps/lib/a.md")),
    ("not staged", lambda folder: git(folder, "rm", "--quiet", "--cached", "deps/lib/a.md")),
    ("committed", lambda folder: _commit(folder, "deps/lib/a.md")),
    ("edited", lambda folder: (folder / "deps/lib/a.md").write_text("A\n")),
    ("no longer committed", lambda folder: git(folder, "reset", "--quiet", "HEAD^")),
    ("under another name", lambda folder: (folder / "deps").rename(folder / "other")),
    ("under the old name", lambda folder: (folder / "other").rename(folder / "deps")),
    ("no rule", lambda folder: (folder / ".gitignore").unlink()),
    ("another rule", lambda folder: (folder / ".git/info/exclude").write_text("lib\n")),
    ("an exception", lambda folder: (folder / ".gitignore").write_text("!lib\n")),
    ("removed", lambda folder: shutil.rmtree(folder / "deps")),
]


def _commit(folder: Path, path: str) -> None:
    git(folder, "add", "--force", path)
    git(folder, "commit", "--quiet", "--message", "by hand")


def test_a_folder_that_git_does_not_look_into_is_treated_as_git_does(git_world: World) -> None:
    git_world.init()
    folder = git_world.folder
    assert folder is not None
    (folder / ".git/info").mkdir(exist_ok=True)
    git_world.edit("deps/lib/a.md", "a\n")
    for name, step in [("nothing", str), *STEPS]:
        step(folder)
        shown = git(
            folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*/*.md"
        )
        wanted = sorted(
            path for path in set(shown.decode().split("\0")) if (folder / path).is_file()
        )
        assert sorted(git_world.listed()) == wanted, name  # which is told what has happened since
        tree = [entry.path for entry in git_world.connector.get_tree() if "/" in entry.path]
        assert [path for path in tree if path.endswith(".md")] == wanted, name
        one = LocalGit(folder, git_world.clock)  # which looks at everything
        assert set(one.edits(None)) == set(wanted), name
        one.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells of its watches there")
def test_an_ignored_folder_is_not_watched(git_world: World) -> None:
    def watches() -> int:
        infos = [file.read_text() for file in Path("/proc/self/fdinfo").iterdir() if file.exists()]
        return sum(info.count("inotify wd:") for info in infos)

    memory = git_world.init()
    git_world.edit(".gitignore", "node_modules/\n")
    for number in range(50):
        git_world.edit(f"node_modules/{number}/README.md", "not mine\n")
    before = watches()
    for text in ("one\n", "two\n", "three\n"):
        git_world.edit("notes/a.md", text)
        assert memory.notes.get("notes/a.md").content == text
        assert "notes/a.md" in git_world.listed()
    assert 0 < watches() - before < 50


# --- what a filter manages ------------------------------------------------------------------------


@pytest.mark.contract("C1")
@pytest.mark.parametrize("where", [".gitattributes", ".git/info/attributes", "~/attributes"])
def test_a_managed_file_is_left_alone(git_world: World, home: Path, where: str) -> None:
    memory = git_world.init()
    folder = git_world.folder
    assert folder is not None
    made = memory.notes.update(SECRET, "plain\n")
    git(folder, "config", "core.attributesFile", "~/attributes")
    place = home / "attributes" if where.startswith("~") else folder / where
    place.parent.mkdir(exist_ok=True)
    place.write_text("private/* filter=crypt\n")
    assert SECRET not in git_world.listed()
    assert "plain" not in memory.whole.get().content
    (managed,) = memory.care.status().managed
    assert (managed.path, managed.rule) == (SECRET, "filter=crypt")
    assert managed.place == f"{where}:1"
    assert "private/s.md" in memory.notes.list().notices[0]
    assert memory.care.status().uncommitted == ()
    before = len(git_world.messages())
    for call in (
        lambda: memory.notes.get(SECRET),
        lambda: memory.notes.update(SECRET, "x\n", made.sha),
        lambda: memory.notes.update("private/new.md", "x\n"),
        lambda: memory.notes.delete(SECRET, made.sha or ""),
    ):
        with pytest.raises(ManagedPath) as caught:
            call()
        assert caught.value.place == f"{where}:1"
    with pytest.raises(NotFound):
        git_world.connector.get_contents(SECRET)
    assert len(git_world.messages()) == before
    memory.notes.update(A, "a\n")
    assert (folder / SECRET).read_text().endswith("plain\n")


def test_attributes_that_were_deleted_by_hand_still_count_as_in_git(git_world: World) -> None:
    memory = git_world.init()
    git_world.commit({".gitattributes": "private/* filter=crypt\n", SECRET: "cipher\n"})
    git_world.edit(".gitattributes", None)
    with pytest.raises(ManagedPath):
        memory.notes.get(SECRET)


# --- exchanges ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Net:
    return make_template(tmp_path_factory.mktemp("net"))


@pytest.fixture
def net(template: Net, tmp_path: Path) -> Iterator[Net]:
    net = template.copy_to(tmp_path / "net")
    yield net
    net.close()


def by_hand(machine: Machine, files: dict[str, str]) -> None:
    """Commit files as a person does, whatever is ignored."""
    for path, text in files.items():
        (machine.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (machine.folder / path).write_text(text)
    machine.git("add", "--force", *files)
    machine.git("commit", "--quiet", "--message", "by hand")


@pytest.mark.contract("C1")
@pytest.mark.parametrize("is_merge", [False, True])
def test_what_a_filter_hides_is_not_taken_in(net: Net, is_merge: bool) -> None:
    one, two = net.open(net.folder / "one"), net.open(net.folder / "two")
    by_hand(one, {".gitattributes": "private/* filter=crypt\n", SECRET: "cipher\n"})
    assert one.outcome() == "sent"
    if is_merge:
        two.write(A, "a\n")
    before = two.head()
    made = two.exchange()
    assert made.outcome == "waiting"
    assert SECRET in made.reason
    assert "git pull" in made.remedy
    assert two.head() == before
    assert not (two.folder / SECRET).exists()
    two.git("pull", "--quiet", "--no-rebase", "--no-edit")
    assert two.outcome() in ("sent", "up_to_date")
    assert SECRET not in [file.path for file in two.memory.notes.list().files]


@pytest.mark.contract("C1")
def test_plain_text_is_not_sent_once_a_filter_is_to_hide_it(net: Net) -> None:
    one = net.open(net.folder / "one")
    before = net.head()
    one.write(SECRET, "plain\n")
    by_hand(one, {".gitattributes": "private/* filter=crypt\n"})
    assert one.memory.remotes.stop_of("origin") is not None
    made = one.exchange()
    assert made.stop is not None
    assert (made.stop.kind, made.stop.rescue) == ("plain_text", "")
    assert SECRET in made.stop.reason
    assert ".gitattributes:1: filter=crypt" in made.stop.reason
    assert net.head() == before
    (status,) = one.memory.remotes.statuses()
    assert status.record.stop == made.stop
    assert "plain text" in one.memory.notes.list().notices[0]
    # What the person sends, the person wants to be there.
    one.git("push", "--quiet", "origin", "HEAD")
    assert one.exchange().stop is None
    assert one.memory.remotes.stop_of("origin") is None
    by_hand(one, {SECRET: "cipher\n", "private/new.md": "cipher\n"})
    assert one.outcome() == "sent"


@pytest.mark.parametrize("content", [b"\0GITCRYPT\0cipher", b"", None])
def test_what_git_crypt_has_hidden_is_sent(net: Net, content: bytes | None) -> None:
    one = net.open(net.folder / "one")
    place = one.folder / SECRET
    place.parent.mkdir()
    if content is None:
        place.symlink_to("elsewhere")  # git filters no links
    else:
        place.write_bytes(content)
    one.git("add", SECRET)
    by_hand(one, {".gitattributes": "private/* filter=git-crypt diff=git-crypt\n"})
    assert one.outcome() == "sent"
    by_hand(one, {"private/key.txt": "plain, as the key is not on this machine\n"})
    stop = one.exchange().stop
    assert stop is not None
    assert "private/key.txt" in stop.reason


@pytest.mark.parametrize("is_merge", [False, True])
def test_a_tracked_file_arrives_though_a_rule_would_ignore_it(net: Net, is_merge: bool) -> None:
    one, two = net.open(net.folder / "one"), net.open(net.folder / "two")
    by_hand(one, {".gitignore": "private/\n", SECRET: "mine\n"})
    one.exchange()
    if is_merge:
        two.write(A, "a\n")
    assert two.outcome() == ("merged" if is_merge else "received")
    assert two.memory.notes.get(SECRET).content == "mine\n"
    two.assert_sound()


# --- line ends ------------------------------------------------------------------------------------


@pytest.mark.contract("C1", "C10")
@pytest.mark.parametrize("setting", ["autocrlf", "attributes"])
def test_other_line_ends_in_the_folder_are_no_edit(net: Net, setting: str) -> None:
    one = net.open(net.folder / "one")
    one.write(A, "# A\n\none\n")
    if setting == "attributes":
        by_hand(one, {".gitattributes": "* text=auto eol=crlf\n"})
    one.exchange()
    folder = net.folder / "three"
    options = ["-c", "core.autocrlf=true"] if setting == "autocrlf" else []
    subprocess.run(["git", *options, "clone", "-q", str(net.bare), folder], check=True)
    if setting == "autocrlf":
        one_config = ["git", "-C", folder, "config", "core.autocrlf", "true"]
        subprocess.run(one_config, check=True)
    three = net.open(folder)
    assert b"\r\n" in (folder / A).read_bytes()
    assert three.memory.care.status().uncommitted == ()
    assert three.memory.care.validate() == []
    assert "\r" not in three.memory.notes.get(A).content
    one.write(A, "# A\n\ntwo\n")
    one.exchange()
    assert three.outcome() == "received"
    assert b"two\r\n" in (folder / A).read_bytes()
    three.write(A, "# A\r\n\r\nthree\r\n")
    three.write("notes/b.md", "# B\n")
    assert (folder / "notes/b.md").read_bytes().endswith(b"# B\r\n")
    assert "\r" not in three.git("cat-file", "blob", f"HEAD:{A}")
    assert three.memory.search.find("three").total == 1
    three.assert_sound()
    assert "by hand" not in three.git("log", "-3", "--format=%s")
    (folder / A).write_bytes((folder / A).read_bytes() + b"by hand\r\n")
    assert three.memory.care.status().uncommitted == (A,)
    sha = three.memory.notes.get(A).sha
    three.memory.notes.update(A, "# A\n\nfour\n", sha)
    assert "by hand" in three.git("log", "-2", "--format=%s")
    three.assert_sound()

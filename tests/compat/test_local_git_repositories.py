"""However a repository is set up: nothing of it runs in a write, none of it breaks one."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.repository import create_repository, start_maintenance

from pack.errors import (
    ConnectorError,
    InvalidConfig,
    NotFound,
    PackError,
    RefusedForSafety,
    Unavailable,
)
from pack.model import ABSENT, EntryType, MemoryPath, blob_id
from tests.compat.local_git_support import (
    A,
    B,
    assert_sound,
    clock,
    committed_files,
    files,
    git,
    log,
    open_memory,
    put,
)

HOOKS = (
    "applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-applypatch", "post-checkout",
    "post-commit", "post-index-change", "post-merge", "post-receive", "post-rewrite",
    "post-update", "pre-applypatch", "pre-auto-gc", "pre-commit", "pre-merge-commit", "pre-push",
    "pre-rebase", "pre-receive", "prepare-commit-msg", "proc-receive", "push-to-checkout",
    "reference-transaction", "sendemail-validate", "update",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path, git_identity):
    create_repository(tmp_path / "memory")
    return tmp_path / "memory"


@pytest.fixture
def alarm(tmp_path):
    """A program that leaves a mark when it is run, and fails."""
    script, mark = tmp_path / "alarm", tmp_path / "alarm-was-run"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> "{mark}"\nexit 1\n')
    script.chmod(0o755)
    yield script
    assert not mark.exists(), mark.read_text()


@pytest.fixture
def opened():
    """Opens memories and closes them in the end."""
    connectors = []

    def make(folder, **options):
        connectors.append(open_memory(folder, **options))
        return connectors[-1]

    yield make
    for connector in connectors:
        connector.close()


def write_all_kinds(memory):
    """Writes of every kind; what the memory holds in the end."""
    put(memory, A, b"one\r\ntwo\n$Id$\n")
    put(memory, B, b"b\n")
    put(memory, A, b"one\r\ntwo\r\n$Id$\n")
    memory.delete_file(B, memory.get_contents(B).sha)
    put(memory, MemoryPath("new/n.md"), b"n\n")
    expected = {A: b"one\r\ntwo\r\n$Id$\n", "new/n.md": b"n\n"}
    now = files(memory)
    assert {path: now[path] for path in expected} == expected
    return expected


def check(folder, expected):
    assert git(folder, "fsck", "--strict", "--no-dangling") == ""
    stored = committed_files(folder)
    assert {path: stored[path] for path in expected} == expected


def configure(folder, **settings):
    for key, value in settings.items():
        git(folder, "config", key.replace("__", "."), value)


def test_hooks_do_not_run(folder, alarm, opened):
    (folder / ".git/hooks").mkdir(exist_ok=True)
    for name in HOOKS:
        shutil.copy(alarm, folder / ".git/hooks" / name)
    memory = opened(folder)
    check(folder, write_all_kinds(memory))
    shutil.rmtree(folder / ".git/hooks")
    assert_sound(folder)


def test_hooks_of_the_configuration_do_not_run(folder, alarm, opened, tmp_path):
    (tmp_path / "hooks").mkdir()
    for name in HOOKS:
        shutil.copy(alarm, tmp_path / "hooks" / name)
    configure(folder, core__hooksPath=str(tmp_path / "hooks"))
    check(folder, write_all_kinds(opened(folder)))


def test_programs_of_the_configuration_do_not_run(folder, alarm, opened):
    program = str(alarm)
    configure(
        folder,
        commit__gpgSign="true",
        tag__gpgSign="true",
        gpg__program=program,
        gpg__format="openpgp",
        log__showSignature="true",
        core__fsmonitor=program,
        core__editor=program,
        core__pager=program,
        core__sshCommand=program,
        core__askPass=program,
        core__gitProxy=program,
        core__alternateRefsCommand=program,
        sequence__editor=program,
        credential__helper=f"!{program}",
        diff__external=program,
        interactive__diffFilter=program,
        filter__alarm__clean=program,
        filter__alarm__smudge=program,
        filter__alarm__process=program,
        filter__alarm__required="true",
        diff__alarm__command=program,
        diff__alarm__textconv=program,
        merge__alarm__driver=program,
        uploadpack__packObjectsHook=program,
        alias__log=f"!{program}",
    )
    # A file with a filter is left alone (test_local_git_rules); the others are written.
    (folder / ".gitattributes").write_text(
        "*.md diff=alarm merge=alarm\n*.secret.md filter=alarm\n"
    )
    memory = opened(folder)
    expected = write_all_kinds(memory)
    first, last = log(folder)[-1], log(folder)[0]
    assert memory.changes_between(first, last) is not None
    for key in ("core.fsmonitor", "filter.alarm.process", "filter.alarm.clean"):
        git(folder, "config", "--unset", key)
    configure(folder, filter__alarm__required="false")
    check(folder, expected)


# Those that convert line ends or content are in test_local_git_rules.
ATTRIBUTES = ("* -text\n", "* diff merge=union\n", "* export-subst export-ignore\n", "* -crlf\n")


@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("file", [".gitattributes", ".git/info/attributes"])
def test_attributes_that_convert_nothing_change_no_byte(folder, opened, attributes, file):
    (folder / ".git/info").mkdir(exist_ok=True)
    (folder / file).write_text(attributes)
    expected = write_all_kinds(opened(folder))
    (folder / file).unlink()
    check(folder, expected)


@pytest.mark.parametrize("autocrlf", ["true", "input"])
@pytest.mark.parametrize("eol", ["crlf", "lf"])
def test_line_ends_are_not_converted(folder, opened, home, autocrlf, eol):
    with (home / ".gitconfig").open("a") as file:
        file.write(f"[core]\n\tautocrlf = {autocrlf}\n\teol = {eol}\n\tsafecrlf = true\n")
    check(folder, write_all_kinds(opened(folder)))
    assert_sound(folder)  # a memory that PACK made says for itself that it is not to be converted


SETTINGS = {
    "split index": ({"core__splitIndex": "true"}, ["update-index", "--split-index"]),
    "index v4": ({"index__version": "4"}, ["update-index", "--index-version", "4"]),
    "untracked cache": ({"core__untrackedCache": "true"}, ["update-index", "--untracked-cache"]),
    "many files": ({"feature__manyFiles": "true"}, None),
    "fsmonitor": ({"core__fsmonitor": "true"}, None),
    "no reflog": ({"core__logAllRefUpdates": "false"}, None),
    "odd": (
        {
            "core__abbrev": "4",
            "core__quotePath": "true",
            "core__precomposeUnicode": "true",
            "core__protectNTFS": "true",
            "core__protectHFS": "true",
            "core__compression": "9",
            "core__fileMode": "false",
            "core__fsyncMethod": "batch",
            "core__commentChar": "o",
            "i18n__commitEncoding": "latin1",
            "commit__cleanup": "scissors",
            "user__useConfigOnly": "true",
            "diff__noprefix": "true",
            "diff__renames": "copies",
            "diff__ignoreSubmodules": "all",
            "status__showUntrackedFiles": "all",
            "url.https://example.invalid/.insteadOf": "refs/",
            "receive__denyCurrentBranch": "refuse",
            "transfer__fsckObjects": "true",
            "gc__auto": "1",
        },
        None,
    ),
}


@pytest.mark.parametrize(("settings", "command"), SETTINGS.values(), ids=list(SETTINGS))
def test_settings_of_git_do_not_matter(folder, opened, settings, command):
    for key, value in settings.items():
        git(folder, "config", key.replace("__", "."), value)
    memory = opened(folder)
    put(memory, MemoryPath("projects/ö.md"), "ü\n".encode(), "projects/ö.md: ü")
    if command:
        git(folder, *command)
    expected = write_all_kinds(memory)
    assert git(folder, "log", "--encoding=UTF-8", "--format=%s").splitlines()[-1].endswith(": ü")
    check(folder, expected)
    assert_sound(folder)


def test_a_sparse_checkout_keeps_what_it_leaves_out(folder, opened):
    memory = opened(folder)
    put(memory, A, b"a\n")
    left_out = put(memory, MemoryPath("projects/p.md"), b"p\n")
    git(folder, "update-index", "--refresh")  # else git leaves what it has not looked at
    git(folder, "sparse-checkout", "set", "--cone", "--sparse-index", "context")
    with pytest.raises(NotFound):
        memory.get_contents(MemoryPath("projects/p.md"))
    with pytest.raises(RefusedForSafety, match="sparse"):
        memory.put_contents(MemoryPath("projects/p.md"), b"x", ABSENT, "m")
    put(memory, A, b"a2\n")
    put(memory, MemoryPath("projects/q.md"), b"q\n")
    assert committed_files(folder)["projects/p.md"] == b"p\n"
    assert memory.head() != left_out.id
    assert_sound(folder)


def test_a_linked_worktree_is_a_memory_of_its_own(folder, opened, tmp_path):
    put(opened(folder), A, b"a\n")
    git(folder, "worktree", "add", "--quiet", tmp_path / "linked", "-b", "linked")
    linked = opened(tmp_path / "linked")
    expected = write_all_kinds(linked)
    check(tmp_path / "linked", expected)
    assert git(tmp_path / "linked", "status", "--porcelain") == ""
    assert files(opened(folder)) == {A: b"a\n"}
    put(opened(folder), A, b"a2\n")
    assert_sound(folder)
    assert len(log(folder)) == 2


def test_a_submodule_is_listed_and_not_written_into(folder, opened, tmp_path, home):
    create_repository(tmp_path / "other")
    put(opened(tmp_path / "other"), A, b"other\n")
    git(
        folder, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
        str(tmp_path / "other"), "sub",
    )  # fmt: skip
    git(folder, "commit", "--quiet", "-m", "by hand")
    memory = opened(folder)
    assert {e.path: e.type for e in memory.get_tree()}["sub"] is EntryType.SUBMODULE
    assert {e.path: e.type for e in memory.get_tree(memory.head())}["sub"] is EntryType.SUBMODULE
    for path in ("sub/x.md", "sub/context/x.md", "sub"):
        with pytest.raises(RefusedForSafety):
            memory.put_contents(MemoryPath(path), b"x", ABSENT, "m")
    assert_sound(folder)
    assert_sound(tmp_path / "other")
    write_all_kinds(memory)
    assert_sound(folder)
    write_all_kinds(opened(folder / "sub"))  # a submodule is a repository with a git file
    assert git(folder / "sub", "status", "--porcelain") == ""


def test_a_submodule_that_is_not_checked_out_is_not_replaced(folder, opened):
    commit = git(folder, "commit-tree", "-m", "x", git(folder, "mktree", input="").strip()).strip()
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    git(folder, "commit", "--quiet", "-m", "by hand")
    memory, head = opened(folder), git(folder, "rev-parse", "HEAD").strip()
    for path in ("sub", "sub/x.md"):
        with pytest.raises(RefusedForSafety):
            memory.put_contents(MemoryPath(path), b"x", ABSENT, "m")
    assert memory.head() == head


def test_a_committed_file_is_not_replaced_by_a_folder(folder, opened):
    memory = opened(folder)
    put(memory, MemoryPath("notes"), b"n")
    (folder / "notes").unlink()
    with pytest.raises(RefusedForSafety):
        memory.put_contents(MemoryPath("notes/x.md"), b"x", ABSENT, "m")
    assert committed_files(folder) == {"notes": b"n"}
    assert_sound(folder, " D notes\n")


def test_objects_of_an_alternate_and_packed_refs(folder, opened, tmp_path):
    put(opened(folder), A, b"a\n")
    git(tmp_path, "clone", "--quiet", "--shared", folder, "clone")
    clone = opened(tmp_path / "clone")
    for round_ in range(2):
        git(tmp_path / "clone", "pack-refs", "--all", "--prune")
        git(tmp_path / "clone", "repack", "-adlq")
        write_all_kinds(clone)
        put(clone, B, b"%d" % round_)
        clone.delete_file(B, clone.get_contents(B).sha)
        clone.delete_file(A, clone.get_contents(A).sha)
    assert_sound(tmp_path / "clone")


def test_a_working_tree_elsewhere_is_refused(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    configure(folder, core__worktree=str(tmp_path / "elsewhere"))
    with pytest.raises(InvalidConfig, match=r"core\.worktree"):
        open_memory(folder)


@pytest.mark.parametrize("place", ["folder below", "no repository", "bare", "missing"])
def test_what_is_no_root_of_a_repository_is_refused(folder, tmp_path, place):
    (folder / "context").mkdir()
    if place == "bare":
        configure(folder, core__bare="true")
    chosen = {"folder below": folder / "context", "bare": folder}.get(place, tmp_path / place)
    if place == "no repository":
        chosen.mkdir()
    with pytest.raises((InvalidConfig, Unavailable)):
        open_memory(chosen)


def test_a_sha256_repository_is_refused_clearly(tmp_path):
    git(tmp_path, "init", "--quiet", "--object-format=sha256", "memory")
    with pytest.raises(InvalidConfig, match="sha256"):
        open_memory(tmp_path / "memory")


def test_a_reftable_repository(tmp_path, git_identity, opened):
    made = subprocess.run(
        ["git", "init", "--quiet", "--ref-format=reftable", tmp_path / "memory"],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("this git does not know reftable")
    check(tmp_path / "memory", write_all_kinds(opened(tmp_path / "memory")))
    assert_sound(tmp_path / "memory")


def test_a_repository_of_another_user_is_refused_until_it_is_trusted(folder, opened, home):
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    for root, folders, names in os.walk(folder):
        for path in (root, *(os.path.join(root, name) for name in folders + names)):  # noqa: PTH118
            os.chown(path, 12345, 12345)
    with pytest.raises(ConnectorError, match="dubious") as refused:
        open_memory(folder)
    assert f"git config --global --add safe.directory {folder}" in refused.value.remedy
    git(home, "config", "--global", "safe.directory", folder)
    check(folder, write_all_kinds(opened(folder)))


PARENT = {
    "GIT_DIR": "{other}/.git",
    "GIT_WORK_TREE": "{other}",
    "GIT_COMMON_DIR": "{other}/.git",
    "GIT_INDEX_FILE": "{other}/.git/index",
    "GIT_OBJECT_DIRECTORY": "{other}/.git/objects",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "{other}/.git/objects",
    "GIT_NAMESPACE": "elsewhere",
    "GIT_PREFIX": "context/",
    "GIT_REFLOG_ACTION": "rebase",
    "GIT_QUARANTINE_PATH": "{other}",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.hooksPath",
    "GIT_CONFIG_VALUE_0": "{other}",
    "GIT_CONFIG_PARAMETERS": "'core.worktree'='{other}'",
    "GIT_LITERAL_PATHSPECS": "0",
    "GIT_GLOB_PATHSPECS": "1",
    "GIT_ICASE_PATHSPECS": "1",
    "GIT_DEFAULT_HASH": "sha256",
    "GIT_AUTHOR_NAME": "Mallory",
    "GIT_AUTHOR_DATE": "1 +0100",
    "GIT_COMMITTER_EMAIL": "mallory@example.org",
    "GIT_EDITOR": "false",
    "GIT_EXTERNAL_DIFF": "false",
    "GIT_SSH_COMMAND": "false",
    "GIT_TRACE_SETUP": "0",
}


def test_the_environment_of_a_parent_git_process_does_not_matter(
    folder, opened, tmp_path, monkeypatch
):
    create_repository(tmp_path / "other")
    for name, value in PARENT.items():
        monkeypatch.setenv(name, value.format(other=tmp_path / "other"))
    memory = opened(folder)
    expected = write_all_kinds(memory)
    tree = memory.get_tree(memory.head())
    for name in PARENT:
        monkeypatch.delenv(name)
    check(folder, expected)
    assert [entry.path for entry in tree] == sorted(expected)
    assert_sound(folder)
    assert "Mallory" not in git(folder, "log", "--format=%an %cn")
    assert "mallory" not in git(folder, "log", "--format=%ae %ce")
    assert git(tmp_path / "other", "rev-list", "--all") == ""
    assert list((tmp_path / "other").iterdir()) == [tmp_path / "other/.git"]


def test_an_executable_file_keeps_its_mode(folder, opened):
    memory = opened(folder)
    put(memory, A, b"a")
    (folder / A).chmod(0o755)
    git(folder, "commit", "--quiet", "-am", "by hand")
    put(memory, A, b"a2")
    (folder / B).write_bytes(b"b")
    (folder / B).chmod(0o755)
    put(memory, B, b"b")
    modes = [row.split()[0] for row in git(folder, "ls-tree", "-r", "HEAD").splitlines()]
    assert modes == ["100755", "100755"]
    assert os.access(folder / A, os.X_OK)
    assert_sound(folder)


def test_permissions_of_a_file_are_kept(folder, opened):
    memory = opened(folder)
    put(memory, A, b"a")
    (folder / A).chmod(0o600)
    put(memory, A, b"a2")
    assert (folder / A).stat().st_mode & 0o777 == 0o600
    assert_sound(folder)


# --- links ---------------------------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path):
    """A folder outside of the memory; nothing in it may be read or changed."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "a.md").write_bytes(b"secret\n")
    yield folder
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {"a.md": b"secret\n"}


def test_a_committed_link_leads_nowhere(folder, opened, outside):
    (folder / "link").symlink_to(outside)
    (folder / "l.md").symlink_to(outside / "a.md")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "by hand")
    memory = opened(folder)
    head = memory.head()
    assert memory.list_dir(MemoryPath("link")) == []
    for path in ("link/a.md", "l.md", "link"):
        with pytest.raises(NotFound):
            memory.get_contents(MemoryPath(path))
        with pytest.raises(RefusedForSafety):
            memory.put_contents(MemoryPath(path), b"x", ABSENT, "m")
        with pytest.raises(PackError):
            memory.delete_file(MemoryPath(path), memory.get_tree(head)[0].sha)
    assert memory.head() == head
    assert_sound(folder)


def test_a_folder_swapped_for_a_link_again_and_again(folder, opened, outside):
    memory = opened(folder)
    put(memory, A, b"mine\n")
    stop = threading.Event()

    def swap():
        link, real = folder / "link", folder / "real"
        link.symlink_to(outside)
        while not stop.is_set():
            (folder / "context").rename(real)
            link.rename(folder / "context")
            (folder / "context").rename(link)
            real.rename(folder / "context")
            stop.wait(0.02)  # long enough for a write, now and then

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen, written = set(), 0
    try:
        for turn in range(150):
            try:
                seen.update(entry.sha for entry in memory.list_dir(MemoryPath("context")))
                found = memory.get_contents(A)
                seen.add(found.content)
                memory.put_contents(A, b"mine %d\n" % turn, found.sha, "m")
                written += 1
            except PackError:
                continue
    finally:
        stop.set()
        swapper.join()
    assert written > 0
    assert b"secret\n" not in seen
    assert blob_id(b"secret\n") not in seen
    assert memory.get_contents(A).content.startswith(b"mine")
    assert git(folder, "fsck", "--strict", "--no-dangling") == ""


# --- housekeeping --------------------------------------------------------------------------------


def test_many_loose_objects_start_gits_housekeeping(folder, opened, monkeypatch):
    started = []
    monkeypatch.setattr("pack_connectors.local_git.repository._GC_FOLDER_COUNT", -1)
    (folder / ".git/objects/17").mkdir()

    def start(repository):
        with open_memory(folder, lock_seconds=0).exclusive():  # nobody holds it
            started.append(start_maintenance(repository))
        return started[-1]

    monkeypatch.setattr("pack_connectors.local_git.connector.start_maintenance", start)
    configure(folder, gc__auto="1", gc__autoDetach="false")
    memory = opened(folder)
    for turn in range(5):
        with memory.exclusive():  # as the core does
            put(memory, A, b"%d" % turn)
            assert started == [] or turn  # only when the lock is free
    assert len(started) == 1  # not one for each write
    assert started[0].wait(60) == 0
    put(memory, A, b"after")
    assert len(log(folder)) == 6
    assert memory.get_committed(A) == memory.get_contents(A).sha


def test_housekeeping_that_cannot_start_fails_no_write(folder, opened, monkeypatch):
    def refuse(_):
        raise OSError(12, "no memory")

    monkeypatch.setattr("pack_connectors.local_git.connector.maintenance_is_due", lambda _: True)
    monkeypatch.setattr("pack_connectors.local_git.connector.start_maintenance", refuse)
    put(opened(folder), A, b"a")
    assert_sound(folder)


def test_gits_own_housekeeping_does_not_disturb_the_children(folder, opened):
    memory = opened(folder)
    for turn, command in enumerate(
        (["gc", "--quiet", "--prune=now"], ["repack", "-adq"], ["pack-refs", "--all"],
         ["prune", "--expire=now"], ["reflog", "expire", "--expire=now", "--all"])
    ):  # fmt: skip
        put(memory, A, b"%d" % turn)
        put(memory, MemoryPath(f"t/{turn}.md"), b"%d" % turn)
        git(folder, *command)
        assert memory.get_committed(A) == memory.get_contents(A).sha
        assert len(memory.get_tree(memory.head())) == turn + 2
    assert len(log(folder)) == 10
    assert_sound(folder)


def test_packs_folder_can_be_deleted_at_any_time(folder, opened):
    memory, other = opened(folder), opened(folder)
    put(memory, A, b"a")
    shutil.rmtree(folder / ".git/pack")
    put(other, A, b"b")
    put(memory, A, b"c")
    with other.exclusive(), pytest.raises(PackError):
        put(opened(folder, lock_seconds=0), A, b"d")
    put(memory, A, b"d")
    assert_sound(folder)


def test_a_read_only_memory_can_be_read(folder, opened, monkeypatch):
    put(opened(folder), A, b"a")
    (folder / A).write_bytes(b"by hand")
    shutil.rmtree(folder / ".git/pack")

    def refuse(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    memory = LocalGit(folder, clock())
    assert files(memory) == {A: b"by hand"}
    with pytest.raises(Unavailable, match="Read-only"):
        put(memory, A, b"x")
    memory.close()


# --- the working directory -----------------------------------------------------------------------


def test_python_files_in_the_working_directory_are_not_imported(folder, tmp_path):
    for name in ("yaml", "git", "gitdb", "json", "subprocess", "pack", "pack_connectors"):
        (folder / f"{name}.py").write_text("raise SystemExit('imported from the memory')\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from pack_connectors.local_git.connector import LocalGit\n"
        "memory = LocalGit(Path(sys.argv[1]), lambda: datetime.now(UTC))\n"
        "from pack.model import ABSENT\n"
        "memory.put_contents('context/a.md', b'a', ABSENT, 'm')\n"
        "memory.close()\n"
    )
    done = subprocess.run(
        [sys.executable, script, folder], cwd=folder, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(log(folder)) == 1


@pytest.mark.parametrize("kind", ["installed command", "python -m"])
def test_the_command_imports_nothing_from_the_working_directory(tmp_path, home, kind):
    place = tmp_path / "memory"
    place.mkdir()
    for name in ("yaml", "git", "gitdb", "json", "subprocess", "typer", "frontmatter", "pack"):
        (place / f"{name}.py").write_text("raise SystemExit('imported from the memory')\n")
    installed = Path(sys.executable).with_name("pack")
    module = [sys.executable, "-m", "pack_servers.cli"]
    command = [installed] if kind == "installed command" else module
    for args in (["init", "--local", "."], ["list", "--local", "."]):
        done = subprocess.run(
            [*command, *args], cwd=place, capture_output=True, check=False, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr
    assert "context/general.md" in done.stdout
    assert_sound(place, "".join(f"?? {file.name}\n" for file in sorted(place.glob("*.py"))))

"""What the machine refuses, and a git that is broken, are told in a sentence: nothing is a bug."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stories.cli_driver import COMMAND, Folder
from tests.stories.prepared import pack_command, start
from tests.stories.test_cli_init import new_memory

FULL = Path("/dev/full")


def run(*words: str | Path, cwd: Path | None = None, **streams: object) -> tuple[int, str]:
    command = [pack_command(), *words]
    ended = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
        **streams,  # type: ignore[call-overload]
    )  # fmt: skip
    return ended.returncode, ended.stderr.decode()


@pytest.fixture
def memory(tmp_path: Path, git_identity: tuple[str, str]) -> Folder:
    return new_memory(tmp_path / "memory")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [["list"], ["list", "--format", "json"], ["get"]])
def test_output_that_a_full_disk_refuses(memory: Folder, words: list[str]) -> None:
    with FULL.open("wb") as full:
        status, said = run(*words, "--local", memory.path, stdout=full)
    assert (status, said.splitlines()[0]) == (1, "error: No space left on device")


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be deleted there")
@pytest.mark.parametrize(("folder", "status"), [("memory", 1), ("/", 0)])
def test_a_current_directory_that_was_deleted(
    memory: Folder, tmp_path: Path, folder: str, status: int
) -> None:
    place = memory.path if folder == "/" else Path(folder)
    code = (
        "import os, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone'); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, COMMAND, "list", "--local", place]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == status, ended
    assert (b"the current directory was deleted" in ended.stderr) is bool(status)


@pytest.mark.skipif(os.name != "posix", reason="the limit is POSIX")
def test_too_few_open_files(memory: Folder) -> None:
    few = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10)); "
    become = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, "-c", few + become, COMMAND, "list", "--local", memory.path]
    ended = subprocess.run(command, capture_output=True, check=False)
    assert ended.returncode in (0, 1), ended
    program = f"{few}from pack_servers.cli import main; main()"
    for words in (["search", "start"], ["delete", "--yes", "context/general.md"]):
        with start([*words, "--local", str(memory.path)], program=program) as limited:
            said = limited.communicate(timeout=60)
        assert limited.returncode in (0, 1), said
    assert memory.git("status", "--porcelain") == ""


@pytest.mark.skipif(os.name != "posix", reason="a script stands in for git")
@pytest.mark.parametrize("script", ["#!/bin/sh\necho hello\n", "#!/bin/sh\nexit 1\n", "\x7fELF"])
@pytest.mark.parametrize("words", [["list"], ["doctor"], ["init"]])
def test_a_git_that_is_broken(
    memory: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, words: list[str]
) -> None:
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(script, encoding="latin-1")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    folder = Folder(tmp_path / "new") if words == ["init"] else memory
    ended = folder.pack(*words)
    assert ended.status == 1, ended
    assert "git" in ended.err + ended.text


@pytest.mark.parametrize(
    "inside", ["bare.git", "bare.git/refs/deep", "memory/.git", "memory/.git/x"]
)
def test_no_memory_begins_in_gits_own_folders(memory: Folder, tmp_path: Path, inside: str) -> None:
    Folder(tmp_path).git("init", "--quiet", "--bare", "bare.git")
    before = sorted(tmp_path.rglob("*"))
    ended = Folder(tmp_path / inside).pack("init")
    assert ended.status == 1
    assert "without a working tree" in ended.err
    assert sorted(tmp_path.rglob("*")) == before

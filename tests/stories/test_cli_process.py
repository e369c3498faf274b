"""The command as a process: statuses, streams, pipes, locales, signals, and mistakes of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pack_servers.cli.shell import exit as endings

from tests.stories.cli_driver import COMMAND, Folder, Installed, new_memory, run_installed
from tests.stories.prepared import pack_command, start
from tests.support import make_again

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX file descriptors and signals")


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    made = new_memory(tmp_path_factory.mktemp("process") / "memory")
    long = "".join(f"line {number} of a long text\n" for number in range(30_000))
    made.ok("update", "context/long.md", stdin=long)
    return Installed(made.path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lst"], "error: No such command 'lst'."),
        (["list", "--bogus"], "error: No such option: --bogus\n  → Run `pack list --help`."),
        (["list", "--limit", "many"], "error: Invalid value for '--limit'"),
        (["list", "--format", "xml"], "error: Invalid value for '--format'"),
        (["update"], "error: Missing argument 'PATH'"),
        (["move", "a"], "error: Missing argument 'NEW_PATH'"),
        (["serve", "--port", "1"], "error: --port: use it with --http"),
        (["serve", "--host", "h"], "error: --host: use it with --http"),
        (["serve", "--http", "--port", "70000"], "error: --port: "),
        (["serve", "--http", "--host", "0.0.0.0"], "error: PACK_HTTP_TOKEN: "),
        (["list", "--limit", "0"], "error: "),
        (["list", "--cursor", "made up"], "error: the cursor is not from an earlier answer"),
        (["search", " "], "error: the query is empty"),
    ],
)
def test_a_request_that_cannot_be_met_ends_with_one(
    memory: Installed, words: list[str], said: str
) -> None:
    ended = Folder(memory.path).pack(*words)
    assert (ended.status, ended.out) == (1, b"")
    assert ended.err.startswith(said)
    assert "\n  → " in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "status"),
    [(["status"], 0), (["get", "a/none.md"], 1), (["update", "profiles/me.md"], 2), (["lst"], 1)],
)
def test_a_process_ends_and_speaks_as_the_command_does(
    memory: Installed, words: list[str], status: int
) -> None:
    # One conflict is the installed command's; how the others end, nothing before them decides.
    command = COMMAND if status == 2 else pack_command()
    ended = Installed(memory.path, command).pack(*words, stdin="x")
    assert ended.status == status
    assert ended == Folder(memory.path).pack(*words, stdin="x")


@pytest.mark.parametrize(
    "words",
    [["get", "context/long.md"], pytest.param(["get"], marks=pytest.mark.soak), ["list"]],
)
def test_a_reader_that_goes_away_ends_the_command_quietly(
    memory: Installed, words: list[str]
) -> None:
    child = subprocess.Popen(
        [pack_command(), *words, "--local", memory.path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    with child.stderr:
        said = child.stderr.read()
    assert said == b""
    assert child.wait(30) in (0, 1)


@POSIX
def test_streams_that_are_closed_do_no_harm(memory: Installed) -> None:
    before = memory.state()
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        script = f'"$1" get profiles/me.md --local "$2" {closed}'
        done = subprocess.run(
            ["/bin/sh", "-c", script, "sh", COMMAND, memory.path], capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b""), closed
    assert memory.state() == before


@POSIX
@pytest.mark.parametrize(
    "locale", ["C", pytest.param("POSIX", marks=pytest.mark.soak), "en_US.ISO-8859-1"]
)
def test_names_and_texts_are_utf8_in_every_locale(memory: Installed, locale: str) -> None:
    env = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    name = f"context/日本 {locale}.md"
    stored = memory.pack("update", name, "-m", "für später", stdin="naïve 日本\n", env=env)
    assert stored.status == 0, stored
    assert name in stored.text
    assert memory.pack("get", name, env=env).text.endswith("naïve 日本\n")
    assert "für später" in memory.git("log", "-1", "--format=%s")


def test_nothing_in_the_current_directory_is_imported_or_run(
    memory: Installed, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    for name in ("git", "typer", "mcp", "yaml", "rich", "sqlite3", "pack", "site", "editor"):
        (tmp_path / f"{name}.py").write_text("open('trap', 'w')", encoding="utf-8")
    for name in ("git", "vi", "sh"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n> '{trap}'\n", encoding="utf-8")
        program.chmod(0o755)
    env = {"PATH": f".{os.pathsep}{os.environ['PATH']}", "EDITOR": "vi"}
    module = [sys.executable, "-m", "pack_servers.cli"]
    edit = ["edit", "profiles/me.md"]
    for command in ([COMMAND, "list"], [COMMAND, *edit], [*module, "status"], [*module, *edit]):
        subprocess.run(
            [*command, "--local", memory.path],
            cwd=tmp_path,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    assert not trap.exists()


@POSIX
def test_an_interrupted_command_ends_with_130_and_no_traceback(memory: Installed) -> None:
    before = memory.state()
    child = subprocess.Popen(
        [COMMAND, "update", "context/never.md", "--local", memory.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONVERBOSE": "1"},  # tells on stderr when it has come to read
    )
    assert child.stderr is not None
    assert child.stdin is not None
    said = b""
    while b"'pack_servers.cli.notes.update'" not in said:
        said += child.stderr.read1()  # type: ignore[attr-defined]  # it is a BufferedReader
    child.send_signal(signal.SIGINT)
    _, rest = child.communicate(timeout=30)
    assert child.returncode == 130
    assert b"Traceback" not in said + rest
    assert memory.state() == before


def test_a_mistake_of_its_own_gives_a_report_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "hunter2"

    def fail(_: object) -> int:
        raise ZeroDivisionError(f"{secret} in a message")

    monkeypatch.setattr(endings, "_run", fail)
    monkeypatch.setattr(endings, "prepare_streams", lambda: None)
    assert endings.run(["list", secret]) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert secret not in err
    assert "builtins.ZeroDivisionError" in err
    assert re.search(r"pack [\d.]+, Python 3\.\d+\.\d+, ", err)
    assert re.search(r"exit\.py:\d+ in _run_safely", err)
    assert "in fail" in err


def test_reading_and_writing_do_not_import_the_server(memory: Installed) -> None:
    for words in (["get", "profiles/me.md"], ["update", "context/fresh.md"]):
        ended = memory.pack(*words, stdin="x", env={"PYTHONPROFILEIMPORTTIME": "1"})
        imported = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
        assert "pack.memory" in imported
        assert not imported & {"mcp", "mcp.server", "uvicorn", "rich.console", "markdown_it"}


def test_the_default_memory_and_every_command_agree_on_the_folder(home: Path) -> None:
    run_installed("init")
    run_installed("update", "context/x.md", stdin="x", command=pack_command())
    assert (home / ".pack" / "memory" / "context" / "x.md").exists()
    status = run_installed("status", "--format", "json", command=pack_command())
    assert status.json["location"] == str(home / ".pack" / "memory")


def _many_notes(folder: Path) -> None:
    made = new_memory(folder)
    made.write(
        {f"notes/{n}.md": f"# Note {n}\n\n" + f"word{n} more text\n" * 60 for n in range(400)}
    )
    made.git("add", "--all")
    by = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    made.git(*by, "commit", "--quiet", "--message", "many")


@POSIX
@pytest.mark.contract("C6")
@pytest.mark.parametrize("blocks", [0, 200, 2000])
def test_a_disk_that_takes_no_catalog_changes_no_answer(tmp_path: Path, blocks: int) -> None:
    """A quota, say: neither the catalog nor a temporary file may grow beyond so many blocks."""
    make_again(_many_notes, tmp_path / "memory")
    made = Folder(tmp_path / "memory")
    questions = (["list", "--limit", "500"], ["search", "word77"], ["status"])
    wanted = [made.ok(*words).out for words in questions]
    assert b"notes/77.md" in wanted[1]
    for words, answer in zip(questions, wanted, strict=True):
        for file in (made.path / ".git" / "pack").glob("catalog*"):
            file.unlink()
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({512 * blocks},) * 2)"
        program = f"{limit}; from pack_servers.cli import main; main()"
        command, *rest = words
        with start([command, "--local", str(made.path), *rest], program=program) as limited:
            out, err = limited.communicate(timeout=60)
        assert (limited.returncode, out) == (0, answer), err

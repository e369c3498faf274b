"""Git's configuration in the form that git writes: what is read here is what git reads."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_connectors.local_git.config.config_file import listed_pairs, read_usual, usual_pairs

from tests.support import examples, git

USUAL = """\
[core]
\trepositoryformatversion = 0
\tfileMode = true
\texcludesFile = ~/my  rules
[remote "Origin.x"]
\turl = git@example.org:ada/memory.git
\tfetch = +refs/heads/*:refs/remotes/origin/*
[Core]
\tautocrlf = false
"""
UNUSUAL = {
    "a comment": "[core]\n# \tbare = true\n",
    "a comment behind a value": "[core]\n\tbare = false # not true\n",
    "another comment": "[core]\n\tbare = false;true\n",
    "a quote": '[core]\n\tbare = "false"\n',
    "an escape": "[core]\n\tbare = fal\\\n\tse\n",
    "a value that is missing": "[core]\n\tbare\n",
    "an empty value": "[core]\n\tbare =\n",
    "a value in the line of the section": "[core] bare = true\n",
    "blanks at the end": "[core]\n\tbare = false \n",
    "more blanks before": "[core]\n\tbare =  false\n",
    "a tab in a value": "[core]\n\tbare = fal\tse\n",
    "no tab": "[core]\nbare = false\n",
    "an old kind of section": "[remote.origin]\n\turl = x\n",
    "an escape in a section": '[remote "a\\"b"]\n\turl = x\n',
    "no section": "\tbare = false\n",
    "an empty line": "[core]\n\n\tbare = false\n",
    "line ends of Windows": "[core]\r\n\tbare = false\r\n",
    "an odd key": "[core]\n\tba_re = false\n",
    "a byte order mark": "\ufeff[core]\n\tbare = false\n",
    "a control character": "[core]\n\tbare = fal\0se\n",
}


def as_git(file: Path) -> list[tuple[str, str | None]] | None:
    command = ["git", "config", "--file", str(file), "--null", "--list"]
    done = subprocess.run(command, capture_output=True, check=False)
    return list(listed_pairs(done.stdout)) if done.returncode == 0 else None


def test_the_usual_form_is_read_as_git_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(USUAL, encoding="ascii")
    found = read_usual(file)
    assert found == as_git(file)
    assert found is not None
    assert found[2] == ("core.excludesfile", "~/my  rules")
    assert found[3][0] == "remote.Origin.x.url"
    assert found[-1] == ("core.autocrlf", "false")


def test_what_git_itself_writes_is_the_usual_form(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "one")
    git(tmp_path, "clone", "--quiet", "one", "two")
    git(tmp_path / "two", "config", "user.name", "Ada Lovelace")
    for name in ("one", "two"):
        file = tmp_path / name / ".git/config"
        assert read_usual(file) == as_git(file)


@pytest.mark.parametrize("text", UNUSUAL.values(), ids=UNUSUAL)
def test_any_other_form_is_left_to_git(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_bytes(text.encode())
    assert read_usual(tmp_path / "config") is None


_PARTS = st.sampled_from(
    [
        *("[core]", "[Co-re]", '[a "B c"]', '[a "]"]', '[a "\\b"]', "[a.b]"),
        *("\t", " ", "\n", "\r", "\0", "=", " = ", "\n\tx = "),
        *("bare", "Be-2", "2b", "_", "y", "Ä", '"', "\\", "#", ";", "%*?", "]"),
    ]
)


@settings(max_examples=examples(150))
@given(st.lists(_PARTS, max_size=14).map("".join))
def test_no_text_is_read_otherwise_than_git_reads_it(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    found = usual_pairs(text)
    if found:
        file = tmp_path_factory.getbasetemp() / "config"
        file.write_bytes(text.encode())
        assert found == as_git(file)


def test_what_is_no_file_or_too_long_is_left_to_git(tmp_path: Path) -> None:
    assert read_usual(tmp_path) is None
    assert read_usual(tmp_path / "none") is None
    (tmp_path / "long").write_text(USUAL * 500, encoding="ascii")
    assert read_usual(tmp_path / "long") is None
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert read_usual(tmp_path / "pipe") is None

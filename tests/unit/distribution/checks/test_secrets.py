"""Nothing leaves that should not, and what is found is never repeated."""

import pytest

from pack.distribution.checks.secrets import SecretScan
from pack.distribution.values import CheckStatus, MadeFile
from pack.model import MemoryPath
from tests.made_up_secrets import BEHIND_A_NAME, SECRETS


def made(content: bytes, path: str = "docs/a.md") -> MadeFile:
    return MadeFile(path, MemoryPath("a.md"), content)


def test_there_are_more_than_forty_kinds() -> None:
    assert len(SECRETS) > 50


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_of_each_kind_blocks_and_is_not_repeated(kind: str) -> None:
    secret = SECRETS[kind]
    result = SecretScan().check([made(f"---\na: 1\n---\n\nIt is {secret} here.\n".encode())], ())
    assert result.status is CheckStatus.FAIL
    assert [(one.path, one.line) for one in result.findings] == [("docs/a.md", 5)]
    assert result.details == f"1 violation: docs/a.md:5 {kind}"
    assert secret not in repr(result)


@pytest.mark.parametrize("form", ["```\n{}\n```", "<!-- {} -->", "> - **{}**", "[x](y '{}')"])
def test_wherever_it_stands(form: str) -> None:
    for text in (*SECRETS.values(), *BEHIND_A_NAME):
        result = SecretScan().check([made(form.format(text).encode())], ())
        assert result.status is CheckStatus.FAIL, form
        assert text not in repr(result)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_in_whatever_encoding(encoding: str) -> None:
    content = ("é\r\n" + SECRETS["a GitHub token"] + "\r\n").encode(encoding)
    result = SecretScan().check([made(content)], ())
    assert [one.line for one in result.findings] == [2]


def test_in_the_name_of_a_file() -> None:
    secret = SECRETS["a GitHub token"]
    result = SecretScan().check([made(b"", f"docs/{secret}/a.md")], ())
    (one,) = result.findings
    assert one.path == "docs/(a name that is not repeated)/a.md"
    assert one.what == "a GitHub token in the name of the file"
    assert secret not in repr(result)


def test_private_paths_and_the_names_of_notes_that_stay() -> None:
    text = "a\nSee /" + "home/jane/notes.\nAnd people/jane.md too.\n"
    result = SecretScan().check([made(text.encode())], [MemoryPath("people/jane.md")])
    assert [(one.line, one.what) for one in result.findings] == [
        (2, "a folder of somebody's home"),
        (3, "the path of a note outside"),
    ]
    assert "jane" not in repr(result)


def test_names_of_notes_are_looked_for_in_what_upstream_has_and_not_in_what_people_wrote() -> None:
    people, upstream = made(b"See people/jane.md.\n"), made(b"# A\n")
    notes = [MemoryPath("people/jane.md")]
    assert SecretScan().check([people], notes, [upstream]).status is CheckStatus.PASS
    assert SecretScan().check([upstream], notes, [people]).status is CheckStatus.FAIL


def test_marks_of_what_is_internal() -> None:
    result = SecretScan().check([made(b"a\n<!-- internal: ask Jane -->\n")], ())
    assert result.details == "1 violation: docs/a.md:2 a comment for the people at home"


def test_what_may_go_passes_for_one_downstream_after_another() -> None:
    scan = SecretScan()
    for path in ("a.md", "b.md"):
        result = scan.check([made(b"# Notes\n\nPlain words.\n", path)], ())
        assert (result.status, result.details) == (CheckStatus.PASS, "0 violations")

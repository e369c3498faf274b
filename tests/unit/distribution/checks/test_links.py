"""Links that stay lead somewhere downstream; what is in code is no link."""

import pytest

from pack.distribution.checks.links import LinkCheck
from pack.distribution.values import CheckStatus, MadeFile
from pack.model import MemoryPath


def made(path: str, text: str) -> MadeFile:
    return MadeFile(path, MemoryPath("notes/a.md"), text.encode())


OTHERS = ("docs/guides/b.md", "docs/other/c d.md", "README.md", "docs/img/x.png")


@pytest.mark.parametrize(
    "target",
    [
        *("b.md", "./b.md#part", "../other/c%20d.md", "<../other/c d.md>", "/README.md", "a.md"),
        *("../guides", "../guides/", "..", "../..", "/", "#part", "mailto:a@example.org"),
        *("https://example.org/none.md", "//example.org/none.md", "../img/x.png?raw=true"),
    ],
)
def test_what_leads_somewhere(target: str) -> None:
    result = LinkCheck().check([made("docs/guides/a.md", f"See [it]({target}).\n")], OTHERS)
    assert (result.status, result.details) == (CheckStatus.PASS, "0 broken links")


@pytest.mark.parametrize(
    "text",
    [
        *("[it](none.md)", "[it](B.md)", "[it](../../../etc/passwd)", "[it](/docs/none.md)"),
        *("![it](none.png)", "[it][x]\n\n[x]: none.md 'title'", "[it](<no ne.md>)"),
        "[it](b.md/)x [it](b.md/c.md)",
        "See <a href='none.md'>it</a>, <a href=b.md>that</a>.",
        '<p><img alt="x" src="../none.png"></p>',
    ],
)
def test_what_does_not_names_file_and_line(text: str) -> None:
    content = f"---\na: 1\n---\n# A\n\n{text}\n"
    result = LinkCheck().check([made("docs/guides/a.md", content)], OTHERS)
    assert result.status is CheckStatus.FAIL
    assert [(one.path, one.line) for one in result.findings] == [("docs/guides/a.md", 6)]
    assert result.details.startswith("1 broken link: docs/guides/a.md:6 the link to ")


def test_code_and_files_that_are_no_markdown_have_no_links() -> None:
    code = "`[x](none.md)`\n\n```\n[x](none.md)\n```\n\n    [x](none.md)\n"
    files = [made("a.md", code), made("a.txt", "[x](none.md)"), made("b.md", "\xff[x](none.md)")]
    files.append(MadeFile("c.md", MemoryPath("c.md"), b"\xff[x](none.md)"))
    assert [one.path for one in LinkCheck().check(files, ()).findings] == ["b.md"]


def test_a_secret_in_a_target_is_not_repeated() -> None:
    token = "ghp" + "_" + "Ab1" * 12
    result = LinkCheck().check([made("a.md", f"[x]({token})\n")], ())
    assert result.status is CheckStatus.FAIL
    assert token not in repr(result)


@pytest.mark.parametrize("name", ["a.md", "a.markdown", "a.mdx", "a.MDC"])
def test_links_count_in_whatever_is_markdown(name: str) -> None:
    file = MadeFile(f"docs/{name}", MemoryPath(name), b"[it](missing.md)\n")
    assert LinkCheck().check([file], ()).status is CheckStatus.FAIL

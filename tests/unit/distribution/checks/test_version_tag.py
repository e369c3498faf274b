"""A file says which version it is of; otherwise there is a warning, and nothing stops."""

import pytest

from pack.distribution.checks.version_tag import check_version_tags
from pack.distribution.values import CheckStatus, MadeFile
from pack.model import MemoryPath


def result_for(text: str, version: str = "v1.2.0"):
    return check_version_tags([MadeFile("a.md", MemoryPath("a.md"), text.encode())], version)


@pytest.mark.parametrize(
    "text",
    [
        "---\nversion: 1.2.0\n---\n# A\n",
        "---\nversion: v1.2.0\n---\n",
        "---\nrelease: 'v1.2.0'\n---\n",
        "# A (v1.2.0)\n",
        "# A\n\n**Version:** 1.2.0.\n",
        "<!-- version: v1.2.0 -->\n# A\n",
        "<!-- https://example.org/blob/v1.2.0/a.md -->\n",
        "\ufeff---\r\nversion: 1.2.0\r\n---\r\n",
    ],
)
def test_where_it_may_stand(text: str) -> None:
    result = result_for(text)
    assert (result.status, result.details) == (CheckStatus.PASS, "v1.2.0 present in all files")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("# A\n", None, "does not name v1.2.0"),
        ("---\na: 1\nversion: 1.1.0\n---\n", 3, "says 1.1.0, not v1.2.0"),
        ("---\nversion: 1.2.0-rc.1\n---\n", 2, "says 1.2.0-rc.1, not v1.2.0"),
        ("# A\n\nVersion: v1.1.9\n", None, "says 1.1.9, not v1.2.0"),
        ("# A 11.2.0 and 1.2.0.1 and 1.2.01 and v1.2.0-rc.1\n", None, "does not name v1.2.0"),
        ("# A\n" + "\nmore\n" * 20 + "v1.2.0\n", None, "does not name v1.2.0"),
    ],
)
def test_what_warns(text: str, line: int | None, what: str) -> None:
    result = result_for(text)
    assert result.status is CheckStatus.WARN
    assert [(one.line, one.what) for one in result.findings] == [(line, what)]
    assert result.details.startswith("v1.2.0 present in 0 of 1 files: a.md")


def test_a_commit_is_a_version_too_and_bytes_have_none() -> None:
    assert result_for("# A\n\nFrom 1a2b3c4.\n", "1a2b3c4").status is CheckStatus.PASS
    image = MadeFile("x.png", MemoryPath("x.png"), b"\x89PNG\xff")
    assert check_version_tags([image], "v1.2.0").status is CheckStatus.PASS

"""Who is asked: the last rule that a path meets counts, and what is lacking is said."""

import pytest

from pack.distribution.code_owners import reviewers_for

FILE = b"""\xef\xbb\xbf# Owners
*       @everyone
*.js    @js-owner #an inline comment
docs/*  docs@example.org @flat
apps/   @apps
/build/logs/ @org/team-build
**/secret @keeper
/free/
my\\ docs/ @spaced
*.[ch]  @nobody
!*.md   @nobody
\\#x     @nobody
/x.md   not-an-owner @ok
"""


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("README.md", ["everyone"]),
        ("lib/a.js", ["js-owner"]),
        ("docs/a.md", ["flat"]),
        ("docs/deep/a.md", ["everyone"]),
        ("lib/apps/x/a.md", ["apps"]),
        ("build/logs/a.md", ["org/team-build"]),
        ("lib/build/logs/a.md", ["everyone"]),
        ("a/secret/b.md", ["keeper"]),
        ("free/a.md", []),
        ("my docs/a.md", ["spaced"]),
        ("a.c", ["everyone"]),
        ("x.md", ["ok"]),
        ("DOCS/a.md", ["everyone"]),
    ],
)
def test_the_last_rule_that_a_path_meets_counts(path: str, names: list[str]) -> None:
    assert list(reviewers_for([path], FILE).names) == names


def test_each_owner_is_asked_once_in_the_order_of_the_files() -> None:
    found = reviewers_for(["apps/a", "a.js", "apps/b", "x"], FILE)
    assert found.names == ("apps", "js-owner", "everyone")
    assert found.notes == ()


@pytest.mark.parametrize(
    ("owners", "note"),
    [
        (None, "There is no CODEOWNERS file"),
        (b"", "names nobody"),
        (b"/other/ @a", "names nobody"),
        (b"* a@example.org", "by their mail"),
        (b"x" * (3 * 1024 * 1024 + 1), "too large"),
        (b"\xff\x00\n[Section] @a\n^[x]\n", "names nobody"),
        (b"* " + b" ".join(b"@user%d" % n for n in range(20)), "more owners than"),
    ],
)
def test_what_is_lacking_is_said(owners: bytes | None, note: str) -> None:
    found = reviewers_for(["docs/a.md"], owners)
    assert len(found.notes) == 1
    assert note in found.notes[0]
    assert len(found.names) == (15 if "more" in note else 0)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    owners = b"*a" * 200 + b"b @a\n"
    assert reviewers_for(["a" * 400], owners).names == ()

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_connectors.preconditions import check_path

from pack.errors import InvalidPath, LimitExceeded
from pack.limits import MAX_COMPONENT_BYTES, MAX_PATH_BYTES
from pack.paths import (
    fold,
    is_memory_file,
    kept_copy_path,
    parse_memory_path,
    parse_path,
    parse_stored_path,
)

GOOD = (
    "context/general.md", "a/b/c/d.md", "projects/Ünïcode 日本.md", "x/a b.md", "x/a-b_c+d=e.md",
    "contacts/o'neill, j.md", "x/(1) [2] {3}.md", "x/100%.md", "x/a..b.md", "x/console.md",
    "x/comma.md", "x/gitignore.md", "x/🎉.md", "x/C#.md", "x/~tilde.md", "a.b/c.md", "x/x.MD",
)  # fmt: skip
# For each: how another file system reads it, or what it is to a program.
BAD = {
    "empty": "",
    "absolute": "/x/a.md",
    "drive": "C:/x/a.md",
    "drive, relative": "c:a.md",
    "share": "//server/x.md",
    "parent": "x/../../a.md",
    "here": "./x/a.md",
    "empty component": "x//a.md",
    "final slash": "x/a.md/",
    "backslash": "x\\a.md",
    "backslash parent": "..\\a.md",
    "NUL": "x/a\0.md",
    "newline": "x/a\nb.md",
    "escape": "x/\x1b[31m.md",
    "C1 control": "x/\x85.md",
    "line separator": "x/\u2028.md",
    "surrogate": "x/\udcff.md",
    "NFD": unicodedata.normalize("NFD", "x/é.md"),
    "git": ".git/config",
    "git in capitals": ".GIT/config",
    "git inside": "x/.git/hooks/a.md",
    "git on HFS": ".g\u200cit/a.md",
    "git with a mark": "\ufeff.git/a.md",
    "git on NTFS": "git~1/a.md",
    "git on NTFS, capitals": "GIT~1/a.md",
    "git on NTFS, second": "git~2/a.md",
    "git with a dot": ".git./a.md",
    "git with a stream": ".git::$INDEX_ALLOCATION/a.md",
    "hidden": "x/.a.md",
    "hidden folder": ".obsidian/a.md",
    "option": "-x/a.md",
    "long option": "x/--help.md",
    "device": "x/con.md",
    "device in capitals": "AUX/a.md",
    "numbered device": "x/com1.txt.md",
    "superscript device": "x/lpt².md",
    "console": "x/conin$.md",
    "final dot": "x./a.md",
    "final space": "x /a.md",
    "first space": " x/a.md",
    "question": "x/a?.md",
    "star": "x/*.md",
    "pipe": "x/a|b.md",
    "quote": 'x/"a".md',
    "stream": "x/a.md:b.md",
    "pathspec": ":(glob)x/a.md",
    "right to left": "x/\u202egpj.md",
    "zero width": "x/a\u200b.md",
}  # fmt: skip
NO_MEMORY_FILE = (
    "README.md", "index.md", "x/index.md", "x/INDEX.md", "legacy/a.md", "Legacy/a.md", "x/a.txt",
    "x/a", "x/md", "a.md",
)  # fmt: skip


@pytest.mark.parametrize("path", GOOD)
def test_a_good_path_is_taken_as_it_is(path):
    assert parse_memory_path(path) == parse_path(path) == parse_stored_path(path) == path
    assert is_memory_file(path)


@pytest.mark.parametrize("path", BAD.values(), ids=list(BAD))
def test_a_bad_path_is_refused_with_a_reason(path):
    for parse in (parse_path, parse_memory_path):
        with pytest.raises(InvalidPath) as caught:
            parse(path)
        assert caught.value.reason
        str(caught.value).encode()  # the message can be printed


@pytest.mark.parametrize("path", NO_MEMORY_FILE)
def test_what_no_memory_file_may_be_called(path):
    parse_path(path)
    with pytest.raises(InvalidPath):
        parse_memory_path(path)


def test_a_note_at_the_root_has_a_name_that_nobody_else_owns():
    for path in ("a.md", "Read me.md", "readme-ideas.md", "security-cameras.md", "x.MD"):
        assert is_memory_file(path)
        assert parse_memory_path(path, at_root=True) == path
    for path in ("README.md", "Readme.de.MD", "code-of-conduct.md", "CLAUDE.local.md", "index.md"):
        assert not is_memory_file(path)
        with pytest.raises(InvalidPath):
            parse_memory_path(path, at_root=True)
        assert is_memory_file(f"x/{path}")
    assert not is_memory_file(".hidden.md")


@pytest.mark.parametrize("character", ["x", "é", "日", "🎉"])
def test_limits_are_in_bytes(character):
    size = len(character.encode())
    name = character * ((MAX_COMPONENT_BYTES - 4) // size) + ".md"
    assert parse_path(f"a/{name}")
    with pytest.raises(LimitExceeded):
        parse_path(f"a/{character}{character}{character}{character}{name}")
    deep = f"{character}/" * (MAX_PATH_BYTES // (size + 1))
    assert parse_path(deep[:-1])
    with pytest.raises(LimitExceeded):
        parse_path(deep + character * MAX_PATH_BYTES)


@given(st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(GOOD))
def test_what_is_accepted_means_the_same_everywhere(text):
    try:
        path = parse_path(text)
    except (InvalidPath, LimitExceeded):
        return
    check_path(path)  # what connectors refuse, the core refuses before them
    assert parse_stored_path(path) == path
    assert unicodedata.normalize("NFC", path) == path
    for name in path.split("/"):
        assert name.rstrip(". ") == name != ""
        assert {unicodedata.category(c) for c in name}.isdisjoint(("Cc", "Cs", "Zl", "Zp"))
        assert not name.startswith((".", "-", " "))


@given(st.text(min_size=1, max_size=20), st.sampled_from([str.upper, str.lower, str.casefold]))
def test_twins_share_a_fold(text, change):
    assert fold(fold(text)) == fold(text)
    for form in ("NFC", "NFD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)
    ascii_only = text.encode("ascii", "ignore").decode()
    assert fold(change(ascii_only)) == fold(ascii_only)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/a.md",
        "../a.md",
        "a/../b.md",
        ".git/config",
        "a/.git/x",
        "a//b",
        "a\\b.md",
        "a\0b",
        "c:a",
    ],
)
def test_a_stored_path_stays_in_the_memory(path):
    with pytest.raises(InvalidPath):
        parse_stored_path(path)


@pytest.mark.parametrize("path", ["x/con.md", "x/a?.md", "-x/a.md", "x/a .md", "x/" + "y" * 300])
def test_a_stored_path_may_have_a_name_that_pack_would_not_give(path):
    assert parse_stored_path(path) == path


SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("path", "copy"),
    [
        ("x/a.md", "x/a.kept-01234567.md"),
        ("a.md", "a.kept-01234567.md"),
        ("x/a", "x/a.kept-01234567"),
        ("x.y/a", "x.y/a.kept-01234567"),
        ("x/a.b.md", "x/a.b.kept-01234567.md"),
    ],
)
def test_the_name_of_a_kept_copy(path, copy):
    assert kept_copy_path(path, SHA) == copy


@pytest.mark.parametrize("character", ["x", "日"])
def test_a_kept_copy_of_a_long_name_fits(character):
    name = character * ((MAX_COMPONENT_BYTES - 3) // len(character.encode())) + ".md"
    copy = kept_copy_path(f"x/{name}", SHA)
    check_path(copy)
    assert copy.endswith(".kept-01234567.md")

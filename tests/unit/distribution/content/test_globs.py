"""Which paths a glob means."""

import pytest

from pack.distribution.content.globs import Glob
from pack.errors import InvalidContent


@pytest.mark.parametrize(
    ("glob", "path", "is_meant"),
    [
        ("core/**/*.md", "core/a.md", True),
        ("core/**/*.md", "core/x/y/a.md", True),
        ("core/**/*.md", "hardcore/a.md", False),
        ("core/**/*.md", "core/a.txt", False),
        ("core/*.md", "core/x/a.md", False),
        ("core/**", "core/x/a.md", True),
        ("core/", "core/x/a.md", True),
        ("/core/*.md", "core/a.md", True),
        ("./core/*.md", "core/a.md", True),
        ("**/*.md", "a.md", True),
        ("*.md", "a.md", True),
        ("*.md", "x/a.md", False),
        ("core/{a,b}.md", "core/b.md", True),
        ("core/{a,b}.md", "core/c.md", False),
        ("{core,docs}/**/*.{md,txt}", "docs/x/y.txt", True),
        ("core/{a,{b,c}}.md", "core/c.md", True),
        ("core/[ab].md", "core/a.md", True),
        ("core/[!ab].md", "core/a.md", False),
        ("core/?.md", "core/a.md", True),
        ("core/[{,}].md", "core/{.md", True),
        ("core/\\*.md", "core/*.md", True),
        ("core/\\*.md", "core/a.md", False),
        ("Core/*.md", "core/a.md", False),
        ("**/*.md", ".pack/a.md", False),
        ("core/**", "core/.hidden/a.md", False),
        ("core/.hidden/*", "core/.hidden/a.md", True),
        ("core/**/.cursorrules", "core/x/.cursorrules", True),
        ("core/ä*.md", "core/äb.md", True),
    ],
)
def test_a_glob_means_what_a_shell_would(glob, path, is_meant):
    assert Glob.parse(glob).matches(path) is is_meant


@pytest.mark.parametrize(
    ("glob", "path", "is_left_out"),
    [
        ("core/private/**", "core/private/x/a.md", True),
        ("core/private", "core/private/x/a.md", True),
        ("core/private/", "core/private/a.md", True),
        ("/core/private", "core/private/a.md", True),
        ("private", "core/private/a.md", True),
        ("private.md", "core/x/private.md", True),
        ("*.secret.md", "core/x/a.secret.md", True),
        ("core/*.md", "core/x/a.md", False),
        ("private", "core/privateer/a.md", False),
        ("core/**", "core/.hidden/a.md", True),
        ("**", "a.md", True),
    ],
)
def test_an_exclude_rather_leaves_out_too_much(glob, path, is_left_out):
    assert Glob.parse(glob).leaves_out(path) is is_left_out


@pytest.mark.parametrize(
    "glob",
    ["", " ", "/", "./", "!x", "a[b", "a{b", "a}b", "a\\", "a\nb", "x" * 401, "{a,b}" * 8],
)
def test_what_would_never_match_is_no_glob(glob):
    with pytest.raises(InvalidContent):
        Glob.parse(glob)


@pytest.mark.parametrize(
    ("glob", "base"),
    [
        ("core/**/*.md", "core/"),
        ("core/x/a.md", "core/x/"),
        ("*.md", ""),
        ("{core,docs}/*.md", ""),
        ("core/{a,b}/*.md", "core/"),
        ("core/a*/x.md", "core/"),
        ("core/", "core/"),
    ],
)
def test_the_folder_of_a_glob_is_what_all_its_paths_share(glob, base):
    assert Glob.parse(glob).base == base

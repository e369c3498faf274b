"""Kits in other people's forms."""

import pytest

from pack.errors import InvalidContent, NotFound
from pack.kits.foreign import find_manifest

SKILL = b"""\
---
name: pdf-tools
description: Reads PDF
license: MIT
metadata: {version: '1.2'}
---
# P
"""


def test_our_own_form_comes_first():
    ours = b"schema: 1\nname: ours\nversion: 1.0.0\n"
    assert find_manifest({"kit.yaml": ours, "SKILL.md": SKILL}, "x")[1].name == "ours"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("SKILL.md", SKILL, ("pdf-tools", "1.2.0", "Reads PDF", "MIT")),
        ("SKILL.md", b"---\ndescription: x\n---\n", ("my-folder", "0.0.0", "x", None)),
        ("SKILL.md", b"---\nname: [\n---\n", ("my-folder", "0.0.0", "", None)),
        (
            "SKILL.md",
            b"---\r\nname: a-b\r\ndescription: Use when: it is late\r\nlicense: MIT\r\n---\r\n",
            ("a-b", "0.0.0", "Use when: it is late", "MIT"),
        ),
        (
            ".claude-plugin/plugin.json",
            b'{"name": "My Plugin", "version": "v2.0.1", "description": "d", "author": {}}',
            ("my-plugin", "2.0.1", "d", None),
        ),
        (
            "apm.yml",
            b"name: team/web\nversion: 3\nlicense: ISC\n",
            ("team-web", "3.0.0", "", "ISC"),
        ),
        (
            "pack-manifest.yaml",
            b"slug: observer-midi\nversion: 1.0.0\nbugs: {url: https://x}\n",
            ("observer-midi", "1.0.0", "", None),
        ),
    ],
)
def test_what_exists_today_is_a_kit(name, content, expected):
    file, found = find_manifest({name: content, "notes.md": b"x"}, "My Folder")
    assert file == name
    assert (found.name, str(found.version), found.description, found.license) == expected
    assert found.files == ("**",)


def test_a_skill_that_some_clients_cannot_read_is_named():
    _, found = find_manifest({"SKILL.md": b"---\nname: a\ndescription: b: c\n---\n"}, "x")
    assert (found.name, found.description) == ("a", "b: c")
    assert found.warnings[0].startswith("SKILL.md: its frontmatter is no YAML")
    assert find_manifest({"SKILL.md": SKILL}, "x")[1].warnings == ()


def test_an_older_pack_keeps_its_dependencies():
    content = (
        b"slug: a\nversion: 1.0.0\nrepository: {type: git, url: https://r}\n"
        b"dependencies: {packs: [{slug: observer, version: '>=1.0.0', required: false}]}\n"
    )
    _, found = find_manifest({"pack-manifest.yaml": content}, "a")
    assert [(one.name, one.is_required) for one in found.dependencies] == [("observer", False)]
    assert found.repository == "https://r"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".claude-plugin/plugin.json", b"{"),
        (".claude-plugin/plugin.json", b"[" * 100_000),
        (".claude-plugin/plugin.json", b"[]"),
        ("apm.yml", b"\xff"),
    ],
)
def test_one_that_cannot_be_read_is_refused_by_name(name, content):
    with pytest.raises(InvalidContent, match=name.rpartition("/")[2]):
        find_manifest({name: content}, "x")


def test_a_folder_of_notes_is_no_kit():
    with pytest.raises(NotFound, match="a kit"):
        find_manifest({"README.md": b"# x\n"}, "x")

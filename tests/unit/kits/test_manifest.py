"""What a kit says of itself."""

import json

import pytest
from pack_templates import kit_schema

from pack.errors import InvalidContent, LimitExceeded
from pack.kits.manifest import Visibility, manifest_schema, read_manifest
from pack.versions import KitVersion

FULL = b"""\
schema: 1
name: observer
version: 1.2.0
description: What it is for
license: MIT
repository: {type: git, url: "https://example.org/kits.git", directory: kits/observer, mirror: x}
bugs: {url: "https://example.org/bugs", email: bugs@example.org}
homepage: https://example.org
visibility: unlisted
files: ["**/*.md", "*.txt"]
install_to: handbook/observer/
dependencies:
  kits: [{name: core, version: ">=1.0.0", required: false, interop: events}]
conflicts: [other]
min_pack: 2.1.0
colour: blue
"""


def test_every_key_is_read_and_unknown_ones_are_named():
    found = read_manifest(FULL)
    assert (found.name, found.version) == ("observer", KitVersion((1, 2, 0)))
    assert (found.repository, found.directory) == ("https://example.org/kits.git", "kits/observer")
    assert (found.bugs_url, found.bugs_email) == ("https://example.org/bugs", "bugs@example.org")
    assert found.visibility is Visibility.UNLISTED
    assert found.files == ("**/*.md", "*.txt")
    (core,) = found.dependencies
    assert (core.name, core.is_required, core.interop) == ("core", False, "events")
    assert core.version.holds(KitVersion((1, 4, 0)))
    assert (found.conflicts, found.min_pack) == (("other",), KitVersion((2, 1, 0)))
    unknown = [text.rpartition(" ")[2] for text in found.warnings]
    assert unknown == ["'colour'", "'repository.mirror'"]


def test_three_keys_are_enough():
    found = read_manifest(b"schema: 1\nname: a\nversion: 1.0.0\n")
    assert (found.files, found.visibility) == (("**/*.md",), Visibility.PUBLIC)
    assert not found.warnings


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (b"schema: 2", "schema"),
        (b"name: Observer", "name"),
        (b"name: ../x", "name"),
        (b"version: 1.2", "version"),
        (b"version: one", "one"),
        (b"files: []", "files"),
        (b"visibility: secret", "visibility"),
        (b"dependencies: {kits: [{name: A}]}", "dependencies.kits.0.name"),
        (b"dependencies: {kits: [{name: a, version: newest}]}", "newest"),
        (b"min_pack: soon", "soon"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(line, named):
    key = line.partition(b":")[0]
    kept = [row for row in FULL.splitlines() if not row.startswith((key + b":", b"  kits"))]
    kept = [row for row in kept if row != b"dependencies:"]
    with pytest.raises(InvalidContent, match=named):
        read_manifest(b"\n".join([*kept, line, b""]))


@pytest.mark.parametrize(
    "content", [b"\xff", b"- a\n", b"schema: 1\nschema: 1\n", b"a: &x [*x]\n", b"a: !!python/x y\n"]
)
def test_what_is_no_manifest_is_refused(content):
    with pytest.raises(InvalidContent):
        read_manifest(content)


def test_one_that_is_too_large_is_refused():
    with pytest.raises(LimitExceeded):
        read_manifest(FULL + b"#" * 100_000)


def test_the_schema_that_comes_with_pack_is_that_of_the_model():
    assert json.loads(kit_schema()) == manifest_schema()


def test_the_schema_names_every_key():
    schema = manifest_schema()
    keys = {line.partition(b":")[0].decode() for line in FULL.splitlines() if line[:1].isalpha()}
    assert keys - {"colour"} == set(schema["properties"])
    assert set(schema["required"]) == {"schema", "name", "version"}

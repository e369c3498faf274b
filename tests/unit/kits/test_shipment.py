"""What of a source becomes a kit, and what refuses all of it."""

import subprocess

import pytest

from pack.errors import InvalidContent, InvalidPath, LimitExceeded, NotFound, RefusedForSafety
from pack.kits import shipment
from pack.kits.shipment import Shipment, ShippedFile, tree_id, unpack
from pack.limits import MAX_FILE_BYTES
from pack.model import blob_id

MANIFEST = b"schema: 1\nname: observer\nversion: 1.0.0\n"
WIDE = MANIFEST + b'files: ["**"]\n'


def unpacked(files, manifest=MANIFEST):
    shipped = {
        path: one if isinstance(one, ShippedFile) else ShippedFile(one)
        for path, one in {"kit.yaml": manifest, **files}.items()
    }
    return unpack(Shipment("/up", None, None, shipped))


def test_only_what_the_manifest_names_belongs_to_it():
    kit = unpacked({"a.md": b"a", "d/b.md": b"b", "s.py": b"x", "c.txt": b"c"})
    assert set(kit.files) == {"kit.yaml", "a.md", "d/b.md"}
    wider = unpacked({"a.md": b"a", "s.py": b"x"}, MANIFEST + b'files: ["*.py"]\n')
    assert set(wider.files) == {"kit.yaml", "s.py"}
    assert (kit.name, kit.folder) == ("observer", "kits/observer/")
    moved = unpacked({}, MANIFEST + b"install_to: handbook/team\n")
    assert moved.folder == "handbook/team/"


@pytest.mark.parametrize(
    ("path", "one", "reason"),
    [
        ("link.md", ShippedFile(b"", "120000"), "a link"),
        ("sub.md", ShippedFile(b"", "160000"), "a submodule"),
        ("d/index.md", b"x", "PACK's own"),
        ("big.md", b"x" * (MAX_FILE_BYTES + 1), "larger"),
        (".hidden.md", b"x", "begins with a dot"),
        (".gitattributes.md", b"* -text", "begins with a dot"),
        (".gitignore.md", b"*", "begins with a dot"),
        (".pack/kits.lock.md", b"x", "begins with a dot"),
        (".pack.yaml.md", b"x", "begins with a dot"),
        ("index.md", b"x", "PACK's own"),
        ("d/INDEX.md", b"x", "PACK's own"),
        ("git~1/x.md", b"x", "git~1"),
        (".g\u200cit/x.md", b"x", "invisible"),
        ("a\u202ecod.md", b"x", "invisible"),
        (".git/config.md", b"x", "begins with a dot"),
        ("d/.git/x.md", b"x", "begins with a dot"),
        ("d/con.md", b"x", "d/con.md"),
        ("a\u0301.md", b"x", "NFC"),
        ("x" * 300 + ".md", b"x", "exceeds"),
        ("tab\t.md", b"x", "tab"),
    ],
)
def test_what_cannot_be_a_file_of_the_memory_is_left_out_by_name(path, one, reason):
    kit = unpacked({path: one, "a.md": b"a"})
    assert set(kit.files) == {"kit.yaml", "a.md"}
    (left,) = kit.left_out
    assert left.path == path
    assert reason in left.reason


def test_what_a_plugin_says_of_itself_to_any_client_comes_with_it():
    plugin = {".claude-plugin/plugin.json": b"{}", ".codex-plugin/plugin.json": b"{}"}
    kit = unpacked({**plugin, "d/.codex-plugin/plugin.json": b"{}", ".mcp.json": b"{}"}, WIDE)
    assert set(kit.files) == {"kit.yaml", *plugin}
    assert [one.path for one in kit.left_out] == [".mcp.json", "d/.codex-plugin/plugin.json"]


@pytest.mark.parametrize(
    "path", ["../a.md", "a/../../b.md", "/etc/a.md", "C:/a.md", "a\\..\\b.md", "\\a.md", "a\0.md"]
)
def test_a_path_that_leads_out_refuses_all_of_it(path):
    with pytest.raises(RefusedForSafety, match="leads out"):
        unpacked({path: b"x"})


@pytest.mark.parametrize("twins", [("a.md", "A.md"), ("d/a.md", "D/b.md"), ("é.md", "É.md")])
def test_files_that_would_be_one_on_some_systems_are_refused(twins):
    with pytest.raises(RefusedForSafety, match="one on some systems"):
        unpacked(dict.fromkeys(twins, b"x"))


@pytest.mark.parametrize(
    "folder", ["..", "/abs", ".pack", ".git/x", "profiles", "Profiles/x/", "archive", "a//b"]
)
def test_a_kit_goes_nowhere_else(folder):
    with pytest.raises(InvalidPath):
        unpacked({}, MANIFEST + f"install_to: '{folder}'\n".encode())


def test_bytes_are_as_upstream_has_them():
    files = {
        "crlf.md": b"a\r\nb\r\n",
        "open.md": b"no final newline",
        "binary.md": bytes(range(256)),
        "bom.md": b"\xef\xbb\xbf# A\n",
        "empty.md": b"",
        "run.md": ShippedFile(b"#!/bin/sh\n", "100755"),
    }
    kit = unpacked(files)
    assert {path: kit.files[path] for path in files if path != "run.md"} == {
        path: one for path, one in files.items() if path != "run.md"
    }
    assert (kit.shipped["run.md"].mode, kit.left_out) == ("100755", ())


@pytest.mark.parametrize(
    "manifest",
    [
        MANIFEST + b"x: " + b"a" * MAX_FILE_BYTES,
        MANIFEST + b"x: [" + b"[" * 5000,
        MANIFEST + b"x: &a [1]\ny: " + b"[" + b"*a, " * 5000 + b"*a]\n",
        MANIFEST + b"".join(b"k%d: {}\n" % n for n in range(200_000)),
        MANIFEST + b"files: [" + b"a, " * 5000 + b"a]\n",
        MANIFEST + b"description: " + b"a" * 5000 + b"\n",
    ],
)
def test_a_huge_manifest_is_refused(manifest):
    with pytest.raises((LimitExceeded, InvalidContent)):
        unpacked({}, manifest)


def test_what_is_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(shipment, "MOST_FILES", 3)
    monkeypatch.setattr(shipment, "MOST_BYTES", 1000)
    assert unpacked({"a.md": b"a", "b.md": b"b"})
    with pytest.raises(LimitExceeded, match="3 files"):
        unpacked({"a.md": b"a", "b.md": b"b", "c.md": b"c"})
    with pytest.raises(LimitExceeded, match="1,000"):
        unpacked({"a.md": b"a" * 999})


def test_a_source_without_a_manifest_is_no_kit():
    with pytest.raises(NotFound):
        unpack(Shipment("/up", None, None, {"a.md": ShippedFile(b"a")}))
    with pytest.raises(NotFound):
        unpack(Shipment("/up", None, None, {"kit.yaml": ShippedFile(b"", "120000")}))


def test_the_tree_of_a_kit_is_that_of_git(tmp_path):
    contents = {"a.md": b"1", "a/b.md": b"2", "a-b.md": b"3", "a/b/c.md": b"4", "z/é.md": b"5"}
    contents = {path: text for path, text in contents.items() if path != "a/b.md"}
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for path, text in contents.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text)
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    made = subprocess.run(
        ["git", "-C", tmp_path, "write-tree"], check=True, capture_output=True, text=True
    )
    assert tree_id({p: blob_id(text) for p, text in contents.items()}) == made.stdout.strip()

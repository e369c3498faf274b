"""The id of a tree is the one that git gives it."""

import subprocess

import pytest

from pack.distribution.ports import DownstreamEntry
from pack.distribution.running.trees import tree_after, tree_id
from pack.model import BlobId, blob_id

EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
FILES = ("a.md", "a/b.md", "a.b/c", "a0", "z/y/x.md", "日本/é.md", "z/y.md")


def entry(content, mode="100644"):
    return DownstreamEntry(mode, blob_id(content))


def test_no_files_are_the_empty_tree():
    assert tree_id({}) == EMPTY


def test_a_tree_has_the_id_that_git_gives_it(tmp_path):
    def git(*words, data=b""):
        command = ["git", *words]
        done = subprocess.run(command, cwd=tmp_path, input=data, check=True, capture_output=True)
        return done.stdout.decode().strip()

    git("init", "--quiet")
    files = {path: entry(path.encode()) for path in FILES}
    files["run.sh"] = entry(b"#!/bin/sh\n", "100755")
    files["link"] = entry(b"a.md", "120000")
    files["part"] = DownstreamEntry("160000", BlobId("1" * 40))
    rows = "".join(f"{one.mode} {one.blob}\t{path}\0" for path, one in files.items())
    git("update-index", "-z", "--index-info", data=rows.encode())
    assert tree_id(files) == git("write-tree", "--missing-ok")


@pytest.mark.parametrize("mode", ["100644", "100755"])
def test_a_file_that_is_there_keeps_its_mode(mode):
    after = tree_after({"a": entry(b"1", mode), "b": entry(b"2")}, {"a": b"3", "c": b"4"}, ["b"])
    assert after == {"a": entry(b"3", mode), "c": entry(b"4")}


def test_a_file_in_the_place_of_a_link_is_a_plain_one():
    assert tree_after({"a": entry(b"x", "120000")}, {"a": b"3"}, ()) == {"a": entry(b"3")}

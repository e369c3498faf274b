"""What `init` would make part of a memory."""

from pack.limits import MAX_FILE_BYTES
from pack.use_cases.adoption import Adoption, FolderOfNotes
from tests.github_support import GithubWorld
from tests.support import SCAFFOLD


def test_files_and_bytes_are_counted_and_what_stays_outside_is_named(world):
    world.commit({"docs/a.md": "abc\n", "docs/in/b.md": "b\n", "x/c.md": "c\n", "README.md": "r\n"})
    expected = Adoption(
        (FolderOfNotes("docs", 2, 6), FolderOfNotes("x", 1, 2)), outside=("README.md",)
    )
    assert world.memory.lifecycle.init(SCAFFOLD, dry_run=True).joining == expected
    made = world.memory.lifecycle.init(SCAFFOLD)
    assert made.joining == expected
    assert (made.joining.files, made.joining.size) == (3, 8)
    assert not made.joining.is_asked_about
    assert world.memory.lifecycle.init(SCAFFOLD).joining == Adoption()


def test_an_edit_counts_as_it_is_now(git_world):
    git_world.commit({"docs/a.md": "a\n"})
    git_world.edit("docs/a.md", "longer\n")
    git_world.edit("docs/new.md", "n\n")
    made = git_world.memory.lifecycle.init(SCAFFOLD, dry_run=True)
    assert made.joining.folders == (FolderOfNotes("docs", 2, 9),)


def test_a_file_that_is_too_large_is_named(git_world):
    git_world.edit("docs/a.md", "a\n")
    git_world.edit("docs/large.md", b"x" * (MAX_FILE_BYTES + 1))
    made = git_world.memory.lifecycle.init(SCAFFOLD, dry_run=True)
    assert [(one.path, "exceeds the limit" in one.reason) for one in made.left] == [
        ("docs/large.md", True)
    ]


def test_the_size_of_a_document_that_is_too_large_to_read_is_said(tmp_path):
    files = {"MEMORY.md": b"# A\n", "README.md": b"x" * (MAX_FILE_BYTES + 1)}
    with GithubWorld(tmp_path, files) as github:
        beside = github.open().lifecycle.beside_v1()
    assert beside.outside == (("README.md", MAX_FILE_BYTES + 1),)

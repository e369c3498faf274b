"""Plain names and paths of the memory: one to one, both ways."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.model import MemoryPath
from pack.plain_files.names import find_name, stored_path

_PARTS = ["a", ".md", ".txt", ".text", "index.md", "README"]
_NAMES = sorted(
    {"".join(p) for size in (1, 2, 3, 4) for p in itertools.product(_PARTS, repeat=size)}
)
_FOLDERS = [
    *("", "context/", "context/context/", "context/x/", "x/context/", "x/", "a.md/", "index.md/"),
    *("a.txt/", "a.txt.md/", "a.text.md/", "a.text/", "index.md.text.md/"),
]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("progress.md", "context/progress.md"),
        ("notes/todo.md", "notes/todo.md"),
        ("tasks.xml", "context/tasks.xml.md"),
        ("notes/NOTES.TXT", "notes/NOTES.TXT.md"),
        ("todo", "context/todo.text.md"),
        ("notes/v1.2", "notes/v1.2.text.md"),
        ("tasks.xml.md", "context/tasks.xml.md.md"),
        ("notes/todo.text.md", "notes/todo.text.md.md"),
        ("notes/v1.2.md", "notes/v1.2.md"),
        ("index.md", "context/index.md.text.md"),
        ("notes/Index.MD", "notes/Index.MD.text.md"),
        ("context/progress.md", "context/context/progress.md"),
        ("context/deep/progress.md", "context/deep/progress.md"),
        ("README.md", "context/README.md"),
        ("todo.md/one.md", "todo.md/one.md"),
        ("tasks.xml/one.md", "tasks.xml/one.md"),
        ("tasks.xml.md/one.md", "tasks.xml.md.md/one.md"),
        ("index.md/one.md", "index.md.text.md/one.md"),
    ],
)
def test_a_name_stands_for_a_path_and_the_path_for_the_name(name: str, path: str):
    assert stored_path(name, root_notes=False) == path
    assert find_name(MemoryPath(path), root_notes=False) == name


def test_where_notes_at_the_root_are_memory_only_names_of_others_are_moved():
    assert stored_path("progress.md", root_notes=True) == "progress.md"
    assert stored_path("context/progress.md", root_notes=True) == "context/progress.md"
    assert stored_path("AGENTS.md", root_notes=True) == "context/AGENTS.md"
    assert find_name(MemoryPath("context/AGENTS.md"), root_notes=True) == "AGENTS.md"


@pytest.mark.parametrize("root_notes", [False, True])
def test_no_two_names_share_a_path_and_no_two_paths_a_name(root_notes: bool):
    names = [f"{folder}{name}" for folder in _FOLDERS for name in _NAMES]
    paths = [stored_path(name, root_notes=root_notes) for name in names]
    assert len(set(paths)) == len(names)
    assert all(path.endswith((".md", ".MD")) for path in paths)
    assert [find_name(path, root_notes=root_notes) for path in paths] == names


def test_no_file_is_stored_where_a_folder_of_another_name_is():
    names = [name for name in _NAMES if name]
    files = {stored_path(f"x/{name}", root_notes=False): name for name in names}
    for name in names:
        folder = stored_path(f"x/{name}/y.md", root_notes=False).removesuffix("/y.md")
        assert files.get(MemoryPath(folder), name) == name


def test_a_folder_that_somebody_called_like_a_stored_file_has_no_name():
    assert find_name(MemoryPath("tasks.xml.md/one.md"), root_notes=False) is None


@pytest.mark.parametrize("root_notes", [False, True])
def test_every_path_of_a_memory_file_has_a_name_that_leads_to_it(root_notes: bool):
    nameless = ("a.txt.md/", "a.text.md/")
    folders = [one for one in _FOLDERS if (one or root_notes) and one not in nameless]
    for folder, name in itertools.product(folders, _NAMES):
        path = MemoryPath(f"{folder}{name}.md")
        if folder or not path.lower().startswith(("readme", "index")):
            there = find_name(path, root_notes=root_notes)
            assert there is not None
            assert stored_path(there, root_notes=root_notes) == path


@given(st.lists(st.text("aM.dtx/", min_size=1), min_size=1, max_size=3).map("".join))
def test_there_and_back_is_the_same_for_any_name(name: str):
    name = "/".join(part for part in name.split("/") if part) or "a"
    assert find_name(stored_path(name, root_notes=False), root_notes=False) == name

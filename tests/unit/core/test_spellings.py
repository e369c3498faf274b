"""Paths in use that some file system takes for a new one."""

import pytest

from pack.core.spellings import find_twin, spellings, with_folders


def test_a_path_is_listed_with_its_folders_from_the_outermost():
    assert with_folders("a/b/c.md") == ["a", "a/b", "a/b/c.md"]


@pytest.mark.parametrize(
    ("path", "twin"),
    [
        ("notes/A.md", "notes/a.md"),
        ("Notes/b.md", "notes"),
        ("notes/b.md", None),
        ("notes/a.md", None),
        ("notes/stra\u00dfe.md", "notes/STRASSE.md"),
    ],
)
def test_a_twin_differs_only_for_careful_file_systems(path: str, twin: str | None):
    assert find_twin(path, spellings(["notes/a.md", "notes/STRASSE.md"])) == twin

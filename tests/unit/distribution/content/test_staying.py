"""The names that nobody downstream should read, and those that say nothing."""

from pack.distribution.content.making import Made
from pack.distribution.content.staying import staying, with_bare_names
from pack.distribution.values import MadeFile
from pack.model import MemoryPath

MADE = Made((MadeFile("docs/web/a.md", MemoryPath("guides/web/a.md"), b""),), (), {})
USUAL = ["README.md", ".gitignore", "index.md", ".pack/distribution/registry.yaml", ".pack.yaml"]
SECRET = ["people/jane.md", "todo.md", ".pack/distribution/rules/acme.yaml", "people/README.md"]


def paths(*names):
    return [MemoryPath(name) for name in names]


def test_all_that_does_not_go_stays():
    assert staying(paths("guides/web/a.md", *USUAL, *SECRET), MADE) == SECRET


def test_a_name_that_something_that_goes_has_too_says_nothing():
    assert staying(paths("web/a.md", "a.md", "docs/web/a.md", "web/b.md"), MADE) == ["web/b.md"]
    assert staying(paths("src/a.py"), MADE, {"src/a.py"}) == []


def test_notes_are_known_by_their_bare_names_too():
    found = with_bare_names(paths("people/jane.md", "people/a.md"), ["guides/web/a.md"])
    assert found == ["people/jane.md", "people/a.md", "jane.md"]

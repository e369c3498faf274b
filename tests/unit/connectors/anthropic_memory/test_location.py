"""Paths of the memory tool, as a model writes them."""

import pytest
from anthropic.lib.tools import ToolError
from pack_connectors.anthropic_memory.location import plain_name, shown


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/memories", ""),
        ("/memories/", ""),
        ("/memories/notes/a.md", "notes/a.md"),
        ("/memories//notes/./a.md/", "notes/a.md"),
        ("/memories/notes/../a.md", "a.md"),
        ("/memories/../memories/a.md", "a.md"),
        ("/memories/%2e%2e/a.md", "%2e%2e/a.md"),
    ],
)
def test_a_path_names_a_file_or_folder(path: str, name: str):
    assert plain_name(path) == name


@pytest.mark.parametrize(
    "path", ["", "/", "memories/a", "/etc/passwd", "/memoriesfoo", "/Memories"]
)
def test_a_path_elsewhere_is_refused(path: str):
    with pytest.raises(ToolError, match="Path must start with /memories, got: "):
        plain_name(path)


@pytest.mark.parametrize(
    "path", ["/memories/..", "/memories/../x", "/memories/../../memories/a", "/memories/a/../../b"]
)
def test_a_path_that_leads_out_is_refused(path: str):
    with pytest.raises(ToolError) as caught:
        plain_name(path)
    assert str(caught.value) == f"Path {path} would escape /memories directory"


def test_a_name_is_shown_as_its_path():
    assert (shown(""), shown("a/b")) == ("/memories", "/memories/a/b")

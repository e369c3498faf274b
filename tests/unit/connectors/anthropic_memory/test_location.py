"""Paths of the memory tool, as a model writes them."""

import pytest

from tests.memory_tools import SDK
from tests.support import Later

location = Later("pack_connectors.anthropic_memory.location")


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
    assert location.plain_name(path) == name


@pytest.mark.parametrize(
    "path", ["", "/", "memories/a", "/etc/passwd", "/memoriesfoo", "/Memories"]
)
def test_a_path_elsewhere_is_refused(path: str):
    with pytest.raises(SDK.ToolError, match="Path must start with /memories, got: "):
        location.plain_name(path)


@pytest.mark.parametrize(
    "path", ["/memories/..", "/memories/../x", "/memories/../../memories/a", "/memories/a/../../b"]
)
def test_a_path_that_leads_out_is_refused(path: str):
    with pytest.raises(SDK.ToolError) as caught:
        location.plain_name(path)
    assert str(caught.value) == f"Path {path} would escape /memories directory"


def test_a_name_is_shown_as_its_path():
    assert (location.shown(""), location.shown("a/b")) == ("/memories", "/memories/a/b")

"""Refusals of the memory tool: its own words, and nothing of this machine."""

from __future__ import annotations

import pytest
from anthropic.lib.tools import ToolError
from pack_connectors.anthropic_memory.refusals import EDIT, VIEW, refusing

from pack.errors import (
    IgnoredPath,
    InvalidConfig,
    InvalidContent,
    InvalidPath,
    LimitExceeded,
    NotFound,
    NotInitialised,
    PackError,
    RepositoryBusy,
    Unavailable,
)
from pack.plain_files.refusals import FileInTheWay, NotAFile, ThroughLink

_CANNOT = "The path P cannot be used: "


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InvalidPath("a", "it is a reserved name"), f"{_CANNOT}it is a reserved name"),
        (FileInTheWay("a/b", "a"), f"{_CANNOT}/memories/a is a file"),
        (ThroughLink("a"), "Path would escape /memories directory via symlink"),
        (InvalidContent("/srv/x is not valid UTF-8"), "Unsupported file type for P"),
        (
            LimitExceeded("the content", 5),
            "The file P cannot be used: the content exceeds the limit of 5 bytes",
        ),
        (
            NotFound("context/a.md"),
            "The file P no longer exists (may have been deleted or renamed concurrently).",
        ),
        (
            IgnoredPath("a", "/volume/.config/git/ignore:3", "x"),
            f"{_CANNOT}the rules of the memory's repository leave it out",
        ),
        *(
            (error, f"The memory cannot do this now ({error.code}).")
            for error in (
                NotInitialised("/volume/memory"),
                Unavailable("/volume/memory: no space"),
                RepositoryBusy("/volume/memory/.git/index.lock"),
                InvalidConfig("PACK_X", "/volume"),
            )
        ),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, PackError) else "",
)
def test_each_kind_has_its_words(error: PackError, words: str):
    with pytest.raises(ToolError) as caught, refusing(VIEW, "P"):
        raise error
    assert str(caught.value) == words
    assert caught.value.__cause__ is error


def test_a_path_is_shown_as_it_was_written_whatever_it_holds():
    with pytest.raises(ToolError) as caught, refusing(EDIT, "/memories/{target}{path}"):
        raise NotAFile("x")
    assert str(caught.value) == "The path /memories/{target}{path} is not a file."

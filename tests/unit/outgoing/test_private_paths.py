"""Paths that say something about the person are found, and only those."""

import pytest

from pack.model import MemoryPath
from pack.outgoing.private_paths import (
    HOME,
    NOTE,
    NoteNames,
    find_private_names,
    find_private_paths,
)

NOTES = [MemoryPath("projects/acme merger.md"), MemoryPath("people/jo.md"), MemoryPath("plan.md")]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("see /" + "home/jdoe/notes", HOME),
        ("see file:///" + "Users/jdoe/x", HOME),
        ("in C:\\Users\\jdoe\\Documents", HOME),
        ("in /" + "root/keys", HOME),
        ("in /" + "var/home/jdoe/x", HOME),
        ("in /" + "Volumes/Clients/x", HOME),
        ("see file:///" + "Volumes/Clients/x", HOME),
        ("see projects/acme merger.md", NOTE),
        ("see [it](../../projects/acme%20merger.md)", NOTE),
        ("see [[people/jo]]", NOTE),
        ("see plan.md.", NOTE),
    ],
)
def test_a_private_path_is_found(text: str, what: str) -> None:
    assert [(one.line, one.what) for one in find_private_paths(f"a\n{text}", NOTES)] == [(2, what)]


@pytest.mark.parametrize(
    "text",
    [
        "see /" + "home/user/notes, /" + "Users/you/x and /home/$USER",
        "https://example.org/" + "home/jdoe is a page"[:19],
        "people/joanna.md, my-plan.md and plan.mdx",
        "plan",
        "people/jo/notes.md",
        "the path /usr/local/root/x",
    ],
)
def test_other_paths_are_not(text: str) -> None:
    assert find_private_paths(text, NOTES) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("see [[acme merger]]", NOTE),
        ("see [[Acme%20Merger|the plan]]", NOTE),
        ("see ![[jo#mail]] too", NOTE),
        ("see [[ plan.md ]]", NOTE),
        ("see [[../people/jo]]", NOTE),
        ("in ~" + "/Clients/Acme", HOME),
        ("(~" + "/work)", HOME),
        ("in ~" + "\\work\\x", HOME),
    ],
)
def test_a_short_private_name_is_found(text: str, what: str) -> None:
    assert [(one.line, one.what) for one in find_private_names(f"a\n{text}", NOTES)] == [(2, what)]


@pytest.mark.parametrize(
    "text",
    [
        "see [[joanna]], [[merger]] and jo",
        "see [[guide]], which comes with it",
        "in ~" + "/.config/pack, ~" + "/bin/x, ~" + "/path/to and ~" + "/$NAME",
        "about ~5/6 of it, a~/b",
    ],
)
def test_other_short_names_are_not(text: str) -> None:
    known = [MemoryPath("sub/guide.md")]
    assert find_private_names(text, [*NOTES, MemoryPath("x/Guide.md")], known) == []


def test_many_names_are_found_by_their_words() -> None:
    notes = [MemoryPath(f"people/p{n}/x_y-{n}.md") for n in range(2000)]
    names = NoteNames([*notes, MemoryPath("(.)")])
    assert names.within("see people/p7/x_y-7, people/p8/x_y-8.md") == [
        "people/p7/x_y-7",
        "people/p8/x_y-8",
        "people/p8/x_y-8.md",
    ]
    assert names.within("a (.) b") == ["(.)"]
    assert NoteNames(()).within("a") == []

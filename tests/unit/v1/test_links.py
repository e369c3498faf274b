"""Links of a divided file."""

from pack.model import MemoryPath
from pack.v1.links import repair_links

ORIGINAL = "# T\n\n## One\na\n## Same\nb\n## Same\nc\n"
ONE = MemoryPath("context/one.md")
TWO = MemoryPath("projects/same.md")
HEAD = "---\ntopic: x\n---\n"


def repaired(text, source="MEMORY.md", present=("docs/a b.md", "docs/x.png")):
    files = [(ONE, f"{HEAD}## One\n{text}"), (TWO, f"{HEAD}## Same\nb\n## Same\nc\n")]
    found = repair_links(source, ORIGINAL, files, present)
    whole = found.texts.get(ONE, files[0][1])
    assert whole.startswith(HEAD)
    return whole.removeprefix(f"{HEAD}## One\n"), found


def test_anchors_relative_links_and_wiki_links_are_repaired():
    for old, new in (
        ("[x](#same-1)", "[x](../projects/same.md#same-1)"),
        ("[x](MEMORY.md#same)", "[x](../projects/same.md#same)"),
        ("[x](#one)", "[x](#one)"),
        ("![p](docs/x.png)", "![p](../docs/x.png)"),
        ("[d](<docs/a%20b.md#s>)", "[d](<../docs/a%20b.md#s>)"),
        ("[[#Same]]", "[[same#Same]]"),
        ("[[Same]]", "[[Same]]"),
        ("[[One|1]] [[T]]", "[[One|1]] [[T]]"),
        ("[[MEMORY#same|s]]", "[[same#Same|s]]"),
    ):
        text, found = repaired(f"{old}\n")
        assert text == f"{new}\n", old
        assert found.repaired == (old != new)


def test_code_and_other_places_are_left_alone():
    text = "`[x](#same)` [y](https://e.org/#same) [z](/abs.md)\n```\n[x](#same)\n```\n"
    assert repaired(text)[0] == text


def test_what_leads_nowhere_stays_and_is_reported():
    text, found = repaired("ok\n[x](#gone) [y](no.md) [[Nobody]]\n")
    assert text == "ok\n[x](#gone) [y](no.md) [[Nobody]]\n"
    dead = [(one.path, one.line, one.target) for one in found.dead]
    assert dead == [(ONE, 6, "#gone"), (ONE, 6, "no.md"), (ONE, 6, "[[Nobody]]")]


def test_a_file_in_a_folder_has_its_links_from_there():
    text, _ = repaired("[x](a.md) [y](../up.md)\n", "notes/MEMORY.md", ["notes/a.md", "up.md"])
    assert text == "[x](../notes/a.md) [y](../up.md)\n"

"""Links of a divided file."""

from pack.model import MemoryPath
from pack.v1.links import KeptLink, OtherFile, repair_links

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


def test_reference_definitions_are_links_and_sentences_are_none():
    for old, new in (
        ("[a]: #same-1", "[a]: ../projects/same.md#same-1"),
        ("  [b c]: <MEMORY.md#same> 'title'", "  [b c]: <../projects/same.md#same> 'title'"),
        ("[d]: docs/x.png", "[d]: ../docs/x.png"),
        ("[e]: /MEMORY.md#same", "[e]: ../projects/same.md#same"),
        ("[^f]: docs/none", "[^f]: docs/none"),
        ("[g]: see the docs", "[g]: see the docs"),
        ("[h](../../x.png)", "[h](../../x.png)"),
    ):
        assert repaired(f"{old}\n")[0] == f"{new}\n", old


def of_other(text, path="notes/a.md", *, is_note=True, source="MEMORY.md"):
    files = [(ONE, "## One\na\n"), (TWO, "## Same\nb\n## Same\nc\n")]
    present = [source, path, f"legacy/{source.rpartition('/')[2]}"]
    other = OtherFile(MemoryPath(path), text, is_note)
    found = repair_links(source, ORIGINAL, files, present, [other])
    return found.texts.get(MemoryPath(path), text), found


def test_other_notes_lead_to_the_new_place_of_a_section():
    for path, source, old, new in (
        ("notes/a.md", "MEMORY.md", "[x](../MEMORY.md#one)", "[x](../context/one.md#one)"),
        ("notes/a.md", "MEMORY.md", "[x](/MEMORY.md#same-1)", "[x](../projects/same.md#same-1)"),
        (
            "a.md",
            "docs/MEMORY.md",
            "[x](<docs/MEMORY.md#one> 't')",
            "[x](<context/one.md#one> 't')",
        ),
        ("context/b.md", "MEMORY.md", "[x]: ../MEMORY.md#one", "[x]: one.md#one"),
        ("notes/a.md", "MEMORY.md", "[[MEMORY#Same|s]]", "[[same#Same|s]]"),
        ("notes/a.md", "docs/MEMORY.md", "[[docs/MEMORY#one]]", "[[one#One]]"),
    ):
        text, found = of_other(f"{old}\n", path, source=source)
        assert text == f"{new}\n", old
        assert (found.repaired, found.dead, found.kept) == (1, (), ())


def test_links_of_other_notes_to_anywhere_else_are_left_alone():
    text = (
        "[a](b.md) [c](#one) [d](../other/MEMORY.md#one) [e](MEMORY.md#one) [[#One]] [[Same]]\n"
        "[[other/MEMORY#One]] `[x](../MEMORY.md#one)` [f](https://e.org/MEMORY.md#one) [g](/x.md)\n"
    )
    assert of_other(text) == (text, of_other("")[1])


def test_what_still_leads_to_the_original_is_reported():
    text = "[x](../MEMORY.md)\n[[MEMORY]] [y](../MEMORY.md#gone)\n"
    same, found = of_other(text)
    assert same == text
    path = MemoryPath("notes/a.md")
    assert found.kept == (
        KeptLink(path, 1, "../MEMORY.md", None),
        KeptLink(path, 2, "[[MEMORY]]", None),
    )
    assert [(one.line, one.target) for one in found.dead] == [(2, "../MEMORY.md#gone")]


def test_a_file_that_is_no_memory_is_not_changed():
    text, found = of_other("[x](MEMORY.md#one)\n", "README.md", is_note=False)
    assert (text, found.repaired) == ("[x](MEMORY.md#one)\n", 0)
    path = MemoryPath("README.md")
    assert found.kept == (KeptLink(path, 1, "MEMORY.md#one", "context/one.md#one"),)

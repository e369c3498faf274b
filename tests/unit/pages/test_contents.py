"""What each page of Notion is to show."""

import pytest

from pack.model import blob_id
from pack.pages.contents import (
    EXPORT_TITLE,
    changed_sections,
    export_sections,
    export_text,
    find_moves,
    index_text,
    linked,
    make_content,
    mark,
    with_own_titles,
)

BLOB = blob_id(b"")
PAGES = {"context/a.md": "https://n.example/a", "projects/b.md": "https://n.example/b"}


def page(path, title="T", body="text"):
    return make_content(path, blob_id(path.encode()), f"# {title}\n\n{body}\n")


def test_a_page_has_the_title_of_its_file_and_what_is_below_it():
    found = make_content("context/a.md", BLOB, "# My  *title*\n\nfirst\n\nsecond\n")
    assert (found.heading, found.body) == ("# My  *title*", "first\n\nsecond")
    assert found.text == "# My  *title*\n\nfirst\n\nsecond"
    assert len(make_content("a/b.md", BLOB, f"# {'x' * 500}\n").title) == 200


def test_no_two_pages_have_the_same_title_or_that_of_the_export():
    pages = [page("a/x.md"), page("b/x.md", "t"), page("c/x.md", EXPORT_TITLE), page("d/x.md", "U")]
    titles = [one.title for one in with_own_titles(pages)]
    assert titles == ["T (a/x.md)", "t (b/x.md)", f"{EXPORT_TITLE} (c/x.md)", "U"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[x](../projects/b.md)", "[x](https://n.example/b)"),
        ("[x](/context/a.md) and [y](b.md)", "[x](https://n.example/a) and [y](b.md)"),
        ("`[x](/context/a.md)`", "`[x](/context/a.md)`"),
        ("[x](https://example.org)", "[x](https://example.org)"),
    ],
)
def test_links_to_memory_files_lead_to_their_pages(text, shown):
    assert linked(text, "context/c.md", PAGES.get) == shown


def test_the_index_has_a_link_to_each_page_by_folder():
    pages = [page("b/x.md", "One"), page("a/x.md", "Two"), page("b/y.md", "*Three*")]
    text = index_text(pages, lambda path: f"u:{path}", "u:export")
    assert text == (
        f"[{EXPORT_TITLE}](u:export)\n\n## b\n\n- [One](u:b/x.md)\n- [Three](u:b/y.md)\n\n"
        "## a\n\n- [Two](u:a/x.md)\n"
    )


def test_notes_at_the_root_have_a_heading_of_their_own():
    pages = [page("a.md"), page("x/b.md", "B")]
    assert "## At the root\n" in index_text(pages, lambda path: f"u:{path}", "u:export")


def test_a_section_that_changed_is_known_and_so_is_one_that_is_another():
    before = export_sections([page("a/x.md", "One"), page("a/y.md", "Two")], PAGES.get)
    after = export_sections([page("a/x.md", "One"), page("a/y.md", "Two", "new")], PAGES.get)
    other = export_sections([page("a/x.md", "One"), page("a/y.md", "Else")], PAGES.get)
    marks = [mark(section) for section in before]
    assert changed_sections(marks, before) == []
    assert changed_sections(marks, after) == [1]
    assert changed_sections(marks, other) is None
    assert changed_sections(marks, before[:1]) is None
    assert export_text(before) == "# One\n\ntext\n\n---\n\n# Two\n\ntext\n"


def test_a_page_follows_its_file_only_where_one_new_file_has_its_bytes():
    here = {path: page(path) for path in ("new/x.md", "a/stays.md")}
    bytes_of = {"old/x.md": here["new/x.md"].blob, "old/y.md": blob_id(b"else")}
    moves = find_moves(["old/x.md", "old/y.md", "a/stays.md"], here, bytes_of)
    assert (moves.moved, moves.gone) == ({"old/x.md": "new/x.md"}, ["old/y.md"])
    twice = here | {"new/y.md": make_content("new/y.md", here["new/x.md"].blob, "# T\n")}
    assert find_moves(["old/x.md"], twice, bytes_of).gone == ["old/x.md"]

"""A graph of Logseq."""

import pytest

from pack.files import frontmatter
from pack.imports.records import ImportKind, RecordClass
from pack.imports.rendering import render
from tests.import_support import DAY, day, folder_of, read, text_of, zip_of

GRAPH = {
    "logseq/config.edn": "{}",
    "logseq/bak/pages/a/1.md": "old\n",
    "logseq/.recycle/b.md": "gone\n",
    "logseq/custom.css": "",
    "pages/work%2Fsite.md": "- old style\n",
    "pages/work___plan.md": "title:: The plan\ntags:: [[big one]], #web, x\nowner:: [[Ann]]\n"
    "created:: 2021-02-03\n\n- first\n  id:: 64\n  - deeper\n",
    "pages/plain.md": "- key of a block:: no\n- text\n",
    "pages/note.org": "* org\n",
    "journals/2020_05_14.md": "- walked\n",
    "assets/pic.png": b"\x89PNG",
}


def test_pages_and_journals_have_names_that_say_what_they_are(tmp_path):
    found = read(folder_of(tmp_path / "graph", GRAPH))
    assert found.kind == "logseq"
    assert found.paths == [
        "journals/2020-05-14.md",
        "pages/plain.md",
        "pages/work/plan.md",
        "pages/work/site.md",
    ]
    assert {one.title for one in found.records} == {"2020-05-14", "plain", "The plan", "work/site"}
    journal = found.one("2020-05-14")
    assert journal.created == journal.updated == day("2020-05-14")
    assert found.one("work/site").updated == DAY


def test_assets_come_if_they_are_asked_for_and_links_lead_there(tmp_path):
    shown = "- ![p](../assets/pic.png){:height 3} [x](../../assets/y) `./assets/z`\n"
    graph = GRAPH | {"pages/plain.md": shown, "pages/a___b___c.md": shown}
    found = read(folder_of(tmp_path / "graph", graph), with_attachments=True)
    (picture,) = [one for one in found.records if one.kind is RecordClass.ATTACHMENT]
    assert (picture.folder, picture.name, picture.verbatim) == ("assets", "pic.png", b"\x89PNG")
    assert text_of(found.one("plain")) == shown
    assert text_of(found.one("a/b/c")) == (
        "- ![p](../../../assets/pic.png){:height 3} [x](../../../../assets/y) `./assets/z`\n"
    )
    skipped = {what: why for what, (why, _) in found.reasons.items()}
    assert skipped["pages/note.org"] == "it is an Org file; only markdown is read"
    assert skipped[".css"] == "they hold no text that is taken, such as images and settings"
    assert ".png" not in skipped


def test_properties_of_a_page_become_frontmatter_and_those_of_blocks_stay(tmp_path):
    found = read(folder_of(tmp_path / "graph", GRAPH))
    plan = found.one("The plan")
    assert text_of(plan) == "- first\n  id:: 64\n  - deeper\n"
    assert list(plan.tags) == ["big one", "web", "x"]
    assert plan.fields == {"owner": "[[Ann]]"}
    assert plan.created == day("2021-02-03")
    assert text_of(found.one("plain")) == GRAPH["pages/plain.md"]


BOOK = """source:: https://example.org/book
topic:: physics
source_id:: 77
related:: [[Alpha]], [[Beta]]
created:: some time in spring
related:: [[Gamma]]
title:: The book
title:: Really
updated:: [[2021-02-03]]
empty::
kind:: x

- first block
\t- child
"""


def page(tmp_path, text):
    files = {"logseq/config.edn": "{}", "pages/Page.md": text}
    (one,) = read(folder_of(tmp_path / "graph", files)).records
    return one


def test_a_property_without_a_place_in_frontmatter_stays_in_the_text(tmp_path):
    book = page(tmp_path, BOOK)
    assert text_of(book) == (
        "source:: https://example.org/book\ntopic:: physics\nsource_id:: 77\n"
        "created:: some time in spring\nrelated:: [[Gamma]]\ntitle:: Really\n"
        "\n- first block\n\t- child\n"
    )
    assert book.title == "The book"
    assert book.fields == {"related": "[[Alpha]], [[Beta]]", "empty": "", "kind": "x"}
    assert (book.created, book.updated) == (None, day("2021-02-03"))
    said = frontmatter.read(render(book, ImportKind.LOGSEQ, DAY).decode()).fields
    assert said["related"] == "[[Alpha]], [[Beta]]"


@pytest.mark.parametrize(
    "text",
    [
        "- template:: meeting\n\t- agenda:: x\n\t- text here\n- second\n",
        "  key:: indented\n- x\n",
        "\tkey:: indented\n- x\n",
        "a::b c\n- x\n",
    ],
)
def test_what_is_no_property_of_the_page_stays_where_it_is(tmp_path, text):
    one = page(tmp_path, text)
    assert (text_of(one), one.fields) == (text, {})


def test_frontmatter_and_properties_of_one_name_are_both_kept(tmp_path):
    one = page(tmp_path, "---\nkind: a\ncreated: in spring\n---\nkind:: b\n")
    assert one.fields == {"kind": "a", "created": "in spring"}
    assert text_of(one) == "kind:: b\n"
    said = frontmatter.read(render(one, ImportKind.LOGSEQ, DAY).decode()).fields
    assert said["logseq_created"] == "in spring"


def test_what_is_left_out_is_named(tmp_path):
    reasons = read(folder_of(tmp_path / "graph", GRAPH)).reasons
    assert reasons["pages/note.org"] == ("it is an Org file; only markdown is read", 1)
    assert reasons["copies"][1] == 2
    assert {".png", ".edn", ".css"} <= reasons.keys()


def test_a_graph_in_a_zip(tmp_path):
    file = tmp_path / "g.zip"
    file.write_bytes(zip_of({f"graph/{name}": text for name, text in GRAPH.items()}))
    found = read(file)
    assert (found.kind, len(found.records)) == ("logseq", 4)
    assert found.one("plain").source_id == "graph/pages/plain.md"


def test_graphs_of_two_names_stay_apart(tmp_path):
    found = [read(folder_of(tmp_path / f"graph {n}", GRAPH)).one("plain") for n in (1, 2)]
    assert [one.source_id for one in found] == [f"graph {n}/pages/plain.md" for n in (1, 2)]
    assert {one.former_id for one in found} == {"graph/pages/plain.md"}

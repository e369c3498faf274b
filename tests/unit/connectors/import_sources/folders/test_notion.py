"""An export of Notion."""

from time import process_time
from urllib.parse import unquote

import pytest

from pack.imports.records import RecordClass
from tests.import_support import DAY, HEX, read, text_of, zip_of

A, B, C, D, E, F = (f"{HEX}{n:02}" for n in range(6))
PAGES = {
    f"Home {A}.md": f"# Home\n\n[Plan](Home%20{A}/Plan%20(v1)%20{B}.md) ![](Home%20{A}/pic.png)\n"
    f"[Tasks](Home%20{A}/Tasks%20{C}.csv) [out](https://example.org/a%20b.md)\n",
    f"Home {A}/Plan (v1) {B}.md": "# Plan (v1)\n\nCreated: January 5, 2024 3:45 PM\n"
    f"Last edited time: February 6, 2024\nTags: big, web\n\nText: [up](../Home%20{A}.md#x)\n",
    f"Home {A}/Tasks {C}.csv": "\ufeffName,Done\nOne,No\n",
    f"Home {A}/Tasks {C}_all.csv": '\ufeffName,Done\nOne,No\n"a|b\nc",Yes\n',
    f"Home {A}/pic.png": b"\x89PNG",
    f"Old {D}.html": "<p>old</p>",
}


def export(tmp_path, files=None):
    inner = zip_of({f"Private & Shared/{name}": text for name, text in (files or PAGES).items()})
    file = tmp_path / "Export-1a2b3c4d.zip"
    file.write_bytes(zip_of({"ExportBlock-1a2b3c4d-Part-1.zip": inner}))
    return file


def test_names_lose_their_digits_and_links_lead_to_the_new_names(tmp_path):
    found = read(export(tmp_path))
    assert found.kind == "notion"
    assert found.paths == [
        "Private & Shared/Home.md",
        "Private & Shared/Home/Plan (v1).md",
        "Private & Shared/Home/Tasks.md",
    ]
    home = found.one("Home")
    assert home.source_id == A
    assert text_of(home) == (
        "# Home\n\n[Plan](Home/Plan%20%28v1%29.md) ![](Home/pic.png)\n"
        "[Tasks](Home/Tasks.md) [out](https://example.org/a%20b.md)\n"
    )
    assert "[up](../Home.md#x)" in text_of(found.one("Plan (v1)"))


def test_files_of_pages_lie_where_their_links_lead(tmp_path):
    twins = {
        f"Trip {E}.md": f"![](Trip%20{E}/pic.png)\n",
        f"Trip {E}/pic.png": b"one",
        f"Trip {F}.md": f"![](Trip%20{F}/pic.png) ![](Trip%20{F}/.hidden.png)\n",
        f"Trip {F}/pic.png": b"two",
        f"Trip {F}/.hidden.png": b"three",
        "cover.png": b"four",
    }
    found = read(export(tmp_path, PAGES | twins), with_attachments=True)
    held = {f"{one.folder}/{one.name}": one for one in found.records}
    shown = {
        "Private & Shared/Home.md": ("Home/pic.png", b"\x89PNG"),
        "Private & Shared/Trip.md": ("Trip/pic.png", b"one"),
        f"Private & Shared/Trip {F[-8:]}.md": (f"Trip/pic%20{F[-8:]}.png", b"two"),
    }
    for path, (link, content) in shown.items():
        assert f"![]({link})" in text_of(held[path])
        assert held[f"Private & Shared/{unquote(link)}"].verbatim == content
    assert held["Private & Shared/cover.png"].verbatim == b"four"
    assert not any("hidden" in path for path in held)
    without = read(export(tmp_path, PAGES | twins))
    assert {text_of(one) for one in without.records} <= {
        text_of(one) for one in found.records if one.kind is not RecordClass.ATTACHMENT
    }


def test_properties_give_dates_and_tags(tmp_path):
    plan = read(export(tmp_path)).one("Plan (v1)")
    assert plan.created.isoformat() == "2024-01-05T15:45:00+00:00"
    assert plan.updated.isoformat() == "2024-02-06T00:00:00+00:00"
    assert list(plan.tags) == ["big", "web"]
    assert read(export(tmp_path)).one("Home").updated == DAY


def test_a_database_is_one_table_with_all_rows(tmp_path):
    table = read(export(tmp_path)).one("Tasks")
    assert text_of(table) == (
        "# Tasks\n\n| Name | Done |\n| --- | --- |\n| One | No |\n| a\\|b<br>c | Yes |\n"
    )
    assert table.source_id == f"{C}.csv"


def test_what_is_left_out_is_named(tmp_path):
    many = "a,b\n" + "1,2\n" * 3000
    files = PAGES | {f"Big {D}.csv": many, f"Bad {B}.csv": b"\xff", f"Empty {C}.csv": ""}
    reasons = read(export(tmp_path, files)).reasons
    whys = {what.rpartition("/")[2]: why for what, (why, _) in reasons.items()}
    assert whys[f"Old {D}.html"] == "it is HTML: export as markdown"
    assert whys[f"Big {D}.csv"] == "the table has too many rows for a note"
    assert whys[f"Bad {B}.csv"] == "it is not UTF-8 text"
    assert whys[f"Empty {C}.csv"] == "it has no text"
    assert ".png" in whys


def test_the_second_page_of_a_name_has_some_of_its_digits_and_links_to_the_first_stay(tmp_path):
    files = {f"Home {D}.md": f"# Home\n\n[x](Same%20{A}.md)\n", f"Same {A}.md": "# Same\n"}
    later = {f"Same {B}.md": f"# Other\n\n[x](Same%20{A}.md)\n[y](Same%20{B}.md)\n"}
    first, second = read(export(tmp_path, files)), read(export(tmp_path, files | later))
    assert first.paths == [f"Private & Shared/{name}" for name in ("Home.md", "Same.md")]
    assert second.paths == sorted([*first.paths, f"Private & Shared/Same {B[-8:]}.md"])
    home = text_of(first.one("Home"))
    assert "[x](Same.md)" in home
    assert text_of(second.one("Home")) == home
    assert f"[x](Same.md)\n[y](Same%20{B[-8:]}.md)" in text_of(second.one("Other"))


def test_the_oldest_page_is_that_of_the_older_kind_of_id(tmp_path):
    random, grown = "f" * 12 + "4" + "f" * 19, "1" * 12 + "8" + "1" * 19
    found = read(export(tmp_path, {f"Same {one}.md": f"# {one}\n" for one in (grown, random)}))
    assert {one.source_id: one.name for one in found.records} == {
        random: "Same.md",
        grown: "Same 11111111.md",
    }


@pytest.mark.parametrize("index", ["Home", "index"])
def test_links_of_pages_at_the_top_lead_where_these_are(tmp_path, index):
    files = {
        f"{index} {A}.md": f"# Home\n\n[Sub]({index}%20{A}/Sub%20{B}.md) [C](Cook%20{C}.md)\n",
        f"{index} {A}/Sub {B}.md": f"# Sub\n\n[Up](../{index}%20{A}.md)\n",
        f"Cook {C}.md": "# Cook\n",
    }
    file = tmp_path / "Export-1a2b3c4d.zip"
    file.write_bytes(zip_of(files))
    found = read(file)
    top = {one.title: f"{one.folder}/{one.name}" for one in found.records}
    home = "notion/index-note.md" if index == "index" else "notion/Home.md"
    assert top == {"Home": home, "Sub": f"{index}/Sub.md", "Cook": "notion/Cook.md"}
    assert text_of(found.one("Home")) == f"# Home\n\n[Sub](../{index}/Sub.md) [C](Cook.md)\n"
    assert text_of(found.one("Sub")) == f"# Sub\n\n[Up](../{home})\n"


def test_brackets_without_end_are_read_in_time(tmp_path):
    text = f"# Home\n\n[a [b](Cook%20{B}.md) [![](Cook%20{B}.md)](x)\n" + "[" * 200_000
    files = {f"Home {A}.md": text, f"Cook {B}.md": "# Cook\n"}
    began = process_time()
    home = text_of(read(export(tmp_path, files)).one("Home"))
    assert process_time() - began < 10
    assert home.startswith("# Home\n\n[a [b](Cook.md) [![](Cook.md)](x)\n")

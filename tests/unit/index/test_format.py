import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pack.files import frontmatter
from pack.index.format import (
    FolderSummary,
    IndexHead,
    IndexLine,
    IndexRow,
    in_sync_order,
    is_generated,
    is_large,
    next_order,
    read_head,
    render_root,
    render_row,
)

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
PATHS = st.lists(st.text("abcä/", min_size=1, max_size=4), unique=True, max_size=12)


def row(path="a/b.md", topic="Topic", tags=(), updated="2026-03-01"):
    return IndexRow(path, topic, tags, updated)


def root(rows, order=()):
    lines = [IndexLine(r.path, render_row(r), r.updated) for r in rows]
    folders = sorted({line.path.rpartition("/")[0] for line in lines})
    found = {f: [line for line in lines if line.path.rpartition("/")[0] == f] for f in folders}
    summaries = [FolderSummary(f, len(found[f]), "2026-03-01") for f in folders]
    return render_root(order, summaries, found.__getitem__, (), is_large=False)


def cells(text):
    """The text of each cell of the only table, row by row, and the targets of all links."""
    tokens = _MARKDOWN.parse(frontmatter.split(text).body)
    rows, links = [], []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline" and before.type in ("th_open", "td_open"):
            parts = token.children or []
            rows[-1].append("".join(part.content for part in parts))
            links += [part.attrs["href"] for part in parts if part.type == "link_open"]
            assert not [part for part in parts if part.type == "html_inline"]
    assert not [token for token in tokens if token.type == "html_block"]
    return rows, links


def test_the_index_of_a_small_memory():
    rows = [row("context/a b.md", "One | two", ("x", "y|z")), row("projects/p.md", updated=None)]
    assert root(rows, ["projects/p.md", "context/a b.md"]) == (
        "---\nversion: 2\nfile_count: 2\nlast_updated: 2026-03-01\nsync_order:\n"
        "  - projects/p.md\n  - context/a b.md\n---\n\n# Memory index\n\n"
        "PACK writes this file with every change. Only the order under `sync_order` is yours to"
        " edit.\n\n## context/\n\n"
        "| File | Topic | Tags | Updated |\n| --- | --- | --- | --- |\n"
        "| [a b.md](context/a%20b.md) | One \\| two | x, y\\|z | 2026-03-01 |\n"
        "\n## projects/\n\n"
        "| File | Topic | Tags | Updated |\n| --- | --- | --- | --- |\n"
        "| [p.md](projects/p.md) | Topic |  |  |\n"
    )


def test_the_index_of_a_memory_without_files():
    assert root([]).startswith("---\nversion: 2\nfile_count: 0\nsync_order: []\n---\n")
    assert read_head(root([])) == IndexHead()


@pytest.mark.parametrize(
    "topic",
    [
        "a | b",
        "a \\| b",
        "a\nb\r\n| c | d | e | f |",
        "a\n\n# heading",
        "<script>alert(1)</script>",
        "<!-- comment",
        "[link](https://evil.example)",
        "\u202eevil\u2066",
        "nul\0bell\x07",
        "line\u2028separator\x85next",
        "\ud800",
        "|",
        "",
        "x" * 5000,
        "\\",
        "![image](x)",
    ],
)
def test_a_topic_stays_in_its_cell(topic):
    text = root([row(topic=topic, tags=(topic, "last"))])
    rows, links = cells(text)
    assert len(rows) == 2
    assert len(rows[1]) == 4
    assert rows[1][3] == "2026-03-01"
    assert links == ["a/b.md"]
    assert text.encode()  # it can be stored
    assert len(text.splitlines()) == len(text.split("\n")) - 1


@pytest.mark.parametrize(
    "name",
    ["a b.md", "a](b.md", "a(b).md", "[x].md", "a]\\(b.md", "ü#%20.md", "a'b`c`.md", "日本.md"],
)
def test_a_name_is_shown_and_its_link_leads_to_it(name):
    rows, links = cells(root([row(f"my dir/{name}")]))
    assert len(rows[1]) == 4
    assert rows[1][3] == "2026-03-01"
    assert [unquote(link) for link in links] == [f"my dir/{name}"]


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_topic_or_tag_breaks_the_table(topic, tag):
    text = root([row(topic=topic, tags=(tag,))])
    assert len(text.split("\n")) == 17
    line = text.split("\n")[-2]
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 5
    text.encode()


@given(PATHS)
def test_the_order_is_read_as_it_was_written(paths):
    rows = [row("a/b.md")]
    assert read_head(root(rows, paths)).sync_order == tuple(paths)


@pytest.mark.parametrize(
    "path",
    ["a/yes", "a: b/c.md", "a/#x.md", "a/ x.md", "1/2", "a/x.md ", 'a/"q".md', "é/ñ.md", "~"],
)
def test_an_unusual_path_survives_the_frontmatter(path):
    assert read_head(root([row("a/b.md")], [path])).sync_order == (path,)


@given(PATHS, PATHS, st.booleans(), st.booleans())
def test_the_next_order_keeps_places_and_settles_at_once(before, present, large, sharded):
    head = IndexHead(tuple(before), sharded)
    order = next_order(head, present, {}, large=large)
    if not large:
        assert sorted(order) == sorted(present)
        assert [p for p in order if p in before] == [p for p in before if p in present]
    else:
        kept = [p for p in before if p in present]
        assert order == kept[: len(order)]
    assert next_order(IndexHead(tuple(order), large), present, {}, large=large) == order


def test_a_moved_file_keeps_its_place_and_a_vanished_one_goes():
    head = IndexHead(("a/3.md", "a/1.md", "a/2.md"))
    moved = {"a/1.md": "b/1.md"}
    assert next_order(head, ["a/3.md", "b/1.md", "a/0.md"], moved, large=False) == [
        "a/3.md",
        "b/1.md",
        "a/0.md",
    ]


def test_a_memory_that_becomes_large_keeps_what_the_user_ordered():
    head = IndexHead(("z/9.md", "z/5.md", "a/1.md", "a/2.md", "b/1.md"))
    order = next_order(head, list(head.sync_order), {}, large=True)
    assert order == ["z/9.md", "z/5.md"]
    assert in_sync_order(order, head.sync_order) == list(head.sync_order)


def test_in_sync_order_names_every_file_once():
    assert in_sync_order(["b", "x", "b"], ["a", "b", "c"]) == ["b", "a", "c"]


@pytest.mark.parametrize(
    "text",
    ["", "# My index\n", "---\nversion: 2\nsync_order: [\n---\n", "---\nversion: 1\n---\n", "\0"],
)
def test_an_index_that_pack_did_not_write_is_known_as_such(text):
    assert not read_head(text).is_ours


@pytest.mark.parametrize("order", ["oops", {"a": 1}, None, [1, None, ["x"]]])
def test_an_order_of_another_type_is_no_order(order):
    text = f"---\nversion: 2\nsync_order: {order if order is not None else ''}\n---\n"
    assert read_head(text).sync_order in ((), ("None",))


def test_only_index_names_can_be_generated():
    fields = {"pack_index": "folder"}
    assert is_generated("a/index.md", fields)
    assert is_generated("a/index/p-0123456789abcdef.md", {"pack_index": "page"})
    assert not is_generated("a/index.md", {})
    assert not is_generated("a/other.md", fields)
    assert not is_generated("a/p-0123456789abcdef.md", {"pack_index": "page"})


def test_long_paths_make_a_memory_large_before_many_files_do():
    assert not is_large(["x" * 40] * 500)
    assert is_large(["x" * 41] * 500)
    assert is_large(["x"] * 501)
    assert is_large(["😀" * 21] * 500)


def test_the_longest_order_of_a_small_memory_can_be_read_again():
    order = [f"{number:03}{'😀' * 19}" for number in range(500)]
    assert not is_large(order)
    assert read_head(root([row("a/b.md")], order)) == IndexHead(tuple(order))


CELLS = st.text("aZ9 .-_'|[<\\\n\té", max_size=6)


@given(CELLS.filter(lambda text: "\n" not in text), CELLS, st.lists(CELLS, max_size=3))
@example("b", "One two", ["a", "b-c"])
@example("b", "a\nZ", [])
@example("b", "a ", [""])
def test_plain_rows_are_rendered_as_all_are(name, topic, tags):
    one = row(f"a/{name}.md", topic, tuple(tags))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pack.index.format._PLAIN_ROW", re.compile(r"(?!)"))
        as_ever = render_row(one)
    assert render_row(one) == as_ever

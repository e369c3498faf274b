"""The one markdown text that targets are given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pack.limits import MAX_FILE_BYTES
from pack.model import MemoryPath
from pack.sync.text import TextSource, join_sections, make_section, read_section
from tests.support import World

PIECES = st.sampled_from(
    ["# One", "## Two", "###### Six", "Title\n===", "Two\nlines\n---", "text", "", "- a", "  - b",
     "> # quoted", "```", "~~~", "    # code", "<!-- ", "-->", "<div>", "</div>", "<pre>", "<?php",
     "<![CDATA[", "| a |\n|---|", "[x]: /y", "\\# no", "#no", "#no\n===", "# C #", "\t",
     "* * *", "1. x", "````", "   ```", "    ```", "<PRE>", "<!A", "<prefix>", ">", "</style>",
     " "]
)  # fmt: skip


def titles(markdown):
    tokens = MarkdownIt().parse(markdown)
    return [
        (token.tag, tokens[at + 1].content)
        for at, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0
    ]


@pytest.mark.parametrize(
    ("topic", "body", "section"),
    [
        ("Web", "text", "# Web\n\ntext"),
        ("Web", "", "# Web"),
        ("Web", "# Website\n\ntext", "# Website\n\ntext"),
        ("Web", "\n\n  # Website #\ntext", "# Website #\n\ntext"),
        ("Web", "Website\n===\ntext", "# Website\n\ntext"),
        ("Web", "#tag\n===\ntext\n\n#more\n===", "# #tag\n\ntext\n\n## #more"),
        ("Web", "## Part\n\n### Deep", "# Web\n\n## Part\n\n### Deep"),
        ("Web", "# A\n\n# B\n\n## C\n\n###### D", "# A\n\n## B\n\n### C\n\n###### D"),
        ("Web", "text\n\n# B\n\nC\n---\n", "# Web\n\ntext\n\n## B\n\n### C"),
        ("Web", "text\n\nB\nb\n===", "# Web\n\ntext\n\n## B b"),
        ("Web", "```\n# no\n```\n\n# A", "# Web\n\n```\n# no\n```\n\n## A"),
        ("Web", "> # no\n\n- # no", "# Web\n\n> # no\n\n- # no"),
        ("C #", "x", "# C \\#\n\nx"),
        ("##", "x", "# \\##\n\nx"),
        ("two\nlines  \t here", "x", "# two lines here\n\nx"),
    ],
)
def test_a_file_is_one_title_and_what_is_below_it(topic, body, section):
    assert make_section(topic, body) == section


@pytest.mark.contract("C3")
@given(st.lists(st.lists(PIECES, max_size=6).map("\n".join), min_size=1, max_size=4))
def test_every_file_has_one_title_and_none_swallows_the_next(bodies):
    joined = join_sections(make_section(f"Topic {n}", body) for n, body in enumerate(bodies))
    joined += "\n---\n\n# The end\n"
    ones = [title for tag, title in titles(joined) if tag == "h1"]
    assert len(ones) == len(bodies) + 1
    assert ones[-1] == "The end"


def test_line_ends_and_what_is_no_text():
    section = read_section(
        MemoryPath("a/b.md"), b"\xef\xbb\xbf---\r\ntopic: T\r\n---\r\na\r\nb\xff\r\n"
    )
    assert section.text == "# T\n\na\nb\N{REPLACEMENT CHARACTER}"


@pytest.mark.contract("C3")
def test_a_file_beyond_the_limit_is_not_parsed_and_not_dropped():
    body = "# one\n```\n<!--\n" + "- a\n" * (MAX_FILE_BYTES // 4)
    section = read_section(MemoryPath("a/b.md"), f"---\ntopic: T\n---\n{body}".encode())
    assert section.text == f"# T\n\n````\n{body.strip()}\n````"


def test_an_index_that_pack_generates_is_no_file():
    content = b"---\npack_index: folder\n---\n\n| File |\n"
    assert read_section(MemoryPath("a/index.md"), content) is None


# --- a memory --------------------------------------------------------------------------------


@pytest.fixture
def world():
    found = World(None)
    found.init()
    yield found
    found.close()


def source(world):
    return TextSource(world.connector, MemoryPath(world.v1_path))


@pytest.mark.contract("C3")
def test_files_come_in_the_order_of_the_index_then_alphabetically(world):
    for name in ("context/b.md", "context/a.md", "projects/z.md"):
        world.memory.notes.update(name, f"# {name}\n\ntext of {name}\n")
    index = world.files()["index.md"].decode()
    head, _, _ = index.partition("sync_order")
    world.commit({"index.md": f"{head}sync_order:\n- projects/z.md\n- gone.md\n---\n"})
    text = source(world).text_at(world.connector.head())
    assert text == (
        "# projects/z.md\n\ntext of projects/z.md\n\n---\n\n# context/a.md\n\ntext of context/a.md"
        "\n\n---\n\n# context/b.md\n\ntext of context/b.md\n\n---\n\n# General\n"
    )


def test_what_is_not_for_targets_is_left_out(world):
    world.memory.notes.update("context/secret.md", "---\nsync: false\n---\n\nnobody's business\n")
    world.memory.notes.update("context/old.md", "---\nttl: 2026-01-01\n---\n\nlong ago\n")
    head = world.connector.head()
    assert "nobody" not in source(world).text_at(head)
    assert "long ago" in source(world).text_at(head)
    assert "long ago" not in source(world).text_at(head, world.clock().date())


@pytest.mark.contract("C3")
def test_the_same_tree_gives_the_same_bytes_whatever_was_read_before(world):
    kept = source(world)
    texts = {}
    for number in range(4):
        world.memory.notes.update(f"context/n{number % 2}.md", f"{number}\n", sha_of(world, number))
        texts[world.connector.head()] = kept.text_at(world.connector.head())
    for commit, text in texts.items():
        assert source(world).text_at(commit) == text
        assert kept.text_at(commit) == text


def sha_of(world, number):
    return world.memory.notes.get(f"context/n{number % 2}.md").sha if number > 1 else None


def test_only_what_changed_is_read_again(world):
    world.memory.notes.update("context/a.md", "a\n")
    kept = source(world)
    kept.text_at(world.connector.head())
    world.memory.notes.update("context/b.md", "b\n")
    read = []
    original = world.connector.read_blobs
    world.connector.read_blobs = lambda shas: original([read.append(sha) or sha for sha in shas])
    kept.text_at(world.connector.head())
    assert len(read) == 2  # the index and the new file


def test_a_v1_memory_is_its_file():
    world = World(None)
    world.commit({"MEMORY.md": "---\nx: 1\n---\n# Memory\r\n\r\ntext\r\n", "README.md": "no"})
    assert source(world).text_at(world.connector.head()) == "# Memory\n\ntext\n"
    assert source(world).text_at(None) == ""
    world.close()

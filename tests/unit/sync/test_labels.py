"""Link labels of files that are joined to one text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pack.model import MemoryPath
from pack.sync import labels as sync_labels
from pack.sync.labels import LabelledFile, Separation, read_labels
from pack.sync.text import TextSource, join_sections, make_section
from tests.support import World, is_soak

LABELS = st.sampled_from(["a", "A", "b", "x", "a b", "a\nb", " a ", r"a\]", "a-2", "ẞ", "b\0"])
NAMES = st.sampled_from(["a", "b", "x", "a b", "ss"])
PIECES = st.one_of(
    LABELS.map("[{}]: /one".format), LABELS.map("[{}]: /two 'title'".format),
    LABELS.map("> [{}]: <three>".format), LABELS.map("- text\n\n  [{}]: /four".format),
    LABELS.map("see [{}] here".format), LABELS.map("[text][{}]".format),
    LABELS.map("**[{}][]**".format), LABELS.map("![image][{}]".format),
    LABELS.map("- [{}] done".format), LABELS.map("> lazy [{}]\nline".format),
    LABELS.map("`[{}]`".format), LABELS.map("```\n[{}]: /no\n```".format),
    LABELS.map(r"\[{}] <b title='[a]'>".format), LABELS.map("## About [{}] ##".format),
    LABELS.map("[in](/line) [{}](not one".format), LABELS.map("1. [![i][{}]][a] x".format),
    LABELS.map("Under [{}]\n---".format), st.just("[a][b][x]"), st.just("    [a]: /code"),
    st.just("> quoted [a\n> b]"), st.just("> [a\n> b]: /five"),
)  # fmt: skip
SCRAPS = st.sampled_from(
    ["[", "]", "a", "b", ":", " /x", "\n", "\n\n", "> ", "- ", "`", "```", "<", "!", "(", ")", "\\",
     "\t", "    ", "\0", "#", "===", "---", "'", '"', "[a]", "[a]: /x", "[a]: /y\n", "<!--", "*",
     "ß", "SS"]
)  # fmt: skip
BODIES = st.lists(st.lists(PIECES, max_size=5).map("\n\n".join), min_size=1, max_size=4)


def files(*bodies):
    return [LabelledFile(f"n{at}", body, read_labels(body)) for at, body in enumerate(bodies)]


def joined(*bodies):
    return Separation().apply(files(*bodies))


def as_new(text):
    """A text with the new ends of labels as `-N`."""
    return re.sub(r"-[0-9a-f]{6}(?=\s*\])", "-N", text)


def shown(markdown):
    return MarkdownIt("commonmark").render(markdown)


@pytest.mark.contract("C3")
@given(BODIES)
def test_joined_a_reader_sees_what_each_file_shows_by_itself(bodies):
    sections = [make_section(f"T{number}", body) for number, body in enumerate(bodies)]
    alone = "<hr />\n".join(map(shown, sections))
    assert shown(join_sections(joined(*sections))) == alone


@pytest.mark.contract("C3")
@given(st.lists(st.lists(SCRAPS, max_size=18).map("".join), min_size=1, max_size=3))
def test_no_scraps_of_markdown_reach_beyond_their_file(bodies):
    sections = [make_section("T", body.strip("\n")) for body in bodies]
    alone = "<hr/>".join("".join(shown(f"{section}\n").split()) for section in sections)
    assert "".join(shown(join_sections(joined(*sections))).split()) == alone


@pytest.mark.parametrize(
    ("first", "second", "renamed"),
    [
        ("[a]: /1", "[a] [b][A] [a][] ![a]\n\n[a]: /2",
         "[a][a-N] [b][A-N] [a][a-N] ![a][a-N]\n\n[a-N]: /2"),
        ("[a]: /1", "[t][ a ] `[a]` <i title='[a]'> \\[a]\n\n    [a]\n\n> [ A\t]: /2",
         "[t][ a-N ] `[a]` <i title='[a]'> \\[a]\n\n    [a]\n\n> [ A-N\t]: /2"),
        ("[a]: /1\n\n[x-2]", "[a]\n\n[a]: /2 'x'", "[a][a-N]\n\n[a-N]: /2 'x'"),
        ("[a]: /1", "[a]: /2\n[a]: /3", "[a-N]: /2\n[a-N]: /3"),
        ("x[^1]\n\n[^1]: one two", "y[^1] `[^1]`\n\n[^1]: one two",
         "y[^1-N] `[^1]`\n\n[^1-N]: one two"),
        ("x[^1]\n\n[^1]: one", "y[^1]\n\n[^1]: two", "y[^1-N]\n\n[^1-N]: two"),
    ],
)  # fmt: skip
def test_a_label_that_leads_elsewhere_gets_another_name(first, second, renamed):
    assert list(map(as_new, joined(first, second))) == [first, renamed]


@pytest.mark.parametrize(
    "bodies",
    [
        ("[a]\n\n[a]: /1", "[a] again\n\n[A]: /1"),
        ("[a]\n\n[a]: /1", "[b]\n\n[b]: /2", "text"),
        ("- [ ] open\n- [x] done", "x[y] [^1]"),
    ],
)
def test_labels_that_do_not_meet_stay_as_they_are(bodies):
    assert joined(*bodies) == list(bodies)


def test_a_file_makes_no_links_in_another():
    hostile = "[x] [Bank]\n\n[x]: https://evil.example\n\n> [bank\n> portal]: https://evil.example"
    other = "- [x] call the [bank  portal]"
    ours, theirs = joined(hostile, other)
    assert theirs == other
    assert "evil" not in shown(f"{ours}\n\n---\n\n{theirs}").partition("<hr />")[2]
    assert '<a href="https://evil.example">x</a>' in shown(ours)


def test_a_memory_gives_the_text_without_collisions():
    world = World(None)
    world.init()
    world.memory.notes.update("context/a.md", "# A\n\n[one][1]\n\n[1]: https://a.example\n")
    world.memory.notes.update("context/b.md", "# B\n\n[two][1]\n\n[1]: https://b.example\n")
    source = TextSource(world.connector, MemoryPath(world.v1_path))
    text = source.text_at(world.connector.head())
    assert '<a href="https://a.example">one</a>' in shown(text)
    assert '<a href="https://b.example">two</a>' in shown(text)
    world.close()


def test_a_file_of_too_many_brackets_keeps_to_itself_too():
    hostile = "[a] " + "[" * 20_001 + "\n\n[a]: /evil"
    ours, theirs = joined(hostile, "[a]")
    assert as_new(ours).endswith("\n\n[a-N]: /evil")
    assert theirs == "[a]"


MANY = 10_000 if is_soak() else 3_000


@pytest.mark.parametrize(
    "body",
    [
        "[a" + " " * 400_000 + "b]: /x",
        "[a]: /x\n\n" + "[a] " * MANY,
        "[a]: /x\n\n" + "[a]\n" * MANY,
        "[a]: /x\n\n" + "[a" * MANY,
        "\n".join(f"[a{number}]: /x" for number in range(MANY // 2)),
        "[^" * 200_000 + "]:",
    ],
    ids=["space", "one line", "lines", "nested", "definitions", "footnotes"],
)
def test_hostile_labels_cost_no_minutes(body):
    texts = joined("[a]: /1\n[a1]: /1\n[^1]: /1\n[a b]: /1", body)
    assert texts[0].startswith("[a]: /1\n")  # or the suite's timeout ends it


@pytest.mark.contract("C3")
def test_a_name_stays_when_other_files_come_and_what_is_known_is_not_made_again(monkeypatch):
    separation = Separation()
    one, two, three = files("[a]: /1", "[a]: /2", "[a]: /3")
    first = separation.apply([one, three])
    assert separation.apply([one, two, three])[::2] == first
    monkeypatch.setattr(sync_labels, "renamed", None)
    assert separation.apply([one, three]) == first
    with pytest.raises(TypeError):
        separation.apply([one, two])  # it was forgotten


def test_a_name_that_a_text_has_already_is_not_given():
    (_, given) = joined("[a]: /1", "[a]: /2")
    taken = given.partition("]")[0].lstrip("[")
    texts = joined("[a]: /1", "[a]: /2", f"[{taken}]")
    assert texts[1] != given
    assert f"[{taken}]" not in texts[1]

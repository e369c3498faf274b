import re
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.actions import Action
from pack.errors import InvalidContent, InvalidPlan
from pack.files import frontmatter
from pack.v1.divide import (
    apply,
    checklist,
    parse_plan,
    plan,
    prove,
)

TODAY = date(2026, 11, 21)
BOM = b"\xef\xbb\xbf"


def migrate(content, taken=()):
    made = plan(content, "MEMORY.md", taken)
    files = apply(made, content, TODAY)
    prove(made, content, files, taken)
    return made, files


def bodies(content):
    _, files = migrate(content)
    return {path: frontmatter.split(result.decode()).body.encode() for path, result in files}


def ranges(content):
    made, _ = migrate(content)
    return [(file.path, file.lines[0]) for file in made.files]


def edited(made, **by_path):
    """The plan with lines of files replaced; `None` leaves a file out."""
    files = []
    for file in made.files:
        lines = by_path.get(file.path.split("/")[1].removesuffix(".md"), file.lines)
        if lines is not None:
            files.append(file.model_copy(update={"lines": lines}))
    return made.model_copy(update={"files": tuple(files)})


# --- real files ------------------------------------------------------------------------------


@pytest.mark.contract("C1")
@pytest.mark.parametrize("number", range(1, 11))
def test_no_line_of_a_real_memory_is_lost(number, shared_data):
    (source,) = (shared_data / "v1-memory").glob(f"{number:02}-*.md")
    content = source.read_bytes()
    made, files = migrate(content)
    lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", content.removeprefix(BOM))
    stored = Counter(line for _, result in files for line in re.findall(rb".*\n|.+", result))
    assert not Counter(lines) - stored
    assert parse_plan(made.to_json()) == made
    for path, result in files:
        assert frontmatter.read(result.decode()).problem is None, path


@pytest.mark.parametrize(
    ("number", "count"),
    [(1, 1), (2, 5), (3, 1), (4, 3), (5, 9), (6, 8), (7, 8), (8, 7), (9, 9), (10, 7)],
)
def test_a_real_memory_is_split_at_its_sections(number, count, shared_data):
    (source,) = (shared_data / "v1-memory").glob(f"{number:02}-*.md")
    assert len(plan(source.read_bytes(), "MEMORY.md").files) == count


# --- where it splits -------------------------------------------------------------------------


def test_text_before_the_first_section_is_general():
    content = b"# My memory\n\nintro\n\n## One\ntext\n### Deep\n## Two\n"
    assert bodies(content) == {
        "context/general.md": b"# My memory\n\nintro\n\n",
        "context/one.md": b"## One\ntext\n### Deep\n",
        "context/two.md": b"## Two\n",
    }


def test_blank_lines_before_the_first_section_go_with_it():
    assert bodies(b"\n \n## One\nx\n## Two\n") == {
        "context/one.md": b"\n \n## One\nx\n",
        "context/two.md": b"## Two\n",
    }


@pytest.mark.parametrize("content", [b"text", b"# Only a title\n", b"\n\n", b"### deep\n", b" "])
def test_a_file_without_sections_is_one_file(content):
    assert bodies(content) == {"context/general.md": content}


def test_an_empty_file_gives_no_files():
    assert migrate(b"")[1] == migrate(BOM)[1] == []


@pytest.mark.parametrize(
    "section",
    ["Two\n---", "Two\nlines\n---", "## Two ##", "  ## Two", "##", "## Two\u2028x", "## `##`"],
)
def test_all_forms_of_a_level_two_heading_split(section):
    assert ranges(f"## One\n\n{section}\n".encode())[1][1][0] == 3


@pytest.mark.parametrize(
    "block",
    [
        "```\n## no\n```", "~~~\n```\n## no\n~~~", "````\n```\n## no\n```\n````",
        "<!--\n## no\n-->", "<div>\n## no\n</div>", "- ## no", "> ## no", "> a\n> ---", "##no",
        "    ## no", "\t## no", "### Three", "## ====", "- a\n  ---", "text\n\n---", "\\## no",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_section_does_not_split(block):
    content = f"## One\n\n{block}\n\n## Two\n".encode()
    assert [path for path, _ in ranges(content)] == ["context/one.md", "context/two.md"]


@pytest.mark.parametrize("block", ["```\n## no\n", "~~~~\n## no\n~~~\n", "<!--\n## no\n\n## no\n"])
def test_an_unclosed_block_reaches_to_the_end(block):
    assert [path for path, _ in ranges(f"## One\n\n{block}".encode())] == ["context/one.md"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_line_ends_and_trailing_blanks_are_kept(end, last):
    content = f"intro  {end}{end}## One\t{end}a \u2028b\fc{end}## Two {end}last  {last}".encode()
    found = bodies(content)
    assert b"".join(found.values()) == content
    assert found["context/one.md"] == f"## One\t{end}a \u2028b\fc{end}".encode()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_new_frontmatter_has_the_line_ends_of_the_original(end):
    _, files = migrate(b"## One" + end + b"x" + end)
    header = files[0][1][: -len(b"## One" + end + b"x" + end)]
    assert header == end.join(
        [
            *(b"---", b"topic: One", b"tags: []"),
            *(b"updated: 2026-11-21", b"---", b""),
        ]
    )


def test_a_byte_order_mark_is_dropped_and_hides_no_heading():
    assert bodies(BOM + b"## One\nx\n") == {"context/one.md": b"## One\nx\n"}


def test_only_the_first_byte_order_mark_is_dropped():
    _, files = migrate(BOM + BOM + b"x\n")
    assert files[0][1].endswith(b"---\n" + BOM + b"x\n")


def test_a_later_title_begins_a_section():
    content = b"# My memory\n\n## One\n\na\n\n# Atlas\n\nb\n\n# Vega\n\n## Results\n\nc\n"
    made, _ = migrate(content)
    assert [(file.path, file.topic, file.lines[0]) for file in made.files] == [
        ("context/general.md", "My memory", (1, 2)),
        ("context/one.md", "One", (3, 6)),
        ("context/atlas.md", "Atlas", (7, 10)),
        ("context/vega-results.md", "Vega: Results", (11, 15)),
    ]


def test_rulers_are_no_names_and_go_with_the_heading_below():
    content = b"## =====\n## One\n## =====\n\na\n\n## -----\n## Two\n## -----\nb\n"
    assert ranges(content) == [("context/one.md", (1, 6)), ("context/two.md", (7, 10))]


def test_sections_have_the_dates_of_their_headings_or_lines():
    content = b"intro\n## 2024-05-02 Walk\na\n## Rest\nb\nc\n"
    days = [date(2023, 1, 1)] * 4 + [date(2023, 2, 1), date(2023, 3, 1)]
    made = plan(content, "MEMORY.md", days=days, today=TODAY)
    assert [(file.created, file.updated) for file in made.files] == [
        ("2023-01-01", "2023-01-01"),
        ("2024-05-02", "2024-05-02"),
        ("2023-01-01", "2023-03-01"),
    ]
    assert b"created: 2024-05-02\nupdated: 2024-05-02\n" in apply(made, content, TODAY)[1][1]


# --- names -----------------------------------------------------------------------------------


def test_100_equal_headings_get_numbered_paths():
    made, _ = migrate(b"## Same\nx\n" * 100)
    numbers = ["", *(f"-{number}" for number in range(2, 101))]
    assert [file.path for file in made.files] == [f"context/same{n}.md" for n in numbers]


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("CON", "context/section.md"),
        ("Index", "context/section.md"),
        ("🔑", "context/section.md"),
        ("🔑 Keys", "context/keys.md"),
        ("当前项目", "projects/当前项目.md"),
        ("المعمارية", "context/المعمارية.md"),
        ("../../etc/passwd", "context/etc-passwd.md"),
        ("x" * 5000, f"context/{'x' * 80}.md"),
        ("word " * 30, f"context/{'-'.join(['word'] * 16)}.md"),
        ("e\u0323\u0302" + "x\u0332" * 40, "context/ệ" + "x\u0332" * 25 + ".md"),
        ("**Bold** `code()`", "context/bold-code.md"),
        ("Cafe\u0301", "context/café.md"),
    ],
)
def test_a_heading_names_its_file(title, path):
    made, _ = migrate(f"## {title}\n".encode())
    assert made.files[0].path == path


def test_the_topic_is_the_heading_at_most_200_characters():
    made, files = migrate(("## " + "word " * 1000 + "\n").encode())
    assert len(made.files[0].topic) <= 200
    assert frontmatter.read(files[0][1].decode()).fields["topic"] == made.files[0].topic


def test_taken_paths_are_left_alone():
    made, _ = migrate(b"x\n## One\n", taken=["context/general.md", "Context/ONE.md"])
    assert [file.path for file in made.files] == ["context/general-2.md", "context/one-2.md"]


# --- frontmatter of the original ---------------------------------------------------------------


FRONT = b"---\ntype:   entry # mine\nrag: yes\n---\n"


def test_frontmatter_goes_to_the_file_of_line_1_byte_for_byte():
    _, files = migrate(FRONT + b"\nintro\n## One\nx\n")
    assert files[0] == (
        "context/general.md",
        FRONT[:-4] + b"topic: General\ntags: []\nupdated: 2026-11-21\n---\n\nintro\n",
    )
    assert b"rag" not in files[1][1]


def test_frontmatter_before_a_section_goes_with_it():
    _, files = migrate(FRONT + b"\n## One\nx\n")
    assert [path for path, _ in files] == ["context/one.md"]
    assert files[0][1].startswith(FRONT[:-4] + b"topic: One\n")


def test_a_file_of_only_frontmatter_keeps_it():
    _, files = migrate(FRONT.rstrip(b"\n"))
    assert [path for path, _ in files] == ["context/general.md"]
    assert frontmatter.read(files[0][1].decode()).fields["type"] == "entry"


def test_keys_that_the_user_had_win():
    own = b"---\ntopic: Mine\ntags: [a, b]\ncreated: 2020-01-01\nupdated: 2020-02-02\n---\n"
    made, files = migrate(own + b"text\n")
    assert files[0][1] == own + b"text\n"
    assert (made.files[0].topic, made.files[0].tags) == ("Mine", ("a", "b"))


@pytest.mark.parametrize("own", [b"topic: ''\ntags: []", b"topic: 5\ntags: a", b"topic:\ntags:"])
def test_odd_values_of_the_user_stay_as_they_are(own):
    _, files = migrate(b"---\n" + own + b"\n---\ntext\n")
    assert files[0][1].startswith(b"---\n" + own + b"\nupdated:")


def test_a_topic_that_contradicts_the_original_frontmatter_is_refused():
    content = b"---\ntopic: Mine\n---\ntext\n"
    made = plan(content, "MEMORY.md")
    other = made.files[0].model_copy(update={"topic": "Other"})
    with pytest.raises(InvalidPlan, match="its own topic"):
        apply(made.model_copy(update={"files": (other,)}), content, TODAY)


@pytest.mark.parametrize(
    "block", [b"title: [broken\nkey: x", b"a: 1\na: 2", b"a: &x 1\nb: *x", b"{a: 1}", b"[a]: b"]
)
def test_frontmatter_that_cannot_be_extended_is_kept_as_text(block):
    content = b"---\n" + block + b"\n---\nintro\n\n## One\n"
    _, files = migrate(content)
    assert b"".join(result for _, result in files).count(block) == 1
    assert files[-1][0] == "context/one.md"


def test_thematic_breaks_around_prose_are_no_frontmatter():
    assert bodies(b"---\n\nprose\n\n---\n## One\n") == {
        "context/general.md": b"---\n\nprose\n\n---\n",
        "context/one.md": b"## One\n",
    }


def test_the_fence_of_broken_frontmatter_underlines_no_section():
    assert bodies(b"---\ntitle: [broken\n---\n\n## One\n") == {
        "context/general.md": b"---\ntitle: [broken\n---\n\n",
        "context/one.md": b"## One\n",
    }


def test_frontmatter_must_stay_together():
    content = FRONT + b"a\n## One\nx\n"
    made = edited(plan(content, "M"), general=((1, 2),), one=((3, 7),))
    with pytest.raises(InvalidPlan, match="must stay together"):
        apply(made, content, TODAY)


# --- edited plans ----------------------------------------------------------------------------


PLAIN = b"intro\n## One\na\n## Two\nb"


def test_sections_can_be_merged_and_reordered():
    made = edited(plan(PLAIN, "MEMORY.md"), general=((4, 5), (1, 1), (2, 3)), one=None, two=None)
    files = apply(made, PLAIN, TODAY)
    prove(made, PLAIN, files)
    assert files[0][1].endswith(b"---\n## Two\nb\nintro\n## One\na\n")


def test_the_break_that_is_inserted_has_the_line_end_of_the_original():
    content = PLAIN.replace(b"\n", b"\r\n")
    made = edited(plan(content, "MEMORY.md"), general=((4, 5), (1, 3)), one=None, two=None)
    files = apply(made, content, TODAY)
    prove(made, content, files)
    assert files[0][1].endswith(b"---\r\n## Two\r\nb\r\nintro\r\n## One\r\na\r\n")


def test_path_topic_and_tags_are_the_users():
    made = plan(b"text\n", "MEMORY.md")
    changes = {
        "path": "work/A: notes.md".replace(":", ""),
        "topic": 'a "b"\n#c: ',
        "tags": ("x, y", "é"),
    }
    made = made.model_copy(update={"files": (made.files[0].model_copy(update=changes),)})
    made = parse_plan(made.to_json())
    files = apply(made, b"text\n", TODAY)
    prove(made, b"text\n", files)
    fields = frontmatter.read(files[0][1].decode()).fields
    assert (fields["topic"], fields["tags"]) == ('a "b"\n#c: ', ["x, y", "é"])


def test_invalid_utf8_is_refused_with_its_place():
    with pytest.raises(InvalidContent, match="line 3, column 3"):
        plan("a\r\nb\ré ".encode() + b"\xff", "MEMORY.md")
    with pytest.raises(InvalidContent, match="line 2, column 1"):
        plan(b"a\n\xff", "MEMORY.md")


# --- JSON ------------------------------------------------------------------------------------


def test_the_checklist_names_what_is_kept_and_what_to_do():
    made = plan(PLAIN, "MEMORY.md")
    text = "\n".join(checklist(made))
    for expected in ("MEMORY.md", "legacy/MEMORY.md", "index.md", Action.VALIDATE, "New files: 3"):
        assert expected in text


# --- any text --------------------------------------------------------------------------------


FRAGMENTS = st.sampled_from(
    [
        "", " ", "text", "## A", "## B ##", "Setext", "---", "--- ", "===", "```", "~~~", "> ## q",
        "- ## l", "    ## c", "<!--", "-->", "##", "\f", "a\u2028## b", "\u0085", "\x00", "\ufeff",
        "key: value", "topic: T", "tags: [a]", "updated: 2020-01-01", "...", "# H1", "## CON",
        "## 🔑", "## 项目", "a: [", "- x", "\x07## bell", "## \x07", "{a: 1}",
    ]
)  # fmt: skip
CONTENTS = st.builds(
    lambda bom, front, rows, last: (bom + front + "".join(map("".join, rows)) + last).encode(),
    st.sampled_from(["", "", "\ufeff", "\ufeff\ufeff"]),
    st.sampled_from(
        ["", "---\n", "---\nk: v\n---\n", "---\r\ntopic: X\r\n---\r\n", "---\rk: [\r---\r",
         "---\n{k: v}\n---\n"]
    ),
    st.lists(st.tuples(FRAGMENTS, st.sampled_from(["\n", "\r\n", "\r"])), max_size=30),
    FRAGMENTS,
)  # fmt: skip


@pytest.mark.contract("C1")
@given(CONTENTS)
def test_any_text_is_migrated_without_loss(content):
    made, files = migrate(content)
    assert parse_plan(made.to_json()) == made
    lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", content.removeprefix(BOM))
    stored = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
    result_lines = Counter(line for _, result in files for line in stored.findall(result))
    assert not Counter(lines) - result_lines

"""The plan of a migration, and the proof that its result lost no line (C1)."""

import json
import re
import subprocess
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.errors import InvalidPlan
from pack.files import frontmatter
from pack.v1.divide import (
    MigrationPlan,
    PlannedFile,
    apply,
    parse_plan,
    plan,
    prove,
)

TODAY = date(2026, 11, 21)


def migrate(content, taken=()):
    made = plan(content, "MEMORY.md", taken)
    files = apply(made, content, TODAY)
    prove(made, content, files, taken)
    return made, files


def edited(made, **by_path):
    """The plan with lines of files replaced; `None` leaves a file out."""
    files = []
    for file in made.files:
        lines = by_path.get(file.path.split("/")[1].removesuffix(".md"), file.lines)
        if lines is not None:
            files.append(file.model_copy(update={"lines": lines}))
    return made.model_copy(update={"files": tuple(files)})


FRONT = b"---\ntype:   entry # mine\nrag: yes\n---\n"
PLAIN = b"intro\n## One\na\n## Two\nb"


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"two": None}, "line 4 is in no file"),
        ({"one": ((2, 2),)}, "line 3 is in no file"),
        ({"general": None}, "line 1 is in no file"),
        ({"one": ((2, 4),)}, "line 4 is in more than one place"),
        ({"two": ((4, 5), (4, 5))}, "line 4 is in more than one place"),
        ({"two": ((4, 6),)}, "names line 6, but the file has 5"),
        ({"one": ((3, 2),)}, "ends before it begins"),
    ],
)
def test_a_plan_that_drops_or_repeats_a_line_is_refused(change, reason):
    made = plan(PLAIN, "MEMORY.md")
    files = apply(made, PLAIN, TODAY)
    bad = edited(made, **change)
    with pytest.raises(InvalidPlan, match=reason):
        apply(bad, PLAIN, TODAY)
    with pytest.raises(InvalidPlan, match=reason):
        prove(bad, PLAIN, files)


@pytest.mark.parametrize(
    ("path", "taken", "reason"),
    [
        ("general.md", (), "must be in a folder"),
        ("legacy/a.md", (), "legacy"),
        ("../a.md", (), r"\.\."),
        ("context/" + "a" * 400 + ".md", (), "limit"),
        ("context/ONE.md", (), "already used by context/one.md"),
        ("context/x.md", ("Context/X.md",), "already used by Context/X.md"),
        ("context/one.md/x.md", (), "already used by context/one.md"),
        ("context/x.md", ("context/x.md/y.md",), "already used"),
    ],
)
def test_a_plan_with_an_unusable_path_is_refused(path, taken, reason):
    made = plan(b"## One\n## Two\n", "MEMORY.md")
    files = (made.files[0], made.files[1].model_copy(update={"path": path}))
    made = made.model_copy(update={"files": files})
    with pytest.raises(InvalidPlan, match=reason):
        prove(made, b"## One\n## Two\n", apply(made, b"## One\n## Two\n", TODAY), taken)


def test_a_plan_for_other_bytes_is_refused():
    made = plan(PLAIN, "MEMORY.md")
    with pytest.raises(InvalidPlan, match=r"MEMORY\.md was changed"):
        apply(made, PLAIN + b"\n", TODAY)


def test_source_sha_is_gits_blob_id():
    git = subprocess.run(
        ["git", "hash-object", "--stdin"], input=PLAIN, capture_output=True, check=True
    )
    assert plan(PLAIN, "MEMORY.md").source_sha == git.stdout.decode().strip()


def test_the_json_is_made_for_people():
    text = plan("## Élan [ 1, 2 ]\n".encode(), "MEMORY.md").to_json()
    assert "[1, 1]" in text
    assert '"Élan [ 1, 2 ]"' in text
    assert json.loads(text)["version"] == 1


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"version": 1', '"version": 2', "version"),
        ('"topic"', '"topics"', r"files\.0\.topic"),
        ("[1, 1]", "[0, 1]", r"files\.0\.lines\.0\.0"),
        ("[1, 1]", "[1, 1, 1]", r"files\.0\.lines\.0"),
        ("[1, 1]", '["1", 1]', r"files\.0\.lines\.0\.0"),
        ("[1, 1]", "", r"files\.0\.lines"),
        ('"tags": []', '"tags": "a"', r"files\.0\.tags"),
        ('"tags": []', '"tags": ["\\ud800"]', "hex escape"),
        ("{", "", "JSON"),
    ],
)
def test_a_malformed_plan_says_where(old, new, reason):
    text = plan(b"x\n", "MEMORY.md").to_json()
    assert old in text
    with pytest.raises(InvalidPlan, match=reason):
        parse_plan(text.replace(old, new, 1))


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
@given(CONTENTS, st.data())
def test_a_result_with_a_line_missing_repeated_or_changed_is_refused(content, data):
    made, files = migrate(content)
    lines = [re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", result) for _, result in files]
    if not files:
        return
    which = data.draw(st.integers(0, len(files) - 1))
    path, result = files[which]
    body = frontmatter.split(result.decode()).body_line - 1
    at = data.draw(st.integers(0, len(lines[which]) - 1))
    line = lines[which][at]
    own = re.match(rb"(topic|tags|created|updated):", line) and at < body
    replaced = {"drop": b"", "repeat": line + line, "change": b"x" + line}
    how = data.draw(st.sampled_from(sorted(replaced)))
    if own and how == "drop":
        return  # a line that the migration added; `prove` is about the lines of the original
    tampered = b"".join([*lines[which][:at], replaced[how], *lines[which][at + 1 :]])
    with pytest.raises(InvalidPlan):
        prove(made, content, [*files[:which], (path, tampered), *files[which + 1 :]])


@pytest.mark.contract("C1")
def test_a_result_without_a_file_or_with_two_exchanged_is_refused():
    made = plan(PLAIN, "MEMORY.md")
    files = apply(made, PLAIN, TODAY)
    (first, one), (second, two), third = files
    for wrong in (files[:2], [*files, third], [(first, two), (second, one), third], files[::-1]):
        with pytest.raises(InvalidPlan):
            prove(made, PLAIN, wrong)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("line", [b"rag: yes\n", b"type:   entry # mine\n"])
@pytest.mark.parametrize("times", [0, 2])
def test_a_result_that_lost_or_repeats_frontmatter_is_refused(line, times):
    content = FRONT + b"text\n"
    made = plan(content, "MEMORY.md")
    [(path, result)] = apply(made, content, TODAY)
    assert result.count(line) == 1
    with pytest.raises(InvalidPlan, match="does not hold exactly"):
        prove(made, content, [(path, result.replace(line, line * times))])


def test_plans_are_values():
    file = PlannedFile(path="a/b.md", topic="t", tags=(), lines=((1, 1),))
    made = MigrationPlan(source="M", source_sha="0" * 40, files=(file,))
    assert {made: 1}[made.model_copy()] == 1

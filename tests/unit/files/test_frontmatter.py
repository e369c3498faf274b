from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pack.errors import InvalidContent, LimitExceeded
from pack.files import yaml_block, yaml_loader
from pack.files.frontmatter import (
    Problem,
    check_limits,
    find_key,
    read,
    set_fields,
    split,
    without_fields,
)


@pytest.fixture(params=["libyaml", "pure"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both loaders, where both are there."""
    if request.param == "pure":
        monkeypatch.setattr(yaml_loader, "LOADER", yaml_loader.PureLoader)
    elif not yaml.__with_libyaml__:
        pytest.skip("this PyYAML has no libyaml")
    return str(request.param)


# --- split -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "block", "body", "body_line"),
    [
        ("", None, "", 1),
        ("# Title\n", None, "# Title\n", 1),
        ("---\na: 1\n---\nbody", "a: 1\n", "body", 4),
        ("---\na: 1\n---", "a: 1\n", "", 4),
        ("---\na: 1\n...\nbody", "a: 1\n", "body", 4),
        ("---  \t\na: 1\n--- \nbody", "a: 1\n", "body", 4),
        ("---\r\na: 1\r\n---\r\nbody\r\n", "a: 1\r\n", "body\r\n", 4),
        ("---\ra: 1\r---\rbody", "a: 1\r", "body", 4),
        ("\ufeff---\na: 1\n---\nbody", "a: 1\n", "body", 4),
        ("\ufeffbody", None, "body", 1),
        ("---\n---\nbody", "", "body", 3),
        ("---\n\n# comment\n---\nbody", "\n# comment\n", "body", 5),
        ("---\na: '---'\nb: |\n  ---\n---\nc\n---\n", "a: '---'\nb: |\n  ---\n", "c\n---\n", 6),
        # after blanks, or inside a fence around everything
        (" ---\na: 1\n---\n", "a: 1\n", "", 4),
        ("\n---\na: 1\n---\n", "a: 1\n", "", 5),
        ("```md\n---\na: 1\n---\nx\n```\n", "a: 1\n", "x\n", 5),
        ("```\n---\na: 1\n---\n```\ny\n", None, "```\n---\na: 1\n---\n```\ny\n", 1),
        # no fence, or no second one
        ("----\na: 1\n----\n", None, "----\na: 1\n----\n", 1),
        ("---\na: 1\n----\nb", None, "---\na: 1\n----\nb", 1),
        ("---\na: 1\n --- \nb", None, "---\na: 1\n --- \nb", 1),
        ("---a: 1\n---\n", None, "---a: 1\n---\n", 1),
        ("---\n", None, "---\n", 1),
        ("---", None, "---", 1),
    ],
)
def test_split(text: str, block: str | None, body: str, body_line: int) -> None:
    parts = split(text)
    assert (parts.block, parts.body, parts.body_line) == (block, body, body_line)
    assert parts.join() == text


@pytest.mark.parametrize(
    "prose",
    [
        "some prose",
        "some prose\nwith: a colon later",
        "- a list\n- of: items",
        "* a list: of items",
        "1. first: this",
        "+ a list: of items",
        "> a quotation: text",
        "| a | table: |",
        "[a]: https://example.org/",
        "![an](image.png): text",
        "**Bold**: text",
        "`code`: text",
        "<!-- note: text -->",
        "https://example.org/",
        "2026-11-21",
    ],
)
@pytest.mark.contract("C1")
def test_prose_between_two_rules_belongs_to_the_body(prose: str) -> None:
    text = f"---\n{prose}\n---\nmore\n"
    found = read(text)
    assert (found.fields, found.problem, found.body, found.body_line) == ({}, None, text, 1)
    assert set_fields(text, {"topic": "x"}) == f"---\ntopic: x\n---\n{text}"


@pytest.mark.parametrize(
    "line", ["a: 1", " a: 1", "a :", '"a b": 1', "'a': 1", "{a: 1}", "? a", "主题: x", "a b c: 1"]
)
def test_what_begins_like_a_mapping_is_frontmatter(line: str) -> None:
    assert split(f"---\n\n# comment\n{line}\n---\n").block == f"\n# comment\n{line}\n"


fragments = st.lists(
    st.sampled_from(
        [
            *"\n\r\ufeff-.#: ax\u2028\x85\x0c\t",
            "---",
            "---\n",
            "...\r\n",
            "a: 1\n",
            "é: [b, c]\r\n",
            "\r\n",
        ]
    )
)
hostile_text = fragments.map("".join) | fragments.map(lambda parts: "---\n" + "".join(parts))


@given(hostile_text)
@pytest.mark.contract("C1")
def test_joining_the_parts_gives_the_text_back(text: str) -> None:
    parts = split(text)
    assert parts.join() == text
    head = text[: len(text) - len(parts.body)]
    lines = re.split(r"\r\n|\r|\n", head)
    assert parts.body_line == (1 if parts.block is None else len(lines) + (lines[-1] != ""))


# --- read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("text", "text"),
        ("'2024'", "2024"),
        ("2024", 2024),
        ("-3", -3),
        ("0", 0),
        ("1.5", 1.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("[a, 2, [b]]", ["a", 2, ["b"]]),
        ("{b: {c: 1}}", {"b": {"c": 1}}),
        # what others take for dates, booleans or numbers is what was typed
        ("2026-11-21", "2026-11-21"),
        ("2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z"),
        ("2026-11-21 09:30:00 +01:00", "2026-11-21 09:30:00 +01:00"),
        ("no", "no"),
        ("On", "On"),
        ("1.10", "1.10"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("-0", "-0"),
        ("0.00001", "0.00001"),
        ("9" * 5000, "9" * 5000),
        ("=", "="),
        ("<<", "<<"),
        ("|\n  two\n  lines", "two\nlines\n"),
    ],
)
def test_values(loader: str, written: str, value: object) -> None:
    found = read(f"---\na: {written}\n---\n")
    assert found.problem is None
    assert repr(found.fields) == repr({"a": value})


def test_keys_are_the_text_that_was_typed(loader: str) -> None:
    found = read('---\n1: a\nyes: b\nnull: c\n"d": e\n1.10: f\n<<: {g: h}\n---\n')
    expected = {"1": "a", "yes": "b", "null": "c", "d": "e", "1.10": "f", "<<": {"g": "h"}}
    assert found.fields == expected


@pytest.mark.parametrize(
    ("block", "line", "column", "words"),
    [
        ("a: 1\nb: [c\n", 4, 1, "flow"),
        ("a: 1\n\tb: 2\n", 3, 1, "tab|cannot start"),
        ("a: b: c\n", 2, 5, "not allowed"),
        ("ä: 1\r\n😀: 'x\r\n", 4, 1, "quoted"),
        ("a: 1\nb: 2\na: 3\n", 4, 1, "twice"),
        ("a:\n  b: 1\n  b: 2\n", 4, 3, "twice"),
        ('1: a\r"1": b\r', 3, 1, "twice"),
        ("a: 1\n? [b]\n: 2\n", 3, 3, "text"),
        ("a: &x 1\nb: *x\n", 3, 4, "aliases"),
        ("a: *nowhere\n", 2, 4, "aliases"),
        ("a: !!python/object:os.system x\n", 2, 4, "tags"),
        ("a: !!binary aGk=\n", 2, 4, "tags"),
        ("a: [1, !local b]\n", 2, 8, "tags"),
        ("a: ! b\n", 2, 4, "tags"),
        ("a: 1\u2028\nb: \x00\n", 3, 4, "not allow"),
        ("a: 1\nb: c\x07\n", 3, 5, "not allow"),
        ("a: \ud800\n", 2, 4, "not allow"),
        ("%YAML 1.1\n", 3, 1, "document start"),
        ("a: @x\n", 2, 4, "cannot start"),
    ],
)
def test_problems_have_a_place(loader: str, block: str, line: int, column: int, words: str) -> None:
    found = read(f"---\n{block}---\nbody")
    assert found.problem is not None
    assert re.search(words, found.problem.reason)
    assert (found.problem.line, found.problem.column) == (line, column)
    assert (found.fields, found.body) == ({}, "body")


def nested(levels: int) -> str:
    """A mapping, and lists in it."""
    return "a: " + "[" * (levels - 1) + "]" * (levels - 1) + "\n"


def indented(levels: int) -> str:
    return "".join("  " * level + "a:\n" for level in range(levels))


def compact(levels: int) -> str:
    return "a:\n" + "- " * (levels - 1) + "x\n"


def tight(levels: int) -> str:
    """Lists in the column of their mapping: two levels a line."""
    lines = [*("- a:" for _ in range((levels - 1) // 2)), *["- x"][: (levels - 1) % 2]]
    return "a:\n" + "".join("  " * depth + line + "\n" for depth, line in enumerate(lines))


@pytest.mark.parametrize("shape", [nested, indented, compact, tight])
def test_depth_is_limited_to_32_levels(loader: str, shape: Callable[[int], str]) -> None:
    allowed, too_deep = f"---\n{shape(32)}---\n", f"---\n{shape(33)}---\n"
    assert read(allowed).problem is None
    check_limits(read(allowed))
    problem = read(too_deep).problem
    assert problem is not None
    assert "32 levels" in problem.reason
    with pytest.raises(LimitExceeded, match="32 levels"):
        check_limits(read(too_deep))


def test_size_is_limited_to_64_kib() -> None:
    full = "a: " + "x" * (64 * 1024 - 4) + "\n"
    assert read(f"---\n{full}---\n").problem is None
    for block in ("b" + full, full.replace("xx", "é", 1).replace("x", "é", 1)):
        assert read(f"---\n{block}---\n").problem == Problem(
            "the frontmatter exceeds the limit of 65,536 bytes", 1, 1
        )
        with pytest.raises(LimitExceeded):
            check_limits(read(f"---\n{block}---\n"))


def test_check_limits_refuses_aliases_only_where_yaml_is_concerned() -> None:
    with pytest.raises(InvalidContent, match="aliases") as caught:
        check_limits(read("---\na: &x [1]\nb: [*x, *x]\n---\n"))
    assert (caught.value.line, caught.value.column) == (3, 5)
    check_limits(read("a: &x 1\nb: *x\n"))
    check_limits(read("---\na: '*x'\nb: 2 * 3\n---\n*x\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\na: [\n---\n",
        "---\na: 1\na: 2\n---\n",
        "---\na: !!python/object:os.system x\n---\n",
        "---\na: \x00\n---\n",
        "---\na: \ud800\n---\n",
        "---\n\ta: 1\n---\n",
    ],
)
@pytest.mark.contract("C7")
def test_what_is_merely_broken_may_be_stored(text: str) -> None:
    check_limits(read(text))


@given(hostile_text | st.text().map(lambda text: f"---\n{text}\n---\n") | st.text())
def test_reading_never_raises(text: str) -> None:
    found = read(text)
    assert text.endswith(found.body)
    if found.problem is not None:
        assert found.problem.line <= found.body_line
        assert found.problem.column >= 1


HOSTILE = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))  # seconds of its own, whatever else runs
from pack.errors import InvalidContent, LimitExceeded
from pack.files.frontmatter import check_limits, read, set_fields, split
bomb = "".join(f"a{n}: &a{n} [" + ",".join([f"*a{n-1}"] * 9) + "]\\n" for n in range(1, 30))
blocks = [
    "a: " + "[" * 100_000, "a: " + "{a: " * 15_000, "- " * 30_000, "a:\\n" + "- " * 30_000,
    "a: " + "[" * 60_000, "? " * 30_000, "a: ? " * 10_000, "[" * 100_000, "{" * 60_000,
    "".join(" " * n + "a:\\n" for n in range(350)), "a: &a [1]\\n" + bomb,
    "a: " + "x" * 2_500_000, "a: |\\n" + "  x\\n" * 16_000, "a: \\"" + "\\\\n" * 30_000 + "\\"",
    "a: " + "\\n" * 60_000 + "b: 1", "".join(f"k{n}: v\\n" for n in range(7_000)),
    "".join(f"k{n}: v\\n" for n in range(250_000)), "a: '" + "''" * 30_000,
    "a: " + "9" * 60_000, "a: 0." + "9" * 60_000, "!" * 60_000, "a: !" + "%41" * 20_000 + " b",
    "&" + "a" * 60_000 + " b: 1", "#" * 2_500_000 + "\\na: 1", "\\n" * 2_500_000,
    "a" * 2_500_000 + ": b", "'" + "''" * 1_250_000 + ": b", "a: " + "-" * 60_000,
    "a:" + " " * 60_000 + "b", "a: [" + "," * 60_000, "a: {" + "b: 1, " * 9_000 + "}",
    "<<: [" + "{a: 1}," * 8_000 + "]",
]
texts = [f"---\\n{block}\\n---\\nbody" for block in blocks]
texts += ["---\\n" + " ---\\n" * 500_000, "---\\n" * 625_000, "---\\n" + "--- x\\n" * 400_000]
texts += ["---\\n" + "---" + " " * 2_500_000 + "x", "\\r" * 2_500_000, "---" + " " * 2_500_000]
for text in texts:
    assert split(text).join() == text
    found = read(text)
    try:
        check_limits(found)
    except (InvalidContent, LimitExceeded):
        pass
    try:
        assert set_fields(text, {"updated": "2026-11-21"}) != text
    except (InvalidContent, LimitExceeded):
        pass
print(len(texts))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are those of POSIX")
def test_hostile_frontmatter_costs_neither_time_nor_memory() -> None:
    command = [sys.executable, "-c", HOSTILE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert int(done.stdout) > 30


# --- find_key --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("---\na: 1\nb: 2\n---\n", (3, 1)),
        ("---\r\n'b': 2\r\n---\r\n", (2, 1)),
        ("---\n{a: 1, b: 2}\n---\n", (2, 8)),
        ("---\na:\n  b: 1\n---\nb: 1", None),
        ("---\nb: [\n---\n", None),
        ("b: 1\n", None),
        ("---\n---\n", None),
    ],
)
def test_find_key(loader: str, text: str, place: tuple[int, int] | None) -> None:
    assert find_key(text, "b") == place


# --- set_fields ------------------------------------------------------------------------------

DAY = "2026-11-21"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("updated: x # c\nb: 1\n", f"updated: {DAY} # c\nb: 1\n"),
        ("updated:\nb: 1\n", f"updated: {DAY}\nb: 1\n"),
        ("updated: # c\nb: 1\n", f"updated: {DAY} # c\nb: 1\n"),
        ("updated :   'x'   \n", f"updated :   {DAY}   \n"),
        ('"updated": x\n', f'"updated": {DAY}\n'),
        ('updated: "x\\\n  y" # c\nb: 1\n', f"updated: {DAY} # c\nb: 1\n"),
        ("updated: x\n  y\n  z  \nb: 1\n", f"updated: {DAY}  \nb: 1\n"),
        ("updated:\n  x # c\nb: 1\n", f"updated:\n  {DAY} # c\nb: 1\n"),
        ("updated: |\n  x\n\n  y\n\n# c\nb: 1\n", f"updated: {DAY}\n\n# c\nb: 1\n"),
        ("updated: >+\n  x\n\n\nb: 1\n", f"updated: {DAY}\n\n\nb: 1\n"),
        ("updated: [x,\n  y] # c\n", f"updated: {DAY} # c\n"),
        ("updated: &x y\nb: 1\n", f"updated: {DAY}\nb: 1\n"),
        ("updated: &x\nb: 1\n", f"updated: {DAY}\nb: 1\n"),
        ("updated:\n- x\n- y # q\n\n# c\nb: 1\n", f"updated: {DAY}\n\n# c\nb: 1\n"),
        ("updated: # c\n  # d\n  - x\n  - y\n", f"updated: {DAY} # c\n  # d\n"),
        (
            "updated:\r\n  a: 1\r\n  b: |\r\n    x\r\n\r\nc: 1\r\n",
            f"updated: {DAY}\r\n\r\nc: 1\r\n",
        ),
        ("? updated\n: x\n? b\n: 1\n", f"? updated\n: {DAY}\n? b\n: 1\n"),
        ("{a: 1, updated: x, b}\n", f"{{a: 1, updated: {DAY}, b}}\n"),
        # appended
        ("", f"updated: {DAY}\n"),
        ("\n# c\n", f"\n# c\nupdated: {DAY}\n"),
        ("a: 1\n# c\n", f"a: 1\n# c\nupdated: {DAY}\n"),
        ("  a: 1\n  b: 2\n", f"  a: 1\n  b: 2\n  updated: {DAY}\n"),
        ("a: |+\n  x\n\n", f"a: |+\n  x\n\nupdated: {DAY}\n"),
        ("a:\n  updated: 1\n", f"a:\n  updated: 1\nupdated: {DAY}\n"),
        ("a:\n", f"a:\nupdated: {DAY}\n"),
        ("? a\n", f"? a\nupdated: {DAY}\n"),
        ("{}\n", f"{{updated: {DAY}}}\n"),
        ("{ a: 1 } # c\n", f"{{ a: 1, updated: {DAY} }} # c\n"),
        ("{a: [1],\n}\n", f"{{a: [1], updated: {DAY},\n}}\n"),
        ("{a: {b: 1}, c}\n", f"{{a: {{b: 1}}, c, updated: {DAY}}}\n"),
    ],
)
@pytest.mark.contract("C1")
def test_set_one_field(loader: str, block: str, expected: str) -> None:
    text = f"---\n{block}---\nbody"
    result = set_fields(text, {"updated": DAY})
    assert result == f"---\n{expected}---\nbody"
    assert read(result).fields == {**read(text).fields, "updated": DAY}


def test_a_value_that_is_there_keeps_its_bytes(loader: str) -> None:
    text = "---\na: 'x'\nb: [ y,\n 'z' ]\nc: TRUE\nd: ~\n---\n"
    assert set_fields(text, {"a": "x", "b": ["y", "z"], "c": True, "d": None}) == text
    changed = set_fields("---\na: 1\nb: true\n---\n", {"a": True, "b": "true"})
    assert changed == '---\na: true\nb: "true"\n---\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "---\na: x\nb: [c, d]\n---\n"),
        ("body", "---\na: x\nb: [c, d]\n---\nbody"),
        ("one\r\ntwo\n", "---\r\na: x\r\nb: [c, d]\r\n---\r\none\r\ntwo\n"),
        ("one\rtwo", "---\ra: x\rb: [c, d]\r---\rone\rtwo"),
        ("\ufeff# T\n", "\ufeff---\na: x\nb: [c, d]\n---\n# T\n"),
        ("---\nunclosed: 1\n", "---\na: x\nb: [c, d]\n---\n---\nunclosed: 1\n"),
    ],
)
@pytest.mark.contract("C1")
def test_a_text_without_frontmatter_gets_a_block_in_front(text: str, expected: str) -> None:
    assert set_fields(text, {"a": "x", "b": ["c", "d"]}) == expected
    assert set_fields(text, {}) == text


def test_an_edit_does_not_exceed_the_limit() -> None:
    text = "---\na: " + "x" * (64 * 1024 - 4) + "\n---\n"
    with pytest.raises(LimitExceeded):
        set_fields(text, {"updated": DAY})


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
looks_like_yaml = st.from_regex(
    r"[-+.0-9eExXoO_:TZ ]{1,12}|[ynoftrueasl~NULIF]{1,5}", fullmatch=True
)
texts = (
    words
    | looks_like_yaml
    | st.lists(st.sampled_from([*"a1 :#,-?[]{}!&*'\"|>%@`=<\n\t"])).map("".join)
)
values = texts | st.booleans() | st.none() | st.lists(texts, max_size=4)


@dataclass(frozen=True)
class Line:
    """An entry of generated frontmatter: what stands before a value, the value, and after it."""

    key: str
    before: str
    value: str
    after: str

    def rendered(self, eol: str) -> str:
        return (self.before + self.value + self.after).replace("\n", eol)

    def with_value(self, new: str, eol: str) -> str:
        gap = " " if self.before.endswith(":") else ""
        return (self.before + gap + new + self.after).replace("\n", eol)


KEYS = ["updated", "tags", "topic", "schlüssel", "主题", "a key", "x-1", "😀"]
SCALARS = [
    *[
        "x",
        "'it''s'",
        '"a: \\"b\\" # é"',
        "1.10",
        "010",
        "no",
        "2026-01-01",
        "~",
        "---x",
        "a --- b",
    ],
    *["[1, 'b', {c: d}]", "{---: 1}", "😀 é 主", "|\n  ---\n  text", ">-\n  a\n  b"],
    *["a\n  b", "'a\n\n  b'", "&anchor v"],
]
AFTER = ["\n", "  \n", " # comment: 'x'\n", "\n# comment\n", "\n\n", "\n  # indented\n"]


@st.composite
def lines(draw: st.DrawFn, key: str) -> Line:
    quoted = draw(st.sampled_from([key, f'"{key}"', f"'{key}'"]))
    kind = draw(st.sampled_from(["scalar", "empty", "list", "mapping"]))
    if kind == "scalar":
        value, after = draw(st.sampled_from(SCALARS)), draw(st.sampled_from(AFTER))
        value = value.replace("anchor", f"anchor{KEYS.index(key)}")
        if value[0] in "|>":
            after = draw(st.sampled_from(["\n", "\n\n", "\n# comment\n"]))
        elif "\n" in value and "'" not in value and after == "\n  # indented\n":
            after = "\n"
        return Line(key, f"{quoted}:" + draw(st.sampled_from([" ", "   "])), value, after)
    if kind == "empty":
        return Line(key, f"{quoted}:", "", draw(st.sampled_from(["\n", " # c\n", "\n\n# d\n"])))
    indent = draw(st.sampled_from(["  ", "    "] + [""] * (kind == "list")))
    items = ["- a", "-   'b' # c"] if kind == "list" else ["b: 1", "c: |\n      ---\n      d"]
    value = "".join(f"\n{indent}{item}" for item in items)
    return Line(key, f"{quoted}:", value, draw(st.sampled_from(["\n", "\n\n", "\n# e\n"])))


@st.composite
def notes(draw: st.DrawFn) -> tuple[str, list[Line], str, str]:
    """Prefix, lines, rest, line end."""
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True))
    prefix = draw(st.sampled_from(["", "\ufeff"])) + "---" + draw(st.sampled_from(["", "  "])) + eol
    body = draw(
        st.sampled_from(["", "body", "\n# T\n\n---\nx\n", "---\nupdated: 1\n---\n", "a\r\nb\n"])
    )
    closing = draw(st.sampled_from(["---", "---\t", "..."])) + (eol if body else "")
    return prefix, [draw(lines(key)) for key in keys], closing + body, eol


@given(notes(), st.sampled_from(KEYS), values)
@pytest.mark.contract("C1")
def test_setting_a_field_changes_the_bytes_of_its_value_only(
    note: tuple[str, list[Line], str, str], key: str, value: yaml_block.Value
) -> None:
    prefix, entries, rest, eol = note
    text = prefix + "".join(entry.rendered(eol) for entry in entries) + rest
    fields = read(text).fields
    assert list(fields) == [entry.key for entry in entries]
    new = yaml_block.write(value)
    block = "".join(
        entry.with_value(new, eol)
        if entry.key == key and repr(fields[key]) != repr(value)
        else entry.rendered(eol)
        for entry in entries
    )
    if key not in fields:
        block += f"{key}: {new}{eol}"
    result = set_fields(text, {key: value})
    assert result == prefix + block + rest
    assert read(result).fields == {**fields, key: value}
    assert set_fields(result, {key: value}) == result


@given(notes(), st.dictionaries(st.sampled_from(KEYS), values))
@pytest.mark.contract("C1")
def test_setting_many_fields(
    note: tuple[str, list[Line], str, str], fields: dict[str, yaml_block.Value]
) -> None:
    prefix, entries, rest, eol = note
    text = prefix + "".join(entry.rendered(eol) for entry in entries) + rest
    result = set_fields(text, fields)
    assert read(result).fields == {**read(text).fields, **fields}
    assert set_fields(result, fields) == result
    assert result.startswith(prefix)
    assert result.endswith(rest)
    place = 0
    for entry in entries:
        if entry.key not in fields:
            place = result.index(entry.rendered(eol), place)


@given(hostile_text, values)
@pytest.mark.contract("C1")
def test_setting_a_field_keeps_any_body(text: str, value: yaml_block.Value) -> None:
    try:
        result = set_fields(text, {"key": value})
    except InvalidContent:
        assert read(text).problem is not None
        return
    assert read(result).fields == {**read(text).fields, "key": value}
    assert read(result).body == read(text).body


@pytest.mark.contract("C1")
def test_real_notes_keep_their_bytes(shared_data: Path) -> None:
    files = sorted(shared_data.rglob("*.md"))
    assert files
    for file in files:
        text = file.read_bytes().decode("utf-8")
        assert split(text).join() == text
        result = set_fields(text, {"updated": DAY})
        assert read(result).body == read(text).body
        if split(text).block is None:
            assert result.endswith(text.removeprefix("\ufeff"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("---\na: 1\nb: 2\n---\nx\n", "---\na: 1\n---\nx\n"),
        (
            "---\n# of a\na: 1\n# of b\nb: [1,\n  2]\nc: 3\n---\nx\n",
            "---\n# of a\na: 1\n# of b\nc: 3\n---\nx\n",
        ),
        ("---\r\nb:\r\n  - 1\r\na: 1\r\n---\r\nx", "---\r\na: 1\r\n---\r\nx"),
        ("---\nb: 1\n---\nx\n", "---\n---\nx\n"),
        ("no frontmatter\nb: 1\n", "no frontmatter\nb: 1\n"),
    ],
)
def test_keys_are_taken_out_with_their_lines(text, left):
    found = without_fields(read(text), ["b", "z"])
    assert found.parts.join() == left
    assert found.body_line == read(left).body_line
    assert "b" not in found.fields


def test_keys_that_share_a_line_stay():
    with pytest.raises(InvalidContent):
        without_fields(read("---\n{a: 1, b: 2}\n---\n"), ["b"])

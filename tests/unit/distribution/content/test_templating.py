"""Templates are filled in with values, and never do anything else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.distribution.content.templating import Template, read_variables, values_for
from pack.errors import InvalidConfig, InvalidContent
from pack.files import frontmatter, yaml_block
from tests.support import examples

VALUES = {
    "team": "Web: core # x",
    "tone": "a\nb: c",
    "n": "5",
    "tpl": "{{ team }} {% if x %}",
    "end": "---\ninternal: true",
}


def filled(text, path="a.md", **values):
    return Template(path, text, {**VALUES, **values}).fill()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("{{ n }}{{n}}", "55"),
        ("{{ team }}", "Web: core # x"),
        ("{{ tpl }} {{ n }}", "{{ team }} {% if x %} 5"),
        ("{{ tone }}\r\n", "a\r\nb: c\r\n"),
        ("```\n{{ n }}\n```\n", "```\n5\n```\n"),
        ("${{ n }} ${{ github.actor }}", "$5 ${{ github.actor }}"),
        ("{% if n %} {# x #} {n} }}", "{% if n %} {# x #} {n} }}"),
        ("no places", "no places"),
    ],
)
def test_a_place_becomes_its_value_and_the_value_is_not_looked_at_again(text, after):
    assert filled(text) == after


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a\n {{ nope }}", "nope .* has no value", 2),
        ("{{ 7*7 }}", "only", 1),
        ("{{ a.b }}", "only", 1),
        ("{{ ''.__class__ }}", "only", 1),
        ("{{ n | upper }}", "only", 1),
        ("x\n\n{{", "only", 3),
        ("---\na: b\nc: {{ nope }}\n---\n", "nope", 3),
        ("---\na: b\n---\nx\n{{ nope }}\n", "nope", 5),
    ],
)
def test_anything_else_is_an_error_with_its_line(text, reason, line):
    with pytest.raises(InvalidContent, match=rf"a\.md: .*{reason}.*\(line {line}, column \d+\)"):
        filled(text)


def test_values_in_frontmatter_stay_values():
    head = [
        "title: {{ team }}",
        'x: "a {{tone}}"',
        "y: '{{ n }}'",
        "n: {{ n }}",
        "l: [{{ n }}, {{ tone }}]",
        "e: {{ end }}",
        "b: |",
        "  x {{ team }}",
        "# {{ n }}",
    ]
    text = "\n".join(["---", *head, "---", "# {{ n }}", ""])
    assert frontmatter.read(filled(text)).fields == {
        "title": "Web: core # x",
        "x": "a a\nb: c",
        "y": "5",
        "n": 5,
        "l": [5, "a\nb: c"],
        "e": "---\ninternal: true",
        "b": "x Web: core # x\n",
    }


@pytest.mark.parametrize(
    "text", ["b: |\n  {{ tone }}\n", "# {{ tone }}\nb: x\n", "a: [\n{{ tone }}\n"]
)
def test_values_that_could_not_stay_values_are_refused(text):
    with pytest.raises(InvalidContent, match=r"a\.md: "):
        filled(f"---\n{text}---\n")


def test_values_in_json_and_yaml_stay_values():
    assert filled('{"a": "{{ tone }}"}', "a.json") == '{"a": "a\\nb: c"}'
    assert yaml_block.load(filled("a: {{ end }}\n", "a.yaml")) == {"a": VALUES["end"]}


@given(value=st.text(max_size=30))
@settings(max_examples=examples(20), deadline=None)
def test_whatever_a_value_is_frontmatter_says_it_and_nothing_else(value):
    try:
        text = filled("---\na: {{ v }}\nb: 'x {{ v }}'\nc: [{{ v }}]\n---\nx\n", v=value)
    except InvalidContent:
        pytest.fail("a scalar can hold any value")
    head = frontmatter.read(text)
    assert head.body == "x\n"
    assert list(head.fields) == ["a", "b", "c"]
    assert str(head.fields["b"]).lower() == f"x {value}".lower()


# --- where values come from ----------------------------------------------------------------------


def test_the_downstream_gives_values():
    content = b"# ours\nteam: Web\nsize: 3\nratio: 1.5\non_call: true\nnote: |\n  two\n  lines\n"
    assert read_variables(content) == {
        "team": "Web",
        "size": "3",
        "ratio": "1.5",
        "on_call": "true",
        "note": "two\nlines\n",
    }
    assert read_variables(None) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: [1]\n", "a is neither text nor a number"),
        (b"a:\n", "a is neither text nor a number"),
        (b"a-b: x\n", "no name"),
        (b"a: x\na: y\n", r"line 2, column 1"),
        (b"a: *x\n", r"line 1, column 4"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_file_of_variables_that_cannot_be_used_is_refused(content, reason):
    with pytest.raises(InvalidConfig, match=rf"\.pack-sync-vars\.yaml: .*{reason}"):
        read_variables(content)


def test_a_rule_that_declares_variables_lets_templates_use_no_others():
    given_there = {"team": "Web", "other": "x"}
    assert values_for({}, given_there) == given_there
    assert values_for({"team": None, "tone": "plain", "missing": None}, given_there) == {
        "team": "Web",
        "tone": "plain",
    }

"""Values are set by replacing their bytes, and nothing else changes."""

from __future__ import annotations

import pytest
import yaml

from pack.errors import InvalidContent
from pack.files import yaml_edit, yaml_loader
from pack.files.frontmatter import set_fields
from pack.files.yaml_block import Value


@pytest.fixture(params=["libyaml", "pure"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both loaders, where both are there."""
    if request.param == "pure":
        monkeypatch.setattr(yaml_loader, "LOADER", yaml_loader.PureLoader)
    elif not yaml.__with_libyaml__:
        pytest.skip("this PyYAML has no libyaml")
    return str(request.param)


DAY = "2026-11-21"


@pytest.mark.parametrize(
    ("block", "line", "column"),
    [
        ("a: 1\nupdated: x\nupdated: y\n", 4, 1),
        ("a: [\n", 3, 1),
        ("a: &x 1\nb: *x\n", 3, 4),
        ("a: !!str x\n", 2, 4),
        ("a: 1\n? updated\n", 3, 3),
    ],
)
@pytest.mark.contract("C1")
def test_what_cannot_be_edited_safely_is_refused(
    loader: str, block: str, line: int, column: int
) -> None:
    with pytest.raises(InvalidContent) as caught:
        set_fields(f"---\n{block}---\n", {"updated": DAY})
    assert (caught.value.line, caught.value.column) == (line, column)


def test_an_edit_that_would_change_another_value_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(yaml_edit, "value_end", lambda block, _: len(block))
    with pytest.raises(InvalidContent, match="cannot edit") as caught:
        set_fields("---\na: 1\nupdated: x\nb: 1.5\n---\n", {"updated": DAY})
    assert (caught.value.line, caught.value.column) == (3, 1)


NESTED = "# top\nrule:\n  a: 1  # one\n  b: x\n# end\n"


@pytest.mark.parametrize(
    ("block", "values", "after"),
    [
        (NESTED, {"b": "z"}, NESTED.replace("b: x", "b: z")),
        (NESTED, {"c": ["v", "w"]}, f"{NESTED}  c: [v, w]\n"),
        (NESTED.removesuffix("\n"), {"c": "v"}, f"{NESTED}  c: v\n"),
        (NESTED, {"b": "x"}, NESTED),
        ("rule: {a: 1}\n", {"c": "v"}, "rule: {a: 1, c: v}\n"),
    ],
)
def test_a_key_below_the_last_one_is_set(block: str, values: dict[str, Value], after: str) -> None:
    assert yaml_edit.set_below(block, "rule", values, "\n") == after


@pytest.mark.parametrize("block", ["rule: 1\n", "rule: {a: 1}\nb: 1\n", "a: 1\n", ""])
def test_what_is_no_mapping_at_the_end_has_nothing_below_it(block: str) -> None:
    with pytest.raises(InvalidContent, match="cannot edit"):
        yaml_edit.set_below(block, "rule", {"c": "v"}, "\n")

"""JSON and YAML are found where they stand, and read as what a schema speaks of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.distribution.checks.embedded import embedded_in, frontmatter_problem
from pack.distribution.values import MadeFile
from pack.model import MemoryPath
from tests.support import examples


def made(text: str, path: str = "docs/a.md") -> MadeFile:
    return MadeFile(path, MemoryPath("a.md"), text.encode("utf-8", "surrogatepass"))


def test_blocks_of_both_languages_with_their_lines() -> None:
    text = "---\na: 1\n---\n# A\n\n```json\n1\n```\n~~~YML x=y\na: b\n~~~\n```python\n1\n```\n"
    found = [(one.language, one.line, one.info, one.values) for one in embedded_in(made(text))]
    assert found == [("JSON", 7, "json", (1,)), ("YAML", 10, "YML x=y", ({"a": "b"},))]


@pytest.mark.parametrize("path", ["a.json", "x/a.YAML", "a.yml"])
def test_whole_files(path: str) -> None:
    (one,) = embedded_in(made('\ufeff{"a": 1}', path))
    assert (one.line, one.values, one.info) == (1, ({"a": 1},), path.rpartition("/")[2])


def test_values_are_those_of_json() -> None:
    text = "a: [1, -2.5, 1e3, true, null, ~, 'true', \"1\", 2026-01-30, 010, yes, 1.2.3]\n1: x\n"
    (one,) = embedded_in(made(text, "a.yaml"))
    assert one.values == (
        {
            "a": [
                *(1, -2.5, 1000.0, True, None, None),
                *("true", "1", "2026-01-30", "010", "yes", "1.2.3"),
            ],
            "1": "x",
        },
    )


def test_what_is_no_text_holds_nothing() -> None:
    assert embedded_in(MadeFile("a.json", MemoryPath("a.json"), b"\xff")) == []
    assert frontmatter_problem(MadeFile("a.md", MemoryPath("a.md"), b"\xff")) is None
    assert frontmatter_problem(made("---\na: [\n---\n", "a.txt")) is None


@settings(max_examples=examples(80))
@given(
    st.sampled_from(["a.json", "a.yaml", "a.md"]),
    st.text(st.sampled_from("[]{}:,-&*!?|>'\"#%@`~ \n\tab01.e\ud800\x00\ufeff")),
)
def test_nothing_makes_it_fail(path: str, text: str) -> None:
    content = f"```yaml\n{text}\n```\n" if path == "a.md" else text
    for one in embedded_in(made(content, path)):
        assert (one.problem is None) or one.problem_line >= one.line

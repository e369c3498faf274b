"""What is wrong with a YAML file is told with its line and column."""

import pytest

from pack.distribution.content.yaml_files import load_yaml
from pack.errors import InvalidConfig


def test_a_file_is_read():
    assert load_yaml(b"\xef\xbb\xbfa: 1\r\n", "x.yaml") == ("a: 1\r\n", {"a": 1})
    assert load_yaml(b"", "x.yaml") == ("", {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\na: 2\n", r"twice \(line 2, column 1\)"),
        (b"a: [\n", r"\(line 2, column 1\)"),
        (b"- a\n", r"the file is not a mapping .*\(line 1, column 1\)"),
        (b"\xff", "not UTF-8"),
        (b"a: " + b"x" * 70_000, "the file exceeds"),
        (b"a: " + b"[" * 40 + b"]" * 40, "nesting of the file"),
    ],
)
def test_what_cannot_be_read_is_told(content, message):
    with pytest.raises(InvalidConfig, match=rf"x\.yaml: .*{message}"):
        load_yaml(content, "x.yaml")

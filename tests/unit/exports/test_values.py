"""What an export is made of."""

import json

from pack.exports.values import ExportKind, json_line, seal


def test_what_is_one_text_can_go_to_a_stream():
    assert {kind for kind in ExportKind if not kind.is_one_text} == {"zip", "claude-memory"}


def test_a_seal_is_another_for_other_values():
    assert seal("a", ["b"]) == seal("a", ["b"])
    assert len({seal("a", "b"), seal("ab"), seal(["a", "b"]), seal("a", None)}) == 4


def test_a_line_is_one_line():
    line = json_line({"text": "a\nb\u2028é"})
    assert line.count(b"\n") == 1
    assert json.loads(line)["text"] == "a\nb\u2028é"

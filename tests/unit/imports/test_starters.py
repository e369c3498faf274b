"""Untouched starter files."""

from pack.imports.starters import is_untouched

STARTER = "---\ncreated: {today}\nupdated: {today}\n---\n\n# General (a+b)\n"


def test_a_starter_is_untouched_on_any_day():
    assert is_untouched(STARTER.replace("{today}", "2026-01-02").encode(), STARTER)
    assert not is_untouched(STARTER.encode(), STARTER)
    assert not is_untouched(STARTER.replace("{today}", "2026-01-02").encode() + b"x", STARTER)
    assert not is_untouched(b"", None)

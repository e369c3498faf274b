"""Marks of what is internal are found where people put them, and prose is not taken for one."""

import pytest

from pack.outgoing.internal_marks import find_internal_marks

MARKED = [
    ("---\ninternal: true\n---\n# A\n", 2),
    ("---\na: 1\nInternal: 'Yes' # for us\n---\n", 3),
    ("---\nsync: false\n---\n", 2),
    ("---\nvisibility: private\n---\n", 2),
    ("---\n{internal: true}\n---\n", 2),
    ("---\nmeta:\n  internal: true\n---\n", 3),
    ("---\ninternal: true\nbroken: [\n---\n", 2),
    ("# A\n\n**Internal:** true\n", 3),
    ("# A\n<!-- internal -->\n", 2),
    ("# A\n<!--INTERNAL: ask Jo-->\n", 2),
    ("a <!-- do not share --> b\n", 1),
    ("# A\n\n> INTERNAL ONLY\n", 3),
    ("This page is INTERNAL-ONLY.\n", 1),
    ("## Internal only\n", 1),
    ("**Internal only!**\n", 1),
    ("For internal use only.\n", 1),
    ("Strictly confidential: the plan\n", 1),
    ("\n\nCONFIDENTIAL\n", 3),
    ("Not for external distribution.\n", 1),
    ("> [!INTERNAL]\n> x\n", 1),
    ("::: internal\n", 1),
    ("```\n<!-- internal -->\n```\n", 2),
    ("a\r\n<!-- internal -->\r\n", 2),
]
HARMLESS = [
    "The internal state of the parser is private to it.\n",
    "---\ninternal: false\nsync: true\n---\nInternal links are kept.\n",
    "```yaml\nservices:\n  internal: true\nsync: false\n```\n",
    "An internal-only API has no stable names; keep it confidential if you like.\n",
    "<!-- the internals are elsewhere -->\n",
    "# Internal\n\nsync it: false alarms are rare.\n",
    "",
]


@pytest.mark.parametrize(("text", "line"), MARKED)
def test_a_mark_is_found_on_its_line(text: str, line: int) -> None:
    assert {one.line for one in find_internal_marks(text)} == {line}


@pytest.mark.parametrize("text", HARMLESS)
def test_prose_and_code_are_no_marks(text: str) -> None:
    assert find_internal_marks(text) == []

"""No text takes more than linear work: twice the text, at most about twice the work.

Work is the processor time of this process. A step that is too short to be measured counts as
`_UNIT`, and of several attempts the best one counts, so that a busy machine changes nothing.
"""

import gc
import time

import pytest

from pack.catalog.row import describe
from pack.errors import EditFailed
from pack.files import frontmatter, markdown
from pack.files.edits import Replace, ReplaceSection, apply_edits
from pack.files.note import Note
from pack.files.passages import heading_above
from pack.limits import MAX_FILE_BYTES
from pack.model import BlobId, MemoryPath
from pack.search.candidate import Candidate
from pack.search.highlights import find_highlights
from pack.search.query import parse_query
from pack.search.ranking import Statistics, rank
from pack.search.snippets import find_line
from pack.search.words import fold_text, indexed_text
from pack.sync.open_blocks import with_end
from pack.sync.text import make_section

pytestmark = [pytest.mark.timeout(120)]

PATH = MemoryPath("context/x.md")
QUERY = parse_query('what did Alpha tell Beta? "a a" a* aB')
_SIZE = 15_000
_UNIT = 0.02
_LARGER = 4
_MOST = 7.0
"""Quadratic work would be sixteen times as much for a text four times as large."""
_ATTEMPTS = 4

BEGINNINGS = {
    "a heading of blanks": ("# a", " "),
    "a heading of tabs": ("# a", "\t"),
    "a heading of hashes": ("# a ", "#"),
    "a heading of closed hashes": ("# a", " #"),
    "a heading of entities": ("# ", "&amp;"),
    "a heading of emphasis": ("# ", "_a"),
    "a heading of open links": ("# ", "[a]("),
    "an underline with an end": ("a\n", "="),
    "a rule of blanks": ("a\n---", " "),
    "frontmatter of blanks": ("---\n", " "),
    "a quoted key": ('---\n"', "\\a"),
    "a fence of blanks": ("---", " "),
    "a list in frontmatter": ("---\na: [", "a, "),
    "marks": ("a", "\u0301"),
    "marks in disorder": ("a", "\u0301\u0316"),
    "marks that are letters and marks": ("a", "\u0344\u0f73"),
    "marks after each other letter": ("", "a\u0301\u0316"),
    "one word": ("", "a"),
    "one line": ("", "word "),
    "one line of names": ("", "Alpha "),
    "one line of JSON": ("", '{"name": "Alpha", "Beta": 1}, '),
    "lines of names": ("", "Alpha: Beta\n"),
    "underscores": ("", "_a"),
    "tags": ("", "#a "),
    "open quotations": ("", '"a '),
    "entities": ("", "&amp;"),
    "line feeds": ("", "\n"),
    "carriage returns": ("", "\r"),
    "both line ends": ("", "\r\n"),
    "blank lines": ("", " \n"),
    "headings": ("", "# a\n"),
    "nested headings": ("", "# a\n## b\n### c\n"),
    "underlined headings": ("", "a\n=\n"),
    "rules": ("", "---\n"),
    "backticks": ("[a](b.md) ", "`"),
    "targets": ("[a](b.md) ", "](a(b)"),
    "one target": ("[a](b.md) ](", "a"),
    "places": ("", " to the"),
    "camel case": ("", "aB"),
    "script without spaces": ("", "\u5168"),
}


def _title_above_many(size):
    """A long title that every passage below it repeats."""
    return f"# {'a' * (size // 2)}\n" + "## b\n" * (size // 10)


TEXTS = {
    name: lambda size, begin=begin, unit=unit: f"{begin}{unit * (size // len(unit))}x\n"
    for name, (begin, unit) in BEGINNINGS.items()
} | {"a title above many": _title_above_many}


def _catalogued(text):
    row = describe(Note.stored(PATH, BlobId(""), text.encode()))
    assert row is not None
    return sum(len(indexed_text(part)) for one in row.passages for part in (one.heading, one.text))


def _searched(text):
    found = Candidate(1, PATH, "x", (), None, None, 1, "", text)
    statistics = Statistics(10, 500.0, (1,) * len(QUERY.clauses))
    ranked = rank(QUERY, [found], statistics, lambda _: {})
    snippets = [find_line(QUERY, one.candidate.text) for one in ranked]
    return snippets, heading_above(text, 9)


def _edited(text):
    for edit in (
        Replace(old=f"{text[: len(text) // 2]}\0", new=""),
        ReplaceSection(section="no such section", text=""),
    ):
        with pytest.raises(EditFailed):
            apply_edits(text, [edit])


def _as_copied(text):
    return with_end(make_section("topic", frontmatter.split(text).body))


READINGS = {
    "catalogued": _catalogued,
    "folded": fold_text,
    "searched": _searched,
    "marked": lambda text: find_highlights(QUERY.text, text),
    "linked": lambda text: markdown.links(frontmatter.split(text).body),
    "edited": _edited,
    "stamped": lambda text: frontmatter.read(text).problem,
    "copied": _as_copied,
}


def _work(reading, text):
    gc.disable()
    try:
        begin = time.process_time()
        reading(text)
        return time.process_time() - begin + _UNIT
    finally:
        gc.enable()


def _growth(reading, make):
    texts = make(_SIZE), make(_LARGER * _SIZE)
    best = float("inf")
    for _ in range(_ATTEMPTS):
        small, large = (_work(reading, text) for text in texts)
        best = min(best, large / small)
        if best < _MOST:
            break
    return best


@pytest.mark.parametrize("name", TEXTS)
def test_four_times_the_text_is_about_four_times_the_work(name):
    growth = {said: _growth(reading, TEXTS[name]) for said, reading in READINGS.items()}
    assert {said: by for said, by in growth.items() if by >= _MOST} == {}


def test_quadratic_work_would_be_noticed():
    def quadratic(text):
        for place in range(0, len(text), 50):
            for _ in range(0, place, 50):
                pass

    assert _growth(quadratic, lambda size: "a" * (4 * size)) >= _MOST


@pytest.mark.parametrize("unit", ["\n", "\r\n", "# a\n", "a " * 300_000 + "\n", "\u0301"])
def test_the_largest_file_is_catalogued_in_bounded_pieces(unit):
    size = len(unit.encode())
    content = (unit * (MAX_FILE_BYTES // size)).encode()
    row = describe(Note.stored(PATH, BlobId(""), content))
    assert row is not None
    assert len(row.passages) <= 12_000
    assert max(len(one.text) + len(one.heading) for one in row.passages) <= 6000


def test_frontmatter_that_is_indexed_with_every_passage_makes_these_fewer():
    tags = ", ".join(f"tag{number}" for number in range(7000))
    text = f"---\ntags: [{tags}]\n---\n" + "word word\n\n" * (MAX_FILE_BYTES // 12)
    row = describe(Note.stored(PATH, BlobId(""), text.encode()))
    assert row is not None
    assert len(row.tags) == 7000
    assert 100 < len(row.passages) < 150
    assert "".join(one.text for one in row.passages) == frontmatter.split(text).body

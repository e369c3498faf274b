"""No text takes more than linear work: twice the text, at most about twice the work.

Work is the processor time of this process. Less than `_UNIT` cannot be told from nothing, and of
several attempts the best one counts. What a busy machine adds does not come near `_MOST`: linear
work would have to be measured as three times what it is, each time. That quadratic work would be
noticed is shown with steps that are counted, which no machine changes.
"""

import gc
import time

import pytest

from pack.catalog.row import describe
from pack.errors import EditFailed
from pack.files import frontmatter, markdown
from pack.files.edits import Replace, ReplaceSection, apply_edits
from pack.files.note import Note
from pack.files.passages import heading_above, heading_paths
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
_SIZE = 4_000
_LARGER = 8
_UNIT = 0.002
_MOST = 24.0
"""Between linear work, eight times as much for the larger text, and quadratic, 64 times."""
_ATTEMPTS = 5

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
    return snippets, heading_above(heading_paths(text), 9)


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


def _work(reading, text, clock):
    gc.disable()
    try:
        begin = clock()
        reading(text)
        return clock() - begin + _UNIT
    finally:
        gc.enable()


def _growth(reading, make, clock=time.process_time):
    small, large = make(_SIZE), make(_LARGER * _SIZE)
    growths = (
        _work(reading, large, clock) / _work(reading, small, clock) for _ in range(_ATTEMPTS)
    )
    first_linear = next((growth for growth in growths if growth < _MOST), None)
    return _MOST if first_linear is None else first_linear


@pytest.mark.parametrize("name", TEXTS)
def test_eight_times_the_text_is_about_eight_times_the_work(name):
    growth = {said: _growth(reading, TEXTS[name]) for said, reading in READINGS.items()}
    assert {said: by for said, by in growth.items() if by >= _MOST} == {}


@pytest.mark.parametrize(
    ("power", "a_step", "is_noticed"),
    [(1, 1e-5, False), (1, 1e-9, False), (1.2, 1e-5, False), (2, 1e-8, True), (2, 1e-10, True)],
)
def test_quadratic_work_would_be_noticed(power, a_step, is_noticed):
    """A clock that counts steps: each attempt takes as many as the size of its text says."""
    now = 0.0

    def reading(text):
        nonlocal now
        now += a_step * len(text) ** power

    growth = _growth(reading, lambda size: "a" * size, clock=lambda: now)
    assert (growth >= _MOST) is is_noticed


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

import pytest

from pack.truth.between.sight import Sight

TEXT = ["# A\n", "\n", "one\n", "\n", "## B\n", "\n", "two\n", "\n", "## C\n", "\n", "[x]\n"]
KEPT = [number for number, line in enumerate(TEXT) if line.strip()]


def sight(part=(4, 7), new=(), old=TEXT, kept=KEPT):
    return Sight(old, kept, part, new)


def test_a_line_of_the_part_is_known_if_it_is_the_persons():
    found = sight()
    assert found.of(0).is_section
    assert found.of(1) is None
    assert found.of(2).is_of_one_block(found.of(2))
    assert found.of(-1) is None


@pytest.mark.parametrize(
    ("new", "is_kept"),
    [
        (["## B\n", "\n", "more\n", "\n", "two\n"], True),
        (["## B\n", "\n", "two\n", "\n", "more\n"], True),
        (["## B\n", "\n", "two\n", "more\n"], False),
        (["## B\n", "\n", "two\n", "\n", "```\n"], False),
        (["## B\n", "\n", "two\n", "\n", "<div>\n"], False),
        (["## B\n", "\n", "two\n", "\n", "# D\n"], False),
        (["## B\n", "\n", "two\n", "\n", "[x]: /y\n"], False),
        (["## B\n", "\n", "[x]: /y\n", "\n", "two\n"], False),
    ],
)
def test_the_lines_that_somebody_wants_change_nothing_or_something(new, is_kept):
    own = [new.index("## B\n"), new.index("two\n")]
    assert sight(new=new).is_kept(new, own) is is_kept


def test_only_the_section_is_read_unless_more_may_be_open():
    assert list(sight()._now.known) == [4, 6, 8]
    assert list(sight(new=["[x]: /y\n"])._now.known) == KEPT
    fenced = ["```\n", *TEXT[1:8], "```\n", *TEXT[8:]]
    kept = [number for number, line in enumerate(fenced) if line.strip()]
    assert list(sight(old=fenced, kept=kept)._now.known) == kept[:6]
    assert list(sight((2, 3), old=fenced, kept=kept)._now.known) == kept

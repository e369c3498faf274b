import pytest

from pack.truth.between.views import views_of


def views(text):
    """How the lines with a `u` in them are shown."""
    lines = text.splitlines(keepends=True)
    return views_of(lines, [number for number, line in enumerate(lines) if "u" in line])


def is_kept(before, after):
    old, new = views(before), views(after)
    assert len(old) == len(new)
    return all(now.is_like(was) for now, was in zip(new, old, strict=True))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("u\n", "m\n\nu\n\n- m\n"),
        ("u\n", "u\n\n# m\n"),
        ("- u\n", "- m\n- u\n- m\n"),
        ("- u\n- u\n", "- u\n\n- u\n"),
        ("- [ ] u\n", "- [x] u\n"),
        ("1. u\n", "0. m\n1. u\n2. m\n"),
        ("## u\n", "## m\n\n## u\n"),
        ("## m\n\nu\n", "## n\n\nu\n"),
        ("u\nm\n", "u\n"),
        ("u\nm\n", "u\n*n*\n"),
        ("u\r\n", "m\r\n\r\nu\r\n"),
        ("u\n", "<b>m</b>\n\nu\n"),
        ("u [a]\n", "u [a]\n\n[b]: /x\n"),
    ],
)
def test_this_changes_nothing(before, after):
    assert is_kept(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("u\n", "u\nm\n"),
        ("u\n", "m\nu\n"),
        ("u\n", "u\n---\n"),
        ("u\n", "~~~\n\nu\n"),
        ("u\n", "m\r~~~\n\nu\n"),
        ("u\n", "# m\n\nu\n"),
        ("u\n", "m\n===\n\nu\n"),
        ("1. u\n", "1. m\n2. u\n"),
        ("1. u\n", "1. m\n\n1. u\n"),
        ("- u\n  - u\n", "- u\n- m\n  - u\n"),
        ("    u\n", "- m\n\n    u\n"),
        ("| u |\n", "| u |\n|---|\n"),
        ("u\nm\n", "u\n<b>\n"),
        ("u *u\nm\n", "u *u\nm*\n"),
        ("u\n", "<b>\n\nu\n"),
        ("<div u>\n\nm\n\nu\n", "<div u>\n\n</div>\n\nu\n"),
        ("u\n\nu\n", "u\n\nu\n\n<style></style>\n"),
        ("u\n", "%%\n\nu\n"),
        ("u [a]\n", "u [a]\n\n[A]: /x\n"),
        ("u [a\n b]\n\n[a b]: /u\n", "u [a\n b]\n\n[a b]: /x\n\n[a b]: /u\n"),
        ("[a]: /u\n", "[a]: /x\n\n[a]: /u\n"),
        ("[a]: /u\n", "[a]: /u\n'm'\n"),
        ("u[^1]\n", "u[^1]\n\n[^1]: m n\n"),
        ("u[^1]\n\n[^1]: u u\n", "[^1]: m n\n\nu[^1]\n\n[^1]: u u\n"),
    ],
)
def test_this_changes_how_a_line_is_shown(before, after):
    assert not is_kept(before, after)


def test_lines_are_of_one_block_or_of_two():
    first, second, third = views("u\nu\n\nu\n")
    assert first.is_of_one_block(second)
    assert not second.is_of_one_block(third)
    ends = views("u\n")[0], views("u\n\n")[0]
    assert [one.joined for one in ends] == [(False, False)] * 2
    assert views("m\nu\nm\n")[0].joined == (True, True)


def test_a_section_begins_with_a_heading_in_nothing_else():
    found = views("# u\n\n> # u\n\nu\n\n```\n# u\n```\n")
    assert [one.is_section for one in found] == [True, False, False, False]


def test_a_line_that_is_in_no_block_is_no_matter():
    assert views("-\n\nu:\n\n>\n> -\n")[0].is_like(views("u:\n")[0])
    lines = ["[a]: /x\n", ">\n"]
    assert [one.blocks for one in views_of(lines, [0, 1])] == [(0, 0), (-1, -1)]

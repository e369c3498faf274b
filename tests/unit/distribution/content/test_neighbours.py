"""What a link leads to, as people mean it."""

import pytest

from pack.distribution.content.neighbours import Aim, LinkStyle, Neighbours, rest_of
from pack.distribution.content.placing import Placing

PRESENT = frozenset(["guides/a.md", "guides/web/b c.md", "notes/a.md", "top.md"])
AROUND = Neighbours(Placing("docs/", "guides/", ()), {"guides/a.md": "docs/a.md"}, PRESENT)
FOLDER, ROOT, SLASH, ADDRESS = LinkStyle


@pytest.mark.parametrize(
    ("target", "aim"),
    [
        ("a.md", Aim(FOLDER, "guides/a.md", is_there=True)),
        ("./a.md#x", Aim(FOLDER, "guides/a.md", is_there=True)),
        ("web/b%20c.md?x", Aim(FOLDER, "guides/web/b c.md", is_there=True)),
        ("../top.md", Aim(FOLDER, "top.md", is_there=True)),
        ("web/", Aim(FOLDER, "guides/web", is_there=True)),
        (".", Aim(FOLDER, "guides", is_there=True)),
        ("..", Aim(FOLDER, "", is_there=True)),
        ("notes/a.md", Aim(ROOT, "notes/a.md", is_there=True)),
        ("/notes/a.md", Aim(SLASH, "notes/a.md", is_there=True)),
        ("memory:///notes/a.md", Aim(ADDRESS, "notes/a.md", is_there=True)),
        ("gone.md", Aim(FOLDER, "guides/gone.md", is_there=False)),
        ("../../out.md", Aim(FOLDER, None, is_there=False)),
        ("https://example.org/a.md", None),
        ("//example.org/a.md", None),
        ("mailto:a@example.org", None),
        ("#part", None),
        ("", None),
    ],
)
def test_a_link_leads_to_a_file_or_a_folder_or_elsewhere(target, aim):
    assert AROUND.aim("guides", target) == aim


def test_a_folder_goes_if_something_in_it_does():
    assert [AROUND.goes(one) for one in ("guides/a.md", "guides", "guides/web", None)] == [
        True,
        True,
        False,
        False,
    ]


def test_a_wiki_link_names_a_path_or_a_name():
    assert AROUND.noted("guides/a") == AROUND.noted("guides/a.md") == ["guides/a.md"]
    assert sorted(AROUND.noted("A")) == ["guides/a.md", "notes/a.md"]
    assert AROUND.noted("x/a") == []


def test_a_target_has_a_query_and_a_fragment():
    assert [rest_of(one) for one in ("a", "a#b?c", "a?b#c")] == ["", "#b?c", "?b#c"]

"""Links that lead nowhere downstream become text, and others lead to where things lie there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.distribution.content.links import find_links
from pack.distribution.content.neighbours import Neighbours
from pack.distribution.content.placing import Placing
from pack.distribution.content.transforms import transform
from pack.distribution.values import PathRewrite
from pack.errors import InvalidContent
from tests.support import examples

PRESENT = ["guides/a.md", "guides/b.md", "guides/web/c d.md", "private/secret.md", "img/x.png"]


def neighbours(*rewrites, folder="docs/", present=PRESENT):
    placing = Placing(folder, "guides/", [PathRewrite(*one) for one in rewrites])
    going = {path: placing.place(path) for path in present if path.startswith("guides/")}
    return Neighbours(placing, going, frozenset(present))


def stripped(text, path="guides/a.md"):
    return transform(path, text.encode(), neighbours(), strip=True, rewrite=False).decode()


def moved(text, *rewrites, path="guides/a.md", **options):
    around = neighbours(*rewrites, **options)
    return transform(path, text.encode(), around, strip=False, rewrite=True).decode()


# --- strip_internal_links ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a [secret](../private/secret.md) b", "a secret b"),
        ("[**bold** `x`](../private/secret.md#part 'title')", "**bold** `x`"),
        ("[two\nlines](../private/secret.md\n'title') b", "two\nlines b"),
        ("> [q](../private/secret.md\n> 'title') b", "> q b"),
        ("![a picture](../img/x.png)", "a picture"),
        ("[![pic](../img/x.png)](../private/secret.md)", "pic"),
        ("[![pic](https://x.org/i.png)](../private/secret.md)", "![pic](https://x.org/i.png)"),
        (
            "[s][r] [r] [s][]\n\n[r]: ../private/secret.md 'T'\n[s]: b.md\n",
            "s r [s][]\n\n[s]: b.md\n",
        ),
        ("[a](nowhere.md)", "a"),
        ("[a](../../outside.md)", "a"),
        ("[a](/private/secret.md)", "a"),
        ("[a](memory:///private/secret.md)", "a"),
        ("[a](private/secret.md)", "a"),
        ("[a](..%2Fprivate/secret.md)", "a"),
        ("[a](<../private/secret.md>)", "a"),
        ("[[secret]] [[private/secret|it]] ![[private/secret#x]]", "secret it secret"),
        ('<a href="../private/secret.md">s</a> b', "s b"),
        ('<img src="../img/x.png" alt="pic"> b', "pic b"),
        ("[# not a heading](../private/secret.md)", "\\# not a heading"),
        ("[1. no list](../private/secret.md)", "1\\. no list"),
        ("[- no list](../private/secret.md)", "\\- no list"),
        ("[~~~](../private/secret.md)", "\\~~~"),
        ("[*emphasis*](../private/secret.md)", "*emphasis*"),
        ("[[a](../private/secret.md)](../private/secret.md)", "a"),
    ],
)
def test_a_link_to_what_does_not_go_becomes_text(text, after):
    assert stripped(text) == after
    assert stripped(text.replace("\n", "\r\n")) == after.replace("\n", "\r\n")
    assert stripped(after) == after


@pytest.mark.parametrize(
    "text",
    [
        "[b](b.md) [b](./b.md#x) [c](<web/c d.md>) [c](web/c%20d.md) [dir](web/) [up](.)",
        "[b](/guides/b.md) [b](guides/b.md) [[b]] [[guides/b|x]]",
        "[x](https://example.org/private/secret.md) [m](mailto:a@b.org) [#](#part) [h](//x.org/p)",
        "`[a](../private/secret.md)`",
        "```md\n[a](../private/secret.md)\n```\n",
        "    [a](../private/secret.md)\n",
        "\\[a](../private/secret.md)",
        "<!-- [a](../private/secret.md) -->",
        "[^1]\n\n[^1]: private/secret.md\n",
        "[[1]] [[ -f file ]] [ ] [x]",
        "---\nsee: '[a](../private/secret.md)'\n---\ntext\n",
        "```md\n---\ntitle: x\n---\n[a](../private/secret.md)\n```\n",
    ],
)
def test_everything_else_stays(text):
    assert stripped(text) == text


def test_the_body_changes_below_frontmatter_that_stays():
    head = "---\ntitle: x # [a](../private/secret.md)\n---\n"
    assert stripped(f"{head}[a](../private/secret.md)\n") == f"{head}a\n"


def test_what_is_no_text_or_no_markdown_stays():
    around, link = neighbours(), b"[a](../private/secret.md)"
    for path, content in (("guides/a.md", link + b"\xff"), ("guides/a.json", link)):
        assert transform(path, content, around, strip=True, rewrite=True) == content


def test_a_text_that_cannot_be_read_is_refused_by_name():
    with pytest.raises(InvalidContent, match=r"guides/a\.md: the number of brackets"):
        stripped("[a](b.md)" + "[" * 20_000)


# --- rewrite_paths -------------------------------------------------------------------------------

TO_DOCS = ("guides/", "docs/guides/")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("[b](b.md)", "[b](b.md)"),
        ("[b](guides/b.md#x 'T')", "[b](docs/guides/b.md#x 'T')"),
        ("[b](/guides/b.md)", "[b](/docs/guides/b.md)"),
        ("![b](guides/b.md)", "![b](docs/guides/b.md)"),
        (
            "[b][r]\n\n[r]: <guides/web/c d.md> 'T'\n",
            "[b][r]\n\n[r]: <docs/guides/web/c d.md> 'T'\n",
        ),
        ("[c](guides/web/c%20d.md)", "[c](docs/guides/web/c%20d.md)"),
        ("[gone](guides/gone.md)", "[gone](docs/guides/gone.md)"),
        ("[[guides/b|x]] [[b]]", "[[docs/guides/b|x]] [[b]]"),
        ('<a href="guides/b.md">x</a>', '<a href="docs/guides/b.md">x</a>'),
        ("[dir](guides/web/)", "[dir](docs/guides/web/)"),
    ],
)
def test_a_link_leads_to_where_its_file_lies(text, after):
    assert moved(text, TO_DOCS) == after
    assert moved(after, TO_DOCS) == after


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/guides/b.md [x](https://example.org/guides/b.md)",
        "`guides/b.md` [x](#guides/)",
        "```\n[b](guides/b.md)\n```\n",
        "---\nsee: guides/b.md\n---\n",
        "[x](misguides/b.md)",
    ],
)
def test_nothing_else_is_rewritten(text):
    assert moved(text, TO_DOCS) == text


def test_files_that_move_apart_still_find_each_other():
    rewrites = [("guides/web/", "docs/site/")]
    assert moved("[c](<web/c d.md>)", *rewrites) == "[c](<site/c d.md>)"
    assert moved("[c](web/c%20d.md)", *rewrites) == "[c](site/c%20d.md)"
    assert moved("[a](../a.md)", *rewrites, path="guides/web/c d.md") == "[a](../a.md)"
    deeper = [("guides/web/", "docs/site/deep/")]
    assert moved("[a](../a.md)", *deeper, path="guides/web/c d.md") == "[a](../../a.md)"


# --- properties ----------------------------------------------------------------------------------

TARGETS = st.sampled_from(
    [
        "b.md",
        "../private/secret.md",
        "/private/secret.md",
        "x.md#y",
        "https://a.org/b",
        "#x",
        "<c d>",
    ]
)
MARKS = ["a", "# ", "> ", "- ", "1. ", "`", "```", "~~~", "    ", "\n", "\n\n", "\t", "*", "[", "]"]
HALVES = [
    "\\",
    "![",
    "](",
    ")",
    "[r]",
    "[r]: b.md\n",
    "[s]: ../private/secret.md\n",
    "<a href=",
    "|",
]
WORDS = st.sampled_from([*MARKS, *HALVES, "</a>"])
PIECES = st.one_of(
    WORDS,
    TARGETS.map(lambda target: f"[t]({target})"),
    TARGETS.map(lambda target: f'<a href="{target}">x</a>'),
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


@given(text=TEXTS)
@settings(max_examples=examples(40), deadline=None)
def test_afterwards_no_link_leads_to_what_does_not_go_and_nothing_more_changes(text):
    after = stripped(text)
    leads_to = {one.leads_to for one in find_links(after.removeprefix("\ufeff"))}
    assert not any("private" in target for target in leads_to)
    assert stripped(after) == after


@given(text=TEXTS)
@settings(max_examples=examples(25), deadline=None)
def test_rewriting_twice_changes_nothing_more(text):
    after = moved(text, ("guides/", "handbook/"), folder="handbook/")
    assert moved(after, ("guides/", "handbook/"), folder="handbook/") == after


@given(text=TEXTS, code=st.text("ab[]()#-\n ", max_size=40))
@settings(max_examples=examples(25), deadline=None)
def test_code_is_never_touched(text, code):
    fence = f"\n\n~~~~~~~~\n{code}\n[a](../private/secret.md)\n~~~~~~~~\n"
    assert stripped(f"\n{fence}\n\n{text}").startswith(f"\n{fence}")
    kinds = {one.kind for one in find_links(fence)}
    assert not kinds

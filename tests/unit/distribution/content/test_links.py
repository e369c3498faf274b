"""Finds every link of a text, to the character."""

import pytest

from pack.distribution.content.links import LinkKind, find_links
from pack.errors import LimitExceeded

TEXT = """# [Head](a.md) x

A [link](b.md "t") and ![img](<c d.png>) and [ref][r] `[no](code.md)` [r] and \\[no](x.md)
> - quote [q](d.md
>   'title') end
> - [[wiki/page|alias]] ![[embed]] [![alt](i.png)](page.md)

[r]: ref.md 'T'
> [q]:
>   q2.md

\tcode [no](x.md)

- a
\tcont [tab](tab.md)

Not[^1] one.

[^1]: word

<a href="html.md">html</a> and <a href='h2.md'>x</a> <img alt="An image" src=i2.png>

<div>
<a href="blk.md">b</a>
</div>

<pre>
<a href="no.md">b</a>
</pre>

```
[no](f.md)
```
"""
FOUND = [
    (LinkKind.LINK, "Head", "a.md"),
    (LinkKind.LINK, "link", "b.md"),
    (LinkKind.IMAGE, "img", "c d.png"),
    (LinkKind.REFERENCE, "ref", "ref.md"),
    (LinkKind.REFERENCE, "r", "ref.md"),
    (LinkKind.LINK, "q", "d.md"),
    (LinkKind.WIKI, "alias", "wiki/page"),
    (LinkKind.WIKI, "embed", "embed"),
    (LinkKind.LINK, "![alt](i.png)", "page.md"),
    (LinkKind.IMAGE, "alt", "i.png"),
    (LinkKind.DEFINITION, "r", "ref.md"),
    (LinkKind.DEFINITION, "q", "q2.md"),
    (LinkKind.LINK, "tab", "tab.md"),
    (LinkKind.HTML, "", "html.md"),
    (LinkKind.HTML, "", "h2.md"),
    (LinkKind.HTML_IMAGE, "An image", "i2.png"),
    (LinkKind.HTML, "", "blk.md"),
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_link_is_found_where_it_is(line_end):
    text = TEXT.replace("\n", line_end)
    found = find_links(text)
    assert [(one.kind, text[slice(*one.label)], one.leads_to) for one in found] == FOUND
    for one in found:
        if one.target is not None:
            assert text[slice(*one.target)] == one.leads_to
        if one.kind is LinkKind.HTML:
            assert text[slice(*one.closing)] == "</a>"


def test_a_target_is_told_with_its_escapes_resolved():
    (one,) = find_links("[a](b\\_c&amp;d.md)")
    assert one.leads_to == "b_c&d.md"


def test_what_is_replaced_by_parsers_does_not_shift_places():
    text = "\0 \N{REPLACEMENT CHARACTER} [a](b.md)"
    (one,) = find_links(text)
    assert text[slice(*one.whole)] == "[a](b.md)"


def test_too_many_brackets_are_refused_rather_than_left_unread():
    with pytest.raises(LimitExceeded, match="brackets"):
        find_links("[a](b) " + "[" * 20_000)

from pack.truth.between.markdown_blocks import MarkdownBlocks

TEXT = """\
# A

- a
  - b

3. c
4. d

> q [L]

[L]: /x
[l]: /y

| a |
|---|
| 1 |

<details>

%%

```
code
```
"""


def blocks(text=TEXT):
    lines = text.split("\n")
    return MarkdownBlocks(text, [number if line else None for number, line in enumerate(lines)])


def test_a_block_has_its_place():
    found = {one.start: one for one in blocks().blocks}
    assert {line: one.kind for line, one in found.items()} == {
        0: "heading_open",
        2: "paragraph_open",
        3: "paragraph_open",
        5: "paragraph_open",
        6: "paragraph_open",
        8: "paragraph_open",
        10: "definition",
        11: "duplicate",
        13: "thead_open",
        14: "delimiter",
        15: "tbody_open",
        17: "html_block",
        19: "paragraph_open",
        21: "fence",
    }
    items = (("bullet_list",), ("list_item", 2, None))
    assert found[3].inside == (*items, ("bullet_list",), ("list_item", 3, None))
    assert found[6].inside == (("ordered_list",), ("list_item", 6, 4))
    assert found[8].inside == (("blockquote", 8, None),)
    assert found[10].inside == ("L", "/x", "")
    assert found[15].inside == (("table", 13, None),)
    assert found[15].content == ["1"]
    assert (found[21].start, found[21].end) == (21, 24)


def test_a_block_is_under_headings_and_knows_what_is_open():
    found = {one.start: one for one in blocks().blocks}
    assert found[0].under == ()
    assert found[2].under == ((1, 0),)
    (tag,), comment, formula = found[21].around
    assert (tag.name, tag.owner, comment, formula) == ("details", 17, True, False)
    text = "# A\n## B\n# C\n> ## D\n\nx\n"
    under = [one.under for one in blocks(text).blocks]
    assert under == [(), ((1, 0),), (), ((1, 2),), ((1, 2),)]


def test_text_with_too_many_brackets_is_not_read():
    (token,) = blocks().inline("[" * 2_001)
    assert token.type == "html_inline"
    assert [one.type for one in blocks().inline("a *b*")][:2] == ["text", "em_open"]

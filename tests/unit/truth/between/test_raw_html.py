import pytest

from pack.truth.between.raw_html import OpenTag, RawHtml


@pytest.mark.parametrize(
    ("html", "names"),
    [
        ("a < b, 3 <4, <3 and <br> <hr/> <img src='>'>", []),
        ("<div><b>x</b>", ["div"]),
        ("<div/>", ["div"]),
        ("<DIV></div >", []),
        ("<p>text", []),
        ("<name> and <String>", []),
        ("<name hidden>", ["name"]),
        ("</div>", []),
        ("<div><b></div>", []),
        ("<!-- <div> --><!--><!---><?php <b ?>", []),
        ("<!-- <div>", ["<"]),
        ("<!-- a --!><div>", ["div"]),
        ("<a href='", ["<"]),
        ('<a href="\'>"', ["<"]),
        ("<textarea></div><b></TEXTAREA ><i>", ["i"]),
        ("<textarea><!--</textarea>", []),
        ("<textarea>", ["textarea"]),
        ("<xmp><!-- </xmp><div hidden> --></xmp>", ["div"]),
        ("</", ["<"]),
    ],
)
def test_what_is_open_after_some_html(html, names):
    read = RawHtml()
    read.take(html, 3)
    assert read.open == tuple(OpenTag(name, 3) for name in names)


def test_what_may_be_in_a_comment_ends_nothing_before_it():
    read = RawHtml()
    read.take("<div><!--", 1)
    read.take("</div><b><i></i>", None)
    assert [one.name for one in read.open] == ["div", "<", "b"]


def test_an_element_is_whoevers_opened_it():
    read = RawHtml()
    read.take("<div>", 1)
    read.take("<b>", None)
    assert read.open == (OpenTag("div", 1), OpenTag("b", None))
    read.take("</div>", None)
    assert read.open == ()


def test_some_elements_change_all_of_a_text():
    read = RawHtml()
    read.take("<style>b {}</style><link rel=x><b></b>", None)
    assert read.everywhere == (OpenTag("style", None), OpenTag("link", None))
    assert read.open == ()


def test_many_open_elements_take_no_more_than_some_room():
    read = RawHtml()
    read.take("<b>" * 100_000, None)
    assert len(read.open) == 64
    read.take("<a x=" * 100_000, None)
    assert read.open[-1].name == "<"

"""What a Google document shows after a delivery, whatever it showed before."""

from __future__ import annotations

import itertools
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_connectors.google_docs.document import FOREIGN, read_document
from pack_connectors.google_docs.edit import text_edit
from pack_connectors.google_docs.markdown import rich_paragraphs
from pack_connectors.google_docs.target import DocumentPlace, GoogleDoc, parse_document
from pack_connectors.google_docs.text import DocumentFormat, is_kept, storable, text_of

from pack.errors import ConnectorError, InvalidConfig, LimitExceeded, NotFound
from pack.sync.target import Target
from tests.google_docs_support import ACCESS, Desk
from tests.standins.google_docs import GET, TOKEN, UPDATE
from tests.support import is_soak

# Two code units, combining, joined, right to left, without spaces: where indexes go wrong.
PIECES = ["a", " ", "\n", "😀", "👩‍🚀", "e\u0301", "日本", "مرحبا", "\t", "**b**", "- x\n", "# h\n",
          "1. y\n", "\v", "🇩🇪", "𝒳", "word"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
BLOCKS = st.lists(
    st.sampled_from(
        ["# T", "para *i* 😀", "- a\n- b", "- x\n- b", "- a\n- b\n- c",
         "1. z\n2. y\n3. x", "- a\n  - b\n    - c\n- d", "1. x\n2. y", "3. z", "> q",
         "```\ncode\n\n\tmore\n```", "| a | b |\n|---|---|\n| 1 | 日 |", "- [ ] t\n- [x] u", "***",
         "**b** `c` [l](https://x.example/y)", "1. a\n   - b", "- a\n\n  more", "-", "text"]
    ),
    max_size=5,
).map("\n\n".join)  # fmt: skip


known_desk = cache(Desk)


def a_target(target: Target) -> Target:
    """The type checker's word that it is one."""
    return target


def test_it_is_a_target() -> None:
    assert a_target(Desk().target).name == "Google Docs"


@pytest.mark.contract("C3")
def test_a_plain_document_shows_the_markdown_as_it_is() -> None:
    desk = Desk()
    markdown = "# Mémoire 😀\r\n\r\n- **a**\r\n\t- b\r\n\r\n| x | 日本 |\r\n|---|---|\r\n"
    done = desk.deliver(markdown)
    assert desk.text == markdown.replace("\r\n", "\n")
    assert (done.changed, done.warnings) == (True, ())
    assert desk.document.tabs[1].text == "of somebody else\n"


def test_what_was_delivered_last_costs_no_request() -> None:
    desk = Desk()
    desk.deliver("# A\n")
    before = list(desk.google.asked)
    assert desk.deliver("# A\n").changed is False
    assert desk.google.asked == before == [(TOKEN, 200), (GET, 200), (UPDATE, 200)]


def test_without_a_memo_everything_is_written_again() -> None:
    desk = Desk()
    desk.deliver("# A\n")
    assert desk.deliver("# A\n", receipt="").changed is True
    assert desk.deliver("# A\n", receipt='{"of": "another version"}').changed is True
    assert len(desk.google.edits) == 3


def test_a_small_change_of_a_large_text_is_a_small_edit() -> None:
    desk = Desk()
    lines = [f"Line {number} with 😀 in it\n" for number in range(500)]
    desk.deliver("".join(lines))
    lines[250] = lines[250].replace(" in ", " before ")
    desk.deliver("".join(lines))
    assert desk.text == "".join(lines)
    removed, inserted = desk.google.edits[-1]
    place = removed["deleteContentRange"]["range"]
    assert place["endIndex"] - place["startIndex"] == len("in")
    assert inserted["insertText"]["text"] == "before"


@pytest.mark.contract("C3")
@given(st.lists(TEXTS, min_size=1, max_size=4), TEXTS, st.booleans())
def test_a_plain_document_shows_what_was_delivered_whatever_was_there(
    texts: list[str], before: str, first_wins: bool
) -> None:
    desk = known_desk(DocumentFormat.PLAIN)
    desk.begin(before, first_wins=first_wins)
    for text in texts:
        desk.deliver(text)
        assert desk.text == text.removesuffix("\n") + "\n"


@given(TEXTS, TEXTS)
def test_an_edit_of_text_never_divides_a_character(old: str, new: str) -> None:
    desk = known_desk(DocumentFormat.PLAIN)
    desk.begin(old)
    for request in text_edit(desk.shown, new + "\n"):
        place = request.get("deleteContentRange", {}).get("range", {})
        for index in place.values():
            assert not desk.document.first.splits_a_pair(index - 1)


@pytest.mark.contract("C3")
@given(st.lists(BLOCKS, min_size=1, max_size=4), TEXTS, st.booleans())
def test_a_rich_document_shows_what_was_delivered_whatever_was_there(
    texts: list[str], before: str, first_wins: bool
) -> None:
    desk = known_desk(DocumentFormat.RICH)
    desk.begin(before, first_wins=first_wins)
    for text in texts:
        desk.deliver(text)
        assert desk.text == text_of(rich_paragraphs(text))
        assert desk.paragraphs == rich_paragraphs(text)


@given(BLOCKS, BLOCKS, st.booleans())
def test_the_least_edit_gives_what_writing_everything_gives(
    old: str, new: str, first_wins: bool
) -> None:
    desk = known_desk(DocumentFormat.RICH)
    desk.begin(first_wins=first_wins)
    desk.deliver(old)
    desk.deliver(new)
    least, least_edits = desk.paragraphs, sum(map(len, desk.google.edits))
    desk.begin(first_wins=first_wins)
    desk.deliver(old)
    desk.deliver(new, receipt="")
    assert least == desk.paragraphs
    assert least_edits <= sum(map(len, desk.google.edits))


@pytest.mark.parametrize("doc_format", DocumentFormat)
@pytest.mark.parametrize("first_wins", [True, False])
def test_every_place_of_an_edit_in_a_text(doc_format: DocumentFormat, first_wins: bool) -> None:
    texts = ["a", "a\n\nb", "b", "a\n\nb\n\nc", "a\n\nc", "c", "", "- a", "- a\n- b", "- b",
             "- b\n- c", "- b\n  - c", "# a\n\n- b\n\nc", "- b\n\nc", "# a\n\n- b", "1. b\n2. c"
             ]  # fmt: skip
    desk = known_desk(doc_format)
    pairs = list(itertools.product(texts, repeat=2))
    for old, new in pairs if is_soak() else pairs[first_wins::3]:
        desk.begin(first_wins=first_wins)
        desk.deliver(old)
        desk.deliver(new)
        if doc_format is DocumentFormat.RICH:
            assert desk.paragraphs == rich_paragraphs(new), (old, new)
        else:
            assert desk.text == new + "\n", (old, new)


def test_a_change_of_one_paragraph_leaves_the_others_alone() -> None:
    desk = Desk(DocumentFormat.RICH)
    blocks = [f"## H{number}\n\nSome **bold** text.\n\n- a\n- b\n" for number in range(30)]
    desk.deliver("\n".join(blocks))
    blocks[15] = blocks[15].replace("bold", "new")
    desk.deliver("\n".join(blocks))
    assert desk.paragraphs == rich_paragraphs("\n".join(blocks))
    inserted = [edit["insertText"] for edit in desk.google.edits[-1] if "insertText" in edit]
    assert [edit["text"] for edit in inserted] == ["Some new text.\n"]


def test_the_format_can_be_changed_at_any_time() -> None:
    desk = Desk()
    for doc_format in (
        DocumentFormat.RICH,
        DocumentFormat.PLAIN,
        DocumentFormat.RICH,
        DocumentFormat.PLAIN,
    ):
        desk.target = desk.open(doc_format)
        done = desk.deliver("# T\n\n- a\n  - **b**\n")
        assert (done.changed, done.warnings) == (True, ())
    assert desk.text == "# T\n\n- a\n  - **b**\n"
    assert all(not p.bullet and p.style == "NORMAL_TEXT" for p in desk.paragraphs)
    assert {run.look.bold for p in desk.paragraphs for run in p.runs} == {False}


# --- what others put there ---------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_an_edit_by_somebody_else_is_reported_when_it_is_replaced(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for doc_format in DocumentFormat:
        desk = Desk(doc_format)
        desk.deliver("one\n\ntwo\n")
        desk.edit(3, " and mine")
        (warning,) = desk.deliver("one\n\nthree\n").warnings
        assert "somebody else edited" in warning
        assert "Version history" in warning
        assert "mine" not in desk.text
        assert warning in caplog.messages
        assert desk.deliver("one\n\nfour\n").warnings == ()


def test_a_first_delivery_says_that_it_replaced_a_text() -> None:
    desk = Desk(text="notes of mine")
    (warning,) = desk.deliver("# A\n").warnings
    assert "held another text" in warning
    assert Desk().deliver("# A\n").warnings == ()
    assert Desk(text="# A").deliver("# A\n").warnings == ()


def test_a_revision_that_was_forgotten_is_no_edit() -> None:
    desk = Desk()
    desk.deliver("one\n")
    desk.document.number += 1
    assert desk.deliver("two\n").warnings == ()


def test_a_text_that_the_service_keeps_otherwise_is_no_edit() -> None:
    desk = Desk()
    desk.deliver("one\n")
    units = desk.document.first.units
    units[0] = units[0]._replace(code=ord("0"))
    assert desk.deliver("two\n").warnings == ()


@pytest.mark.parametrize("doc_format", DocumentFormat)
def test_tables_and_images_of_others_are_replaced_as_a_whole(doc_format: DocumentFormat) -> None:
    desk = Desk(doc_format)
    desk.deliver("one\n\ntwo\n\nthree\n")
    tab = desk.document.first
    tab.put_foreign(tab.text.index("two"), "table-1", 7)
    tab.put_foreign(tab.text.index("three") + 2, "image-1", 1)
    desk.document.number += 1
    assert desk.shown.text.count(FOREIGN) == 8
    assert desk.deliver("one\n\n2\n\nthree\n").warnings
    assert FOREIGN not in desk.shown.text
    assert desk.text == text_of(rich_paragraphs("one\n\n2\n\nthree\n"))


def test_a_paragraph_whose_places_are_not_understood_is_replaced_as_a_whole() -> None:
    desk = Desk()
    desk.deliver("one\ntwo\n")
    answer = {
        "revisionId": "r",
        "body": {
            "content": [
                {"endIndex": 1, "sectionBreak": {}},
                {"startIndex": 1, "endIndex": 9, "paragraph": paragraph("one\n")},
                {"startIndex": 9, "endIndex": 13, "paragraph": paragraph("two\n")},
            ]
        },
    }
    shown = read_document(answer)
    assert shown.text == FOREIGN * 7 + "\ntwo\n"
    (removal, insertion) = text_edit(shown, "one\ntwo\n")
    assert removal["deleteContentRange"]["range"] == {"startIndex": 1, "endIndex": 8}
    assert insertion["insertText"] == {"location": {"index": 1}, "text": "one"}


def paragraph(text: str) -> dict[str, object]:
    return {"elements": [{"endIndex": 0, "textRun": {"content": text, "textStyle": {}}}]}


@pytest.mark.parametrize("answer", [{}, {"body": {"content": []}}, {"body": {"content": [{}]}},
                                    {"body": {"content": [{"endIndex": 1}]}}])  # fmt: skip
def test_an_answer_that_is_no_document_is_an_error(answer: dict[str, object]) -> None:
    with pytest.raises(ConnectorError):
        read_document({"revisionId": "r", **answer})


def test_other_tabs_stay_as_they_are() -> None:
    desk = Desk(DocumentFormat.RICH)
    before = list(desk.document.tabs[1].units)
    desk.deliver("# A\n\n- b\n")
    desk.deliver("# A\n\n- c\n")
    assert desk.document.tabs[1].units == before


def test_the_document_has_no_newline_at_its_end_more_or_less() -> None:
    desk = Desk()
    for text in ("a\n", "a", "a\n\n", "", "\n", "a\nb", "b"):
        desk.deliver(text)
        assert desk.text == text.removesuffix("\n") + "\n"


# --- limits ------------------------------------------------------------------------------------


@pytest.mark.contract("C7")
def test_a_text_that_no_document_holds_is_refused_before_any_request() -> None:
    desk = Desk()
    for text in ("a" * 1_020_000, "😀" * 510_000):
        with pytest.raises(LimitExceeded) as caught:
            desk.deliver(text)
        assert "1,020,000 characters" in str(caught.value)
        assert "sync: false" in caught.value.remedy
    assert desk.google.asked == []


def test_what_a_document_would_drop_is_shown_by_other_characters() -> None:
    desk = Desk()
    done = desk.deliver("a\x07b\fc\ue0b0d\v\te\n")
    assert desk.text == "a␇b␌c⟨U+E0B0⟩d\v\te\n"
    assert len(done.warnings) == 1
    assert "does not keep" in done.warnings[0]


@given(st.text())
def test_a_storable_text_is_stored_as_it_is(text: str) -> None:
    kept = storable(text)
    assert storable(kept) == kept
    assert is_kept(kept)
    assert (kept == text) or not is_kept(text) or "\r" in text
    desk = known_desk(DocumentFormat.PLAIN)
    desk.begin()
    desk.deliver(text)
    assert desk.text == kept.removesuffix("\n") + "\n"


@pytest.mark.parametrize(
    ("given_id", "tab"),
    [
        ("1AbC_d-2345", None),
        ("https://docs.google.com/document/d/1AbC_d-2345/edit", None),
        ("https://docs.google.com/document/u/1/d/1AbC_d-2345", None),
        ("https://docs.google.com/document/d/1AbC_d-2345/edit?tab=t.0#heading=h.1", "t.0"),
        ("https://docs.google.com/document/d/1AbC_d-2345/edit?pli=1&tab=t.a1b2&x=y", "t.a1b2"),
        ("https://docs.google.com/document/d/1AbC_d-2345/edit#?tab=t.1", None),
        ("https://docs.google.com/document/d/1AbC_d-2345/edit?crab=t.1", None),
    ],
)
def test_a_document_is_named_by_its_id_or_address(given_id: str, tab: str | None) -> None:
    assert parse_document(given_id) == DocumentPlace("1AbC_d-2345", tab)


ADDRESS = "https://docs.google.com/document/d/document-1/edit?tab="


@pytest.mark.contract("C1")
@pytest.mark.parametrize("doc_format", DocumentFormat)
def test_the_tab_of_the_address_is_written_and_no_other(doc_format: DocumentFormat) -> None:
    desk = Desk(doc_format, "of great value")
    desk.target = GoogleDoc(
        f"{ADDRESS}t.1", ACCESS, desk.google.clock, doc_format, transport=desk.google.transport
    )
    for text in ("# A\n\n- 😀 b\n- c\n", "# A\n\n- 😀 b\n- d\n\n1. e\n"):
        desk.deliver(text)
        wanted = text if doc_format is DocumentFormat.PLAIN else text_of(rich_paragraphs(text))
        assert desk.document.tabs[1].text == wanted
        assert desk.text == "of great value\n"


def test_a_tab_that_is_not_there_is_said() -> None:
    desk = Desk(text="of great value")
    desk.target = GoogleDoc(
        f"{ADDRESS}t.gone", ACCESS, desk.google.clock, transport=desk.google.transport
    )
    with pytest.raises(NotFound) as caught:
        desk.deliver("one\n")
    assert "GOOGLE_DOC_ID" in caught.value.remedy
    assert [name for name, _ in desk.google.asked] == [TOKEN, GET]


@pytest.mark.parametrize(
    "given_id", ["", "short", "a/../b-12345678", "https://x.example/d/12345678"]
)
def test_what_names_no_document_is_said_at_once(given_id: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        GoogleDoc(given_id, ACCESS, Desk().google.clock)
    assert caught.value.setting == "GOOGLE_DOC_ID"


NO_LEVELS: list[dict[str, object]] = [
    {},
    {"kix.1": {"suggestedInsertionId": "s"}},
    {"kix.1": {"listProperties": {"nestingLevels": []}}},
]


@pytest.mark.parametrize("lists", NO_LEVELS)
def test_a_list_that_is_only_suggested_can_be_read(lists: dict[str, object]) -> None:
    run = {"startIndex": 1, "endIndex": 3, "textRun": {"content": "a\n"}}
    item = {"elements": [run], "bullet": {"listId": "kix.1", "nestingLevel": 1}}
    body = {"content": [{"startIndex": 1, "endIndex": 3, "paragraph": item}]}
    shown = read_document({"revisionId": "r", "body": body, "lists": lists})
    assert shown.text == "a\n"

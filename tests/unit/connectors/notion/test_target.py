"""The single page in Notion: what is written, when, and what is said of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pack_connectors.notion.api import parse_id
from pack_connectors.notion.target import NotionPage, NotionPages
from pack_connectors.notion.writer import read_receipt

from pack.errors import (
    AuthFailed,
    ConnectorError,
    InvalidConfig,
    LimitExceeded,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from tests.standins.faults import FaultKind
from tests.standins.notion import TOKEN, NotionStandIn
from tests.standins.notion_dialect import rich
from tests.standins.notion_state import PERSON
from tests.support import examples

TEXT = "# Title\n\nfirst\n\nsecond\n\n- a\n  - b\n    - c\n      - d\n\nlast\n"


@pytest.fixture
def notion() -> Iterator[NotionStandIn]:
    made = NotionStandIn()
    yield made
    made.check()


def page_of(notion: NotionStandIn) -> NotionPage:
    return NotionPage(notion.api(), notion.page.id)


def asked(notion: NotionStandIn) -> list[str]:
    found = [one.operation for one in notion.log]
    notion.log.clear()
    return found


# --- only what changed ------------------------------------------------------------------------


def test_a_text_that_is_there_costs_one_request(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver(TEXT, "k1", "").receipt
    asked(notion)
    done = page.deliver(TEXT, "k2", receipt)
    assert (done.changed, done.warnings) == (False, ())
    assert asked(notion) == ["retrieve-a-page"]


def test_a_changed_paragraph_makes_one_block(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver(TEXT, "k1", "").receipt
    made = notion.state.blocks_made
    assert page.deliver(TEXT.replace("second", "other"), "k2", receipt).changed
    assert notion.state.blocks_made == made + 1
    assert notion.shown().split("\n") == ["Title", "first", "other", "a", "b", "c", "d", "last"]


@pytest.mark.parametrize(
    "new",
    [
        TEXT.replace("first\n\n", ""),
        TEXT.replace("last", "last\n\nend"),
        "before\n\n" + TEXT,
        TEXT.replace("# Title\n\n", ""),
        TEXT.replace("first", "last"),
        TEXT.replace("- d", "- d2"),
        "",
        "quite\n\nanother",
    ],
)
def test_every_kind_of_change_arrives(notion: NotionStandIn, new: str) -> None:
    page = page_of(notion)
    receipt = page.deliver(TEXT, "k1", "").receipt
    page.deliver(new, "k2", receipt)
    words = [line.strip("#- ") for line in new.split("\n") if line.strip()]
    assert notion.shown().split() == " ".join(words).split()


def test_what_is_several_times_on_a_page_is_changed_in_its_place(notion: NotionStandIn) -> None:
    page = page_of(notion)
    lines = ["same", "same", "x", "same", "same", "y", "same", "same"]
    receipt = page.deliver("\n\n".join(lines), "k1", "").receipt
    lines[4] = "changed"
    page.deliver("\n\n".join(lines), "k2", receipt)
    assert notion.shown().split("\n") == lines


def test_a_changed_look_is_a_change(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver("a *b* c", "k1", "").receipt
    assert page.deliver("a b *c*", "k2", receipt).changed
    pieces = notion.nodes()[0].content["rich_text"]
    assert [one["plain_text"] for one in pieces if one["annotations"]["italic"]] == ["c"]


def test_a_text_that_is_refused_is_an_error_of_ours(notion: NotionStandIn) -> None:
    notion.service.refuses = "second"
    with pytest.raises(ConnectorError, match="refused"):
        page_of(notion).deliver(TEXT, "k", "")
    notion.service.refuses = ""
    page_of(notion).deliver(TEXT, "k", "")
    assert "second" in notion.shown()


def test_a_refused_request_is_made_again_from_what_the_page_shows_now(
    notion: NotionStandIn,
) -> None:
    page = page_of(notion)
    receipt = page.deliver(TEXT, "k1", "").receipt
    made = notion.state.blocks_made
    notion.faults.add(FaultKind.UNPROCESSABLE, "patch-block-children", status=400)
    page.deliver(TEXT.replace("second", "other"), "k2", receipt)
    assert notion.shown().split("\n")[2] == "other"
    assert notion.state.blocks_made == made + 1


def test_a_page_that_is_quite_another_is_replaced(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver("\n\n".join(["same"] * 40), "k1", "").receipt
    page.deliver("\n\n".join(["other", "than"] * 40), "k2", receipt)
    assert notion.shown().split("\n") == ["other", "than"] * 40


NESTED = "".join(f"- item {n}\n  - below {n}\n" for n in range(9)) + "\nlast\n"


def test_below_blocks_of_a_page_that_nobody_touched_nothing_is_read(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver(NESTED, "k1", "").receipt
    asked(notion)
    page.deliver(NESTED.replace("below 4", "other"), "k2", receipt)
    assert asked(notion).count("get-block-children") == 2  # the page, and the block that goes
    assert notion.shown().split("\n")[8:10] == ["item 4", "other"]


def test_an_edit_below_a_block_is_replaced(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver(NESTED, "k1", "").receipt
    (below,) = notion.state.living(notion.state.living(notion.page)[4])
    below.content["rich_text"] = [rich("by hand")]
    notion.state.touch(notion.page, PERSON)
    done = page.deliver(NESTED.replace("last", "end"), "k2", receipt)
    assert "edited in Notion" in done.warnings[0]
    assert notion.shown().split("\n")[8:10] == ["item 4", "below 4"]


# --- what others do ---------------------------------------------------------------------------


def test_an_edit_by_a_person_is_reported_before_it_is_replaced(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver(TEXT, "k1", "").receipt
    notion.state.write_as_person(notion.page, "by hand")
    seen = page.deliver(TEXT, "k2", receipt)
    assert (seen.changed, len(seen.warnings)) == (False, 1)
    assert "edited in Notion" in seen.warnings[0]
    assert "by hand" in notion.shown()
    again = page.deliver(TEXT, "k3", seen.receipt)
    assert again.warnings == ()  # said once


def test_an_edit_by_a_person_is_replaced_with_a_warning(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver(TEXT, "k1", "").receipt
    notion.state.write_as_person(notion.page, "by hand")
    done = page.deliver(f"{TEXT}\nmore\n", "k2", receipt)
    assert [("edited" in one, "replaced" in one) for one in done.warnings] == [(True, True)]
    assert "by hand" not in notion.shown()


def test_what_was_on_the_page_at_first_is_replaced_with_a_warning(notion: NotionStandIn) -> None:
    notion.state.write_as_person(notion.page, "my own notes")
    done = page_of(notion).deliver(TEXT, "k", "")
    assert len(done.warnings) == 1
    assert "my own notes" not in notion.shown()


@pytest.mark.contract("C1")
def test_pages_below_are_never_deleted(notion: NotionStandIn) -> None:
    child = notion.state.add_page("A child", notion.page)
    page = page_of(notion)
    receipt = page.deliver(TEXT, "k1", "").receipt
    page.deliver("all is new\n", "k2", receipt)
    page.deliver("", "k3", "")
    assert not child.in_trash
    assert notion.titles() == ["A child"]
    assert notion.shown() == "A child"


@pytest.mark.contract("C1")
def test_a_block_with_a_page_below_it_is_not_deleted(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver("- item\n- other\n", "k1", "").receipt
    item = notion.state.living(notion.page)[0]
    child = notion.state.add_page("Nested", notion.page)
    block = notion.state.blocks[child.id]
    notion.page.children.remove(block)
    item.children.append(block)
    page.deliver("all is new\n", "k2", receipt)
    assert item in notion.state.living(notion.page)
    assert block in notion.state.living(item)
    assert "all is new" in notion.shown()


def test_a_block_that_goes_away_meanwhile_is_no_end(notion: NotionStandIn) -> None:
    page = page_of(notion)
    receipt = page.deliver(TEXT, "k1", "").receipt
    notion.faults.add(FaultKind.NOT_FOUND, "get-block-children", skip=1)
    notion.faults.add(FaultKind.UNPROCESSABLE, "patch-block-children", status=400)
    page.deliver(TEXT.replace("second", "other"), "k2", receipt)
    assert notion.shown().split("\n")[2] == "other"


# --- size -------------------------------------------------------------------------------------


def test_a_page_of_thousands_of_blocks(notion: NotionStandIn) -> None:
    count = examples(2_000, soak=10_000)
    lines = [f"line {number}" for number in range(count)]
    page = page_of(notion)
    with notion.unchecked():
        receipt = page.deliver("\n\n".join(lines), "k1", "").receipt
        assert notion.shown().split("\n") == lines
        made = notion.state.blocks_made
        lines[count // 2 : count // 2 + 1] = ["new one", "new two"]
        page.deliver("\n\n".join(lines), "k2", receipt)
    assert notion.state.blocks_made == made + 2
    assert notion.shown().split("\n") == lines


def test_a_page_below_a_long_page_stays(notion: NotionStandIn) -> None:
    page = page_of(notion)
    lines = [f"line {number}" for number in range(120)]
    receipt = page.deliver("\n\n".join(lines), "k1", "").receipt
    child = notion.state.add_page("A child", notion.page)
    lines[115] = "changed"
    page.deliver("\n\n".join(lines), "k2", receipt)
    assert notion.shown().split("\n") == [*lines, "A child"]
    assert not child.in_trash


def test_the_lifetime_limit_of_blocks_is_told(notion: NotionStandIn) -> None:
    notion.state.block_budget = 3
    page = page_of(notion)
    receipt = page.deliver("a\n\nb\n\nc\n", "k1", "").receipt
    notion.clock.advance(timedelta(days=4).total_seconds())
    with pytest.raises(LimitExceeded, match="1,000 blocks"):
        page.deliver("a\n\nb\n\nd\n", "k2", receipt)
    assert notion.shown() == "a\nb\nc"


# --- trouble ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.TOO_MANY, None),
        (FaultKind.UNAVAILABLE, 529),
        (FaultKind.UNAVAILABLE, None),
        (FaultKind.CONFLICT, None),
        (FaultKind.GATEWAY_TIMEOUT, None),
        (FaultKind.GATEWAY_TIMEOUT_AFTER, None),
        (FaultKind.SERVER_ERROR_AFTER, None),
        (FaultKind.BAD_GATEWAY, None),
        (FaultKind.CUT, None),
        (FaultKind.CUT_AFTER, None),
        (FaultKind.TIMEOUT_AFTER, None),
        (FaultKind.GARBAGE, None),
    ],
)
def test_trouble_that_passes_is_outlasted(
    notion: NotionStandIn, kind: FaultKind, status: int | None
) -> None:
    page = page_of(notion)
    receipt = page.deliver(TEXT, "k1", "").receipt
    notion.faults.add(kind, times=2, skip=1, headers={"retry-after": "3"}, status=status)
    notion.faults.add(kind, "patch-block-children", times=2, status=status)
    page.deliver(TEXT.replace("- c", "- new"), "k2", receipt)
    assert notion.shown().split("\n") == ["Title", "first", "second", "a", "b", "new", "d", "last"]


def test_a_storm_on_every_other_request(notion: NotionStandIn) -> None:
    kinds = [FaultKind.TOO_MANY, FaultKind.CONFLICT, FaultKind.CUT_AFTER, FaultKind.UNAVAILABLE]
    notion.faults.at_random(7, kinds, rate=0.3)
    page = page_of(notion)
    receipt = ""
    for number in range(12):
        text = TEXT + "\n\n".join(f"more {n}" for n in range(number))
        try:
            receipt = page.deliver(text, f"k{number}", receipt).receipt
        except (RateLimited, Unavailable):
            continue
    notion.faults.clear()
    text = "# End\n\nof it\n"
    page.deliver(text, "k", receipt)
    assert notion.shown() == "End\nof it"


def test_half_of_an_append_is_completed(notion: NotionStandIn) -> None:
    notion.service.partial = 2
    page_of(notion).deliver(TEXT, "k", "")
    assert notion.shown().split("\n") == ["Title", "first", "second", "a", "b", "c", "d", "last"]


def test_a_long_pause_is_the_callers(notion: NotionStandIn) -> None:
    notion.faults.add(FaultKind.TOO_MANY, times=50, headers={"retry-after": "3600"})
    with pytest.raises(RateLimited) as raised:
        page_of(notion).deliver(TEXT, "k", "")
    assert raised.value.retry_after == 3600
    assert raised.value.until == notion.clock() + timedelta(hours=1)
    assert notion.clock.waits == []


def test_it_waits_as_long_as_it_is_told(notion: NotionStandIn) -> None:
    notion.faults.add(FaultKind.UNAVAILABLE, status=529, headers={"retry-after": "17"})
    page_of(notion).deliver(TEXT, "k", "")
    assert notion.clock.waits == [17.0]


def test_what_never_ends_is_unavailable(notion: NotionStandIn) -> None:
    notion.faults.add(FaultKind.SERVER_ERROR, times=1000)
    with pytest.raises(Unavailable):
        page_of(notion).deliver(TEXT, "k", "")


def test_who_may_not(notion: NotionStandIn) -> None:
    notion.service.capabilities = {"read"}
    with pytest.raises(AuthFailed, match="may not") as raised:
        page_of(notion).deliver(TEXT, "k", "")
    assert "capabilities" in raised.value.remedy


def test_a_revoked_token_is_explained(notion: NotionStandIn) -> None:
    page = NotionPage(notion.api(token="ntn_revoked"), notion.page.id)
    with pytest.raises(AuthFailed, match="revoked") as raised:
        page.deliver(TEXT, "k", "")
    assert "NOTION_TOKEN" in raised.value.remedy


def test_a_page_that_is_not_shared_is_explained(notion: NotionStandIn) -> None:
    notion.page.is_shared = False
    with pytest.raises(NotFound, match=notion.page.id) as raised:
        page_of(notion).deliver(TEXT, "k", "")
    assert "Connections" in raised.value.remedy


def test_a_page_in_the_trash_is_not_written(notion: NotionStandIn) -> None:
    notion.page.in_trash = True
    with pytest.raises(NotFound, match="trash"):
        page_of(notion).deliver(TEXT, "k", "")
    assert asked(notion) == ["retrieve-a-page"]


@pytest.mark.parametrize("kind", [FaultKind.FORBIDDEN, FaultKind.UNAUTHORIZED, FaultKind.NOT_FOUND])
def test_errors_of_any_request_are_ours(notion: NotionStandIn, kind: FaultKind) -> None:
    for skip in range(4):
        notion.faults.clear()
        notion.faults.add(kind, skip=skip, times=100)
        with pytest.raises((AuthFailed, NotFound, ConnectorError)):
            page_of(notion).deliver(f"{TEXT}\n{skip}\n", "k", "")


def test_the_token_is_nowhere(notion: NotionStandIn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = notion.api()
    page = NotionPage(api, notion.page.id)
    page.deliver(TEXT, "k", "")
    said = [repr(api), repr(page), repr(vars(page)), page.name]
    for kind in (FaultKind.FORBIDDEN, FaultKind.UNAUTHORIZED, FaultKind.BAD_GATEWAY):
        notion.faults.add(kind, times=20)
        with pytest.raises(ConnectorError) as raised:
            page.deliver(f"{TEXT}\nx\n", "k", "")
        notion.faults.clear()
        error = raised.value
        said += [str(error), repr(error), error.remedy, repr(error.__cause__)]
    said += [record.getMessage() for record in caplog.records]
    assert not any(TOKEN in text or "canary" in text for text in said)


@pytest.mark.parametrize("token", ["", "  ", "a\nb", "ключ"])
def test_a_token_that_cannot_be_one_is_not_sent(notion: NotionStandIn, token: str) -> None:
    with pytest.raises(AuthFailed):
        NotionPage(notion.api(token=token or " "), notion.page.id).deliver(TEXT, "k", "")
    assert asked(notion) == []


def test_what_notion_says_does_nothing_to_a_terminal(notion: NotionStandIn) -> None:
    said = f"no \x1b[2J {TOKEN} " + "x" * 5000
    notion.service.capabilities = set()
    notion.service.need = _refusing(said)  # type: ignore[method-assign]  # only what it says
    with pytest.raises(AuthFailed) as raised:
        page_of(notion).deliver(TEXT, "k", "")
    assert str(raised.value).isprintable()
    assert TOKEN not in str(raised.value)
    assert len(str(raised.value)) < 400


def _refusing(message: str):  # type: ignore[no-untyped-def]  # a function of the stand-in
    from tests.standins.github_http import Refusal  # noqa: PLC0415 - only here

    def need(_: str) -> None:
        raise Refusal(403, message)

    return need


# --- other things -----------------------------------------------------------------------------


def test_ids_and_addresses_of_pages() -> None:
    bare = "1f2e3d4c5b6a798811223344556677ff"
    wanted = "1f2e3d4c-5b6a-7988-1122-3344556677ff"
    for text in (bare, wanted, f" https://www.notion.so/My-page-{bare}?v=1#x ", bare.upper()):
        assert parse_id(text, "X") == wanted
    for text in ("", "https://www.notion.so/My-page", "zz", f"{bare[:-1]}g"):
        with pytest.raises(InvalidConfig):
            parse_id(text, "X")


@pytest.mark.parametrize("receipt", ["", "x", "{}", "[1]", "1", '{"sent": 1}', "null"])
def test_a_foreign_memo_is_none(receipt: str) -> None:
    assert read_receipt(receipt) is None


def test_over_a_real_connection(notion: NotionStandIn) -> None:
    with notion.serving() as url:
        page = NotionPage(notion.api(base_url=url), notion.page.id)
        page.deliver(TEXT, "k", "")
        assert notion.shown().startswith("Title\nfirst")
        page.close()


# --- pages below ------------------------------------------------------------------------------


def test_a_page_is_made_written_listed_and_trashed(notion: NotionStandIn) -> None:
    notion.state.add_page("Somebody else's", notion.page)
    pages = NotionPages(notion.api(), notion.page.id)
    page, done = pages.create("Mine", TEXT, "key")
    assert [one.title for one in pages.list_pages()] == ["Mine"]
    assert pages.url_of(page.id) == page.url
    receipt = pages.write(page.id, "Renamed", f"{TEXT}\nmore\n", done.receipt).receipt
    assert notion.shown(notion.titled("Renamed")).endswith("more")
    assert not pages.write(page.id, "Renamed", f"{TEXT}\nmore\n", receipt).changed
    pages.trash(page.id)
    pages.trash(page.id)
    assert pages.list_pages() == []
    with pytest.raises(NotFound):
        pages.write(page.id, None, "x", "")


def test_a_page_too_large_for_one_request_is_made(notion: NotionStandIn) -> None:
    pages = NotionPages(notion.api(), notion.page.id)
    lines = [f"line {number}" for number in range(1100)]
    with notion.unchecked():
        page, done = pages.create("Large", "\n\n".join(lines), "key")
        assert done.receipt == ""  # the text is still to come
        pages.write(page.id, None, "\n\n".join(lines), done.receipt)
    assert notion.shown(notion.titled("Large")).split("\n") == lines


def test_a_page_whose_answer_was_lost_is_unknown(notion: NotionStandIn) -> None:
    pages = NotionPages(notion.api(), notion.page.id)
    notion.faults.add(FaultKind.CUT_AFTER, "post-page")
    with pytest.raises(OutcomeUnknown):
        pages.create("Mine", TEXT, "key")
    assert [one.title for one in pages.list_pages()] == ["Mine"]


EXPORT = "# One\n\na\n\n---\n\n# Two\n\nb\n\n## Below\n\nc\n\n---\n\n# Three\n\nd\n"


def test_one_section_is_replaced(notion: NotionStandIn) -> None:
    pages = NotionPages(notion.api(), notion.page.id)
    page, done = pages.create("Export", EXPORT, "key")
    made = notion.state.blocks_made
    pages.write_section(page.id, "# Two", "# Two\n\nnew\n\n## Below\n\nc\n\n---\n", done.receipt)
    assert notion.state.blocks_made == made + 1
    shown = notion.shown(notion.titled("Export")).split("\n")
    assert shown == ["One", "a", "Two", "new", "Below", "c", "Three", "d"]
    types = [node.type for node in notion.nodes(notion.titled("Export"))]
    assert types.count("divider") == 2


@pytest.mark.parametrize("heading", ["# Four", "no heading", "## Two", "# One\n\n# Two"])
def test_a_section_that_is_not_there_changes_nothing(notion: NotionStandIn, heading: str) -> None:
    pages = NotionPages(notion.api(), notion.page.id)
    page, done = pages.create("Export", EXPORT, "key")
    before = notion.shown(notion.titled("Export"))
    with pytest.raises(NotFound):
        pages.write_section(page.id, heading, "# Four\n\nx\n", done.receipt)
    assert notion.shown(notion.titled("Export")) == before


def test_a_section_that_is_there_twice_is_not_replaced(notion: NotionStandIn) -> None:
    pages = NotionPages(notion.api(), notion.page.id)
    page, done = pages.create("Export", "# One\n\na\n\n# One\n\nb\n", "key")
    with pytest.raises(NotFound):
        pages.write_section(page.id, "# One", "# One\n\nx\n", done.receipt)


def test_an_edit_right_after_ours_is_told_the_next_time(notion: NotionStandIn) -> None:
    page = page_of(notion)
    notion.service.after["patch-block-children"] = lambda: notion.state.write_as_person(
        notion.page, "by hand"
    )
    receipt = page.deliver(TEXT, "k1", "").receipt
    notion.service.after.clear()
    assert "edited in Notion" in page.deliver(TEXT, "k2", receipt).warnings[0]


def test_the_memo_of_another_page_is_none(notion: NotionStandIn) -> None:
    receipt = page_of(notion).deliver(TEXT, "k1", "").receipt
    other = notion.state.add_page("Other", None)
    assert NotionPage(notion.api(), other.id).deliver(TEXT, "k2", receipt).changed
    assert notion.shown(other).startswith("Title")

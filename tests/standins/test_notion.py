"""The stand-in for Notion refuses what Notion refuses, and fails a test for what is no request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pack_connectors.notion.http import NotionHttp, Refused

from pack.errors import AuthFailed, NotFound
from tests.standins.faults import FaultKind
from tests.standins.notion import NotionStandIn
from tests.standins.notion_dialect import read, write
from tests.standins.openapi_check import notion_check

checked = pytest.mark.skipif(
    notion_check() is None, reason="the vendor's description is not there (see PACK_TEST_SHARED)"
)


@pytest.fixture
def notion() -> Iterator[NotionStandIn]:
    made = NotionStandIn()
    yield made
    made.check()


def http_of(notion: NotionStandIn) -> NotionHttp:
    return notion.api()._http


def paragraph(text: str, children: list[Any] | None = None) -> dict[str, Any]:
    content: dict[str, Any] = {"rich_text": [{"text": {"content": text}}]}
    return {"paragraph": {**content, "children": children} if children else content}


def append(notion: NotionStandIn, children: list[Any], place: str = "end") -> dict[str, Any]:
    body = {"children": children, "position": {"type": place}}
    path = f"blocks/{notion.page.id}/children"
    return http_of(notion).send("PATCH", path, body, is_safe=True)


def link(url: str) -> dict[str, Any]:
    return {"paragraph": {"rich_text": [{"text": {"content": "x", "link": {"url": url}}}]}}


@pytest.mark.parametrize(
    "children",
    [
        [paragraph("x")] * 101,
        [paragraph("x" * 2001)],
        [paragraph("🎉" * 1001)],
        [{"paragraph": {"rich_text": [{"text": {"content": "x"}}] * 101}}],
        [paragraph("a", [paragraph("b", [paragraph("c", [paragraph("d")])])])],
        [paragraph("a", [paragraph("b")] * 100)] * 10,
        [paragraph("語" * 2000)] * 90,
        [link("../a.md")],
        [link("https://e.example/" + "x" * 2000)],
    ],
    ids=["many", "long", "units", "pieces", "deep", "together", "bytes", "relative", "url"],
)
def test_limits_are_enforced(notion: NotionStandIn, children: list[Any]) -> None:
    with notion.unchecked(), pytest.raises(Refused):
        append(notion, children)
    assert notion.nodes() == []


def test_places_of_blocks(notion: NotionStandIn) -> None:
    append(notion, [paragraph("b")])
    append(notion, [paragraph("a")], "start")
    append(notion, [paragraph("c")])
    assert notion.shown() == "a\nb\nc"


@checked
@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", "pages", None, "no such operation"),
        ("PATCH", "pages/{id}", {"archived": True}, "undocumented member"),
        ("PATCH", "blocks/{id}/children", {"children": [{"paragraf": {}}]}, "children"),
        ("PATCH", "blocks/{id}/children", {"children": [], "after": "x"}, "undocumented member"),
        ("PATCH", "pages/{id}/markdown", {"type": "replace"}, "no such operation"),
    ],
)
def test_what_is_no_request_is_told(
    notion: NotionStandIn, method: str, path: str, body: dict[str, Any] | None, said: str
) -> None:
    http, path = http_of(notion), path.replace("{id}", notion.page.id)
    with pytest.raises(Refused):
        http.send(method, path, body, is_safe=True)
    assert any(said in one for one in notion.service.violations)
    notion.service.violations.clear()


def test_who_may_see_and_do_what(notion: NotionStandIn) -> None:
    notion.service.capabilities = {"read"}
    with pytest.raises(AuthFailed):
        append(notion, [paragraph("x")])
    notion.page.is_shared = False
    with pytest.raises(NotFound):
        notion.api().page(notion.page.id)


def test_search_lags_behind(notion: NotionStandIn) -> None:
    def found() -> int:
        answer = http_of(notion).send("POST", "search", {"query": "Memory"}, is_safe=True)
        return len(answer["results"])

    assert found() == 0
    notion.clock.advance(120)
    assert found() == 1


def test_a_fault_strikes_as_often_as_planned(notion: NotionStandIn) -> None:
    notion.faults.add(FaultKind.UNAVAILABLE, "retrieve-a-page", times=2, status=529)
    assert notion.api().page(notion.page.id).title == "Memory"
    assert [one.status for one in notion.log] == [529, 529, 200]


def test_blocks_as_markdown_and_back() -> None:
    text = "\n".join(
        [
            "# h", r"a \*b\* **c *d*** `e` [f](https://e.example)", "- i", "\t- j", "\t\tk",
            "- [x] l", "1. m", "> n<br>o", "```python", "", "\tp", "```", "---",
            '<table fit-page-width="true" header-row="true">', "\t<tr>", "\t\t<td>q</td>",
            "\t</tr>", "</table>", "![r](https://e.example/i.png)", "<empty-block/>",
        ]
    )  # fmt: skip
    once = "\n".join(write(read(text)))
    assert "\n".join(write(read(once))) == once
    assert [node.type for node in read(text)][-2:] == ["image", "paragraph"]
    assert read("a <unknown>b")[0].content["rich_text"][0]["plain_text"] == "a b"

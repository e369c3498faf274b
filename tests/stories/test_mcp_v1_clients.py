"""Agents with the v1 prompt, which know two tools and no paths, on a v2 memory (C2)."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.client import Client
from pack_servers.config.settings import Settings
from pack_servers.mcp import clients as mcp_clients
from pack_servers.mcp.clients import LastRead
from pack_servers.mcp.server import build_server
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory

from pack.errors import RepositoryBusy, Unavailable
from pack.memory import Memory
from tests.stories.mcp_support import (
    ONE_OF_EACH,
    Kind,
    assert_sound,
    call,
    commits,
    connected,
    http_client,
    http_server,
    make_memory,
    run,
    texts,
)
from tests.support import examples

GENERAL = "context/general.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_memory(tmp_path / "memory")


@pytest.fixture
def memory(folder: Path) -> Iterator[Memory]:
    with open_memory(Settings(), LocalPlace(folder)) as opened:
        yield opened


def lines(text: str) -> Counter[str]:
    """The lines that say something, as often as they are there."""
    return Counter(line.strip() for line in text.splitlines() if line.strip())


def general(folder: Path) -> str:
    return (folder / GENERAL).read_text(encoding="utf-8")


async def remember(client: Client, content: str) -> dict[str, Any]:
    """What a pathless update answers; it is never an error."""
    result = await client.call_tool("memory_update", {"content": content})
    assert not result.is_error, texts(result)
    assert result.structured_content is not None
    return dict(result.structured_content)


@pytest.mark.contract("C1", "C2", "C9")
@pytest.mark.parametrize(("kind", "mode"), ONE_OF_EACH)
def test_reading_everything_and_sending_it_back_with_more_loses_nothing(
    kind: Kind, mode: str, folder: Path, tmp_path: Path
) -> None:
    before = {path: path.read_text(encoding="utf-8") for path in folder.glob("*/*.md")}
    made = commits(folder)

    async def use() -> list[str]:
        async with connected(kind, folder, tmp_path, mode) as client:
            everything = (await call(client, "memory_get"))["content"]
            first = await remember(client, f"{everything}\n- likes tea\n")
            second = await remember(client, f"{everything}\n- likes tea\n- likes rain\n")
            third = await remember(client, "- a line by itself\n")
            return [answer["warning"] for answer in (first, second, third)]

    for warning in run(use):
        assert "deprecated" in warning
        assert GENERAL in warning
    after = general(folder)
    added = {"- likes tea": 1, "- likes rain": 1, "- a line by itself": 1}
    assert {line: count for line, count in lines(after).items() if line in added} == added
    for path, text in before.items():
        # `updated` may be another day's.
        gone = lines(text) - lines(path.read_text(encoding="utf-8"))
        assert [line for line in gone if not line.startswith("updated:")] == []
    assert commits(folder) - made == 3
    assert_sound(folder)


@pytest.mark.contract("C2")
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_whole_memory_is_given_as_one_text_and_nothing_else(
    mode: str, memory: Memory, folder: Path
) -> None:
    async def read() -> None:
        async with Client(build_server(memory), mode=mode) as client:
            result = await client.call_tool("memory_get", {})
            (text,) = texts(result)
            assert result.structured_content is not None
            assert result.structured_content["content"] == text
            for path in ("context/general.md", "profiles/me.md"):
                assert f"<!-- {path} -->" in text
            assert "topic:" not in text

    run(read)


@pytest.mark.contract("C2")
@settings(max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.text(st.characters(), max_size=200))
def test_no_text_is_refused_and_none_takes_something_away(
    content: str, memory: Memory, folder: Path
) -> None:
    before = lines(general(folder))

    async def use() -> dict[str, Any]:
        async with Client(build_server(memory, watch=False), mode="legacy") as client:
            if len(content) % 2:
                await call(client, "memory_get")
            return await remember(client, content)

    sendable = content.encode("utf-8", "replace").decode("utf-8")
    if sendable == content:  # JSON in UTF-8 has no half surrogates
        answer = run(use)
        assert "NOT STORED" not in answer["warning"]
        after = lines(general(folder))
        gone = [line for line in before - after if not line.startswith("updated:")]
        assert gone == []


@pytest.mark.contract("C2")
@pytest.mark.parametrize(
    "content",
    ["", "   \n", "---\n", "---\ntopic: [\n---\n", "\0", "\r\r\n\x0b", "﻿bom", "```\n## x"],
    ids=ascii,
)
def test_odd_texts_are_taken(content: str, memory: Memory, folder: Path) -> None:
    async def use() -> dict[str, Any]:
        async with Client(build_server(memory, watch=False)) as client:
            return await remember(client, content)

    assert "deprecated" in run(use)["warning"]
    assert lines(content) - lines(general(folder)) == Counter()
    assert_sound(folder)


@pytest.mark.contract("C2")
def test_a_text_larger_than_a_file_is_divided(memory: Memory, folder: Path) -> None:
    content = "".join(f"- line {number} {'x' * 900}\n" for number in range(2_700))

    async def use() -> dict[str, Any]:
        async with Client(build_server(memory, watch=False)) as client:
            return await remember(client, content)

    assert "general-2.md" in run(use)["warning"]
    stored = "".join(
        path.read_text(encoding="utf-8") for path in (folder / "context").glob("general*.md")
    )
    assert lines(content) - lines(stored) == Counter()
    assert_sound(folder)


@pytest.mark.contract("C2")
@pytest.mark.parametrize(
    "failure", [Unavailable("the disk is full"), RepositoryBusy("a lock is held")], ids=repr
)
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_when_the_store_fails_the_answer_says_so_and_is_no_error(
    mode: str,
    failure: Exception,
    memory: Memory,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # C2 outranks the habit of calling a failure an error: an old agent may drop its text at one.
    def fail(*_: object, **__: object) -> None:
        raise failure

    before = commits(folder)

    async def use() -> None:
        async with Client(build_server(memory, watch=False), mode=mode) as client:
            await client.list_tools()  # so that the client checks the schema, too
            with monkeypatch.context() as patch:
                patch.setattr(memory.connector, "commit", fail)
                result = await client.call_tool("memory_update", {"content": "- important\n"})
            assert not result.is_error
            (text,) = texts(result)
            assert text.startswith(f"NOT STORED: {failure}")
            assert result.structured_content == {"warning": text, "index_updated": False}
            assert commits(folder) == before
            assert "commit" in await remember(client, "- important\n")

    run(use)
    assert lines(general(folder))["- important"] == 1


@pytest.mark.contract("C2")
def test_where_there_is_no_memory_yet_the_answer_says_so(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)

    async def use() -> str:
        with open_memory(Settings(), LocalPlace(tmp_path)) as empty:
            async with Client(build_server(empty)) as client:
                return str((await remember(client, "- important\n"))["warning"])

    warning = run(use)
    assert warning.startswith("NOT STORED: ")
    assert "ask the user to set up a memory" in warning.casefold()


@pytest.mark.contract("C2")
def test_a_v1_memory_keeps_its_one_file(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "MEMORY.md").write_text("# Me\n\n- one\n- two\n", encoding="utf-8")

    async def use() -> None:
        with open_memory(Settings(), LocalPlace(tmp_path)) as v1:
            async with Client(build_server(v1)) as client:
                assert (await call(client, "memory_get"))["content"] == "# Me\n\n- one\n- two\n"
                answer = await remember(client, "# Me\n\n- one\n- three\n- two\n")
                assert answer["path"] == "MEMORY.md"

    run(use)
    text = (tmp_path / "MEMORY.md").read_text(encoding="utf-8")
    assert text == "# Me\n\n- one\n- three\n- two\n"


@pytest.mark.contract("C2")
@pytest.mark.parametrize("kind", ["http", "sse"])
def test_what_one_client_read_is_not_what_another_read(
    kind: Kind, folder: Path, tmp_path: Path
) -> None:
    """A line the first client adds again counts as new for it, and as known to the second."""
    (folder / GENERAL).write_text("# General\n\n- alpha\n- beta\n", encoding="utf-8")

    async def use(url: str) -> None:
        async with http_client(url, "legacy") as first, http_client(url, "legacy") as second:
            everything = (await call(first, "memory_get"))["content"]
            (folder / GENERAL).write_text("# General\n\n- alpha\n- beta\n- x\n", encoding="utf-8")
            await call(second, "memory_get")
            # The first has not read `- x`, so it means one more; the second has.
            await remember(first, f"{everything}\n- x\n")
            assert lines(general(folder))["- x"] == 2
            await remember(second, "- x\n")
            assert lines(general(folder))["- x"] == 2

    with http_server(folder, tmp_path / "log", kind) as server:
        run(lambda: use(server.url))


@pytest.mark.contract("C2")
def test_two_lines_of_one_client_find_their_places(memory: Memory, folder: Path) -> None:
    start = "---\ntopic: General\n---\n# General\n\n## Tea\n\n- green\n\n## Rain\n\n- warm\n"
    (folder / GENERAL).write_text(start, encoding="utf-8")

    async def use() -> None:
        async with Client(build_server(memory, watch=False)) as client:
            text = (await call(client, "memory_get"))["content"]
            text = text.replace("- green\n", "- green\n- black\n")
            await remember(client, text)
            await remember(client, text.replace("- warm\n", "- warm\n- soft\n"))

    run(use)
    body = [line for line in general(folder).split("---\n")[2].splitlines() if line]
    assert body == ["# General", "## Tea", "- green", "- black", "## Rain", "- warm", "- soft"]


@pytest.mark.contract("C2")
def test_a_line_that_is_added_once_more_is_added(memory: Memory, folder: Path) -> None:
    """Also after an update that held the line, as every update with the whole text does."""

    async def use() -> None:
        async with Client(build_server(memory, watch=False)) as client:
            await remember(client, "- milk\n")
            everything = (await call(client, "memory_get"))["content"] + "\n"
            await remember(client, f"{everything}- bread\n")
            await remember(client, f"{everything}- bread\n- milk\n")
            await remember(client, f"{everything}- bread\n- milk\n")

    run(use)
    found = lines(general(folder))
    assert (found["- milk"], found["- bread"]) == (2, 1)


# --- what is remembered of clients -----------------------------------------------------------


def test_each_client_has_its_own_text() -> None:
    read = LastRead()
    read.put("a", "one")
    read.put("b", "two")
    read.extend("a", "more")
    read.extend("c", "nothing was read")
    read.put(None, "nobody")
    read.extend(None, "nobody")
    assert [read.get(key) for key in ("a", "b", "c", None)] == ["one\nmore", "two", None, None]


def test_a_text_sent_back_whole_is_not_remembered_twice() -> None:
    read = LastRead()
    read.put("a", "one\ntwo\n")
    read.extend("a", "one\nmore\ntwo\n")
    assert read.get("a") == "one\ntwo\n\nmore\n"
    read.extend("a", "two\n")
    assert read.get("a") == "one\ntwo\n\nmore\n"


def test_the_oldest_texts_go_when_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_clients, "_REMEMBERED_CHARACTERS", 10)
    read = LastRead()
    for client in "abc":
        read.put(client, "1234")
    assert [read.get(client) for client in "abc"] == [None, "1234", "1234"]
    read.put("b", "12")
    read.put("d", "1234")
    assert [read.get(client) for client in "bcd"] == ["12", "1234", "1234"]
    read.extend("b", "1234567")
    assert [read.get(client) for client in "bcd"] == ["12\n1234567", None, None]
    read.put("b", "12345678901")
    assert read.get("b") is None
    read.put("e", "1234567890")
    assert read.get("e") == "1234567890"


def test_clients_that_read_nothing_are_forgotten_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_clients, "_REMEMBERED_CLIENTS", 2)
    read = LastRead()
    for client in "abc":
        read.put(client, "")
    assert [read.get(client) for client in "abc"] == [None, "", ""]


Action = Callable[[LastRead], None]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.text("x", max_size=12), st.booleans())))
def test_what_is_remembered_is_bounded_and_true(
    actions: list[tuple[str, str, bool]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mcp_clients, "_REMEMBERED_CHARACTERS", 20)
        patch.setattr(mcp_clients, "_REMEMBERED_CLIENTS", 3)
        read, model = LastRead(), dict[str, str]()
        for client, text, extends in actions:
            before = read.get(client)
            if not extends:
                model[client] = text
            elif before is None:
                model.pop(client, None)
            else:
                is_known = not text or text in before.split("\n")
                model[client] = before if is_known else f"{before}\n{text}"
            (read.extend if extends else read.put)(client, text)
            known = {each: read.get(each) for each in "abcd" if read.get(each) is not None}
            assert len(known) <= 3
            assert sum(len(text or "") for text in known.values()) <= 20
            assert known.items() <= model.items()
            assert (client in known) == (len(model.get(client, "x" * 21)) <= 20)

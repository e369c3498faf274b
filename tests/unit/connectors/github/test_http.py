"""What an attacker could want: the token, our memory, a place in it for other bytes."""

import logging
import pickle
import traceback
import zlib

import httpx
import pytest
from pack_connectors.github.address import parse_host, parse_place
from pack_connectors.github.connector import GitHub
from pack_connectors.github.http import GithubHttp, Request
from pack_connectors.github.session import GithubSession
from pack_connectors.system.retry import NoAnswer

from pack.errors import AuthFailed, ConnectorError, InvalidConfig, LimitExceeded, PackError
from pack.model import ABSENT, MemoryPath
from tests.github_support import NAME, NO_CERTIFICATES, GithubWorld, memory_of
from tests.standins.clock import ManualClock
from tests.standins.faults import FaultKind
from tests.standins.github import TOKEN
from tests.support import note

A = MemoryPath("context/a.md")
API = "https://api.github.com"


# --- the token -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["graphql", "git-data"])
def test_the_token_is_in_no_log_error_repr_commit_or_file(tmp_path, caplog, method):
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    with GithubWorld(tmp_path, None, method) as world:
        memory = world.open(timeout=5.0)
        memory.lifecycle.init({A: note(0)})
        for kind in FaultKind:
            if "no answer" in kind:
                continue
            world.service.faults.add(kind)
            world.service.faults.add(kind, times=2, skip=1)
            try:
                memory.notes.update(f"context/{kind.name.lower()}.md", note(1))
            except PackError as error:
                said += traceback.format_exception(error)
                said += [repr(error), str(error.__dict__), error.remedy]
            world.service.faults.clear()
            world.service.clock.advance(4000)
        said += [repr(memory.connector), repr(vars(memory.connector)), memory.connector.location]
        said += [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
        said += [str(pause) for pause in world.pauses]
        said += world.service.messages(NAME)
        said += [content.decode() for content in world.service.files(NAME).values()]
        kept = [file for file in (tmp_path / "cache").glob("*") if file.is_file()]
        assert kept
        said += [file.read_bytes().decode("latin-1") for file in kept]
    assert len(said) > 50
    assert any("GitHub" in text for text in said)
    assert not [text for text in said if TOKEN in text]


@pytest.mark.parametrize("text", ["", " ", "two words", "new\nline", "tök", "nul\0"])
def test_what_is_no_token_is_not_sent_and_not_shown(text):
    sent = []
    transport = httpx.MockTransport(sent.append)
    http = GithubHttp(parse_host(API), lambda: text, transport, 1.0)
    with pytest.raises(AuthFailed) as caught:
        http.send(Request("GET", "/user"))
    assert not sent
    assert not text.strip() or text not in "".join(traceback.format_exception(caught.value))


def test_the_token_may_change_while_it_is_used(tmp_path):
    with GithubWorld(tmp_path, memory_of({})) as world:
        connector = world.connect()
        connector.head()
        world.service.state.tokens["renewed"] = world.service.state.tokens.pop(TOKEN)
        world.service.token = "renewed"
        assert connector.head() == world.service.head(NAME)


def test_a_connector_cannot_be_written_down(tmp_path):
    with GithubWorld(tmp_path, memory_of({})) as world, pytest.raises((TypeError, AttributeError)):
        pickle.dumps(world.connect())


# --- where requests go -----------------------------------------------------------------------


class Recorder:
    """Answers as it is told to and keeps what was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.asked: list[httpx.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        return self._answers.pop(0)

    def http(self) -> GithubHttp:
        return GithubHttp(parse_host(API), lambda: TOKEN, httpx.MockTransport(self), 1.0)


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/x", "http://api.github.com/x", "https://api.github.com:8443/x",
        "//evil.example/x", "https://api.github.com.evil.example/x",
        "https://evil.example@api.github.com.evil.example/",
    ],
)  # fmt: skip
def test_a_redirect_elsewhere_is_not_followed_with_the_token(where):
    recorder = Recorder(httpx.Response(301, headers={"location": where}))
    answer = recorder.http().send(Request("GET", "/repos/a/b"))
    assert answer.status == 301
    assert len(recorder.asked) == 1


def test_a_redirect_to_the_same_server_is_followed():
    recorder = Recorder(
        httpx.Response(301, headers={"location": f"{API}/repositories/1"}),
        httpx.Response(307, headers={"location": "/repositories/2"}),
        httpx.Response(200, json={}),
    )
    assert recorder.http().send(Request("GET", "/repos/a/b")).status == 200
    assert [str(request.url) for request in recorder.asked[1:]] == [
        f"{API}/repositories/1", f"{API}/repositories/2",
    ]  # fmt: skip
    moved = [httpx.Response(301, headers={"location": f"{API}/x"}) for _ in range(9)]
    with pytest.raises(NoAnswer, match="too often"):
        Recorder(*moved).http().send(Request("GET", "/x"))


def test_a_write_is_redirected_as_a_write_or_not_at_all():
    redirect = httpx.Response(307, headers={"location": f"{API}/repositories/1"})
    recorder = Recorder(redirect, httpx.Response(201, json={}))
    recorder.http().send(Request("POST", "/x", body={"a": 1}))
    assert [(one.method, one.content) for one in recorder.asked] == [("POST", b'{"a": 1}')] * 2
    recorder = Recorder(httpx.Response(302, headers={"location": f"{API}/y"}))
    assert recorder.http().send(Request("POST", "/x", body={})).status == 302


def test_a_download_takes_no_token_with_it_and_needs_encryption():
    recorder = Recorder(httpx.Response(200, content=b"abc"))
    with recorder.http().download("https://codeload.example/x?token=key") as found:
        assert b"".join(found) == b"abc"
    assert "authorization" not in recorder.asked[0].headers
    for where in ("http://codeload.example/x", "ftp://x/", "file:///etc/passwd"):
        with pytest.raises(ConnectorError), recorder.http().download(where):
            pytest.fail("it was fetched")


def test_no_password_and_no_proxy_of_the_environment_is_used(tmp_path, monkeypatch, home):
    (home / ".netrc").write_text("default login evil password evil\n")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with GithubWorld(tmp_path, memory_of({})) as world:
        assert world.connect(transport=None).head() == world.service.head(NAME)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.github.com", "http://10.0.0.1", "ftp://x", "api.github.com", "", "https://",
        "https://user:pass@api.github.com", f"{API}?x=1", f"{API}#x", "http://127.0.0.1.evil.example",
        "http://localhost.evil.example", "https://[::1",
    ],
)  # fmt: skip
def test_an_address_that_is_none_or_not_encrypted(url):
    with pytest.raises(InvalidConfig, match="GITHUB_API_URL"):
        parse_host(url)


def test_where_everything_is_on_github_and_elsewhere():
    place = parse_place(API, "ada", "memory")
    assert place.host.graphql == f"{API}/graphql"
    assert place.git_url == "https://github.com/ada/memory.git"
    place = parse_place("https://git.example.org/api/v3/", "ada", "memory")
    assert place.host.rest == "https://git.example.org/api/v3"
    assert place.host.graphql == "https://git.example.org/api/graphql"
    assert place.git_url == "https://git.example.org/ada/memory.git"
    for loopback in ("http://127.0.0.1:81", "http://localhost:1", "http://[::1]:1"):
        assert parse_host(loopback).rest == loopback


def test_a_server_of_a_company(tmp_path):
    with GithubWorld(tmp_path) as world:
        memory = world.open(api_url=world.service.enterprise_url)
        memory.lifecycle.init({A: note(0)})
        memory.notes.update("context/b.md", note(1))
        assert memory.care.validate() == []
        assert memory.connector.location == f"{world.service.url}/{NAME}"


# --- hostile answers -------------------------------------------------------------------------


def session(answer) -> GithubSession:
    clock = ManualClock()
    transport = httpx.MockTransport(answer)
    return GithubSession(API, lambda: TOKEN, clock=clock, sleep=clock.sleep, transport=transport)


def test_an_answer_that_does_not_end_is_left():
    def endless(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=(b"x" * 65536 for _ in range(10**9)))

    with pytest.raises(LimitExceeded):
        session(endless).read(Request("GET", "/x", max_bytes=10**6))


def test_an_answer_that_unpacks_to_much_is_left():
    engine = zlib.compressobj(9, wbits=31)
    bomb = engine.compress(b"\0" * 50_000_000) + engine.flush()
    headers = {"content-encoding": "gzip"}
    with pytest.raises(LimitExceeded):
        session(lambda request: httpx.Response(200, headers=headers, content=bomb)).read(
            Request("GET", "/x", max_bytes=10**6)
        )


@pytest.mark.contract("C1")
@pytest.mark.parametrize("body", [b"{}", b'{"sha": null}', b'{"sha": "%s"}' % (b"1" * 40)])
def test_a_blob_that_was_not_stored_does_not_remove_the_file(tmp_path, body):
    with GithubWorld(tmp_path, memory_of({A: b"a"}), "git-data") as world:
        connector = world.connect(transport=Tampering(b"/git/blobs", 201, body))
        sha = connector.get_contents(A).sha
        with pytest.raises(ConnectorError, match="other bytes"):
            connector.put_contents(A, b"\xff", sha, "m")
        assert world.service.files(NAME)[A] == b"a"


class Tampering(httpx.HTTPTransport):
    """Answers what is posted to one place itself, and hands on the rest."""

    def __init__(self, place: bytes, status: int, body: bytes) -> None:
        super().__init__(verify=NO_CERTIFICATES)
        self._place, self._status, self._body = place, status, body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.raw_path.endswith(self._place):
            return httpx.Response(self._status, content=self._body)
        return super().handle_request(request)


NONSENSE = [
    b"", b"null", b"[]", b"{}", b"[null]", b"[1]", b'"x"', b"[{}]", b"[" * 100_000, b"\xff",
    b'[{"sha": "x"}]', b'[{"sha": 1, "commit": {}, "parents": 7}]', b'{"tree": 1}',
    b'{"tree": [{"path": 1}]}', b'{"tree": [{"path": "a", "mode": "100644", "sha": "zz"}]}',
    b'{"tree": [{"path": "a", "mode": "100644", "sha": null}], "truncated": "yes"}',
    b'{"data": 1}', b'{"data": {"repository": []}, "errors": 5}', b'{"errors": [null, 5]}',
]  # fmt: skip


@pytest.mark.parametrize("body", NONSENSE)
def test_an_answer_that_makes_no_sense_is_an_error_of_ours(body):
    for status in (200, 201, 302, 401, 403, 404, 409, 422, 429):
        answers_nonsense(httpx.Response(status, content=body))


def answers_nonsense(answer: httpx.Response) -> None:
    clock = ManualClock()

    def give(request: httpx.Request) -> httpx.Response:
        return httpx.Response(answer.status_code, content=answer.content)

    connector = GitHub(
        "ada", "memory", lambda: TOKEN, clock, sleep=clock.sleep,
        transport=httpx.MockTransport(give),
    )  # fmt: skip
    for call in (
        connector.head,
        lambda: connector.get_tree("1" * 40),
        lambda: connector.put_contents(A, b"a", ABSENT, "m"),
        lambda: list(connector.read_blobs(["1" * 40, "2" * 40])),
        lambda: list(connector.last_changes(None, "1" * 40)),
        lambda: connector.write_method,
    ):
        try:
            found = call()
        except PackError:
            continue
        assert found in (None, [], "graphql", "git-data")
    connector.close()

"""Access to Google: asking in a browser, the way back, and what is kept."""

from __future__ import annotations

import http.client
import io
import logging
import os
import socket
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
import typer
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.google_docs.access import DOCUMENTS_SCOPE, GoogleAccess
from pack_connectors.google_docs.oauth import ConsentRequest
from pack_connectors.google_docs.target import GoogleDoc
from pack_connectors.google_docs.text import DocumentFormat
from pack_connectors.in_memory import InMemoryConnector
from pack_servers.cli.connect import google_auth
from pack_servers.cli.shell.exit import run
from pack_servers.config import settings as settings_module
from pack_servers.config.env_file import store_setting, with_setting
from pack_servers.config.settings import Settings, has_targets, load_settings
from pack_servers.wiring import google as wiring_google
from pack_servers.wiring.google import ask_for_access, open_document
from pack_servers.wiring.loopback_answer import AnswerServer
from pack_servers.wiring.targets import _KINDS as KINDS
from pack_servers.wiring.targets import Surroundings
from pydantic import SecretStr

from pack.actions import Action
from pack.errors import AuthFailed, ConnectorError, InvalidConfig, PackError, Unavailable
from pack.sync.routes import Destination
from tests.standins.faults import FaultKind
from tests.standins.google_docs import TOKEN, GoogleStandIn, TokenAdapter

SETTINGS = {"google_client_id": "client-id", "google_client_secret": "client-secret-canary"}
Browser = Callable[[str], None]


@dataclass(frozen=True)
class Page:
    """What a browser gets."""

    status: int
    headers: Message
    text: str


def visit(url: httpx.URL | str, method: str = "GET") -> Page:
    """Load a page as a browser does: it leaves no log."""
    parts = httpx.URL(url)
    connection = http.client.HTTPConnection(parts.host, parts.port, timeout=30)
    try:
        connection.request(method, parts.raw_path.decode())
        answer = connection.getresponse()
        return Page(answer.status, answer.headers, answer.read().decode())
    finally:
        connection.close()


def settings(**more: object) -> Settings:
    return Settings(**SETTINGS | more)


class Visitor:
    """A user with a browser, in a thread of its own as a browser is."""

    def __init__(self, google: GoogleStandIn, *, denied: bool = False) -> None:
        self.google = google
        self.denied = denied
        self.before: list[str] = []
        self.answers: list[Page] = []
        self._thread: threading.Thread | None = None

    def __call__(self, url: str) -> None:
        self._thread = threading.Thread(target=self._visit, args=(url,))
        self._thread.start()

    def _visit(self, url: str) -> None:
        back = self.google.authorize(url, denied=self.denied)
        for query in self.before:
            self.answers.append(visit(back.copy_with(query=query.encode())))
        self.answers.append(visit(back))

    def join(self) -> None:
        assert self._thread is not None
        self._thread.join(30)


def ask(google: GoogleStandIn, visitor: Browser, seconds: float = 30) -> str:
    return ask_for_access(settings(), visitor, seconds, TokenAdapter(google))


def consent(google: GoogleStandIn | None = None, state: str = "s") -> ConsentRequest:
    return ConsentRequest(
        "client-id", "client-secret-canary", "http://127.0.0.1:9/", state,
        adapter=TokenAdapter(google or GoogleStandIn()),
    )  # fmt: skip


# --- the flow ----------------------------------------------------------------------------------


def test_a_user_who_agrees_gives_access_to_documents_and_nothing_else() -> None:
    google = GoogleStandIn()
    visitor = Visitor(google)
    token = ask(google, visitor)
    visitor.join()
    assert token in google.refresh_tokens
    (answer,) = visitor.answers
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert "code-canary" not in answer.text
    assert google.asked == [(TOKEN, 200)]


def test_every_question_has_a_state_and_a_proof_of_its_own() -> None:
    urls = [httpx.URL(consent(state=f"s{number}").url) for number in range(20)]
    assert [url.params["state"] for url in urls] == [f"s{number}" for number in range(20)]
    assert len({url.params["code_challenge"] for url in urls}) == 20
    for url in urls:
        assert "code_verifier" not in url.params
        assert (url.scheme, url.params["scope"]) == ("https", DOCUMENTS_SCOPE)
        assert (url.params["access_type"], url.params["prompt"]) == ("offline", "consent")
    states = []
    for _ in range(20):
        with AnswerServer() as server:
            states.append(server.state)
    assert len(set(states)) == 20
    assert min(map(len, states)) >= 43


@pytest.mark.parametrize("query", ["code=evil&state=wrong", "code=evil", "", "error=access_denied"])
def test_an_answer_to_another_question_is_refused_and_changes_nothing(query: str) -> None:
    google = GoogleStandIn()
    visitor = Visitor(google)
    visitor.before = [query]
    assert ask(google, visitor) in google.refresh_tokens
    visitor.join()
    assert [answer.status for answer in visitor.answers] == [400, 200]


def test_a_request_for_an_icon_is_no_answer() -> None:
    with AnswerServer() as server:
        assert visit(f"{server.url}favicon.ico?code=1&state={server.state}").status == 404
        assert visit(f"{server.url}?state={server.state}", "POST").status == 501
        assert server.wait(0) is None


def test_only_one_answer_is_taken() -> None:
    with AnswerServer() as server:
        assert visit(server.url).status == 400
        place = f"{server.url}?state={server.state}"
        statuses = [visit(f"{place}&code={n}").status for n in range(3)]
        assert statuses == [200, 410, 410]
        assert server.wait(10) == {"state": server.state, "code": "0"}
        assert server.wait(0) is None
        assert visit(f"{place}&code=4").status == 410
    with pytest.raises(ConnectionError):
        visit(server.url)


def test_the_server_is_on_loopback_only() -> None:
    with AnswerServer() as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.socket.getsockname()[0] == "127.0.0.1"


def test_a_silent_connection_delays_nobody() -> None:
    with AnswerServer() as server, socket.create_connection(("127.0.0.1", server.server_port)):
        assert visit(f"{server.url}?code=1&state={server.state}").status == 200
        assert server.wait(10) == {"code": "1", "state": server.state}


def test_a_browser_that_hangs_up_is_not_talked_about(capfd: pytest.CaptureFixture[str]) -> None:
    with AnswerServer() as server:
        asked = f"GET /?code=1&state={server.state} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for sent in (b"GET", asked):
            with socket.create_connection(("127.0.0.1", server.server_port)) as browser:
                # Nothing is waited for: the connection is reset, not closed.
                browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                browser.sendall(sent)
        assert server.wait(10) == {"code": "1", "state": server.state}
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(10)
    assert "Traceback" not in capfd.readouterr().err


def test_a_user_who_says_no() -> None:
    google = GoogleStandIn()
    visitor = Visitor(google, denied=True)
    with pytest.raises(AuthFailed, match="not granted"):
        ask(google, visitor)
    visitor.join()
    assert google.asked == []


def test_a_user_who_never_answers() -> None:
    with pytest.raises(AuthFailed, match="no answer came"):
        ask(GoogleStandIn(), lambda _: None, seconds=0.01)


def test_a_user_who_leaves_the_permission_out() -> None:
    google = GoogleStandIn()
    google.granted_scope = "openid"
    with pytest.raises(AuthFailed, match="permission to edit documents"):
        ask(google, Visitor(google))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda g: g.clients.update({"client-id": "other"}), AuthFailed),
        (lambda g: setattr(g, "gives_refresh_token", False), ConnectorError),
        (lambda g: g.faults.add(FaultKind.UNAVAILABLE, TOKEN), Unavailable),
        (lambda g: g.faults.add(FaultKind.GARBAGE, TOKEN), AuthFailed),
        (lambda g: g.faults.add(FaultKind.UNPROCESSABLE, TOKEN), AuthFailed),
    ],
)
def test_a_token_that_does_not_come(
    spoil: Callable[[GoogleStandIn], None], error: type[PackError]
) -> None:
    google = GoogleStandIn()
    spoil(google)
    visitor = Visitor(google)
    with pytest.raises(error) as caught:
        ask(google, visitor)
    visitor.join()
    assert type(caught.value) is error
    assert "canary" not in f"{caught.value} {caught.value.remedy}"


def test_a_code_is_of_no_use_to_somebody_else() -> None:
    google = GoogleStandIn()
    ours, theirs = consent(google), consent(google)
    answer = dict(google.authorize(ours.url).params.items())
    with pytest.raises(AuthFailed):
        theirs.fetch_refresh_token(answer)


def test_a_network_that_is_down() -> None:
    google = GoogleStandIn()
    google.faults.add(FaultKind.CUT, TOKEN)
    asked = consent(google)
    answer = dict(google.authorize(asked.url).params.items())
    with pytest.raises(Unavailable, match="cannot be reached"):
        asked.fetch_refresh_token(answer)


def exchange_with(handler: type[BaseHTTPRequestHandler]) -> str:
    """The refresh token from a server of ours in place of Google's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        where = f"http://127.0.0.1:{server.server_port}"
        of = settings(google_token_uri=f"{where}/token", google_auth_uri=f"{where}/authorize")

        def agree(url: str) -> None:
            asked = httpx.URL(url).params
            back = httpx.URL(asked["redirect_uri"])
            visit(back.copy_with(params={"code": "code-canary", "state": asked["state"]}))

        return ask_for_access(of, agree, 30)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Answering(BaseHTTPRequestHandler):
    """Answers an exchange."""

    status, headers_sent, text = 200, {"content-type": "application/json"}, ""
    posted: ClassVar[list[tuple[str, str]]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.posted.append((self.path, body))
        self.send_response(self.status)
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.text.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("status", [302, 307, 308])
def test_the_secret_follows_no_redirect(status: int) -> None:
    class Redirecting(Answering):
        posted: ClassVar[list[tuple[str, str]]] = []
        headers_sent: ClassVar[dict[str, str]] = {"location": "/elsewhere"}

    Redirecting.status = status
    with pytest.raises(ConnectorError) as caught:
        exchange_with(Redirecting)
    assert [path for path, _ in Redirecting.posted] == ["/token"]
    assert "canary" not in f"{caught.value} {caught.value.remedy}"


@pytest.mark.parametrize("text", ["[]", "null", "1", "", "access_token=x", '{"a": ', "{}"])
def test_an_answer_that_grants_nothing(text: str) -> None:
    class Odd(Answering):
        posted: ClassVar[list[tuple[str, str]]] = []

    Odd.text = text
    with pytest.raises(AuthFailed, match="no token"):
        exchange_with(Odd)


def test_more_than_was_asked_for_may_be_granted() -> None:
    class Generous(Answering):
        posted: ClassVar[list[tuple[str, str]]] = []
        text = (
            '{"access_token": "a", "token_type": "Bearer", "expires_in": 3599, '
            f'"refresh_token": "1//r", "scope": "openid {DOCUMENTS_SCOPE}"}}'
        )

    assert exchange_with(Generous) == "1//r"
    ((_, body),) = Generous.posted
    assert "client_secret=client-secret-canary" in body


# --- the command -------------------------------------------------------------------------------


@contextmanager
def visited(monkeypatch: pytest.MonkeyPatch, google: GoogleStandIn) -> Iterator[Visitor]:
    """The command talks to the stand-in, and its user has a browser."""
    visitor = Visitor(google)

    def asked(of: Settings, show: Browser, seconds: float) -> str:
        def both(url: str) -> None:
            show(url)
            visitor(url)

        return ask_for_access(of, both, seconds, TokenAdapter(google))

    monkeypatch.setattr(wiring_google, "ask_for_access", asked)
    yield visitor
    visitor.join()


def test_the_command_keeps_the_token_and_says_so(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    before = "# mine\nGOOGLE_CLIENT_ID=client-id\nGOOGLE_CLIENT_SECRET='client-secret-canary'"
    (home / ".pack.env").write_text(before, encoding="utf-8")
    google = GoogleStandIn()
    with visited(monkeypatch, google) as visitor:
        assert run(["google-auth"]) == 0
    (token,) = google.refresh_tokens - {"1//refresh-token-canary"}
    file = home / ".pack.env"
    assert file.read_text(encoding="utf-8") == f"{before}\nGOOGLE_REFRESH_TOKEN={token}\n"
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    said = capsys.readouterr()
    assert "stored GOOGLE_REFRESH_TOKEN in ~/.pack.env" in said.out
    assert "https://accounts.google.com/" in said.err
    assert "GOOGLE_DOC_ID" in said.err
    everything = said.out + said.err + "".join(str(vars(record)) for record in caplog.records)
    assert "canary" not in everything + "".join(answer.text for answer in visitor.answers)


def test_the_command_warns_of_a_token_that_wins(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("GOOGLE_REFRESH_TOKEN", "old")
    with visited(monkeypatch, GoogleStandIn()):
        assert run(["google-auth"]) == 0
    assert "also set in the environment" in capsys.readouterr().err


def test_the_command_needs_a_client(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["google-auth"]) == 1
    assert "desktop app" in capsys.readouterr().err


def test_the_browser_is_opened_only_if_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(google_auth.webbrowser, "open", lambda url: bool(opened.append(url)))
    google_auth._invite("https://a.example", browser=False)
    assert opened == []
    google_auth._invite("https://a.example", browser=True)
    assert opened == ["https://a.example"]
    assert "cannot open a browser" in capsys.readouterr().err


def test_the_help_of_the_command_is_its_own() -> None:
    assert typer.main.get_command_name("google_auth") == "google-auth"
    assert run(["google-auth", "--help"]) == 0


# --- the settings file -------------------------------------------------------------------------

LINES = st.sampled_from(
    ["", "# GOOGLE_REFRESH_TOKEN=comment", "A=1", "export B='two'",
     'C="a\nGOOGLE_REFRESH_TOKEN=in"', "GOOGLE_REFRESH_TOKEN=old",
     "  export GOOGLE_REFRESH_TOKEN = 'older'", "D", "=broken",
     "google_refresh_token=lower", "E=x # note", "\tF=日本", "GOOGLE_REFRESH_TOKEN"]
)  # fmt: skip
FILES = st.tuples(st.lists(LINES, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans()).map(
    lambda of: of[1].join(line.replace("\n", of[1]) for line in of[0]) + of[1] * of[2]
)
TOKENS = st.text("ABCxyz0189/_.~+=-", min_size=1, max_size=60)


def values(text: str) -> dict[str, str | None]:
    return dict(dotenv_values(stream=io.StringIO(text, newline="")))


@given(FILES, TOKENS)
def test_a_setting_is_changed_and_nothing_else(text: str, token: str) -> None:
    changed = with_setting(text, "GOOGLE_REFRESH_TOKEN", token)
    before, after = values(text), values(changed)
    ours = {name for name in {*before, *after} if name.upper() == "GOOGLE_REFRESH_TOKEN"}
    assert [after[name] for name in ours if name in after] == [token]
    others = {name: value for name, value in before.items() if name not in ours}
    assert {name: value for name, value in after.items() if name not in ours} == others
    assert with_setting(changed, "GOOGLE_REFRESH_TOKEN", token) == changed
    kept = [line for line in text.splitlines() if line.startswith(("#", "A", "E", "\tF"))]
    assert [line for line in changed.splitlines() if line in kept] == kept


@given(TOKENS)
def test_a_stored_setting_is_the_one_that_is_read(token: str) -> None:
    assert values(with_setting("", "X", token)) == {"X": token}


@pytest.mark.parametrize("value", ["a b", "a#b", "$HOME", "a\nB=1", "'a'", 'a"', "a\\n"])
def test_a_value_that_would_need_quotes_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        with_setting("", "X", value)


def test_a_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / ".pack.env"
    store_setting(file, "X", "1")
    store_setting(file, "Y", "2")
    assert file.read_bytes() == b"X=1\nY=2\n"
    assert [path.name for path in tmp_path.iterdir()] == [".pack.env"]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
        store_setting(file, "X", "3")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.env", tmp_path / ".pack.env"
    real.write_bytes(b"A=1\r\n")
    link.symlink_to(real)
    store_setting(link, "X", "1")
    assert link.is_symlink()
    assert real.read_bytes() == b"A=1\r\nX=1\r\n"


def test_a_file_that_cannot_be_changed_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / ".pack.env"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidConfig):
        store_setting(file, "X", "1")
    assert file.read_bytes() == b"\xff\xfe"
    with pytest.raises(Unavailable):
        store_setting(tmp_path / "missing" / ".pack.env", "X", "1")
    with pytest.raises(Unavailable):
        store_setting(tmp_path, "X", "1")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(Unavailable):
        store_setting(loop, "X", "1")


# --- the wiring --------------------------------------------------------------------------------


def test_a_document_is_wired_from_the_settings(home: Path) -> None:
    clock = GoogleStandIn().clock
    (home / ".pack.env").write_text(
        "GOOGLE_DOC_ID=https://docs.google.com/document/d/1AbC_d-2345/edit\nGOOGLE_CLIENT_ID=a\n"
        "GOOGLE_CLIENT_SECRET=b\nGOOGLE_REFRESH_TOKEN=c\nGOOGLE_DOC_FORMAT=rich\n",
        encoding="utf-8",
    )
    document = open_document(load_settings(), clock)
    assert isinstance(document, GoogleDoc)
    document.close()


def destinations(**more: object) -> list[Destination]:
    google = GoogleStandIn()
    store = InMemoryConnector(google.clock)
    catalog, folder = SqliteCatalog(None), Path("unused")
    around = Surroundings(settings(**more), store, "memory", google.clock, catalog, folder)
    return [one for kind in KINDS for one in kind(around)]


def test_the_document_is_a_target_of_the_sync() -> None:
    assert destinations() == []
    assert not has_targets(settings())
    more = {"google_doc_id": "1AbC_d-2345", "google_refresh_token": SecretStr("token-canary")}
    assert has_targets(settings(**more))
    (one,) = destinations(**more)
    assert (one.name, one.only_newest) == ("google-docs", True)
    for secret in ("canary", "client-id", "1AbC_d-2345"):
        assert secret not in f"{one.name} {one.key} {one.config}"
    one.open().close()
    (renewed,) = destinations(**more | {"google_refresh_token": SecretStr("another")})
    assert (renewed.key, renewed.config != one.config) == (one.key, True)
    (other,) = destinations(**more | {"google_doc_id": "another-document"})
    assert other.key != one.key


def test_a_target_without_access_says_what_to_do() -> None:
    (one,) = destinations(google_doc_id="1AbC_d-2345")
    with pytest.raises(InvalidConfig) as caught:
        one.open()
    assert Action.ALLOW_GOOGLE in caught.value.remedy


@pytest.mark.parametrize(
    ("given_settings", "name", "remedy"),
    [
        ({"google_doc_id": ""}, "GOOGLE_DOC_ID", "the id or the address"),
        ({"google_client_id": ""}, "GOOGLE_CLIENT_ID", "desktop app"),
        ({"google_client_secret": None}, "GOOGLE_CLIENT_SECRET", "desktop app"),
        ({}, "GOOGLE_REFRESH_TOKEN", Action.ALLOW_GOOGLE),
        ({"google_refresh_token": SecretStr("c"), "google_doc_id": "?"}, "GOOGLE_DOC_ID", ""),
    ],
)
def test_what_is_missing_is_named(
    given_settings: dict[str, object], name: str, remedy: str
) -> None:
    found = settings(**({"google_doc_id": "1AbC_d-2345"} | given_settings))
    with pytest.raises(InvalidConfig) as caught:
        open_document(found, GoogleStandIn().clock)
    assert caught.value.setting == name
    assert remedy in caught.value.remedy


def test_the_formats_of_the_setting_are_those_of_the_document() -> None:
    assert [*settings_module.DocFormat] == [*DocumentFormat]


def test_no_secret_is_in_the_settings_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLIENT_SECRET", "secret-canary")
    monkeypatch.setenv("GOOGLE_REFRESH_TOKEN", "token-canary")
    assert "canary" not in f"{load_settings()!r} {load_settings()}"
    assert "canary" not in repr(GoogleAccess("a-canary", "b-canary", "c-canary"))


def test_google_is_not_imported_before_it_is_needed() -> None:
    code = (
        "import sys, pack_servers.cli.app as app; app.build_app(['--help']); "
        "import pack_servers.wiring.google, pack_connectors.google_docs.target; "
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('googleapiclient', 'google_auth_httplib2', 'httplib2', 'google', 'requests', "
        "'google_auth_oauthlib', 'requests_oauthlib', 'oauthlib')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"

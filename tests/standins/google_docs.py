"""Google Docs and Google's token endpoint, with state: documents, tabs, revisions, grants.

Reached at the seam between the client and `httplib2`: `transport()` is what `httplib2.Http` is.
Whatever is asked, and whatever is answered, is checked against the published description here, so
that no test can forget it.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import IncompleteRead
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httplib2
import httpx
import requests
from googleapiclient.schema import Schemas
from requests import PreparedRequest
from requests.adapters import BaseAdapter

from tests.standins.clock import ManualClock
from tests.standins.faults import AFTER, ANSWERS, CUTS, TIMEOUTS, Fault, FaultKind, FaultPlan
from tests.standins.google_check import check, check_parameters, description
from tests.standins.google_docs_model import Refused, TabModel, content, lists

GET = "docs.documents.get"
UPDATE = "docs.documents.batchUpdate"
TOKEN = "oauth2.token"
TOKEN_URL = "https://oauth2.googleapis.com/token"
AUTHORIZE_URL = "https://accounts.google.com/o/oauth2/v2/auth"
SCOPE = "https://www.googleapis.com/auth/documents"
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}

# Google's client describes each of its methods in words, from the whole schema, whenever it is
# made. That was most of the time of a test, and nobody reads it.
Schemas.prettyPrintByName = Schemas.prettyPrintSchema = lambda *_: ""


@dataclass
class DocumentModel:
    """A document: tabs, and a revision that is another one after every change."""

    document_id: str
    tabs: list[TabModel]
    number: int = 1
    can_edit: bool = True
    is_trashed: bool = False

    @property
    def revision(self) -> str:
        return f"ALm37BW{self.number:08d}"

    @property
    def first(self) -> TabModel:
        return self.tabs[0]

    @property
    def text(self) -> str:
        return self.first.text

    def tab(self, details: Mapping[str, Any]) -> TabModel:
        """The one that a request is about."""
        wanted = details.get("range", details.get("location")).get("tabId", self.first.tab_id)
        found = [tab for tab in self.tabs if tab.tab_id == wanted]
        if not found:
            raise Refused(f"The tab ID {wanted} does not exist")
        return found[0]


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class GoogleStandIn:
    """The services of one user.

    Attributes:
        first_wins: Which of two paragraphs that a deletion joins keeps its format.
        others: What others do, one each just before an edit of ours is looked at.
        asked: Operation and status of every request so far.
        edits: The requests of every batch that was applied.
    """

    def __init__(self, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.faults = FaultPlan()
        self.documents: dict[str, DocumentModel] = {}
        self.first_wins = False
        self.others: list[Callable[[], None]] = []
        self.asked: list[tuple[str, int]] = []
        self.edits: list[list[dict[str, Any]]] = []
        self.clients = {"client-id": "client-secret-canary"}
        self.refresh_tokens = {"1//refresh-token-canary"}
        self.access_tokens: set[str] = set()
        self.codes: dict[str, Mapping[str, str]] = {}
        self.granted_scope = SCOPE
        self.gives_refresh_token = True
        self.writes_per_minute = 60
        self.most_characters = 1_020_000
        self._writes: list[float] = []
        self._lock = threading.Lock()

    def document(self, document_id: str = "document-1", text: str = "") -> DocumentModel:
        """Make a document; its second tab is there to stay as it is."""
        tabs = [TabModel("t.0", "Tab 1", text), TabModel("t.1", "Other", "of somebody else")]
        self.documents[document_id] = DocumentModel(document_id, tabs)
        return self.documents[document_id]

    def transport(self) -> Transport:
        return Transport(self)

    def revoke(self) -> None:
        """As a user does in the settings of the account."""
        self.refresh_tokens.clear()
        self.access_tokens.clear()

    # --- requests --------------------------------------------------------------------------

    def handle(self, method: str, uri: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one request; raises what `httplib2` would."""
        with self._lock:
            operation, action = self._route(method, uri, headers, body)
            fault = self.faults.take(operation, is_write=operation == UPDATE)
            if fault is not None and fault.kind not in AFTER | {FaultKind.GARBAGE, *_CUT_LATE}:
                return self._noted(operation, _struck(fault))
            answer = action()
            if fault is not None:
                answer = _struck(fault)
            return self._noted(operation, answer)

    def _noted(self, operation: str, answer: Answer) -> Answer:
        self.asked.append((operation, answer.status))
        return answer

    def _route(
        self, method: str, uri: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[str, Callable[[], Answer]]:
        parts = urlsplit(uri)
        if uri == TOKEN_URL:
            assert method == "POST"
            assert headers["content-type"] == "application/x-www-form-urlencoded"
            return TOKEN, lambda: self._token(_form(body.decode()))
        assert (parts.scheme, parts.netloc) == ("https", "docs.googleapis.com"), uri
        _, version, kind, name = parts.path.split("/")
        assert (version, kind) == ("v1", "documents"), uri
        methods = description("docs.v1")["resources"]["documents"]["methods"]
        document_id, _, verb = name.partition(":")
        described = methods[verb or "get"]
        assert method == described["httpMethod"], "no such operation"
        check_parameters("docs.v1", described, _form(parts.query))
        if not verb:
            has_tabs = _form(parts.query).get("includeTabsContent") == "true"
            return GET, lambda: self._allowed(headers, document_id, self._get, {"tabs": has_tabs})
        request = json.loads(body)
        check("docs.v1", "BatchUpdateDocumentRequest", request)
        return UPDATE, lambda: self._allowed(headers, document_id, self._update, request)

    def _allowed(
        self,
        headers: Mapping[str, str],
        document_id: str,
        action: Callable[[DocumentModel, Mapping[str, Any]], Answer],
        request: Mapping[str, Any],
    ) -> Answer:
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.access_tokens:
            return error(401, "Request had invalid authentication credentials.")
        document = self.documents.get(document_id)
        if document is None or document.is_trashed:
            return error(404, "Requested entity was not found.")
        return action(document, request)

    def _get(self, document: DocumentModel, request: Mapping[str, Any]) -> Answer:
        whole = {"tabs": _tabs(document.tabs)} if request["tabs"] else _shown(document.first)
        found = {
            "documentId": document.document_id,
            "title": "Memory",
            **whole,
            "suggestionsViewMode": "SUGGESTIONS_INLINE",
            **({"revisionId": document.revision} if document.can_edit else {}),
        }
        check("docs.v1", "Document", found)
        return Answer(200, found)

    def _update(self, document: DocumentModel, request: Mapping[str, Any]) -> Answer:
        if self.others:
            self.others.pop(0)()
        if not document.can_edit:
            return error(403, "The caller does not have permission")
        if self._is_over_quota():
            return error(429, "Quota exceeded for quota metric 'Write requests'")
        control = request["writeControl"]
        assert set(control) == {"requiredRevisionId"}, "nothing else says what may be overwritten"
        if control["requiredRevisionId"] != document.revision:
            return error(400, "The required revision ID does not match the latest revision.")
        refused = self._apply(document, request["requests"])
        if refused is not None:
            return refused
        answer = {
            "documentId": document.document_id,
            "replies": [{} for _ in request["requests"]],
            "writeControl": {"requiredRevisionId": document.revision},
        }
        check("docs.v1", "BatchUpdateDocumentResponse", answer)
        return Answer(200, answer)

    def _is_over_quota(self) -> bool:
        now = self.clock().timestamp()
        self._writes = [when for when in self._writes if now - when < 60]
        self._writes.append(now)
        return len(self._writes) > self.writes_per_minute

    def _apply(self, document: DocumentModel, requests: list[dict[str, Any]]) -> Answer | None:
        """All requests or none."""
        saved = [_saved(tab) for tab in document.tabs]
        for number, request in enumerate(requests):
            assert len(request) == 1, "one kind of request in each entry"
            ((kind, details),) = request.items()
            try:
                tab = document.tab(details)
                perform(tab, kind, details, first_wins=self.first_wins)
                if len(tab.units) > self.most_characters:
                    raise Refused("The document is too large")
            except Refused as refusal:
                document.tabs = saved
                return error(400, f"Invalid requests[{number}].{kind}: {refusal}")
        document.number += 1
        self.edits.append(requests)
        return None

    # --- grants ----------------------------------------------------------------------------

    def authorize(self, url: str, *, denied: bool = False) -> httpx.URL:
        """What a user does with the page at `url`; where the browser goes then."""
        asked = dict(httpx.URL(url).params.items())
        assert url.startswith(AUTHORIZE_URL + "?")
        assert asked["client_id"] in self.clients
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["access_type"] == "offline"
        assert asked["scope"] == SCOPE
        back = httpx.URL(asked["redirect_uri"])
        assert back.host == "127.0.0.1"
        if denied:
            return back.copy_merge_params({"error": "access_denied", "state": asked["state"]})
        code = f"4/code-canary-{len(self.codes)}"
        self.codes[code] = asked
        return back.copy_merge_params({"code": code, "state": asked["state"], "scope": SCOPE})

    def _token(self, form: Mapping[str, str]) -> Answer:
        if self.clients.get(form["client_id"]) != form["client_secret"]:
            return Answer(401, {"error": "invalid_client", "error_description": "Unauthorized"})
        refresh_token = form.get("refresh_token", "")
        if form["grant_type"] == "authorization_code":
            asked = self.codes.pop(form["code"], None)
            if asked is None or not _is_proven(asked, form):
                return Answer(400, {"error": "invalid_grant", "error_description": "Bad Request"})
            refresh_token = f"1//new-refresh-token-canary-{len(self.refresh_tokens)}"
            self.refresh_tokens.add(refresh_token)
        elif refresh_token not in self.refresh_tokens:
            said = "Token has been expired or revoked."
            return Answer(400, {"error": "invalid_grant", "error_description": said})
        token = f"ya29.access-token-canary-{len(self.access_tokens)}"
        self.access_tokens.add(token)
        answer = {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}
        answer["scope"] = self.granted_scope
        if form["grant_type"] == "authorization_code" and self.gives_refresh_token:
            answer["refresh_token"] = refresh_token
        return Answer(200, answer)


def _saved(tab: TabModel) -> TabModel:
    saved = copy.copy(tab)
    saved.units, saved.lists = list(tab.units), dict(tab.lists)
    return saved


def _shown(tab: TabModel) -> dict[str, Any]:
    return {"body": {"content": content(tab)}, "lists": lists(tab)}


def _tabs(tabs: list[TabModel]) -> list[dict[str, Any]]:
    """The first one, and all others below it: an answer nests them as a person does."""
    shown = [
        {"tabProperties": {"tabId": tab.tab_id, "title": tab.title}, "documentTab": _shown(tab)}
        for tab in tabs
    ]
    return [{**shown[0], "childTabs": shown[1:]}]


def _is_proven(asked: Mapping[str, str], form: Mapping[str, str]) -> bool:
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return (
        challenge == asked["code_challenge"]
        and form["redirect_uri"] == asked["redirect_uri"]
        and 43 <= len(form["code_verifier"]) <= 128
    )


def _form(text: str) -> dict[str, str]:
    parsed = parse_qs(text, strict_parsing=bool(text), keep_blank_values=True)
    assert all(len(values) == 1 for values in parsed.values())
    return {name: values[0] for name, values in parsed.items()}


def error(status: int, message: str, reason: str | None = None, **headers: str) -> Answer:
    """A refusal as the service writes it."""
    said: dict[str, Any] = {"code": status, "message": message}
    if reason is None:
        said["status"] = _STATUSES.get(status, "UNKNOWN")
    else:
        said["errors"] = [{"reason": reason, "domain": "usageLimits", "message": message}]
    return Answer(status, {"error": said}, {"content-type": "application/json", **headers})


_CUT_LATE = (FaultKind.CUT_IN_BODY, FaultKind.SLOW_BODY)


def _struck(fault: Fault) -> Answer:
    """What a fault makes of a request; raises what breaks the connection."""
    if fault.kind in CUTS:
        raise ConnectionResetError(104, "Connection reset by peer")
    if fault.kind in TIMEOUTS:
        raise TimeoutError("timed out")
    if fault.kind is FaultKind.CUT_IN_BODY:
        raise IncompleteRead(b'{"body": {')
    if fault.kind is FaultKind.GARBAGE:
        return Answer(200, b'{"documentId": ')
    if fault.kind is FaultKind.SECONDARY_LIMIT:
        return error(403, "User Rate Limit Exceeded", "userRateLimitExceeded", **fault.headers)
    said = ANSWERS[fault.kind]
    if said.is_html:
        return Answer(said.status, said.message.encode(), {"content-type": "text/html"})
    return error(fault.status or said.status, "said by a fault", **fault.headers)


class Transport:
    """In place of `httplib2.Http`; for one thread at a time, as that is."""

    def __init__(self, service: GoogleStandIn) -> None:
        self._service = service
        self._busy = threading.Lock()
        self.is_closed = False

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        redirections: int = 5,
        connection_type: object = None,
    ) -> tuple[httplib2.Response, bytes]:
        assert self._busy.acquire(blocking=False), "a connection is for one thread at a time"
        try:
            return self._request(uri, method, body, headers or {})
        finally:
            self._busy.release()

    def _request(
        self, uri: str, method: str, body: str | bytes | None, headers: Mapping[str, str]
    ) -> tuple[httplib2.Response, bytes]:
        raw = body.encode() if isinstance(body, str) else body or b""
        names = {name.lower(): value for name, value in headers.items()}
        answer = self._service.handle(method, uri, names, raw)
        response = httplib2.Response({**answer.headers, "status": str(answer.status)})
        return response, answer.raw

    def close(self) -> None:
        self.is_closed = True


class TokenAdapter(BaseAdapter):
    """In place of the network below `requests`, for the exchange of a code."""

    def __init__(self, service: GoogleStandIn) -> None:
        super().__init__()
        self._service = service

    def send(self, request: PreparedRequest, *_: object, **__: object) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            answer = self._service.handle(str(request.method), str(request.url), headers, body)
        except OSError as error:
            raise requests.ConnectionError(error) from error
        response = requests.Response()
        response.status_code = answer.status
        response.headers.update(answer.headers)
        response.request, response.url = request, str(request.url)
        response._content = answer.raw
        return response

    def close(self) -> None:
        """Nothing is open."""


def perform(tab: TabModel, kind: str, details: Mapping[str, Any], *, first_wins: bool) -> None:
    """One request of a batch."""
    if kind == "insertText":
        location = details["location"]
        assert set(location) - {"tabId"} == {"index"}, "to the body"
        tab.insert(location["index"] - 1, details["text"])
        return
    place = details["range"]
    assert set(place) - {"tabId"} == {"startIndex", "endIndex"}, "in the body"
    start, end = place["startIndex"] - 1, place["endIndex"] - 1
    if not 0 <= start < end <= len(tab.units):
        raise Refused("The range should not be empty, and should be in the segment")
    if kind == "deleteContentRange":
        tab.delete(start, end, first_wins=first_wins)
    elif kind == "updateParagraphStyle":
        tab.style_paragraphs(start, end, details["paragraphStyle"], details["fields"])
    elif kind == "updateTextStyle":
        tab.style_text(start, end, details["textStyle"], details["fields"])
    elif kind == "createParagraphBullets":
        tab.make_list(start, end, details["bulletPreset"])
    elif kind == "deleteParagraphBullets":
        tab.end_lists(start, end)
    else:
        raise AssertionError(f"{kind} is not something that PACK asks for")

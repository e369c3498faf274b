"""From a request to an answer: admission, limits, conditional requests, faults, the checker.

Everything here is plain and synchronous; `github_app` puts it on the wire.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.standins import github_graphql
from tests.standins.fault_answers import ON_THE_WIRE, is_before_effect, spoilt
from tests.standins.faults import CUTS, TIMEOUTS, Fault, FaultKind, FaultPlan
from tests.standins.git_http import serve_git
from tests.standins.github_admission import (
    API_VERSIONS,
    admit,
    api_version,
    conditional,
    expiration_header,
    http_date,
    refused,
)
from tests.standins.github_call import Call, Sizes
from tests.standins.github_http import Refusal, Request, Response
from tests.standins.github_limits import RateLimiter
from tests.standins.github_state import GithubState, Repository, Token
from tests.standins.github_targets import (
    SideTarget,
    Target,
    api_target,
    serve_archive,
    side_target,
    without_prefix,
)
from tests.standins.openapi_check import OpenApiCheck
from tests.standins.request_log import Exchange, RequestLog

_STOPPED = 599


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer, and what the wire does to it: nothing, or a fault of `ON_THE_WIRE`."""

    response: Response
    trouble: FaultKind | None = None


class GithubService:
    """The service without a wire.

    Attributes:
        check: The vendor's description; `None` where it is not at hand.
        checks_requests: Whether requests must fit it; answers always must.
        serves_graphql: False is a server that has no GraphQL: 404.
        violations: What did not fit.
        other_writer: Called by `FaultKind.OTHER_WRITER`, between the last check and the write.
    """

    def __init__(
        self, state: GithubState, limiter: RateLimiter, check: OpenApiCheck | None
    ) -> None:
        self.state = state
        self.limiter = limiter
        self.check = check
        self.checks_requests = True
        self.serves_graphql = True
        self.faults = FaultPlan()
        self.log = RequestLog()
        self.sizes = Sizes()
        self.violations: list[str] = []
        self.web_url = "http://github.test"
        self.archive_host = "http://codeload.test"
        self.other_writer: Callable[[Repository], None] = self._write_something
        self._numbers = itertools.count(1)

    def handle(self, request: Request) -> Delivery:
        """The answer to a request, with its effect done and its place in the log."""
        side = side_target(request)
        if side is not None:
            return self._side_call(request, side)
        prefix, inner = without_prefix(request)
        if inner.path == "/graphql" and not self.serves_graphql:
            return self._stopped(inner, Refusal(404, "Not Found").response())
        target = api_target(inner)
        problems = self._request_problems(inner, target) if self.checks_requests else []
        if target is None or problems:
            unknown = f"no such operation: {inner.method} {inner.path}"
            return self._stopped(inner, self._note(problems or [unknown]))
        return self._api_call(inner, target, self.web_url + prefix)

    # --- the checker ---------------------------------------------------------------------------

    def _request_problems(self, request: Request, target: Target | None) -> list[str]:
        if target is not None and target.resource == "graphql":
            return [f"graphql: {problem}" for problem in github_graphql.problems(request)]
        if self.check is None:
            return []
        operation = self.check.find(request.method, request.path)
        if operation is None:
            return [f"no such operation: {request.method} {request.path}"]
        return self.check.request_problems(operation, request)

    def _note(self, problems: list[str]) -> Response:
        """Keep a mistake for the end of the test; the answer is none that GitHub gives."""
        self.violations.extend(problems)
        return Response.of({"message": "stopped by the stand-in", "problems": problems}, _STOPPED)

    def _checked(self, request: Request, target: Target, answer: Response) -> Response:
        # graphql-core has made those of GraphQL from the schema; the description is of one version.
        is_other_version = api_version(request) != API_VERSIONS[0]
        if self.check is None or target.resource == "graphql" or is_other_version:
            return answer
        operation = self.check.find(request.method, request.path)
        problems = self.check.answer_problems(operation, answer) if operation else []
        return self._note([f"answer: {one}" for one in problems]) if problems else answer

    def _stopped(self, request: Request, answer: Response) -> Delivery:
        self._log(request, "none", answer.status, is_free=True)
        return Delivery(answer)

    # --- the course of a call ------------------------------------------------------------------

    def _api_call(self, request: Request, target: Target, api_url: str) -> Delivery:
        fault = self.faults.take(target.operation, is_write=target.is_write)
        if fault is not None and is_before_effect(fault):
            answer = Response(200)
        else:
            answer = self._effect(request, target, api_url, fault)
            answer = self._checked(request, target, answer)
        if fault is not None:
            answer = spoilt(fault, answer)
        return self._deliver(request, target, answer, fault)

    def _effect(
        self, request: Request, target: Target, api_url: str, fault: Fault | None
    ) -> Response:
        kind = fault.kind if fault else None
        if kind is FaultKind.OTHER_WRITER:
            self._let_other_writer_in()
        try:
            token = admit(request, self.state)
            if target.resource is not None:
                self.limiter.charge(token.text, target.resource, is_write=target.is_write)
            stale = kind is FaultKind.STALE_READ
            call = self._call(request, target, token, api_url, stale=stale)
            with self.limiter.in_flight(is_write=target.is_write):
                answer = target.handler(call)
        except Refusal as refusal:
            return refused(refusal, target.operation, is_write=target.is_write)
        if request.method == "GET" and answer.status == 200 and target.resource is not None:
            answer = conditional(request, token, answer)
            if answer.status == 304:
                self.limiter.refund(token.text, target.resource)
        return answer

    def _call(
        self, request: Request, target: Target, token: Token, api_url: str, *, stale: bool
    ) -> Call:
        return Call(
            request=request,
            params=target.params,
            token=token,
            state=self.state,
            limiter=self.limiter,
            sizes=self.sizes,
            api_url=api_url,
            archive_url=f"{self.archive_host}/_archive",
            stale=stale,
        )

    def _let_other_writer_in(self) -> None:
        for repository in self.state.repositories.values():
            repository.git.before_ref_update = lambda it=repository: self.other_writer(it)

    def _write_something(self, repository: Repository) -> None:
        number = next(self._numbers)
        content = f"# Written by somebody else ({number})\n".encode()
        self.state.commit(repository.full_name, {f"context/other-{number}.md": content})

    # --- what is beside the API ----------------------------------------------------------------

    def _side_call(self, request: Request, target: SideTarget) -> Delivery:
        fault = self.faults.take(target.operation, is_write=target.is_write)
        answer = Response(200)
        if fault is None or not is_before_effect(fault):
            try:
                answer = self._side_effect(request, target)
            except Refusal as refusal:
                answer = refusal.response()
        if fault is not None:
            answer = spoilt(fault, answer)
        return self._logged(request, target.operation, answer, fault, None, is_free=True)

    def _side_effect(self, request: Request, target: SideTarget) -> Response:
        if target.operation == "archive/download":
            if "authorization" in request.headers:
                return self._note(["the token was sent to the archive host"])
            return serve_archive(request, target, self.state)
        return serve_git(request, target.full_name, target.rest, self.state, self.web_url)

    # --- headers and the log -------------------------------------------------------------------

    def _deliver(
        self, request: Request, target: Target, answer: Response, fault: Fault | None
    ) -> Delivery:
        token: Token | None = None
        with suppress(Refusal):
            token = admit(request, self.state)
        resource = target.resource or "core"
        if token is not None:
            if fault is not None and fault.kind is FaultKind.PRIMARY_LIMIT:
                self.limiter.exhaust(token.text, resource)
            usual = self.limiter.headers(token.text, resource) | expiration_header(token)
            # What a fault says of the limits stands.
            answer.headers = usual | answer.headers
        answer.headers["x-github-request-id"] = f"{next(self._numbers):08X}"
        answer.headers["x-github-api-version-selected"] = api_version(request)
        is_free = target.resource is None or answer.status == 304
        login = token.login if token else None
        return self._logged(request, target.operation, answer, fault, login, is_free=is_free)

    def _logged(
        self,
        request: Request,
        operation: str,
        answer: Response,
        fault: Fault | None,
        login: str | None,
        *,
        is_free: bool,
    ) -> Delivery:
        kind = fault.kind if fault else None
        answer.headers["date"] = http_date(self.state.clock())
        status = 0 if kind in CUTS | TIMEOUTS else answer.status
        self._log(request, operation, status, is_free=is_free, login=login, fault=kind)
        return Delivery(answer, kind if kind in ON_THE_WIRE else None)

    def _log(
        self,
        request: Request,
        operation: str,
        status: int,
        *,
        is_free: bool,
        login: str | None = None,
        fault: FaultKind | None = None,
    ) -> None:
        query = "&".join(f"{name}={text}" for name, text in request.query.items())
        path = f"{request.path}?{query}" if query else request.path
        self.log.add(Exchange(operation, request.method, path, status, is_free, login, fault))

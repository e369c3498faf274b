"""What faults make of an answer."""

from __future__ import annotations

from tests.standins.faults import (
    AFTER,
    ANSWER,
    ANSWERS,
    CUTS,
    TIMEOUTS,
    Answer,
    Fault,
    FaultKind,
)
from tests.standins.github_http import Refusal, Response

ON_THE_WIRE = CUTS | TIMEOUTS | {FaultKind.CUT_IN_BODY, FaultKind.SLOW_BODY}
NEVER_ETAG = 'W/"0000000000000000000000000000000000000000000000000000000000000000"'


def is_before_effect(fault: Fault) -> bool:
    """Whether the request is not to have any effect."""
    return fault.kind not in AFTER | ANSWER | {FaultKind.OTHER_WRITER}


def spoilt(fault: Fault, answer: Response) -> Response:
    """What the client gets instead of `answer`; the same where the fault is of another sort."""
    if (said := ANSWERS.get(fault.kind)) is not None:
        answer = _said(said, fault)
    elif answer.status == 200:
        _spoil(fault.kind, answer)
    answer.headers |= fault.headers
    return answer


def _said(said: Answer, fault: Fault) -> Response:
    status = fault.status or said.status
    if said.is_html:
        kind = {"content-type": "text/html; charset=utf-8"}
        return Response(status, said.message.encode(), kind)
    return Refusal(status, said.message, headers=said.headers).response()


def _spoil(kind: FaultKind, answer: Response) -> None:
    if kind is FaultKind.GARBAGE:
        answer.body = b'{"data": {"repository": \xff\xfe'
    elif kind is FaultKind.WRONG_ETAG:
        answer.headers["etag"] = NEVER_ETAG
    elif kind is FaultKind.TRUNCATED_TREE:
        tree = answer.json()
        half = tree["tree"][: len(tree["tree"]) // 2]
        answer.body = Response.of(tree | {"tree": half, "truncated": True}).body

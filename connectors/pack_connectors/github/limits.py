"""How GitHub says that it takes no requests now.

Source: GitHub REST documentation, "Rate limits for the REST API" and "Best practices" (handle rate
limit errors appropriately).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pack_connectors.github.http import Answer
from pack_connectors.system.retry import Limited, parse_http_date, parse_number, parse_retry_after


def check_limit(answer: Answer, clock: Callable[[], datetime]) -> None:
    """Do nothing, unless the answer is a limit.

    Raises:
        Limited: It is one.
    """
    if answer.status not in (403, 429):
        return
    headers = answer.headers
    message = str(answer.member("message") or "").lower()
    if (stated := parse_retry_after(headers.get("retry-after"), clock())) is not None:
        raise Limited(stated)
    if headers.get("x-ratelimit-remaining") == "0":
        raise window_limit(answer, clock)
    if answer.status == 429 or "rate limit" in message or "abuse detection" in message:
        raise Limited(None)


def window_limit(answer: Answer, clock: Callable[[], datetime]) -> Limited:
    """The wait until the current window of the primary limit ends, by the server's own time."""
    reset = parse_number(answer.headers.get("x-ratelimit-reset"))
    if reset is None:
        return Limited(None)
    now = parse_http_date(answer.headers.get("date")) or clock()
    return Limited(reset - now.timestamp() + 1)

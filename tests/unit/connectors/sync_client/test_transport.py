from __future__ import annotations

import httpx
import pytest
from pack_connectors.sync_client.transport import HttpTransport

from pack.errors import Unavailable


def failing(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


@pytest.mark.parametrize("serve", [failing, lambda _: httpx.Response(502, text="<html>")])
def test_no_answer_is_told_without_the_token(serve: httpx.MockTransport) -> None:
    client = httpx.Client(transport=httpx.MockTransport(serve))  # type: ignore[arg-type] - it is one
    transport = HttpTransport("http://memory.example", "example-token", client)
    with pytest.raises(Unavailable) as error:
        transport.request("GET", "/sync/pull", {}, None)
    assert "example-token" not in str(error.value)
    transport.close()

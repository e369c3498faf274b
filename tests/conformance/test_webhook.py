from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from pack_connectors.webhook.signature import parse_secrets
from pack_connectors.webhook.target import Webhook
from pack_connectors.webhook.url import parse_webhook_url

from pack.testing import EventTargetContract, Failure
from tests.standins.receiver import SECRET, Receiver, cut, status

PATH = "/hooks/canary-4711?token=canary-4712"
ANSWERS = {
    Failure.DOWN: status(503),
    Failure.LIMITED: status(429, retry_after="7"),
    Failure.GONE: status(410),
    Failure.ANSWER_LOST: cut,
}


class TestWebhook(EventTargetContract):
    @pytest.fixture
    def target(self):
        with Receiver() as self._receiver:
            yield Webhook(
                parse_webhook_url(self._receiver.url(PATH), ["127.0.0.1"]),
                parse_secrets(SECRET),
                lambda: datetime.now(UTC),
                name="webhook:127.0.0.1",
            )
        assert self._receiver.unverified == []

    def received(self, target):
        assert {call.path for call in self._receiver.calls} <= {PATH}
        return [(call.key, call.body) for call in self._receiver.calls]

    @contextmanager
    def failing(self, target, failure):
        if failure is Failure.REVOKED:
            pytest.skip("a receiver that does not know the signature may learn it")
        self._receiver.always = ANSWERS[failure]
        before = len(self._receiver.calls)
        yield
        self._receiver.always = status(204)
        assert len(self._receiver.calls) == before + 1
        if failure is not Failure.ANSWER_LOST:  # they did not take it
            del self._receiver.calls[before:]

    def secrets(self, target):
        return ["canary-4711", "canary-4712", SECRET, SECRET.removeprefix("whsec_")]

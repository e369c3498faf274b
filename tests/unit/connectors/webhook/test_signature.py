"""Signatures of Standard Webhooks, and the secrets they are made with."""

from datetime import UTC, datetime, timedelta

import pytest
from pack_connectors.webhook.signature import parse_secrets, signatures

from pack.errors import InvalidConfig
from tests.standins.receiver import SECRET
from tests.webhook_support import webhook

OTHER_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_known_answer_of_standard_webhooks():
    made = signatures(
        parse_secrets(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("separator", [" ", ",", " , ", "\n"])
@pytest.mark.parametrize("known", [SECRET, OTHER_SECRET])
def test_both_secrets_are_accepted_while_one_replaces_the_other(receiver, separator, known):
    receiver.secret = known
    webhook(receiver, secret=f"{SECRET}{separator}{OTHER_SECRET}").send("1", '{"é": 1}'.encode())
    assert receiver.unverified == []
    assert len(receiver.calls[0].headers["webhook-signature"].split()) == 2


def test_without_a_secret_there_is_no_signature(receiver):
    receiver.secret = None
    webhook(receiver, secret="").send("1", b"{}")
    assert "webhook-signature" not in receiver.calls[0].headers
    assert receiver.calls[0].headers["webhook-id"] == "1"


def test_a_wrong_secret_is_noticed_by_the_library(receiver):
    webhook(receiver, secret=OTHER_SECRET).send("1", b"{}")
    assert len(receiver.unverified) == 1


def test_each_attempt_has_a_time_of_its_own(receiver):
    receiver.secret = None
    times = iter([NOW, NOW + timedelta(seconds=9)])
    target = webhook(receiver, clock=lambda: next(times))
    target.send("1", b"{}")
    target.send("1", b"{}")
    stamps = [int(call.headers["webhook-timestamp"]) for call in receiver.calls]
    assert stamps[1] - stamps[0] == 9
    first, second = (call.headers["webhook-signature"] for call in receiver.calls)
    assert first != second


@pytest.mark.parametrize(
    "text", ["whsec_canary!", "whsec_Y2FuYXJ5", "canary", "whsec_" + "A" * 200, " ", ", "]
)
def test_a_secret_that_is_none(text):
    with pytest.raises(InvalidConfig, match="PACK_WEBHOOK_SECRET") as raised:
        parse_secrets(text)
    assert "canary" not in str(raised.value)
    assert "AAAA" not in str(raised.value)

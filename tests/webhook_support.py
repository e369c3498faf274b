"""A webhook that is sent to a receiver of this machine."""

from datetime import UTC, datetime

from pack_connectors.webhook.signature import parse_secrets
from pack_connectors.webhook.target import Webhook
from pack_connectors.webhook.url import parse_webhook_url

from tests.standins.receiver import SECRET


def now():
    return datetime.now(UTC)


def webhook(receiver, secret=SECRET, path="/hook", timeout=10.0, clock=now):
    url = parse_webhook_url(receiver.url(path), ["127.0.0.1"])
    return Webhook(url, parse_secrets(secret), clock, name="webhook:127.0.0.1", timeout=timeout)

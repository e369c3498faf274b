"""Alerts: what is wrong with a downstream, and what somebody should do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from pack.deferred import dataclass
from pack.distribution.yaml_form import to_yaml
from pack.times import format_time


class AlertType(StrEnum):
    """What an alert is about."""

    FAILURE = "failure"
    STALENESS = "staleness"
    DRIFT = "drift"


class Audience(StrEnum):
    """Who should hear of it."""

    OPERATOR = "operator"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class SyncAlert:
    """An alert.

    Attributes:
        type: What it is about.
        rule_id: The rule.
        target_repo: The downstream.
        detected_at: When it was found.
        details: What is wrong, in words.
        action_required: What to do, in words.
        audience: Who should hear of it.
    """

    type: AlertType
    rule_id: str
    target_repo: str
    detected_at: datetime
    details: str
    action_required: str
    audience: Sequence[Audience] = (Audience.OPERATOR,)


def alert_fields(alert: SyncAlert) -> Mapping[str, object]:
    """An alert as it is sent."""
    return {
        "type": alert.type,
        "rule_id": alert.rule_id,
        "target_repo": alert.target_repo,
        "detected_at": format_time(alert.detected_at),
        "details": alert.details,
        "action_required": alert.action_required,
    }


def alert_text(alert: SyncAlert) -> str:
    """An alert in YAML."""
    return to_yaml({"sync_alert": alert_fields(alert)})

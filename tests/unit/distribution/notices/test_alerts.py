"""An alert has the seed's form."""

from datetime import UTC, datetime

from pack.distribution.notices.alerts import AlertType, SyncAlert, alert_fields, alert_text


def test_the_form_is_the_seeds() -> None:
    alert = SyncAlert(
        AlertType.DRIFT,
        "sync-webapp-orchestrator",
        "org/webapp",
        datetime(2026, 1, 30, 12, tzinfo=UTC),
        'Checksum mismatch on "2" files',
        "Review sync PR #789",
    )
    assert alert_text(alert) == (
        "sync_alert:\n"
        "  type: drift\n"
        '  rule_id: "sync-webapp-orchestrator"\n'
        '  target_repo: "org/webapp"\n'
        '  detected_at: "2026-01-30T12:00:00Z"\n'
        '  details: "Checksum mismatch on \\"2\\" files"\n'
        '  action_required: "Review sync PR #789"\n'
    )
    assert list(alert_fields(alert)) == [
        *("type", "rule_id", "target_repo", "detected_at", "details", "action_required")
    ]

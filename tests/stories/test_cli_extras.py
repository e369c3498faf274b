"""A setting asks for an extra that is not installed: what each command says, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from pack_servers.cli.shell import exit as endings
from pack_servers.config.extras import EXTRAS, GOOGLE, KEYRING, NOTION, REPLICAS, Extra

from tests.stories.cli_driver import Folder, new_memory

_NOTION = {"NOTION_TOKEN": "secret-canary", "NOTION_SYNC_PAGE_ID": "none"}
_GOOGLE = {"GOOGLE_DOC_ID": "none", "GOOGLE_CLIENT_SECRET": "secret-canary"}
_KEYRING = {"PACK_GITHUB_TOKEN_FROM": "keyring"}
_REDIS = {"PACK_REDIS_URL": "redis://:secret-canary@127.0.0.1:1"}
_MDNS = {"PACK_MESH_MDNS": "true"}


@pytest.fixture
def memory(tmp_path: Path, git_identity: tuple[str, str]) -> Folder:
    return new_memory(tmp_path / "memory")


def use(monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def hide(monkeypatch: pytest.MonkeyPatch, extra: Extra) -> None:
    """Make an extra one that is not installed."""
    for module in extra.packages.values():
        monkeypatch.setitem(sys.modules, module, None)


@pytest.mark.parametrize(
    ("extra", "settings", "words"),
    [
        (NOTION, _NOTION, ["sync"]),
        (NOTION, _NOTION, ["migrate-notion", "--dry-run"]),
        (GOOGLE, _GOOGLE, ["sync"]),
        (REPLICAS, _REDIS, ["serve", "--http", "--port", "0"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_command_names_what_is_missing(
    extra: Extra,
    settings: Mapping[str, str],
    words: list[str],
    memory: Folder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, settings)
    hide(monkeypatch, extra)
    ended = memory.pack(*words)
    said = ended.text + ended.err
    assert ended.status not in (0, 3), said
    assert f"is not installed: {extra.command}" in said
    assert "Traceback" not in said
    assert "canary" not in said


def test_google_auth_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    hide(monkeypatch, GOOGLE)
    assert endings.run(["google-auth", "--timeout", "1"]) not in (0, 3)
    assert f"is not installed: {GOOGLE.command}" in capfd.readouterr().err


def test_the_keyring_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, _KEYRING)
    hide(monkeypatch, KEYRING)
    assert endings.run(["list", "--github", "nobody/nothing"]) not in (0, 3)
    assert f"is not installed: {KEYRING.command}" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("extra", "settings", "next_problem"),
    [(NOTION, _NOTION, "NOTION_SYNC_PAGE_ID"), (GOOGLE, _GOOGLE, "GOOGLE_CLIENT_ID")],
    ids=["notion", "google"],
)
def test_a_target_goes_on_by_itself_once_its_extra_is_installed(
    extra: Extra, settings: Mapping[str, str], next_problem: str, memory: Folder
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        use(patch, settings)
        with pytest.MonkeyPatch.context() as missing:
            hide(missing, extra)
            (target,) = memory.pack("sync", "--format", "json").json["targets"]
            assert target["standing"] == "parked"
            assert extra.command in target["problem"]
            assert "PARKED" in memory.ok("status").text
            memory.ok("update", "notes/a.md", stdin="# A\n")
        (target,) = memory.pack("sync", "--format", "json").json["targets"]
        assert target["problem"].startswith(next_problem)


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra.name)
def test_the_doctor_checks_what_the_settings_ask_for(
    extra: Extra, memory: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, _NOTION | _GOOGLE | _KEYRING | _REDIS | _MDNS)
    name = f"extra {extra.name}"
    before = {one["name"]: one for one in memory.pack("doctor", "--format", "json").json["checks"]}
    assert before[name]["state"] == "ok"
    hide(monkeypatch, extra)
    after = {one["name"]: one for one in memory.pack("doctor", "--format", "json").json["checks"]}
    assert after[name]["state"] == "problem"
    assert all(package in after[name]["found"] for package in extra.packages)
    assert after[name]["remedy"] == f"Run `{extra.command}`."
    assert memory.pack("doctor").status == 1
    assert [one for one in after if one.startswith("extra ")] == [
        f"extra {other.name}" for other in EXTRAS
    ]

"""What an installation without extras says: which package is missing, and what installs it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from pack_servers.config.extras import EXTRAS, Extra, wanted_extras
from pack_servers.config.settings import load_settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pack.errors import InvalidConfig

ROOT = Path(__file__).resolve().parents[4]
_TOP_MODULES = sorted({name.split(".")[0] for extra in EXTRAS for name in extra.packages.values()})
_NOTION = {"NOTION_TOKEN": "a", "NOTION_SYNC_PAGE_ID": "b"}
_GOOGLE = {"GOOGLE_DOC_ID": "a"}
_KEYRING = {"PACK_GITHUB_TOKEN_FROM": "keyring"}
_REDIS = {"PACK_REDIS_URL": "redis://127.0.0.1"}
_MDNS = {"PACK_MESH_MDNS": "true"}


def optional_dependencies() -> dict[str, dict[str, str]]:
    """Each extra of the project: its requirements by the name of the package."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    return {
        extra: {canonicalize_name(Requirement(one).name): one for one in requirements}
        for extra, requirements in extras.items()
    }


def test_the_extras_and_their_packages_are_those_of_the_project() -> None:
    declared = optional_dependencies()
    dev = declared.pop("dev")
    assert declared["anthropic"].items() <= dev.items()
    del declared["anthropic"]  # for programs that use it: no setting asks for it
    assert {extra.name: {*extra.packages} for extra in EXTRAS} == {
        name: {*requirements} for name, requirements in declared.items()
    }
    for requirements in declared.values():
        assert requirements.items() <= dev.items()


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra.name)
def test_with_all_packages_installed_nothing_is_missing(extra: Extra) -> None:
    assert extra.missing() == ()
    extra.require("A_SETTING")


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra.name)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    extra: Extra, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, module = next(iter(extra.packages.items()))
    monkeypatch.setitem(sys.modules, module, None)
    assert extra.missing() == (package,)
    with pytest.raises(InvalidConfig) as caught:
        extra.require("A_SETTING")
    command = f"pip install 'pack-memory[{extra.name}]'"
    assert str(caught.value) == f"A_SETTING: the package {package} is not installed: {command}"
    assert "restart" in caught.value.remedy


def test_a_package_whose_namespace_is_missing_is_missing() -> None:
    assert Extra("none", {"no-such-thing": "no_such.thing"}).missing() == ("no-such-thing",)


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({}, []),
        (_NOTION, ["notion: NOTION_TOKEN"]),
        ({"NOTION_TOKEN": "a"}, []),
        (_GOOGLE, ["google: GOOGLE_DOC_ID"]),
        (_KEYRING, ["keyring: PACK_GITHUB_TOKEN_FROM"]),
        (_KEYRING | {"GITHUB_TOKEN": "a"}, []),
        ({"PACK_GITHUB_TOKEN_FROM": "gh"}, []),
        (_REDIS, ["replicas: PACK_REDIS_URL"]),
        (_MDNS, ["mdns: PACK_MESH_MDNS"]),
        (_GOOGLE | _NOTION, ["notion: NOTION_TOKEN", "google: GOOGLE_DOC_ID"]),
    ],
)
def test_settings_ask_for_extras(
    env: Mapping[str, str], wanted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    found = [f"{extra.name}: {setting}" for extra, setting in wanted_extras(load_settings())]
    assert found == wanted


def test_only_the_modules_behind_a_check_need_an_extra() -> None:
    """Everything else can be imported where no extra is installed."""
    code = f"""
import pkgutil, sys
sys.modules.update(dict.fromkeys({_TOP_MODULES}))
import pack, pack_connectors, pack_servers, pack_templates
failed = []
for package in (pack, pack_connectors, pack_servers, pack_templates):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name.endswith("__main__") or module.name.startswith("pack.testing."):
            continue
        try:
            __import__(module.name)
        except ImportError:
            failed.append(module.name)
print("\\n".join(failed))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    behind = ("pack_connectors.notion.", "pack_servers.wiring.notion", "pack_servers.mcp.redis")
    behind += ("pack_connectors.peers.mdns", "pack_servers.wiring.mdns")
    failed = done.stdout.split()
    assert set(behind[1:]) <= set(failed)
    assert [name for name in failed if not name.startswith(behind)] == []

"""What is typed for a kit is a place wherever it can be one, and a name only where it cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import chdir
from importlib.resources import files
from pathlib import Path

import pytest
from pack_servers.wiring.kits.indexes import named_kit
from pack_servers.wiring.kits.own import own_addresses
from pack_servers.wiring.kits.sources import kit_sources

_ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<examples>`[^|]+`) \|$", re.MULTILINE)


def examples() -> Iterator[str]:
    """What the guide shows as sources."""
    text = files("pack_templates").joinpath("guide/kits.md").read_text(encoding="utf-8")
    section = text.split("## Where a kit comes from", 1)[1].split("\n## ", 1)[0]
    for row in _ROW.finditer(section):
        yield from re.findall(r"`([^`]+)`", row["examples"])


OWN = [address.removeprefix("pack:") for address in own_addresses()]


def test_the_guide_shows_each_kind_of_source() -> None:
    assert {"git@example.org:kits.git", "https://example.org/kits.git", *OWN} <= set(examples())


@pytest.mark.parametrize("text", list(examples()))
def test_only_what_comes_with_pack_is_looked_for_by_name(text: str) -> None:
    assert (named_kit(text) is not None) is (text in OWN)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("observer", ("observer", None)),
        ("observer@v1.0.0", ("observer", "v1.0.0")),
        ("observer@feature/x", ("observer", "feature/x")),
        ("git@example.org:kits.git", None),
        ("git@example.org:kits.git#observer@v1", None),
        ("git@example.org:kits.git@v1", None),
        ("observer@v1#sub", None),
        ("host:kits", None),
        ("src", None),
        ("src@v1.0.0", None),
        ("src@v1.0.0#sub", None),
        ("one@2", None),
    ],
)
def test_a_name_with_a_ref_is_no_place(tmp_path: Path, text: str, named: object) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "one@2").mkdir()
    with chdir(tmp_path):
        assert named_kit(text) == named


@pytest.mark.parametrize("text", ["git@example.org:kits.git", "https://example.org/kits.git"])
def test_an_address_elsewhere_is_found_as_it_is_typed(text: str) -> None:
    with kit_sources() as sources:
        source, ref = sources.find(f"{text}@v1.0.0#observer")
    assert (source.address, ref, source.is_near) == (f"{text}#observer", "v1.0.0", False)

"""Each place that a memory names is asked about once, and what was said holds for that memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from pack_servers.wiring.kits.sources import kit_sources, source_consent

from pack.actions import Action
from pack.errors import InvalidRequest, RefusedForSafety
from pack.kits.consent import SourceConsent
from pack.kits.lock import LockedKit


class Person:
    """Answers always the same, and remembers what they were asked."""

    def __init__(self, *, says: bool) -> None:
        self.says = says
        self.asked: list[list[str]] = []

    def __call__(self, addresses: Sequence[str]) -> bool:
        self.asked.append(list(addresses))
        return self.says


def consent_of(person: Person, memory: str = "/notes", *, dry_run: bool = False) -> SourceConsent:
    return source_consent(memory, person, dry_run=dry_run)


def locked(source: str, ref: str | None) -> LockedKit:
    return LockedKit("a", source, ref, None, "1" * 40, "1.0.0", "2" * 64, "kits/a/", {})


@pytest.mark.usefixtures("home")
def test_what_is_agreed_to_is_not_asked_again() -> None:
    person = Person(says=True)
    consent_of(person).ask(["/a", "/b", "/a", "pack:starter"])
    again = consent_of(person)
    again.ask(["/a", "/c"])
    assert person.asked == [["/a", "/b"], ["/c"]]
    assert not consent_of(person, "/team").holds("/a")
    assert not consent_of(person).holds("/a#sub")
    assert consent_of(person).holds("pack:starter")


def test_what_is_not_agreed_to_is_asked_again_by_the_next_command(home: Path) -> None:
    person = Person(says=False)
    consent = consent_of(person)
    for _ in range(2):
        with pytest.raises(RefusedForSafety, match="only the memory names /a; nobody"):
            consent.refuse_others("/a", Action.INSTALL_KIT)
    assert person.asked == [["/a"]]
    consent.add("/a")
    consent.refuse_others("/a", Action.INSTALL_KIT)
    assert consent_of(person).holds("/a")
    assert (home / ".pack/kits/sources.json").stat().st_mode & 0o777 == 0o600


def test_a_dry_run_remembers_nothing(home: Path) -> None:
    consent = consent_of(Person(says=True), dry_run=True)
    consent.refuse_others("/a", Action.INSTALL_KIT)
    consent.add("/b")
    assert consent.holds("/a")
    assert consent.holds("/b")
    assert not (home / ".pack/kits").exists()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("ref", "asked"),
    [(None, "/a"), ("v1.0.0", "/a"), ("3f0c1a2", "/a"), ("drafts", "/a@drafts")],
)
def test_a_branch_is_asked_about_by_its_name(ref: str | None, asked: str) -> None:
    person = Person(says=False)
    with kit_sources(consent=consent_of(person)) as sources:
        with pytest.raises(RefusedForSafety):
            sources.of_kit(locked("/a", ref))
        assert sources.newest(lambda _: None, far=False)(locked("/b", ref)) is None
    assert person.asked == [[asked]]


def test_without_a_memory_no_kit_has_a_source() -> None:
    with kit_sources() as sources, pytest.raises(InvalidRequest):
        sources.of_kit(locked("/a", None))

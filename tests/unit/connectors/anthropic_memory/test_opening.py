"""Whose memory a tool works on, where nothing is installed that opens folders."""

from __future__ import annotations

import pytest

from pack.callers import ClientOrigins
from pack.errors import Unavailable
from pack.provenance import Origin, Source
from tests.support import Later

OPENING = "pack_connectors.anthropic_memory.opening"
opening = Later(OPENING)


def test_who_writes_follows_from_the_settings_unless_the_program_says_it():
    origins = ClientOrigins(names={"at-home": Source.AI_LOCAL})
    assert opening.Caller("x", model="m").origin(origins) == Origin(Source.AI_CLOUD, "x", "m")
    assert opening.Caller("at-home").origin(origins) == Origin(Source.AI_LOCAL, "at-home")
    assert opening.Caller("x", Source.AUTOMATION).origin(origins) == Origin(Source.AUTOMATION, "x")


def test_without_an_opener_a_folder_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(f"{OPENING}.OPENERS", "nobody.is.installed.here")
    with pytest.raises(Unavailable):
        opening.opened("somewhere", opening.Caller("x"))

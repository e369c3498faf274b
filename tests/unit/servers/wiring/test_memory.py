"""Opening a memory, and beginning one."""

from pathlib import Path

import pytest
from pack_servers.config.settings import load_settings
from pack_servers.wiring.memory import open_or_begin
from pack_servers.wiring.places import choose_place

from pack.catalog.scope import PROJECT_FILE, scope_of


@pytest.mark.parametrize("value", ["true", "false", ""])
def test_a_server_that_begins_a_memory_takes_the_setting_as_the_answer(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACK_ROOT_NOTES", value)
    settings = load_settings()
    place = choose_place(settings, tmp_path / "memory", None)
    with open_or_begin(settings, place, create=True) as (memory, made):
        assert made is not None
        is_said = memory.connector.get_committed(PROJECT_FILE) is not None
        assert is_said == (value == "true")
        assert bool(scope_of(memory.connector).root_notes) == is_said

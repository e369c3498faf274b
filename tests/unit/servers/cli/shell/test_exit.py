"""One table says how a command ends, for every error there is."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator

import pack_connectors
import pack_servers
from pack_servers.cli.shell.exit import CONFLICT, EXIT_STATUS, FAILED, UNEXPECTED

import pack
from pack.errors import Conflict, InternalError, PackError, PreconditionFailed


def _import_all() -> None:
    """Errors are known once the modules that define them are imported."""
    for package in (pack, pack_connectors, pack_servers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def _classes(root: type[PackError]) -> Iterator[type[PackError]]:
    yield root
    for child in root.__subclasses__():
        yield from _classes(child)


@functools.cache
def all_errors() -> list[type[PackError]]:
    """All of them; found by a test, as each process that collects would import everything."""
    _import_all()
    return sorted({cls for cls in _classes(PackError) if "test" not in cls.__module__}, key=str)


def _status_of_its_family(error: type[PackError]) -> int:
    if issubclass(error, PreconditionFailed | Conflict):
        return CONFLICT
    return UNEXPECTED if issubclass(error, InternalError) else FAILED


def test_every_error_has_the_status_of_its_family() -> None:
    found = {error: EXIT_STATUS.get(error.code) for error in all_errors()}
    assert found == {error: _status_of_its_family(error) for error in all_errors()}


def test_the_table_has_no_code_that_nothing_raises() -> None:
    assert set(EXIT_STATUS) == {error.code for error in all_errors()}


def test_no_two_families_share_a_code() -> None:
    owners: dict[str, set[type[PackError]]] = {}
    for error in all_errors():
        owners.setdefault(error.code, set()).add(error)
    shared = {code: classes for code, classes in owners.items() if len(classes) > 1}
    assert not shared

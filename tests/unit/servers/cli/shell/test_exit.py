"""One table says how a command ends, for every error there is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pack_connectors
import pack_servers
import pytest
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


_import_all()
ERRORS = sorted({cls for cls in _classes(PackError) if "test" not in cls.__module__}, key=str)


@pytest.mark.parametrize("error", ERRORS, ids=lambda cls: cls.__name__)
def test_every_error_has_the_status_of_its_family(error: type[PackError]) -> None:
    expected = FAILED
    if issubclass(error, PreconditionFailed | Conflict):
        expected = CONFLICT
    elif issubclass(error, InternalError):
        expected = UNEXPECTED
    assert EXIT_STATUS[error.code] == expected


def test_the_table_has_no_code_that_nothing_raises() -> None:
    assert set(EXIT_STATUS) == {error.code for error in ERRORS}


def test_no_two_families_share_a_code() -> None:
    owners: dict[str, set[type[PackError]]] = {}
    for error in ERRORS:
        owners.setdefault(error.code, set()).add(error)
    shared = {code: classes for code, classes in owners.items() if len(classes) > 1}
    assert not shared

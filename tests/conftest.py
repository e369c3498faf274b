"""What every test stands on: no configuration of the machine reaches it, and none is changed.

Environment variables read here, before the tests lose sight of them:

- `PACK_SIM_SEEDS`: how many groups of peers are simulated; 120 unless it says otherwise.
- `PACK_TEST_PROFILE`: `ci` (the default: the same examples in every run) or `soak` (many, random).
- `PACK_TEST_GITS`: further git executables to try, separated as in PATH.
- `PACK_TEST_SHARED`: folder with the real memory files; by default `../shared/data` beside the
  checkout.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
from hypothesis import HealthCheck, settings
from pack_servers.cli.shell.caller import this_shell
from pack_servers.config.agents import AgentMarks
from pack_servers.config.settings import load_settings

from tests.signals import children_hear_signals
from tests.support import World

ROOT = Path(__file__).resolve().parent.parent

_SHARED = Path(os.environ.get("PACK_TEST_SHARED") or ROOT.parent / "shared" / "data")

# What could make git, PACK or the terminal libraries behave differently on two machines.
_SCRUBBED_PREFIXES = ("GIT_", "PACK_", "GITHUB_", "NOTION_", "GOOGLE_", "MCP_", "XDG_", "LC_")
_SCRUBBED_NAMES = (
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "EDITOR",
    "EMAIL",
    "FORCE_COLOR",
    "LANGUAGE",
    "LINES",
    "NO_COLOR",
    "PAGER",
    # Half of the time that a process takes to start is the reading of source, and so is half of
    # collecting: kept as Python does unless told otherwise, and `make clean` removes it.
    "PYTHONDONTWRITEBYTECODE",
    "PY_COLORS",
    "SSL_CERT_DIR",
    "SSH_ASKPASS",
    "SSH_AUTH_SOCK",
    "VISUAL",
)
_FIXED = {
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "TERM": "dumb",
    # Commands of tests have no terminal, and act for the person unless a test says otherwise.
    "PACK_SHELL_SOURCE": "user",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file",
    # A proxy of the machine must not see what tests send to their own servers.
    "NO_PROXY": "127.0.0.1,localhost,::1",
    "no_proxy": "127.0.0.1,localhost,::1",
}

# A busy machine makes examples slowly, which says nothing about a test.
_ALWAYS = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("ci", max_examples=25, derandomize=True, **_ALWAYS)
settings.register_profile("soak", max_examples=3000, print_blob=True, **_ALWAYS)
settings.load_profile(os.environ.get("PACK_TEST_PROFILE") or "ci")

_MEMORY_DISK = Path("/dev/shm")
_ENOUGH = 3 * 2**30
"""Bytes; at the same time, all tests have less than a tenth of them."""


def _keep_files_in_memory() -> None:
    """Keep what tests write in memory, where it can be: a disk takes longer to sync than they do.

    Not where programs cannot be run or there is little room, as in many containers.
    """
    try:
        found = os.statvfs(_MEMORY_DISK)
    except OSError:
        return
    may_run = not found.f_flag & os.ST_NOEXEC and os.access(_MEMORY_DISK, os.W_OK)
    if may_run and found.f_bavail * found.f_frsize >= _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY_DISK))


_keep_files_in_memory()
sys.dont_write_bytecode = False
# Nothing that collecting makes is garbage; looking for it took a third of the time.
gc.disable()

# Before anything imports them, wherever collecting begins.
pytest.register_assert_rewrite("pack.testing.connector", "pack.testing.target")

_CONTRACTS = pytest.StashKey[dict[str, list[str]]]()


@pytest.fixture(scope="session", autouse=True)
def _isolated_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The environment that session and module fixtures see."""
    with pytest.MonkeyPatch.context() as patch:
        marks = AgentMarks()
        for name, value in list(os.environ.items()):
            is_mark = marks.in_environment({name: value}) is not None
            if is_mark or name.startswith(_SCRUBBED_PREFIXES) or name in _SCRUBBED_NAMES:
                patch.delenv(name)
        for name, value in _FIXED.items():
            patch.setenv(name, value)
        if this_shell(load_settings()).agent is not None:  # a coding agent runs the tests
            ignored = ",".join(f"-process:{name}" for name in marks.processes)
            patch.setenv("PACK_AGENT_MARKS", ignored)
        # No test finds a repository above its own folder by accident.
        patch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path_factory.getbasetemp().resolve()))
        _trust_little(patch, tmp_path_factory.mktemp("certificates"))
        _use_home(patch, tmp_path_factory.mktemp("session-home"))
        _read_time_zone()
        _remember(patch)
        with children_hear_signals():
            yield
    _read_time_zone()


def _trust_little(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Trust one authority: each HTTP client reads all of them, which takes longer than most tests.

    No test speaks TLS with the world; those that speak it here say whom they trust.
    """
    end = "-----END CERTIFICATE-----\n"
    first, _, _ = Path(certifi.where()).read_text(encoding="utf-8").partition(end)
    file = folder / "one.pem"
    file.write_text(first + end, encoding="utf-8")
    patch.setenv("SSL_CERT_FILE", str(file))
    # Some clients believe nothing that the environment says.
    patch.setattr(certifi, "where", lambda: str(file))


def _remember(patch: pytest.MonkeyPatch) -> None:
    """Where tests make MCP servers or run commands, work out once what all of them need."""
    from tests.stories import remembered  # noqa: PLC0415 - not where nothing is to be remembered

    if "mcp.server.mcpserver" in sys.modules:
        from mcp.server.mcpserver.tools import Tool  # noqa: PLC0415

        patch.setattr(Tool, "from_function", remembered.tools())
    if "pack_servers.cli.shell.exit" in sys.modules:
        import git  # noqa: F401, PLC0415 - then two processes read for a command, not one each time
        import typer.main  # noqa: PLC0415

        patch.setattr(typer.main, "get_command_from_info", remembered.commands())


def _read_time_zone() -> None:
    """Make this process follow `TZ`, where that is possible (not on Windows)."""
    if hasattr(time, "tzset"):
        time.tzset()


def _use_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Make `home` the home directory, with an empty git configuration in it.

    The file is where git looks by itself, too: a program that drops all `GIT_*` variables before
    it starts git reads the same one.
    """
    config_file = home / ".gitconfig"
    config_file.touch()
    patch.setenv("HOME", str(home))
    patch.setenv("USERPROFILE", str(home))
    patch.setenv("GIT_CONFIG_GLOBAL", str(config_file))
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        patch.setenv(f"XDG_{name}_HOME", str(home / f".xdg-{name.lower()}"))


@pytest.fixture(scope="session")
def _new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    # Counted here: `mktemp` lists its whole folder for each new name.
    base = tmp_path_factory.mktemp("homes")
    numbers = itertools.count()

    def make() -> Path:
        home = base / str(next(numbers))
        home.mkdir()
        return home

    return make


@pytest.fixture(autouse=True)
def home(_new_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own empty home directory: no git identity, no settings, no memory."""
    path = _new_home()
    _use_home(monkeypatch, path)
    return path


@pytest.fixture
def git_identity(home: Path) -> tuple[str, str]:
    """Name and address that git knows the user by, for tests that act as that user."""
    name, address = "Test User", "user@example.org"
    (home / ".gitconfig").write_text(
        f"[user]\n\tname = {name}\n\temail = {address}\n", encoding="utf-8"
    )
    return name, address


@pytest.fixture(params=["memory", "git"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, git_identity: tuple[str, str]
) -> Iterator[World]:
    """An empty store, and the memory that it may become: in memory, and in a git repository."""
    made = World(tmp_path / "memory" if request.param == "git" else None)
    yield made
    made.close()


@pytest.fixture(scope="module")
def _worlds() -> Iterator[dict[str, World]]:
    worlds: dict[str, World] = {}
    yield worlds
    for made in worlds.values():
        made.close()


@pytest.fixture(params=["memory", "git"])
def shared_world(
    request: pytest.FixtureRequest,
    _worlds: dict[str, World],
    tmp_path_factory: pytest.TempPathFactory,
    git_identity: tuple[str, str],
) -> World:
    """As `world`, with a memory that a module's tests share: for those that find any state right.

    To make one takes longer than most questions to it.
    """
    kind = request.param
    if kind not in _worlds:
        folder = tmp_path_factory.mktemp("shared") / "memory" if kind == "git" else None
        _worlds[kind] = World(folder)
        _worlds[kind].init()
    return _worlds[kind]


@pytest.fixture
def git_world(tmp_path: Path, git_identity: tuple[str, str]) -> Iterator[World]:
    """The same, in a git repository only: for hand edits in the folder."""
    made = World(tmp_path / "memory")
    yield made
    made.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real memory files (`v1-memory`, `memory-bank`); they are read only."""
    if not _SHARED.is_dir():
        pytest.skip("the real memory files are not there; PACK_TEST_SHARED names their folder")
    return _SHARED


@pytest.fixture(scope="session")
def collected_contracts(pytestconfig: pytest.Config) -> dict[str, list[str]]:
    """The contract ids of every test that this run collected, before any was deselected."""
    return pytestconfig.stash[_CONTRACTS]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a quarter of the time, stories wait for other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--contract-report",
        metavar="FILE",
        help="write all collected tests and the contract ids each holds to FILE, as JSON",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let each worker begin to collect elsewhere: what one has compiled, the others only read.

    In a fresh checkout that is most of what collecting takes, and all would do all of it.
    """
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    if given is not None and {Path(arg).resolve() for arg in config.args} == {ROOT / "tests"}:
        parts = _parts(ROOT / "tests")
        number = int(given["workerid"].removeprefix("gw"))
        sizes = itertools.accumulate(size for _, size in parts)
        total = sum(size for _, size in parts)
        begin = sum(size * given["workercount"] <= total * number for size in sizes)
        config.args[:] = [str(part) for part, _ in parts[begin:] + parts[:begin]]


def _parts(folder: Path) -> list[tuple[Path, int]]:
    """What is in a folder, large folders in parts, and how many bytes of tests each has."""
    found: list[tuple[Path, int]] = []
    for part in sorted(folder.iterdir()):
        files = part.rglob("test_*.py") if part.is_dir() else [part]
        size = sum(file.stat().st_size for file in files if file.match("test_*.py"))
        if size > 200_000:
            found += _parts(part)
        elif size:
            found.append((part, size))
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.parts)  # wherever collecting began
    report = config.stash[_CONTRACTS] = {item.nodeid: _contract_ids(item) for item in items}
    report_file: str | None = config.getoption("contract_report")
    if report_file is not None:
        Path(report_file).write_text(json.dumps(report), encoding="utf-8")
    if "soak" not in config.getoption("markexpr"):
        _deselect_soak(config, items)


def pytest_collection_finish() -> None:
    """What has been collected stays to the end, so that the collector need not look at it again."""
    gc.freeze()
    gc.enable()


def _contract_ids(item: pytest.Item) -> list[str]:
    marks = item.iter_markers("contract")
    return sorted({contract_id for mark in marks for contract_id in mark.args})


def _deselect_soak(config: pytest.Config, items: list[pytest.Item]) -> None:
    soak = [item for item in items if item.get_closest_marker("soak") is not None]
    if soak:
        config.hook.pytest_deselected(items=soak)
        items[:] = [item for item in items if item not in soak]

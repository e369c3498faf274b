"""The project as a whole: what is in the repository, in the wheel, and in the documents."""

from __future__ import annotations

import ast
import importlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pack._version import __version__
from tests.signals import children_hear_signals

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("pack", "pack_connectors", "pack_servers", "pack_templates")
SOURCES = (
    ROOT / "pack",
    ROOT / "connectors" / "pack_connectors",
    ROOT / "servers" / "pack_servers",
    ROOT / "templates" / "pack_templates",
)
# Written in parts, so that this file does not find itself.
MACHINE_PATHS = re.compile(r"(?<![\w~.])/(?:ro" r"ot|wo" r"rk|op" r"t|ho" r"me/\w+|Us" r"ers/\w+)/")
PACKAGE_INDEXES = re.compile(
    r"py" r"pi\.org|pythonho" r"sted|np" r"mjs|artif" r"actory|dev" r"pi|/simp" r"le/",
    re.IGNORECASE,
)


def tracked_paths() -> list[str]:
    """Every path that git tracks and that is in the working tree."""
    # The checkout may belong to somebody else than the one who tests it, as in a container.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    paths = listing.stdout.decode("utf-8").split("\0")[:-1]
    return [path for path in paths if (ROOT / path).is_file()]


def tracked_texts() -> dict[str, str]:
    """Every tracked file that is text, by its path."""
    contents = {path: (ROOT / path).read_bytes() for path in tracked_paths()}
    return {path: raw.decode("utf-8") for path, raw in contents.items() if b"\0" not in raw}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def run(command: list[str]) -> str:
    """Standard output of a command that succeeds; what it said otherwise is in the failure."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result.stdout


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


# --- the locks -------------------------------------------------------------------------------

_RUN_LOCK = "requirements.lock"
_DEV_LOCK = "requirements-dev.lock"


def pins(lock: str) -> dict[str, str]:
    """The version of each package in a lock."""
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", read(lock), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


@pytest.mark.parametrize("name", [_RUN_LOCK, _DEV_LOCK])
def test_a_lock_names_no_host_and_no_path_of_a_machine(name: str) -> None:
    lock = read(name)
    assert "://" not in lock
    assert not re.findall(r"^-.*$", lock, re.MULTILINE), "an option names where to look"
    assert not re.findall(r"\b[\w-]+\.(?:com|org|net|io|local)\b", lock)
    assert not re.findall(r"(?:^|\s)/\S+", lock)
    assert "file:/" not in lock


@pytest.mark.parametrize("name", [_RUN_LOCK, _DEV_LOCK])
def test_a_lock_pins_public_releases_with_hashes(name: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z])", read(name), flags=re.MULTILINE)[1:]
    assert len(blocks) > 40
    for block in blocks:
        # A local version (`+…`) is not published anywhere.
        pin = r"[a-z0-9.-]+==[0-9][0-9a-z.]* (?:; [^\\\n]+ )?\\\n"
        assert re.match(pin, block), block.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]


def test_the_locks_hold_every_direct_dependency() -> None:
    settings = tomllib.loads(read("pyproject.toml"))
    base = names([*settings["project"]["dependencies"], *settings["build-system"]["requires"]])
    dev = names(settings["project"]["optional-dependencies"]["dev"])
    assert {"mcp", "gitpython", "hatchling"} <= base
    assert {"pytest", "notion-client", "google-auth"} <= dev
    assert base <= {*pins(_RUN_LOCK)}
    assert base | dev <= {*pins(_DEV_LOCK)}


def test_the_lock_for_running_holds_nothing_for_developers_and_no_extra() -> None:
    settings = tomllib.loads(read("pyproject.toml"))
    dev = names(settings["project"]["optional-dependencies"]["dev"])
    build = names(settings["build-system"]["requires"])
    used_by_mcp = {"jsonschema"}
    assert {*pins(_RUN_LOCK)} & dev == build | used_by_mcp


def test_the_locks_agree() -> None:
    running, developing = pins(_RUN_LOCK), pins(_DEV_LOCK)
    both = running.keys() & developing.keys()
    assert {"mcp", "pydantic", "rich"} <= both
    assert {name: running[name] for name in both} == {name: developing[name] for name in both}


def test_running_asks_for_the_lock_for_running_alone() -> None:
    plan = run(["make", "--dry-run", "--always-make", "run"])
    assert re.findall(r"-r (\S+\.lock)", plan) == [_RUN_LOCK]
    plan = run(["make", "--dry-run", "--always-make", "lint"])
    assert re.findall(r"-r (\S+\.lock)", plan) == [_RUN_LOCK, _DEV_LOCK]


# --- the texts -------------------------------------------------------------------------------


def test_no_text_names_a_path_of_a_machine_or_a_package_index() -> None:
    found = [
        f"{path}: {match.group()}"
        for path, text in tracked_texts().items()
        for match in itertools.chain(MACHINE_PATHS.finditer(text), PACKAGE_INDEXES.finditer(text))
    ]
    assert not found


def test_the_patterns_find_what_they_are_for() -> None:
    assert MACHINE_PATHS.search("see /" + "home/someone/notes")
    assert PACKAGE_INDEXES.search("https://py" + "pi.org/simple")
    assert not MACHINE_PATHS.search("context/work/plan.md and ~/home/")


def test_the_readme_shows_the_targets_a_user_needs_and_no_others() -> None:
    mentioned = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(code_in(read("README.md")))))
    assert {"run", "test", "bench", "soak"} <= mentioned
    assert mentioned <= make_targets()


def code_in(markdown: str) -> list[str]:
    """What stands in code blocks and code spans; prose may use the word `make` as it likes."""
    blocks = re.findall(r"^```.*?^```", markdown, re.MULTILINE | re.DOTALL)
    return [*blocks, *re.findall(r"`[^`\n]+`", markdown)]


def test_make_help_describes_every_target() -> None:
    listing = run(["make", "help"])
    described = re.findall(r"^  make ([a-z]+) +\S", listing, re.MULTILINE)
    assert set(described) == make_targets()


# --- the house -------------------------------------------------------------------------------


def rooms() -> set[str]:
    """The folders of the product that hold modules, as paths that end in a slash."""
    return {
        f"{folder.relative_to(ROOT).as_posix()}/"
        for source in SOURCES[:3]
        for folder in source.rglob("*")
        if (folder / "__init__.py").is_file()
    }


def test_contributing_names_every_room_and_no_other() -> None:
    text = read("CONTRIBUTING.md")
    rows = re.findall(r"^\| `((?:pack|connectors|servers)/[\w/]+/)` \|", text, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == rooms()


def test_contributing_names_only_modules_and_folders_that_exist() -> None:
    spans = set(re.findall(r"`([\w./]+(?:\.py|/))`", read("CONTRIBUTING.md")))
    # In running text the package of a wrapper or a connector is left out.
    above = ("", "servers/pack_servers/", "connectors/pack_connectors/", "tests/unit/")
    missing = {span for span in spans if not any((ROOT / place / span).exists() for place in above)}
    assert len(spans) > 60
    assert not missing


def test_every_room_says_what_it_is_for() -> None:
    for room in rooms():
        tree = ast.parse(read(f"{room}__init__.py"))
        assert len(ast.get_docstring(tree) or "") > 60, room


def test_no_room_is_a_warehouse() -> None:
    crowded = {room for room in rooms() if len(list((ROOT / room).glob("*.py"))) > 25}
    assert not crowded


def test_a_class_name_exists_once_in_the_product() -> None:
    places: dict[str, list[str]] = {}
    for source in SOURCES[:3]:
        for file in modules_of(source):
            text = file.read_text(encoding="utf-8")
            for name in re.findall(r"^class ([A-Za-z]\w*)", text, re.MULTILINE):
                places.setdefault(name, []).append(file.relative_to(ROOT).as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_the_import_paths_that_moved_lead_somewhere() -> None:
    rows = re.findall(r"^\| `pack[^|]*\| (`pack[^|]*) \|$", read("CHANGELOG.md"), re.MULTILINE)
    assert len(rows) > 10
    for name in re.findall(r"`([\w.]+)`", " ".join(rows)):
        assert is_importable(name), name


def is_importable(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    module, _, inner = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return hasattr(importlib.import_module(module), inner)
    return True


# --- the contracts ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def collected(
    collected_contracts: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """The contract ids of every test there is, whichever tests this run was asked for."""
    files = {file.relative_to(ROOT).as_posix() for file in (ROOT / "tests").rglob("test_*.py")}
    if files <= {test.split("::")[0] for test in collected_contracts}:
        return collected_contracts
    report_file = tmp_path_factory.mktemp("contracts") / "report.json"
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    options = [f"--contract-report={report_file}", "tests"]
    run([*command, *options])
    report: dict[str, list[str]] = json.loads(report_file.read_text(encoding="utf-8"))
    return report


def test_every_contract_is_held_by_a_test(collected: dict[str, list[str]]) -> None:
    ids = re.findall(r"^## (C\d+)\b", read("CONTRACTS.md"), re.MULTILINE)
    assert ids
    assert len(ids) == len(set(ids)), "an id is never reused"
    held = {contract_id for ids_of_test in collected.values() for contract_id in ids_of_test}
    assert set(ids) - held == set(), "contracts without a test"
    assert held - set(ids) == set(), "tests name contracts that do not exist"


def test_every_contract_cites_tests_that_hold_it(collected: dict[str, list[str]]) -> None:
    sections = re.split(r"^## (?=C\d+\b)", read("CONTRACTS.md"), flags=re.MULTILINE)[1:]
    problems: list[str] = []
    for section in sections:
        contract_id = section.split()[0]
        cited = re.findall(r"tests/[\w/]+\.py(?:::\w+)*", section)
        if not cited:
            problems.append(f"{contract_id} cites no test")
        for name in cited:
            held = [ids for test, ids in collected.items() if is_part(test, name)]
            if not held:
                problems.append(f"{contract_id} cites {name}, which does not exist")
            elif not any(contract_id in ids for ids in held):
                problems.append(f"{contract_id} cites {name}, which is not marked with it")
    assert not problems


def is_part(test: str, cited: str) -> bool:
    """Whether a collected test is the cited one, a case of it, or in the cited file or class."""
    return test == cited or test.startswith((f"{cited}::", f"{cited}["))


# --- the tests -------------------------------------------------------------------------------


def test_children_hear_the_signals_that_this_process_ignores() -> None:
    numbers = (signal.SIGINT, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        with children_hear_signals():
            for number in numbers:
                os.kill(os.getpid(), number)
                child = [sys.executable, "-c", f"import os; os.kill(os.getpid(), {number:d})"]
                ended = subprocess.run(child, stderr=subprocess.DEVNULL, check=False)
                assert ended.returncode == -number
        assert [signal.getsignal(number) for number in numbers] == [signal.SIG_IGN] * 2
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


_UNITS = ROOT / "tests" / "unit"
# Where the unit tests of a package lie.
_MIRRORS = {
    ROOT / "pack": _UNITS,
    ROOT / "connectors" / "pack_connectors": _UNITS / "connectors",
    ROOT / "servers" / "pack_servers": _UNITS / "servers",
}
# Modules of the core without a test file of their own, and why.
_TESTED_ELSEWHERE = {
    "pack/_version.py": "a number; test_the_versions_agree",
    "pack/catalog/catalog.py": "a protocol; tests/unit/connectors/catalog",
    "pack/connector.py": "a protocol; tests/conformance",
    "pack/core/decision.py": "values",
    "pack/core/session.py": "two values; every use case is tested through it",
    "pack/distribution/ports.py": "protocols; tests/conformance/test_downstreams.py",
    "pack/distribution/reconciling/synced.py": "values",
    "pack/distribution/distribution.py": "a facade; tests/stories/test_cli_distribute.py",
    "pack/distribution/running/adding.py": "tests/stories/test_cli_downstreams.py",
    "pack/distribution/running/context.py": "values",
    "pack/distribution/running/delivery.py": "test_run.py beside it; on GitHub in a story",
    "pack/distribution/running/ends.py": "a protocol and values",
    "pack/distribution/running/looking.py": "test_run.py beside it, and the stories",
    "pack/distribution/running/offers.py": "test_run.py beside it; on GitHub in a story",
    "pack/distribution/running/one_rule.py": "test_run.py beside it, and the stories",
    "pack/distribution/running/results.py": "values",
    "pack/distribution/running/rollback_text.py": "tests/stories/test_cli_distribute.py",
    "pack/distribution/running/stored.py": "tests/stories/test_cli_downstreams.py",
    "pack/distribution/running/verifying.py": "tests/stories/test_cli_downstreams.py",
    "pack/distribution/values.py": "values",
    "pack/history/undoing/file_versions.py": "tested by what asks it, a restore",
    "pack/history/undoing/undone.py": "values",
    "pack/use_cases/imports/comparing.py": "test_importing.py beside it, in both stores",
    "pack/use_cases/imports/results.py": "values",
    "pack/use_cases/imports/run.py": "test_importing.py beside it, in both stores",
    "pack/imports/records.py": "values and a protocol; every reader is tested through them",
    "pack/kits/bases.py": "tests/unit/kits/test_kits.py, in both stores",
    "pack/kits/contribution.py": "tests/unit/kits/test_upstream.py; git takes it in a story",
    "pack/kits/fitness.py": "tests/unit/kits/test_kits.py",
    "pack/kits/kit_files.py": "tests/unit/kits/test_kits.py",
    "pack/kits/preview.py": "tests/unit/kits/test_kits.py, and what is printed in a story",
    "pack/kits/results.py": "values",
    "pack/kits/work.py": "tests/unit/kits/test_kits.py",
    "pack/limits.py": "numbers; tested where each one holds",
    "pack/memory.py": "a facade; each use case is tested through it",
    "pack/plain_files/refusals.py": "errors; what raises them is tested",
    "pack/plain_files/tree.py": "tests/unit/plain_files/test_plain_files.py, in both stores",
    "pack/remote/merge_store.py": "a protocol and values; tests/compat/test_merge_v1.py",
    "pack/mesh/bundles.py": "protocols; tests/unit/connectors/local_git/beside/test_bundles.py",
    "pack/mesh/mesh.py": "a facade; each of its parts has its test",
    "pack/mesh/ports.py": "protocols; whatever is tested of the mesh is tested through them",
    "pack/mesh/side_commits.py": "a protocol; tests/unit/connectors/peers/test_chains.py",
    "pack/mesh/state.py": "values; tests/unit/connectors/peers/test_state_files.py",
    "pack/mesh/store.py": "a protocol; tests/unit/connectors/peers/test_chains.py",
    "pack/remote/remote.py": "a protocol and values; tests/compat/test_remote.py",
    "pack/results.py": "values",
    "pack/search/candidate.py": "values",
    "pack/sync/results.py": "values",
    "pack/sync/target.py": "a protocol; tests/conformance",
    "pack/testing/connector.py": "tests itself; tests/conformance",
    "pack/testing/target.py": "tests itself; tests/conformance/test_reference_target.py",
    "pack/use_cases/exchange.py": "needs two machines; tests/compat/test_remote.py",
    "pack/use_cases/merged_index.py": "needs a merge; tests/compat/test_merge_v1.py",
    "pack/use_cases/merging.py": "needs two machines; tests/compat/test_merge_v1.py",
    "pack/use_cases/withheld.py": "needs two machines; tests/compat/test_withheld.py",
    "pack/use_cases/remotes.py": "needs several machines; tests/compat/test_remotes.py",
}


def modules_of(source: Path) -> list[Path]:
    return [file for file in sorted(source.rglob("*.py")) if not file.name.startswith("__")]


def test_a_unit_test_lies_where_its_module_does_and_has_its_name() -> None:
    mirrored = {
        units / file.relative_to(source).with_name(f"test_{file.name}")
        for source, units in _MIRRORS.items()
        for file in modules_of(source)
    }
    assert set(_UNITS.rglob("test_*.py")) - mirrored == set()


def test_every_module_of_the_core_has_its_test() -> None:
    core = ROOT / "pack"
    untested = {
        file.relative_to(ROOT).as_posix()
        for file in modules_of(core)
        if not (_UNITS / file.relative_to(core)).with_name(f"test_{file.name}").is_file()
    }
    assert untested == set(_TESTED_ELSEWHERE)


# --- the layers ------------------------------------------------------------------------------

_OUTSIDE_WORLD = frozenset(
    "asyncio git httpx io mcp multiprocessing os pathlib shutil socket sqlite3 subprocess sys "
    "tempfile threading typer urllib.request".split()
)


@pytest.mark.contract("C4", "C5")
def test_the_layers_hold() -> None:
    run([str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"])


@pytest.mark.contract("C4")
def test_the_core_does_no_input_and_output_of_its_own() -> None:
    core, testing = ROOT / "pack", ROOT / "pack" / "testing"
    files = [file for file in core.rglob("*.py") if testing not in file.parents]
    assert len(files) > 80
    for file in files:
        assert imported(file).isdisjoint(_OUTSIDE_WORLD), file


def imported(file: Path) -> set[str]:
    """The modules a file imports, wherever in it; a lock is no thread."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    locks = [node for node in named if [alias.name for alias in node.names] == ["Lock"]]
    return plain | {node.module or "" for node in named if node not in locks}


# --- the packages ----------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_package_is_typed(source: Path) -> None:
    assert (source / "py.typed").is_file()


def test_the_versions_agree() -> None:
    assert version("pack-memory") == __version__
    said = run([str(Path(sys.executable).with_name("pack")), "--version"])
    assert __version__ in said.split()
    released = re.findall(r"^## \[?v?(\d[\w.]*)", read("CHANGELOG.md"), re.MULTILINE)
    assert released[0] == __version__


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in the wheel that the checkout builds."""
    folder = tmp_path_factory.mktemp("wheel")
    module = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    run([*module, f"--outdir={folder}", str(ROOT)])
    (wheel,) = folder.glob("*.whl")
    assert wheel.name.startswith(f"pack_memory-{__version__}-py3-none-any")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_only_the_four_packages_reach_an_installed_environment(wheel_names: set[str]) -> None:
    top = {name.split("/")[0] for name in wheel_names}
    assert top == {*PACKAGES, f"pack_memory-{__version__}.dist-info"}


def test_the_wheel_holds_every_tracked_file_of_the_packages(wheel_names: set[str]) -> None:
    wanted = {
        f"{source.name}/{path.removeprefix(prefix)}"
        for source in SOURCES
        for prefix in [f"{source.relative_to(ROOT).as_posix()}/"]
        for path in tracked_paths()
        if path.startswith(prefix)
    }
    assert {f"{package}/py.typed" for package in PACKAGES} <= wanted
    assert wanted <= wheel_names
    assert any(name.startswith("pack_templates/") and name.endswith(".md") for name in wheel_names)

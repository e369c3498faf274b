"""The first files of a kit are a kit, whatever its folder is called."""

import pytest

from pack.errors import InvalidRequest
from pack.kits.scaffold import first_files, kit_name
from pack.kits.shipment import Shipment, ShippedFile, unpack


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("observer", "observer"),
        ("My Kit", "my-kit"),
        ("-Ünïcode_2!", "unicode-2"),
        ("a" * 63 + "-b", "a" * 63),
        ("Straße", "strasse"),
    ],
)
def test_the_first_files_are_a_kit_with_nothing_odd(called: str, name: str) -> None:
    assert kit_name(called) == name
    files = {path: ShippedFile(text) for path, text in first_files(called).items()}
    kit = unpack(Shipment("/new", None, None, files, called))
    assert (kit.name, str(kit.manifest.version), kit.folder) == (name, "0.1.0", f"kits/{name}/")
    assert (kit.manifest.warnings, kit.left_out) == ((), ())
    assert set(kit.files) == {"kit.yaml", "README.md"}


@pytest.mark.parametrize("called", ["", "---", "日本"])
def test_a_folder_without_a_letter_for_a_name_is_refused(called: str) -> None:
    with pytest.raises(InvalidRequest, match="no name of a kit"):
        first_files(called)

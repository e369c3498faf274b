"""PyYAML as PACK uses it, and that nothing imports it before a block needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from pack.files import yaml_loader

_PLAIN = "---\ntopic: A topic\ntags: [a, b]\ncreated: 2026-01-02\n---\nText\n"


@pytest.mark.parametrize("loader", [yaml_loader.LOADER, yaml_loader.PureLoader])
def test_scalars_are_what_was_typed_but_for_plain_values(loader: type) -> None:
    block = "a: 1\nb: 1.5\nc: 010\nd: yes\ne: 2026-01-02\nf: ~\ng: true\nh: [1, x]\ni: {j: 1e3}\n"
    assert yaml.load(block, Loader=loader) == {
        "a": 1,
        "b": 1.5,
        "c": "010",
        "d": "yes",
        "e": "2026-01-02",
        "f": None,
        "g": True,
        "h": [1, "x"],
        "i": {"j": "1e3"},
    }


@pytest.mark.parametrize("block", ["a: 1\na: 2\n", "[a]: 1\n"])
@pytest.mark.parametrize("loader", [yaml_loader.LOADER, yaml_loader.PureLoader])
def test_keys_are_text_and_occur_once(loader: type, block: str) -> None:
    with pytest.raises(yaml.constructor.ConstructorError):
        yaml.load(block, Loader=loader)


@pytest.mark.parametrize(("text", "is_loaded"), [(_PLAIN, False), ("---\na: {b: 1}\n---\n", True)])
def test_the_parser_waits_for_a_block_that_needs_it(text: str, is_loaded: bool) -> None:
    code = (
        "import sys; from pack.files import frontmatter; "
        f"frontmatter.set_fields({text!r}, {{}}); frontmatter.read({text!r}); "
        "print('yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout.decode().strip() == str(is_loaded)

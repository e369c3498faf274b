"""What a person tells coding agents."""

import pytest

from pack.exports.one_text import with_block, write_agents
from tests.import_support import DAY, folder_of, read, text_of
from tests.unit.exports.exported_notes import exported

RULE = "---\ndescription: Tests\nglobs: '*.py'\nalwaysApply: true\n---\nRun them.\n"
PROJECT = {
    "AGENTS.md": "# Rules\n\nRun make.\n",
    "CLAUDE.md": "# Rules\n\nRun make.\n",
    "packages/api/AGENTS.md": "API.\n",
    ".cursor/rules/tests.mdc": RULE,
    ".cursorrules": "Old form.\n",
    ".github/copilot-instructions.md": "Copilot.\n",
    "GEMINI.md": "\n",
    "node_modules/x/AGENTS.md": "theirs\n",
    "src/main.py": "",
}


def test_all_that_a_project_tells_is_found_once(tmp_path):
    found = read(folder_of(tmp_path / "site", PROJECT))
    assert found.kind == "agents"
    assert found.paths == [
        "projects/site/AGENTS.md",
        "projects/site/cursor/rules/tests.md",
        "projects/site/cursorrules.md",
        "projects/site/github/copilot-instructions.md",
        "projects/site/packages/api/AGENTS.md",
    ]
    assert found.reasons["CLAUDE.md"] == ("another file has the same text", 1)
    assert found.reasons["GEMINI.md"] == ("it has no text", 1)
    rules = found.one("Rules (site)")
    assert (text_of(rules), rules.updated, rules.source_id) == (
        PROJECT["AGENTS.md"],
        DAY,
        "site/AGENTS.md",
    )
    (rule,) = [one for one in found.records if one.name == "tests.md"]
    assert rule.title == "Tests (site)"
    assert rule.fields == {"description": "Tests", "globs": "*.py", "alwaysApply": True}


def test_a_single_file_belongs_to_the_folder_that_it_is_in(tmp_path):
    folder = folder_of(tmp_path / "site", PROJECT)
    assert read(folder / "CLAUDE.md").paths == ["projects/site/CLAUDE.md"]
    assert read(folder / ".cursor/rules/tests.mdc").records[0].name == "tests.md"
    home = folder_of(tmp_path / ".claude", {"CLAUDE.md": "Be short.\n"})
    assert read(home / "CLAUDE.md").paths == ["profiles/CLAUDE.md"]


def test_a_block_of_the_memory_comes_back_and_the_rest_is_what_the_person_told(tmp_path):
    note = exported("a/b.md", "---\ntopic: B\n---\nx")
    block = b"".join(piece.content for piece in write_agents([note])).decode()
    file = folder_of(tmp_path / "site", {"AGENTS.md": with_block("# Mine\n", block)}) / "AGENTS.md"
    found = read(file)
    assert found.kind == "agents"
    assert found.paths == ["a/b.md", "projects/site/AGENTS.md"]
    assert found.records[0].verbatim == note.note.content
    assert text_of(found.one("Mine (site)")) == "# Mine\n"
    file.write_text(block, encoding="utf-8")
    assert read(file).paths == ["a/b.md"]
    file.write_text(block.replace("<!-- END PACK", "<!-- "), encoding="utf-8")
    found = read(file)
    assert (found.paths, list(found.reasons)) == ([], ["AGENTS.md"])


@pytest.mark.parametrize("head", [RULE.rpartition("Run")[0], ""])
def test_a_rule_with_a_block_has_its_frontmatter_once(tmp_path, head):
    block = b"".join(piece.content for piece in write_agents([exported("a/b.md", "x")])).decode()
    for text in (with_block(f"{head}Be brief.\n", block), f"{head}{block}\nBe brief.\n"):
        found = read(folder_of(tmp_path / "site", {"rule.mdc": text}) / "rule.mdc")
        (rule,) = [one for one in found.records if one.verbatim is None]
        assert text_of(rule) == "Be brief.\n"
        assert rule.fields.keys() == ({"description", "globs", "alwaysApply"} if head else set())


def test_what_an_agent_changed_in_the_block_is_not_the_persons(tmp_path):
    block = b"".join(piece.content for piece in write_agents([exported("a/b.md", "mine\n")]))
    changed = block.decode().replace("mine\n", "mine\nand its\n")
    (one,) = read(folder_of(tmp_path / "site", {"AGENTS.md": changed}) / "AGENTS.md").records
    assert (one.verbatim, text_of(one)) == (None, "mine\nand its\n")
    assert one.parts[0].writer.label == "ai-cloud:agents"

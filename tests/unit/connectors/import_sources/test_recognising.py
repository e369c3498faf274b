import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pack_connectors.import_sources.recognising import open_export

from pack.errors import NotFound, UnusableInput
from pack.imports.records import ImportKind
from tests.chat_exports import chat, claude_chat, claude_project, gemini_entry, laid_out, zipped
from tests.import_support import folder_of, zip_of

_MEMORY = [{"conversations_memory": "x", "account_uuid": "a"}]
_EXPORTS: dict[str, tuple[dict[str, Any], ImportKind]] = {
    "chatgpt": ({"conversations-000.json": [chat("c", "T", "a", "b")]}, ImportKind.CHATGPT),
    "chatgpt, wrapped": (
        {"conversations.json": {"conversations": [chat("c", "T", "a", "b")]}},
        ImportKind.CHATGPT,
    ),
    "claude": ({"conversations.json": [claude_chat("u", "T", "a", "b")]}, ImportKind.CLAUDE),
    "claude, a project": ({"projects/p.json": claude_project("p", "P")}, ImportKind.CLAUDE),
    "claude, memories": ({"memories.json": _MEMORY}, ImportKind.CLAUDE),
    "gemini": (
        {"Takeout/X/Gemini Apps/MyActivity.json": [gemini_entry("Prompted a", "2025-01-01")]},
        ImportKind.GEMINI,
    ),
}


@pytest.mark.parametrize("form", ["folder", "zip", "below", "zips"])
@pytest.mark.parametrize(("files", "kind"), _EXPORTS.values(), ids=_EXPORTS)
def test_an_export_is_recognised_in_any_form(
    tmp_path: Path, files: dict[str, Any], kind: ImportKind, form: str
) -> None:
    path = tmp_path
    if form == "folder":
        laid_out(tmp_path, files)
    elif form == "below":
        laid_out(tmp_path, {f"My export/{name}": content for name, content in files.items()})
    else:
        path = tmp_path / "export.zip"
        path.write_bytes(zipped(files))
        path = path if form == "zip" else tmp_path
    with open_export(path) as reader:
        assert reader.kind is kind
        assert list(reader.records(transcripts=True))


@pytest.mark.parametrize("files", [{}, {"a.json": {}}, {"conversations.json": {"x": 1}}])
def test_what_is_no_export_is_refused(tmp_path: Path, files: dict[str, Any]) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(UnusableInput, match="no export"), open_export(laid_out(tmp_path, files)):
        pass


def test_what_is_no_export_of_that_kind_is_refused(tmp_path: Path) -> None:
    laid_out(tmp_path, {"conversations.json": [chat("c", "T", "a", "b")]})
    with (
        pytest.raises(UnusableInput, match="no export of claude"),
        open_export(tmp_path, ImportKind.CLAUDE),
    ):
        pass


_SYMLINK = (stat.S_IFLNK | 0o777) << 16


def _bad_zips() -> dict[str, bytes]:
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = _SYMLINK
        archive.writestr(info, "/etc/passwd")
    whole = zip_of({"a.txt": "a" * 1000})
    encrypted = bytearray(whole)
    encrypted[6] |= 1
    encrypted[whole.index(b"PK\x01\x02") + 8] |= 1
    return {"cut": whole[:-30], "encrypted": bytes(encrypted), "a link": linked.getvalue()}


_VAULTS: dict[str, tuple[dict[str, str], ImportKind]] = {
    "obsidian": ({".obsidian/app.json": "{}", "A.md": "a"}, ImportKind.OBSIDIAN),
    "below": ({"v/.obsidian/app.json": "{}", "v/A.md": "a"}, ImportKind.OBSIDIAN),
    "logseq": ({"logseq/config.edn": "{}", "pages/A.md": "- a"}, ImportKind.LOGSEQ),
    "basic-memory": ({"A.md": "---\npermalink: a\n---\n"}, ImportKind.BASIC_MEMORY),
    "agents": ({"AGENTS.md": "Be brief."}, ImportKind.AGENTS),
}


@pytest.mark.parametrize("name", ["cut", "encrypted", "a link"])
@pytest.mark.parametrize(("files", "kind"), _VAULTS.values(), ids=_VAULTS)
def test_a_vault_may_have_any_zip_in_it(
    tmp_path: Path, files: dict[str, str], kind: ImportKind, name: str
) -> None:
    with open_export(folder_of(tmp_path, {**files, "files/x.zip": _bad_zips()[name]})) as reader:
        assert reader.kind is kind


@pytest.mark.parametrize("name", ["cut", "encrypted", "a link"])
def test_a_zip_that_may_be_the_export_says_what_is_wrong_with_it(tmp_path: Path, name: str) -> None:
    folder_of(tmp_path, {"conversations-000.zip": _bad_zips()[name]})
    for kind in (None, ImportKind.CLAUDE):
        with (
            pytest.raises(UnusableInput, match=r"conversations-000\.zip"),
            open_export(tmp_path, kind),
        ):
            pass


_OF_PLUGINS = {
    "graph.json": {"entities": [], "relations": []},
    "memories.jsonl": {"id": "1", "memory": "x", "user_id": "u", "hash": "h"},
    "a.json": [{"id": "1", "memory": "x", "user_id": "u"}],
    "projects/p.json": {"docs": [], "prompt_template": ""},
    "conversations.json": [{"mapping": {}, "chat_messages": []}],
    "MyActivity.json": [{"header": "Gemini Apps", "title": "x", "time": "y"}],
}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        *((name, ".tool/plugins") for name in _VAULTS),
        ("below", "v/.tool/plugins"),
        ("obsidian", "attachments"),
        ("logseq", "assets"),
    ],
)
def test_what_a_plugin_keeps_makes_no_vault_an_export(
    tmp_path: Path, name: str, folder: str
) -> None:
    files, kind = _VAULTS[name]
    kept = {f"{folder}/{name}": json.dumps(said) for name, said in _OF_PLUGINS.items()}
    with open_export(folder_of(tmp_path, files | kept)) as reader:
        assert reader.kind is kind


def test_a_memory_that_is_opened_as_a_vault_is_a_memory(tmp_path: Path) -> None:
    index = "---\nversion: 2\nsync_order: []\n---\n"
    files = {".obsidian/app.json": "{}", "index.md": index, "a/b.md": "x"}
    with open_export(folder_of(tmp_path, files)) as reader:
        assert reader.kind is ImportKind.PACK


def test_nothing_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound), open_export(tmp_path / "gone.zip"):
        pass

from pathlib import Path
from typing import Any

import pytest
from pack_connectors.import_sources.recognising import open_export

from pack.errors import NotFound, UnusableInput
from pack.imports.records import ImportKind
from tests.chat_exports import chat, claude_chat, claude_project, gemini_entry, laid_out, zipped

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


def test_nothing_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound), open_export(tmp_path / "gone.zip"):
        pass

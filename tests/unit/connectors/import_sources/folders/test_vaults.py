"""Vaults that are taken as they are."""

import subprocess

import pytest
from pack_servers.wiring.portable.imports import opened_export

from pack.imports.records import ImportKind, RecordClass
from tests.import_support import DAY, day, folder_of, read, zip_of

VAULT = {
    ".obsidian/app.json": "{}",
    "Home.md": "# Home\n\n[[Plan|the plan]] ![[pic.png]]\n",
    "Projects/Plan é.md": "---\naliases: [P]\nmodified: 2022-02-02\n---\nGo.\n",
    "Journal/2020-05-14 A walk.md": "walked\n",
    "odd.md": b"\xff\xfe",
    "big.md": b"x" * (2 * 1024 * 1024 + 1),
    "Drawing.excalidraw.md": "# drawing\n",
    "board.canvas": "{}",
    "pic.png": b"\x89PNG",
    "other.png": b"\x89PNG",
}


def test_a_vault_of_obsidian_is_taken_byte_for_byte_at_its_paths(tmp_path):
    found = read(folder_of(tmp_path / "My vault", VAULT))
    assert found.kind == "obsidian"
    assert found.paths == ["Home.md", "Journal/2020-05-14 A walk.md", "Projects/Plan é.md"]
    plan = next(one for one in found.records if "Plan" in one.name)
    assert plan.verbatim == VAULT["Projects/Plan é.md"].encode()
    assert plan.source_id == "My vault/Projects/Plan é.md"
    assert found.reasons == {
        "odd.md": ("it is not UTF-8 text", 1),
        "big.md": ("it is larger than a note may be", 1),
        "Drawing.excalidraw.md": ("it is a drawing", 1),
        ".obsidian": ("it is in a hidden folder", 1),
        ".canvas": ("files of other types are taken only if they are asked for", 1),
        ".png": ("files of other types are taken only if they are asked for", 2),
    }


def test_files_of_other_types_come_if_they_are_asked_for(tmp_path):
    files = {**VAULT, "img/large.jpg": b"x" * (2 * 1024 * 1024 + 1), ".trash/old.png": b"x"}
    found = read(folder_of(tmp_path / "My vault", files), with_attachments=True)
    pictures = [one for one in found.records if one.kind is RecordClass.ATTACHMENT]
    assert [(one.name, one.verbatim) for one in pictures] == [
        ("board.canvas", b"{}"),
        ("other.png", b"\x89PNG"),
        ("pic.png", b"\x89PNG"),
    ]
    assert pictures[2].source_id == "My vault/pic.png"
    assert pictures[2].updated == DAY
    assert found.reasons == {
        "odd.md": ("it is not UTF-8 text", 1),
        "big.md": ("it is larger than a note may be", 1),
        "Drawing.excalidraw.md": ("it is a drawing", 1),
        "img/large.jpg": ("it is larger than a file of a memory may be", 1),
        ".obsidian": ("it is in a hidden folder", 1),
        ".trash": ("it is in a hidden folder", 1),
    }


def test_a_date_is_of_the_note_its_name_the_history_or_the_file(tmp_path):
    folder = folder_of(tmp_path / "v", VAULT)
    dates = {one.name: one.updated for one in read(folder).records}
    assert dates == {
        "Home.md": DAY,
        "Plan é.md": day("2022-02-02"),
        "2020-05-14 A walk.md": day("2020-05-14"),
    }
    commit = ["commit", "-qm", "x", "--date=2021-03-04T00:00:00Z"]
    names = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    env = {"GIT_COMMITTER_DATE": "2021-03-04T00:00:00Z", "PATH": "/usr/bin:/bin"}
    for words in (["init", "-q"], ["add", "Home.md", "Projects"], [*names, *commit]):
        subprocess.run(["git", *words], cwd=folder, check=True, env=env)
    with opened_export(folder, None) as reader:
        records = [one for one in reader.records(transcripts=False) if hasattr(one, "updated")]
    assert {one.name: one.updated for one in records} == dates | {"Home.md": day("2021-03-04")}
    with opened_export(folder / "Home.md", ImportKind.AGENTS) as reader:
        (record,) = reader.records(transcripts=False)
    assert record.updated == day("2021-03-04")


def test_a_zip_of_a_vault_is_the_vault(tmp_path):
    file = tmp_path / "backup-7.zip"
    file.write_bytes(zip_of({f"My vault/{name}": text for name, text in VAULT.items()}))
    found = read(file)
    assert found.kind == "obsidian"
    assert "Projects/Plan é.md" in found.paths
    assert found.records[0].source_id.startswith("My vault/")
    assert all(one.updated == DAY for one in found.records if one.name == "Home.md")


def test_notes_of_basic_memory_are_known_by_their_permalinks(tmp_path):
    note = "---\ntitle: Tea\ntype: note\npermalink: food/tea\n---\n- [fact] hot #tea\n"
    found = read(folder_of(tmp_path / "notes", {"food/Tea.md": note, "x.md": "no\n"}))
    assert (found.kind, found.paths) == ("basic-memory", ["food/Tea.md", "x.md"])
    assert found.one("Tea").verbatim == note.encode()


BANK = {"projectbrief.md": "# Brief\n", "activeContext.md": "# Now\n", "sub/api.md": "# API\n"}


@pytest.mark.parametrize("inside", [True, False])
def test_a_memory_bank_belongs_to_its_project(inside, tmp_path):
    folder_of(tmp_path / "site" / "memory-bank", BANK)
    source = tmp_path / "site" / "memory-bank" if inside else tmp_path / "site"
    found = read(source)
    assert found.kind == "memory-bank"
    folder = "projects/site" if inside else "memory-bank"
    assert f"{folder}/projectbrief.md" in found.paths
    assert len(found.records) == 3


def test_any_folder_of_markdown_is_a_vault_if_the_person_says_so(tmp_path):
    files = {"a/b.md": "x\n", ".hidden/c.md": "y\n", "a/index.md": "mine\n"}
    files["index.md"] = "---\nversion: 2\nsync_order: []\n---\n"
    found = read(folder_of(tmp_path / "v", files), "obsidian")
    assert found.paths == ["a/b.md", "a/index.md"]
    assert found.reasons == {
        ".hidden": ("it is in a hidden folder", 1),
        "index.md": ("PACK makes it by itself", 1),
    }


@pytest.mark.parametrize(
    "name",
    ["vault-2026-01-02", "vault_1714557600", "vault 20260102T030405", "vault (2)", "vault"],
)
def test_zips_of_one_vault_have_the_same_ids(tmp_path, name):
    for top in ("", f"{name}/"):
        zipped = zip_of({f"{top}{path}": text for path, text in VAULT.items()})
        (tmp_path / f"{name}.zip").write_bytes(zipped)
        ids = {one.source_id for one in read(tmp_path / f"{name}.zip").records}
        assert "vault/Home.md" in ids


def test_folders_of_two_names_stay_apart(tmp_path):
    names = ("Notes 2023", "Notes 2024", "Notes 2024-01-01", "Notes (2)")
    found = [read(folder_of(tmp_path / name, VAULT)).records for name in names]
    assert [one[0].source_id for one in found] == [f"{name}/Home.md" for name in names]
    assert {one[0].former_id for one in found} == {"Notes/Home.md"}
    banks = [folder_of(tmp_path / f"site{n}" / "memory-bank", BANK) for n in (1, 2)]
    assert not set.intersection(*({one.source_id for one in read(bank).records} for bank in banks))


def test_the_pictures_of_a_memory_bank_lie_beside_its_files(tmp_path):
    folder = folder_of(tmp_path / "site" / "memory-bank", {**BANK, "sub/plan.svg": "<svg/>"})
    found = read(folder, with_attachments=True)
    assert "projects/site/sub/plan.svg" in found.paths

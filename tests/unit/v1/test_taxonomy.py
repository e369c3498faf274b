import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.errors import InvalidPath
from pack.paths import fold, parse_memory_path
from pack.v1.taxonomy import FOLDERS, MAX_STEM_BYTES, PathClaims, classify, slug


@pytest.mark.parametrize(
    ("title", "folder"),
    [
        ("Active projects", "projects"),
        ("Project: PACK", "projects"),
        ("PROJECTS", "projects"),
        ("About me", "profiles"),
        ("User preferences", "profiles"),
        ("Profile", "profiles"),
        ("Contacts", "contacts"),
        ("My Team", "contacts"),
        ("Project contacts", "contacts"),
        ("Crash in the contact form", "context"),
        ("Contact page redesign", "context"),
        ("Conventions", "context"),
        ("", "context"),
        ("🔑", "context"),
        ("Setup", "context"),
        ("Laufende Projekte", "projects"),
        ("Über mich", "profiles"),
        ("Kontakte", "contacts"),
        ("Projets en cours", "projects"),
        ("Préférences", "profiles"),
        ("Équipe", "contacts"),
        ("Proyectos", "projects"),
        ("Sobre mí", "profiles"),
        ("Contactos", "contacts"),
        ("Мои проекты", "projects"),
        ("Обо мне", "profiles"),
        ("Контакты", "contacts"),
        ("المشاريع الحالية", "projects"),
        ("الملف الشخصي", "profiles"),
        ("جهات الاتصال", "contacts"),
        ("当前项目状态", "projects"),
        ("个人资料", "profiles"),
        ("联系人列表", "contacts"),
        ("プロジェクト一覧", "projects"),
        ("自己紹介", "profiles"),
        ("連絡先", "contacts"),
        ("Pre\u0301fe\u0301rences", "profiles"),
        ("user_profile", "profiles"),
    ],
)
def test_a_heading_decides_the_folder(title, folder):
    assert classify(title, "").folder == folder


@pytest.mark.parametrize("title", ["Projection", "Contactless", "Steam", "Projektil", "Profiling"])
def test_a_part_of_a_word_decides_nothing(title):
    assert classify(title, "").folder == "context"


def test_the_body_decides_where_the_heading_is_silent():
    body = "The project is late. Another project. Two projects."
    assert classify("Notes", body).folder == "projects"
    assert classify("Contacts", body).folder == "contacts"
    assert classify("Notes", "One project, another project.").folder == "context"
    assert classify("Notes", body + " Team, family, friends.").folder == "context"


def test_tags_come_from_the_heading():
    assert classify("Project decisions and next steps", "").tags == ("project", "decisions", "todo")
    assert classify("Notes", "project " * 9).tags == ()


@given(st.text(), st.text())
def test_every_section_has_a_folder_and_at_most_four_tags(title, body):
    placement = classify(title, body)
    assert placement.folder in FOLDERS
    assert len(placement.tags) <= 4


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Hello, World!", "hello-world"),
        ("  a  --  b  ", "a-b"),
        ("User's notes", "users-notes"),
        ("v1.2 (beta)", "v1-2-beta"),
        ("snake_case", "snake-case"),
        ("1️⃣ First", "1-first"),
        ("目的 と 項目", "目的-と-項目"),
        ("المعمارية", "المعمارية"),
        ("नमस्ते", "नमस्ते"),
        ("ÉTÉ", "été"),
        ("E\u0301te\u0301", "été"),
        ("😀 a 😀", "a"),
        ("../x", "x"),
        ("a\x00b", "a-b"),
        ("\ud800x", "x"),
        ("", "section"),
        ("...", "section"),
        ("🔑", "section"),
        ("CON", "section"),
        ("nul", "section"),
        ("COM1", "section"),
        ("com²", "section"),
        ("Index", "section"),
        ("-", "section"),
        ("\u0301", "section"),
        ("\u200b", "section"),
        ("x" * 200, "x" * 80),
        ("é" * 50, "é" * 40),
        ("日" * 50, "日" * 26),
        ("a" * 79 + " b", "a" * 79),
    ],
)
def test_slug(title, stem):
    assert slug(title) == stem


@given(st.text() | st.text("aé日.-_ \u0301\u200d\ufe0f😀CONcon", max_size=60))
def test_every_title_has_a_valid_stem(title):
    stem = slug(title)
    assert parse_memory_path(f"context/{stem}.md") == f"context/{stem}.md"
    assert 0 < len(stem.encode()) <= MAX_STEM_BYTES
    assert unicodedata.is_normalized("NFC", stem)
    assert fold(stem) != "index"
    assert "." not in stem


@given(st.text())
def test_a_slug_is_its_own_slug(title):
    once = slug(title)
    assert slug(once) in (once, "section")


def test_twins_are_numbered():
    claims = PathClaims(["context/a.md", "context/a-3.md"])
    assert [claims.claim("context", stem) for stem in ("a", "A", "a", "b", "a-2")] == [
        "context/a-2.md",
        "context/A-4.md",
        "context/a-5.md",
        "context/b.md",
        "context/a-2-2.md",
    ]


def test_twins_by_case_folding_are_numbered():
    claims = PathClaims()
    assert claims.claim("context", "straße") == "context/straße.md"
    assert claims.claim("context", "strasse") == "context/strasse-2.md"


def test_a_folder_is_spelt_as_it_exists():
    claims = PathClaims(["Context/Sub/a.md"])
    assert claims.claim("context/sub", "b") == "Context/Sub/b.md"


def test_a_folder_never_has_the_name_of_a_file():
    claims = PathClaims(["projects", "a/b.md"])
    assert claims.claim("projects", "x") == "projects-2/x.md"
    assert claims.claim("a/b.md", "x") == "a/b.md-2/x.md"
    assert PathClaims(["a/b.md/c.md"]).claim("a", "b") == "a/b-2.md"


@given(st.lists(st.sampled_from(["a", "A", "é", "É", "a-2", "ss", "ß", "a-2-2"])))
def test_claims_are_distinct_for_every_file_system(stems):
    claims = PathClaims(["context/A-2.md"])
    paths = [claims.claim("context", stem) for stem in stems]
    assert len({fold(path) for path in [*paths, "context/A-2.md"]}) == len(paths) + 1


def test_a_claim_that_is_no_path_is_refused():
    with pytest.raises(InvalidPath):
        PathClaims().claim("..", "a")

"""An excerpt is about the files and versions concerned, and gives nothing away."""

import pytest

from pack.distribution.notices.changelog import changelog_excerpt
from pack.model import MemoryPath
from tests.made_up_secrets import SECRETS

CHANGELOG = f"""\
# Changelog

## Unreleased
- guides/web.md: not out yet

## [v1.3.0] - 2026-03-01
- web: says more
- people/jane.md: moved to Paris

## 1.2.0
### Added
- `guides/web.md`: says how,
  and why

  in two paragraphs
- guides/web.md: use {SECRETS["a GitHub token"]}

### Fixed
- webs and cobweb-web are others
1. The page [web.md](guides/web.md) reads better

## v1.1.0
- web: the first one
"""
WEB = [MemoryPath("guides/web.md")]


def test_what_is_new_about_the_files_below_its_headings() -> None:
    assert changelog_excerpt(CHANGELOG, "v1.1.0", "v1.3.0", WEB) == (
        "## [v1.3.0] - 2026-03-01\n- web: says more\n"
        "## 1.2.0\n### Added\n- `guides/web.md`: says how,\n  and why\n"
        "### Fixed\n1. The page [web.md](guides/web.md) reads better\n"
    )


@pytest.mark.parametrize(
    ("since", "version", "said"),
    [
        ("v1.2.0", "v1.3.0", "## [v1.3.0] - 2026-03-01\n- web: says more\n"),
        (None, "v1.1.0", "## v1.1.0\n- web: the first one\n"),
        ("v1.3.0", "v1.3.0", ""),
        ("1a2b3c4", "2a2b3c4", "## Unreleased\n- guides/web.md: not out yet\n"),
    ],
)
def test_which_versions_count(since: str | None, version: str, said: str) -> None:
    assert changelog_excerpt(CHANGELOG, since, version, WEB) == said


def test_other_files_are_not_spoken_of() -> None:
    found = changelog_excerpt(CHANGELOG, None, "v1.3.0", [MemoryPath("a/other.md")])
    assert found == ""


def test_subjects_of_commits_stand_in_without_what_would_leak() -> None:
    subjects = ["Update guides/web.md\nmore", f"Use {SECRETS['a GitHub token']}", "INTERNAL ONLY"]
    assert changelog_excerpt(None, None, "v1.0.0", WEB, subjects) == "- Update guides/web.md more\n"
    assert changelog_excerpt("# x", None, "v1.0.0", WEB, subjects[:1]).startswith("- Update")
    assert changelog_excerpt(None, None, "v1.0.0", (), ()) == ""


def test_what_names_a_note_that_stays_is_left_out() -> None:
    private = [MemoryPath("people/jane.md"), MemoryPath("jane.md")]
    subjects = ["guides/web.md: as people/jane.md says", "Ask jane.md", "Say more"]
    assert changelog_excerpt(None, None, "v1.0.0", WEB, subjects, private) == "- Say more\n"
    text = "## 1.0.0\n### people/jane.md\n- web: new\n- web: see [[people/jane]]\n"
    found = changelog_excerpt(text, None, "v1.0.0", WEB, (), private)
    assert found == "## 1.0.0\n- web: new\n"

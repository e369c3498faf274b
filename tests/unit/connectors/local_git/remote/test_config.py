"""Which remotes take part: the one of before, and those that a person added."""

from __future__ import annotations

import pytest
from pack_connectors.local_git.remote.config import RemoteConfig

from pack.errors import InvalidConfig, RefusedForSafety

DETACHED = RefusedForSafety("HEAD is detached", "switch")


def config(local: str | RefusedForSafety = "main", **values: str) -> RemoteConfig:
    """Keys are written with `__` for a dot."""
    return RemoteConfig({key.replace("__", "."): [each] for key, each in values.items()}, local)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (config(), []),
        (config(remote__origin__url="u"), ["origin"]),
        (config(remote__other__url="u"), []),
        (config(remote__other__url="u", branch__main__remote="other"), ["other"]),
        (config(remote__origin__url="u", branch__main__remote="."), []),
        (config("work", remote__origin__url="u", branch__main__remote="other"), ["origin"]),
        (config(DETACHED), []),
        (config(DETACHED, remote__other__url="u"), ["origin"]),
    ],
)
def test_by_default_it_is_the_remote_of_the_branch_or_origin(
    found: RemoteConfig, expected: list[str]
) -> None:
    assert found.taking_part() == expected


@pytest.mark.parametrize("flag", ["true", "True", "yes", "on", "1"])
def test_a_person_can_add_one(flag: str) -> None:
    found = config(remote__b__pack=flag, remote__b__url="u", remote__origin__url="u")
    assert found.taking_part() == ["origin", "b"]
    assert found.branch("b").ref("seen") == "refs/pack/seen/b/main"
    assert config(remote__b__pack=flag, remote__b__url="u").taking_part() == ["b"]


@pytest.mark.parametrize("flag", ["false", "no", "Off", "0", ""])
def test_a_person_can_keep_one_out(flag: str) -> None:
    found = config(
        remote__origin__pack=flag, remote__b__pack=flag, remote__origin__url="u", remote__b__url="u"
    )
    assert found.taking_part() == []
    with pytest.raises(InvalidConfig, match="no longer"):
        found.branch("origin")


def test_the_value_that_git_reads_last_counts() -> None:
    found = RemoteConfig({"remote.b.url": ["u"], "remote.b.pack": ["true", "false"]}, "main")
    assert found.taking_part() == []


def test_what_is_no_boolean_pushes_nothing_and_says_so() -> None:
    found = config(remote__origin__url="u", remote__origin__pack="maybe")
    assert found.taking_part() == ["origin"]
    with pytest.raises(InvalidConfig, match=r"remote\.origin\.pack must be true or false"):
        found.branch("origin")


def test_each_remote_has_its_own_branch() -> None:
    found = config(
        remote__origin__url="u",
        remote__b__url="v",
        remote__b__pushurl="w",
        remote__b__pack="true",
        branch__main__remote="origin",
        branch__main__merge="refs/heads/notes",
    )
    assert [(found.branch(name).branch) for name in ("origin", "b")] == ["notes", "main"]
    assert (found.branch("b").url.text, found.branch("b").push_url.text) == ("v", "w")


@pytest.mark.parametrize(("one", "other"), [("a", "a/b"), ("a/b", "a")])
def test_names_whose_refs_would_mix_do_not_take_part_together(one: str, other: str) -> None:
    values = {f"remote.{name}.{key}": ["true"] for name in (one, other) for key in ("pack", "url")}
    found = RemoteConfig(values, "main")
    assert found.branch(one).name == one
    with pytest.raises(InvalidConfig, match="beside"):
        found.branch(other)


def test_a_detached_head_is_told() -> None:
    with pytest.raises(RefusedForSafety):
        config(DETACHED, remote__origin__url="u").branch("origin")

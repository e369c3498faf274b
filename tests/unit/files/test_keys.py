"""The table of frontmatter keys: everything that speaks of keys speaks of these."""

import re
from dataclasses import fields

import pytest
from pack_templates import guide_page

from pack.files import frontmatter
from pack.files.keys import KEY_NAMES, KEYS, TRUTH_KEYS, Setter
from pack.files.schema import Meta, check, read_meta, stamp
from tests.support import START

WRONG = {
    "topic": ["a"],
    "tags": {},
    "created": "x",
    "updated": "x",
    "sync": "x",
    "ttl": "x",
    "pin": "x",
    "truth_level": 7,
    "origin_source": ["user:cli"],
    "accepted_by_user": "x",
    "last_modified_by_level": "x",
}


def test_the_guide_shows_the_table():
    shown = re.findall(r"^\| `[a-z_]+` \|.*$", guide_page("notes"), re.MULTILINE)
    assert shown == [
        f"| `{key.name}` | {key.type} | {key.default} | {key.setter} | {', '.join(key.shows)} |"
        for key in KEYS
    ]


def test_each_key_has_a_meaning():
    assert {field.name for field in fields(Meta)} >= KEY_NAMES - TRUTH_KEYS


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_each_key_is_checked(key):
    assert WRONG.keys() == KEY_NAMES
    assert [problem.key for problem in check({key.name: WRONG[key.name]})] == [key.name]
    assert check({key.name: None}) == []


def test_a_write_sets_the_keys_that_the_table_says():
    stamped = stamp(frontmatter.read("# Title\n"), None, START, "fallback").head
    ours = {key.name for key in KEYS if key.setter not in (Setter.USER, Setter.NOT_YOURS)}
    assert stamped.fields.keys() == ours
    later = stamp(stamped, stamped, START.replace(year=2027), "fallback").head
    changed = {name for name in ours if later.fields[name] != stamped.fields[name]}
    assert changed == {key.name for key in KEYS if key.setter is Setter.EVERY_WRITE}


def test_other_keys_are_the_users():
    assert read_meta({"mine": "x"}) == Meta()
    assert check({"mine": ["x"]}) == []

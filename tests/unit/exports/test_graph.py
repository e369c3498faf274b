"""The knowledge graph of the reference server, and back."""

import json

from hypothesis import given

from pack.exports.graph import observations, read_entity, write_graph
from tests.unit.exports.exported_notes import exported, memories


def graph(notes):
    """Entities, and the relations of each by its name."""
    found = [json.loads(piece.content) for piece in write_graph(notes)]
    told: dict[str, list[tuple[str, str]]] = {}
    for one in found:
        if one["type"] == "relation":
            told.setdefault(one["from"], []).append((one["relationType"], one["to"]))
    return [one for one in found if one["type"] == "entity"], told


@given(memories)
def test_each_entity_gives_its_note_again(notes):
    entities, told = graph(notes)
    assert len({one["name"] for one in entities}) == len(notes)
    read = [read_entity(one, told.get(one["name"], ())) for one in entities]
    assert [(one.path, one.content) for one in read] == [
        (one.path, one.note.content) for one in notes
    ]


def test_items_and_paragraphs_are_observations_and_wiki_links_are_relations():
    body = (
        "# Ann\n\n- likes tea\n  a lot\n- works with [[Bob]]\n\n"
        "Met [[b|him]] in\nMay.\n## More\n- [x] done\n"
    )
    notes = [exported("people/ann.md", body), exported("people/b.md", "# Bob\n")]
    (ann, bob), told = graph(notes)
    assert ann["observations"] == [
        "likes tea\na lot",
        "Met [[b|him]] in\nMay.",
        "## More",
        "done",
    ]
    assert (ann["entityType"], bob["observations"]) == ("people", [])
    assert told == {"Ann": [("works with", "Bob"), ("links to", "Bob")]}


def test_an_entity_that_was_changed_elsewhere_is_not_taken_for_the_note():
    (one,), _ = graph([exported("a/b.md", "- likes tea\n")])
    assert read_entity(one, ()) is not None
    assert read_entity(one | {"observations": ["likes mate"]}, ()) is None
    assert read_entity(one, [("knows", "Bob")]) is None
    assert read_entity({"name": "x", "observations": []}, ()) is None


def test_a_fence_is_one_observation():
    body = "```sh\n- no item\n\n# no heading\n```\nafter\n"
    assert list(observations(body, "t", {})) == ["```sh\n- no item\n\n# no heading\n```", "after"]


def test_no_two_entities_have_one_name():
    notes = [
        exported("n/one.md", "# Same\n\na\n"),
        exported("n/two.md", "# Same\n\nb\n"),
        exported("n/three.md", "# Same (n/one.md)\n\nc\n"),
        exported("n/four.md", "# Same (n/one.md)\n\nd\n"),
        exported("n/five.md", "# Same (n/two.md)\n\ne\n"),
        exported("n/blank.md", "---\ntopic: ' '\n---\nf\n"),
    ]
    entities, told = graph(notes)
    names = [one["name"] for one in entities]
    assert len({*names}) == len(notes)
    assert all(name.strip() for name in names)
    read = [read_entity(one, told.get(one["name"], ())) for one in entities]
    assert [one.path for one in read] == [one.path for one in notes]

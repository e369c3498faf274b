"""The benchmark measures what it says; no test looks at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.search.__main__ import main
from tests.search.beam import load_chats
from tests.search.engines import bm25, fts5, memory_of, pack
from tests.search.locomo import Conversation, Question, by_session, by_turn, load
from tests.search.query_set import complaint, holding, is_plain, q
from tests.search.recall import Outcome, recall, reciprocal_rank, report


def turn(number: str, speaker: str, text: str, **more: str) -> dict[str, str]:
    return {"dia_id": number, "speaker": speaker, "text": text, **more}


def asked(question: str, category: int, *evidence: str) -> dict[str, Any]:
    return {"question": question, "category": category, "evidence": list(evidence)}


CONVERSATION: dict[str, Any] = {
    "speaker_a": "Ines",
    "speaker_b": "Otto",
    "session_10": [turn("D10:1", "Otto", "The canoe has a leak.")],
    "session_10_date_time": "9:05 am on 3 June, 2024",
    "session_2": [
        turn("D2:1", "Ines", "We adopted a parrot."),
        turn("D2:2", "Otto", "Look!", blip_caption="a green parrot", query="parrot"),
    ],
    "session_2_date_time": "1:56 pm on 8 May, 2024",
    "session_11_date_time": "1:56 pm on 8 July, 2024",
    "session_3": [],
    "session_3_date_time": "1:56 pm on 9 May, 2024",
}
QUESTIONS = [
    asked("Who adopted the parrot?", 4, "D2:1"),
    asked("What was shown and what leaks?", 1, "D2:2; D10:1"),
    asked("Where is the submarine?", 2, "D2:1", "D9:9"),
    asked("Nothing answers this?", 5, "D2:1"),
    asked("Nobody said where?", 4),
    asked("The place does not exist?", 4, "D9:9"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    item = {"sample_id": "c-1", "conversation": CONVERSATION, "qa": QUESTIONS}
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([item]), encoding="utf-8")
    return file


@pytest.fixture
def conversation(file: Path) -> Conversation:
    (conversation,) = load(file)
    return conversation


def test_only_questions_with_evidence_that_exists_are_asked(conversation: Conversation) -> None:
    assert [(question.category, question.evidence) for question in conversation.questions] == [
        (4, frozenset({"D2:1"})),
        (1, frozenset({"D2:2", "D10:1"})),
        (2, frozenset({"D2:1"})),
    ]


def test_the_order_of_paths_is_that_of_time(conversation: Conversation) -> None:
    sessions, turns = by_session(conversation), by_turn(conversation)
    first, second = "sessions/2024-05-08-s02", "sessions/2024-06-03-s10"
    assert list(sessions.notes) == sorted(sessions.notes) == [f"{first}.md", f"{second}.md"]
    assert list(turns.notes) == sorted(turns.notes)
    assert list(turns.notes) == [f"{first}-t001.md", f"{first}-t002.md", f"{second}-t001.md"]


def test_a_note_has_the_day_who_spoke_and_what_was_said_and_shown(
    conversation: Conversation,
) -> None:
    notes = by_turn(conversation).notes
    assert notes["sessions/2024-05-08-s02-t002.md"] == (
        "---\ntopic: Session 2\ncreated: 2024-05-08\nupdated: 2024-05-08\n---\n\n"
        "# Ines and Otto, 1:56 pm on 8 May, 2024\n\nOtto: Look! [shared a photo: a green parrot]\n"
    )


def test_the_answers_are_the_notes_that_hold_the_evidence(conversation: Conversation) -> None:
    question = Question("?", 1, frozenset({"D2:1", "D2:2"}))
    assert by_session(conversation).answers(question) == {"sessions/2024-05-08-s02.md"}
    assert by_turn(conversation).answers(question) == {
        "sessions/2024-05-08-s02-t001.md",
        "sessions/2024-05-08-s02-t002.md",
    }


def test_recall_is_the_share_of_what_is_wanted() -> None:
    found, wanted = ["a", "b", "c", "d", "e", "f"], frozenset({"b", "f", "z", "y"})
    assert recall(found, wanted, 5) == 0.25
    assert recall(found, wanted, 10) == 0.5
    assert reciprocal_rank(found, wanted) == 0.5
    assert reciprocal_rank(found, frozenset({"z"})) == 0.0


def test_a_report_counts_questions_and_for_the_mean_conversations() -> None:
    outcomes = [
        Outcome("one", "multi-hop", 1.0, 1.0, 1.0, 1.0),
        Outcome("one", "multi-hop", 0.0, 1.0, 0.5, 2.0),
        Outcome("one", "single-hop", 0.5, 0.5, 1.0, 3.0),
        Outcome("two", "single-hop", 0.0, 0.0, 0.0, 40.0),
    ]
    found = report("pack", "turn", outcomes)
    assert (found.overall.questions, found.overall.recall_5) == (4, 0.375)
    assert (found.overall.recall_10, found.overall.mrr) == (0.625, 0.625)
    assert set(found.categories) == {"multi-hop", "single-hop"}
    assert found.categories["multi-hop"].recall_5 == 0.5
    assert found.conversations["one"].recall_5 == 0.5
    assert (found.mean.recall_5, found.spread.recall_5) == (0.25, 0.25)
    assert (found.median_ms, found.p95_ms) == (2.5, 40.0)


def test_plain_fts5_takes_any_word_and_stems_it() -> None:
    notes = {"a.md": "two parrots", "b.md": "a canoe", "c.md": "the"}
    with fts5(notes) as search:
        assert search("What about the parrot?") == ["a.md"]
        assert search("parrot canoe canoes").count("b.md") == 1
        assert set(search("the parrot's canoe")) == {"a.md", "b.md"}
        assert search("what is the") == []


def test_bm25_finds_the_rarer_word_first() -> None:
    with bm25({"a": "A parrot.", "b": "The parrot and a zeppelin.", "c": "A"}) as search:
        assert search("the zeppelin, a parrot") == ["b", "a", "c"]
        assert search("submarine") == []


def test_pack_is_asked_through_its_public_interface() -> None:
    notes = {f"c/{name}.md": f"---\ntopic: {name}\n---\n\nA parrot.\n" for name in "abcdefghijkl"}
    with pack({**notes, "c/z.md": "A zeppelin.\n"}) as search:
        assert search("zeppelin") == ["c/z.md"]
        assert len(search("parrot")) == 10


def test_a_memory_holds_exactly_the_notes() -> None:
    with memory_of({"c/a.md": b"\xef\xbb\xbf# A\r\n", "c/b.md": "B"}) as memory:
        assert memory.care.status().files == 2
        assert memory.notes.get("c/a.md").content.encode() == b"\xef\xbb\xbf# A\r\n"


def test_the_whole_run_prints_and_writes_its_figures(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "result.json"
    main(["--locomo", str(file), "--json", str(result)])
    reports = json.loads(result.read_text(encoding="utf-8"))
    assert [(found["split"], found["engine"]) for found in reports] == [
        (split, engine) for split in ("session", "turn") for engine in ("fts5", "bm25", "pack")
    ]
    assert all(found["overall"]["questions"] == 3 for found in reports)
    assert all(found["conversations"].keys() == {"c-1"} for found in reports)
    printed = capsys.readouterr().out
    assert "multi-hop" in printed
    assert "c-1" in printed


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--locomo", str(tmp_path / "nothing.json")])
    assert "--locomo FILE" in capsys.readouterr().err


def test_beam_is_asked_by_chat_and_reported_by_halves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        folder = tmp_path / "chats" / "100K" / str(number)
        (folder / "probing_questions").mkdir(parents=True)
        messages = [
            {
                "role": "user",
                "id": 3,
                "time_anchor": "May-08-2024",
                "content": "A parrot. ->-> 1,1",
            },
            {"role": "assistant", "id": 4, "content": f"A canoe, {number}."},
        ]
        questions = {
            "knowledge_update": [
                {"question": "Who has a parrot?", "source_chat_ids": {"original_info": [[3], 9]}}
            ],
            "abstention": [{"question": "Who has a submarine?"}],
        }
        chat = [{"batch_number": 1, "turns": [messages]}]
        (folder / "chat.json").write_text(json.dumps(chat), encoding="utf-8")
        file = folder / "probing_questions" / "probing_questions.json"
        file.write_text(json.dumps(questions), encoding="utf-8")
    (one, two) = load_chats(tmp_path)
    assert one.notes["chat-001/m00003.md"].endswith("# user 2024-05-08\n\nA parrot.\n")
    assert "updated: 2024-05-08" in two.notes["chat-002/m00004.md"]
    assert [question.evidence for question in one.questions] == [{"chat-001/m00003.md"}]
    monkeypatch.setattr("tests.search.__main__.DEFAULT_FILE", tmp_path / "nothing.json")
    main(["--beam", str(tmp_path), "--engine", "pack"])
    printed = capsys.readouterr().out
    assert "beam odd" in printed
    assert "beam even" in printed
    assert "knowledge_update" in printed


def test_a_query_complains_of_everything_that_is_wrong() -> None:
    assert complaint(q("x", "a", "b", top=2), ["c", "b"]) is None
    assert complaint(q("x", "a", top=1), ["c", "a"]) is not None
    assert complaint(q("x", "a", "b", every=True), ["a"]) is not None
    assert complaint(q("x", "a", "b", every=True), ["a", "c", "b"]) is None
    assert complaint(q("x", "a", without=("c",)), ["a", "c"]) is not None
    assert complaint(q("x"), ["a"]) is not None
    assert complaint(q("x"), []) is None


def test_what_is_typed_with_signs_is_not_plain() -> None:
    assert all(is_plain(q(text)) for text in ("gres", "make --no-cache", "a-b", "C++"))
    assert not any(is_plain(q(text)) for text in ('"a b"', "sched*", "a -b", "-b a"))
    assert holding("ÉTat", {"a": "l'état", "b": "etat"}) == {"a"}

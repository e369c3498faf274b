from pack.history.differences.line_hunks import git_lines
from pack.truth.between.judging import Judging
from pack.truth.between.sight import Sight


def judged(before, after, eol="\n"):
    """The lines that may be had, and those that would be changed; the person's hold a `u`."""
    old, new = git_lines(before), git_lines(after)
    kept = [number for number, line in enumerate(old) if "u" in line]
    judging = Judging(old, kept, new, eol, Sight(old, kept, (0, len(old)), new))
    return "".join(judging.lines()), sorted(judging.violated)


def test_what_leaves_the_persons_lines_as_they_are_is_taken():
    assert judged("u1\n\nu2\n", "m\n\nu1\n\nm\n\nu2\n\nm") == ("m\n\nu1\n\nm\n\nu2\n\nm", [])
    assert judged("- [ ] u\n", "- [x] u\n- m\n") == ("- [x] u\n- m\n", [])
    assert judged("u\r\n", "u\n\nm\n", "\r\n") == ("u\r\n\r\nm\r\n", [])


def test_lines_that_go_are_found_and_what_takes_their_place_is_not():
    assert judged("u1\n\nu2\n\nu3\n", "u1\n\nx\n\nu3\n\nm\n") == ("u1\n\nu2\n\nu3\n\nm\n", [2])
    assert judged("u1\n\nu2\n", "u2\n\nu1\n")[0] == "u1\n\nu2\n"


def test_one_wrong_part_is_found_among_many():
    before = "".join(f"u{number}\n\n" for number in range(40))
    after = "".join(f"u{number}\n\nm{number}\n\n" for number in range(40))
    wrong = after.replace("m17\n", "```\n").replace("m30\n", "# m30\n")
    found, violated = judged(before, wrong)
    assert violated == [34, 36, 60, 62]
    assert found == after.replace("m17\n\n", "").replace("m30\n\n", "")


def test_blank_lines_that_would_join_two_texts_just_stay():
    assert judged("u\n\nm\n", "u\nm\n") == ("u\n\nm\n", [])


def test_a_line_that_a_machine_has_too_is_found_in_its_place():
    before = "```\nm1\n```\n\n```u\nu\n```\n"  # the last fence of the person's is as the first
    old, after = git_lines(before), git_lines(before.replace("m1", "m2"))
    kept = [4, 5, 6]
    judging = Judging(old, kept, after, "\n", Sight(old, kept, (0, len(old)), after))
    assert judging.lines() == after
    rules = git_lines("---\n\nm1\n\n---\n\nu\n\n---\n")
    new = git_lines("---\n\nm1\n\nm2\n\n---\n\nu\n\n---\n\nm3\n")
    for kept in ([4, 6, 8], [0, 6], [0, 4, 6, 8]):
        judging = Judging(rules, kept, new, "\n", Sight(rules, kept, (0, len(rules)), new))
        assert (judging.lines(), judging.violated) == (new, set())


RULES = "u1 never push to main\n\nu2 ask before you delete a file\n\nu3 write short notes\n"


def test_what_is_put_beside_lines_in_other_words_is_taken():
    after = RULES.replace("never", "rarely").replace("ask before", "tell me when")
    for place in ("u1", "u2", "u3"):
        more = after.replace(place, f"m a fact\n\n{place}")
        assert judged(RULES, more) == (RULES.replace(place, f"m a fact\n\n{place}"), [0, 2])
    items = "- u1 buy an apple\n- u2 buy green pears\n"
    asked = "- u1 buy an orange\n- m some bread\n- u2 buy red pears\n"
    assert judged(items, asked) == (
        items.replace("- u2", "- m some bread\n- u2"),
        [0, 1],
    )


def test_what_may_be_a_line_of_the_persons_in_other_words_is_not():
    for asked in (
        RULES.replace("u1 never push to main", "u1 rarely push\n\nu1 not to main"),
        RULES.replace("u1 never push to main\n\nu2 ask", "m a fact\n\nu2 tell me"),
        RULES.replace("u1 never push to main\n\n", "m a fact\n\n"),
    ):
        assert judged(RULES, asked)[0] == RULES


def test_its_own_lines_beside_lines_in_other_words_a_machine_may_change_but_not_lose():
    before = RULES.replace("\n\nu2", "\n\nm it is green today\n\nu2")
    asked = before.replace("never", "rarely").replace("you delete", "deleting")
    changed = asked.replace("green", "blue")
    assert judged(before, changed) == (before.replace("green", "blue"), [0, 4])
    gone = asked.replace("m it is green today\n\n", "").replace("main", "main, it is green today")
    assert judged(before, gone)[0] == before

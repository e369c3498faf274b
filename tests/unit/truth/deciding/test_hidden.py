"""Hidden characters are found and named; what writing needs is text like any other."""

import pytest

from pack.truth.deciding.hidden import HiddenKind, count_hidden, find_hidden, show_hidden

TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
ENGLAND = "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in "gbeng") + "\U000e007f"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("pay \u202e001 now", [HiddenKind.BIDI]),
        ("isolate \u2066a\u2069", [HiddenKind.BIDI] * 2),
        ("mark\u200e", [HiddenKind.BIDI]),
        ("zero\u200bwidth\u2060", [HiddenKind.ZERO_WIDTH] * 2),
        ("join\u200ded latin", [HiddenKind.ZERO_WIDTH]),
        ("soft\u00adhyphen", [HiddenKind.ZERO_WIDTH]),
        ("not at the start \ufeff", [HiddenKind.ZERO_WIDTH]),
        ("blank \u3164 letter", [HiddenKind.ZERO_WIDTH]),
        (f"tags {TAGS}", [HiddenKind.TAG] * 4),
        (f"a flag that says more {ENGLAND[:-1]}{TAGS}", [HiddenKind.TAG] * 9),
        ("bytes in selectors a\ufe01\ufe02", [HiddenKind.VARIATION] * 2),
        ("more of them \U000e0101\U000e0102", [HiddenKind.VARIATION] * 2),
        ("twice \u2764\ufe0f\ufe0f", [HiddenKind.VARIATION]),
        ("bell \x07 and line \u2028", [HiddenKind.CONTROL] * 2),
        ("private \ue000", [HiddenKind.FORMAT]),
    ],
)
def test_what_a_reader_does_not_see_is_found(text: str, kinds: list[HiddenKind]) -> None:
    assert [one.kind for one in find_hidden(text)] == kinds
    shown = show_hidden(text)
    assert shown.count("<U+") == len(kinds)
    assert find_hidden(shown) == []


@pytest.mark.parametrize(
    "text",
    [
        "plain\ttext\r\nwith lines\n",
        "\ufeffa byte-order mark at the start",
        "a family: \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "skin: \U0001f469\U0001f3fd\u200d\U0001f4bb",
        "a heart \u2764\ufe0f, a key 1\ufe0f\u20e3, a flag \U0001f3f3\ufe0f\u200d\U0001f308",
        f"a flag with tags that are in use: {ENGLAND}",
        "Persian: \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "Hindi: \u0915\u094d\u200d\u0937",
        "Japanese name: \u8fbb\U000e0100",
        "Zürich, naïve, 北京, Ελλάδα",
    ],
)
def test_what_writing_needs_is_text(text: str) -> None:
    assert find_hidden(text) == []
    assert show_hidden(text) == text


def test_a_hidden_character_has_a_name_and_a_place() -> None:
    first, second = find_hidden("one\ntwo \u202e three\u200b")
    assert (first.line, first.column, first.name) == (2, 5, "U+202E RIGHT-TO-LEFT OVERRIDE")
    assert (second.line, second.column) == (2, 12)
    assert count_hidden([first, second]) == "2 hidden characters: 1 bidi, 1 zero width"
    assert count_hidden([first]) == "1 hidden character: 1 bidi"

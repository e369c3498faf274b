"""JSON that parsers take, made of what is nearly that."""

import io
import json
import tracemalloc
from itertools import chain, repeat

import ijson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_connectors.import_sources.sound_json import MOST_DEPTH, SoundJson

from pack.errors import UnusableInput
from tests.support import examples

_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63) + 1, 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.sampled_from('a\\"[]{}1NI,\né😀')),
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=3), inner)),
    max_leaves=12,
)


def _read(content: bytes, sizes: object = None) -> bytes:
    """All of it, read in steps of some sizes."""
    stream = SoundJson(io.BytesIO(content).read)
    steps = chain(sizes or (), repeat(64 * 1024))
    return b"".join(iter(lambda: stream.read(next(steps)), b""))


@settings(max_examples=examples(200))
@given(_VALUES, st.booleans(), st.lists(st.integers(1, 4)))
def test_sound_json_stays_as_it_is_in_whatever_steps_it_is_read(value, is_ascii, sizes) -> None:
    content = json.dumps(value, ensure_ascii=is_ascii).encode()
    assert _read(content, sizes) == content


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b'["\xff", "\xed\xa0\x80"]', ["\ufffd", "\ufffd\ufffd\ufffd"]),
        (b'\xef\xbb\xbf["NaN, 1e999 \\\\", NaN, -Infinity]', ["NaN, 1e999 \\", None, None]),
        (b"[1e999, -1E+400, 1e10, 0.5]", ["1e999", "-1E+400", 1e10, 0.5]),
        (b"[9223372036854775808, 9223372036854775807]", ["9223372036854775808", 2**63 - 1]),
        (b"[%s]" % (b"1" * 5000), ["1" * 5000]),
    ],
)
@pytest.mark.parametrize("step", [1, 2, 3, 64 * 1024])
def test_what_is_nearly_json_is_put_right(content: bytes, wanted: object, step: int) -> None:
    assert json.loads(_read(content, repeat(step))) == wanted


@pytest.mark.parametrize("deep", [b"[", b'{"a":'])
def test_brackets_are_not_followed_for_ever(deep: bytes) -> None:
    content = b'[[1], "[[[", ' + deep * 100_000
    found = []
    tracemalloc.start()
    try:
        with pytest.raises(UnusableInput, match="deep"):
            found.extend(ijson.items(SoundJson(io.BytesIO(content).read), "item"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == [[1], "[[["]
    assert peak < 8 * 1024 * 1024
    whole = b"[" * MOST_DEPTH + b"]" * MOST_DEPTH
    assert _read(whole * 3) == whole * 3


def test_a_word_without_end_is_no_json() -> None:
    with pytest.raises(UnusableInput):
        _read(b"1" * 1_000_000)

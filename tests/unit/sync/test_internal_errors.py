"""A mistake of PACK's own costs one target an attempt, and quotes nothing."""

import pytest

from pack.errors import InternalError, NotFound
from pack.sync.internal_errors import as_internal_errors


def test_an_unexpected_error_is_told_by_its_kind_and_place_only():
    with pytest.raises(InternalError) as raised, as_internal_errors():
        raise KeyError("secret")
    assert "builtins.KeyError at " in str(raised.value)
    assert "test_internal_errors.py:" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert isinstance(raised.value.__cause__, KeyError)


@pytest.mark.parametrize("error", [NotFound("x"), KeyboardInterrupt(), SystemExit(2)])
def test_what_is_known_and_what_ends_the_process_passes(error):
    with pytest.raises(type(error)) as raised, as_internal_errors():
        raise error
    assert raised.value is error

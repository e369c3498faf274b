"""Whether the value of a setting can be used, and as what. A module of its own: see `settings`."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, get_type_hints

from pydantic import AfterValidator, Field, SecretStr, TypeAdapter, ValidationError

_NAMES: Final = {each.__name__: each for each in (AfterValidator, Field, SecretStr)}
"""What the annotations of settings name and their module does not import."""


def check(kind: type, name: str, text: str) -> tuple[object, str | None]:
    """The value that a text stands for, or why it stands for none; never the text itself.

    Args:
        kind: The class that has the setting as an annotated attribute.
        name: The name of the attribute.
        text: What is set.
    """
    try:
        return TypeAdapter[object](_annotations(kind)[name]).validate_python(text), None
    except ValidationError as error:
        (first, *_) = error.errors(include_url=False, include_input=False, include_context=False)
        return None, first["msg"]


@cache
def _annotations(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, localns=_NAMES, include_extras=True)

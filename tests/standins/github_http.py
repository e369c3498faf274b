"""Requests, answers and refusals, apart from any transport."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came.

    Attributes:
        path: Raw (still percent-encoded), without the Enterprise prefix.
        query: Decoded parameters; of a repeated one, the last.
        headers: Names in lower case.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's value; an empty body is an empty object.

        Raises:
            Refusal: 400, it is not JSON.
        """
        try:
            return json.loads(self.body) if self.body else {}
        except ValueError as error:
            raise Refusal(400, "Problems parsing JSON") from error

    def members(self, *required: str) -> dict[str, Any]:
        """The body, an object that has these members.

        Raises:
            Refusal: 400, it is not JSON; 422, a member lacks.
        """
        body = self.json()
        missing = [name for name in required if not isinstance(body, dict) or name not in body]
        if missing or not isinstance(body, dict):
            names = ", ".join(f'"{name}"' for name in missing)
            raise Refusal(422, f"Invalid request.\n\n{names or 'object'} wasn't supplied.")
        return body

    def accepts(self, media_type: str) -> bool:
        """Whether `Accept` names `application/vnd.github.<media_type>`, with +json or without."""
        accept = self.headers.get("accept", "").replace(".v3", "")
        names = [part.split(";")[0].strip() for part in accept.split(",")]
        wanted = f"application/vnd.github.{media_type}"
        return wanted in names or f"{wanted}+json" in names


@dataclass(slots=True)
class Response:
    """An answer; the body is complete, headers are in lower case."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object, status: int = 200, **headers: str) -> Response:
        """A JSON answer; `_` in a header's name stands for `-`."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        named["content-type"] = "application/json; charset=utf-8"
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), named)

    def json(self) -> Any:
        """The body's value.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.body)

    @property
    def is_json(self) -> bool:
        return "json" in self.headers.get("content-type", "")


class Refusal(Exception):
    """The service says no, in its own words."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer that says it."""
        body: dict[str, object] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        body |= {"documentation_url": DOCS, "status": str(self.status)}
        answer = Response.of(body, self.status)
        answer.headers |= self.headers
        return answer


def invalid(resource: str, field_name: str, code: str, message: str | None = None) -> Refusal:
    """422 in the shape of a validation error."""
    problem = {"resource": resource, "field": field_name, "code": code}
    if message is not None:
        problem["message"] = message
    return Refusal(422, "Validation Failed", errors=[problem])


NOT_FOUND = "Not Found"
EMPTY_REPOSITORY = "Git Repository is empty."
NO_PERMISSION = "Resource not accessible by personal access token"

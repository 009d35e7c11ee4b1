"""Ways to say no: in words for the person, at the field where it can be mended."""

from __future__ import annotations

from http import HTTPStatus


class Refused(Exception):
    """A rule says no. `message` is for the person who asked, in their language.

    `field` names the form field (or body member) that can be mended; None means the whole request.
    `status` is the HTTP answer: 422 unless the state of the record itself stands against it (409).
    """

    def __init__(
        self, message: str, field: str | None = None, *, status: HTTPStatus | int = 422
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = int(status)


class Replayed(Exception):
    """The same request came again; `location` or `body` is what was answered the first time."""

    def __init__(self, status: int, location: str | None, body: str | None) -> None:
        super().__init__("replayed")
        self.status = status
        self.location = location
        self.body = body


class Unready(Exception):
    """The portal cannot start or serve; `message` is one sentence for the operator."""

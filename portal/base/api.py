"""The JSON API: blueprints whose routes name their door, and errors as problem+json (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypedDict

from flask import Response, request
from flask_babel import gettext as _
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from portal.base.access import Door, Who, doors

PREFIX = "/api/v1"


class FieldError(TypedDict):
    field: str
    message: str


class ProblemError(BaseModel):
    """One member of the request that was not understood."""

    field: str
    message: str


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: list[ProblemError] = []


class Body(BaseModel):
    """The base of request bodies: unknown members are an error, not silently dropped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class KeysetQuery(BaseModel):
    """How a list is paged: hand `next` of the last answer back as `after`."""

    after: str | None = Field(None, max_length=300, description="`next` of the page before")
    limit: int = Field(25, ge=1, le=100)


class Api(APIBlueprint):
    """A room's part of the API, under /api/v1: routes take `who=`, `scope=`, for deeds `keyed=`."""

    def __init__(self, room: str, import_name: str, *, prefix: str | None = None) -> None:
        super().__init__(
            f"{room}_api",
            import_name,
            url_prefix=f"{PREFIX}/{prefix or room}",
            abp_tags=[Tag(name=room)],
            abp_security=[{"bearer": []}],
            abp_responses=dict.fromkeys(("401", "403", "404", "429"), Problem),
        )

    def _add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Any = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        who: Who | None = options.pop("who", None)
        scope: str | None = options.pop("scope", None)
        keyed: bool = options.pop("keyed", False)
        if who is None or scope is None:
            raise RuntimeError(f"{self.name}: {rule} names no opener or no scope")
        options.setdefault("strict_slashes", False)
        name = f"{self.name}.{endpoint or view_func.__name__}"
        door = Door(who, scope=scope, keyed=keyed)
        self.record(lambda state: doors(state.app).__setitem__(name, door))
        super()._add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)


def is_api_request() -> bool:
    return request.path.startswith("/api/")


def problem(
    status: int, title: str, detail: str = "", errors: Sequence[FieldError] = ()
) -> Response:
    """An answer that says what was wrong, for programs and for the people who write them."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = list(errors)
    return Response(
        json.dumps(body, ensure_ascii=False), status=status, mimetype="application/problem+json"
    )


def invalid_request(error: ValidationError) -> Response:
    """422 naming each member of the request that was not understood, without echoing its value."""
    errors: list[FieldError] = [
        {"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]}
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return problem(422, _("请求的内容不对"), errors=errors)

"""The API's own description, OpenAPI 3.1, made from the routes: `/api/v1/openapi.json`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from flask import current_app

from portal.base.access import Pages, doors, everyone
from portal.base.api import PREFIX, Problem
from portal.base.application import Portal
from portal.base.once import LONGEST
from portal.base.pages import Answer

pages = Pages("openapi", __name__)
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "One key a deed, the same on every retry; the first answer comes back.",
    "schema": {"type": "string", "minLength": 8, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}
WORDS = {
    "400": "The request is not understood",
    "401": "No valid token",
    "403": "The token's owner or scope may not",
    "404": "Missing, or not for the token's owner",
    "409": "The key was used for something else, or the record has moved on",
    "413": "Too large",
    "415": "Not JSON",
    "422": "A member of the request is wrong, or a rule says no",
    "429": "Too often",
    "503": "Busy: try again later with the same key",
}


@pages.route(f"{PREFIX}/openapi.json", who=everyone)
def document() -> Answer:
    """What the API offers."""
    return described(cast(Portal, current_app._get_current_object()))  # type: ignore[attr-defined]


@lru_cache(maxsize=4)
def described(app: Portal) -> dict[str, Any]:
    """The document: as collected from the routes, with keys, scopes and problems put in."""
    found: dict[str, Any] = app.api_doc
    schemas = found["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["Problem"].pop("$defs", {}))
    deeds = {
        (rule.rule.replace("<int:", "{").replace("<", "{").replace(">", "}"), method.lower()): door
        for rule in app.url_map.iter_rules()
        if (door := doors(app)[rule.endpoint]).scope
        for method in rule.methods or ()
    }
    for path, item in found["paths"].items():
        for method, operation in item.items():
            door = deeds[(path, method)]
            operation["security"] = [{"bearer": [door.scope]}]
            if door.keyed:
                operation.setdefault("parameters", []).append(KEY)
            _state_problems(operation, writes=method != "get")
    return found


def _state_problems(operation: dict[str, Any], *, writes: bool) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    statuses = ["401", "403", "404", "422", "429", "503"]
    if writes:
        statuses += ["400", "409", "413", "415"]
    for status in statuses:
        operation["responses"][status] = {"description": WORDS[status], "content": problem}


def install(app: Portal) -> None:
    app.register_blueprint(pages)
